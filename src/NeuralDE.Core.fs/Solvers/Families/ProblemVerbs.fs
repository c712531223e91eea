namespace NeuralDE

open System.Numerics
open System.Threading
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Families

/// The answers and solves of a problem, alike for every family of equations, and written with its name: Ode.using, Sde.using.
[<AbstractClass>]
type ProblemVerbs internal () =
    /// The method; Tsit5 for ordinary equations unless said otherwise. One that asks more of an equation than this one promises
    /// does not compile.
    static member using (solver: Solver<'E>) (p: Problem<'E, 'S>) : Problem<'E, 'S> = { p with Solver = solver }

    /// A method chosen when the program runs, as from a list of them. InputException for one that does not solve this kind of
    /// equation.
    static member usingMethod (m: Method) (p: Problem<'E, 'S>) : Problem<'E, 'S> =
        { p with Solver = Solver<'E>.Of $"{p.Family}.usingMethod" m }

    /// <summary>A step is accepted when its error is at most atol + rtol |y|, in the root mean square of each leaf. Default 1e-6, 1e-9;
    /// of Stratonovich equations 1e-3, 1e-6.</summary>
    static member tolerance (rtol: float) (atol: float) (p: Problem<'E, 'S>) =
        ProblemChecks.tolerance p.Family rtol atol
        { p with Rtol = rtol; Atol = atol }

    /// <summary>Steps of constant length: step k starts at t0 + k dt, and anew after each stop; the last is cut to hit t1.</summary>
    /// <remarks>float32 states carry the rounding error of their sum (Kahan's), so that 10⁵ steps add up, but with methods that
    /// iterate (Kvaerno3, BDF2); derivatives in float32 are plain sums over the steps.</remarks>
    static member dt (dt: float) (p: Problem<'E, 'S>) =
        ProblemChecks.positive $"{p.Family}.dt" "the step" dt
        { p with Step = ConstantStep dt }

    /// The length of the first step of an adaptive solve; Hairer's estimate unless said otherwise.
    static member dt0 (dt0: float) (p: Problem<'E, 'S>) =
        ProblemChecks.positive $"{p.Family}.dt0" "the first step" dt0

        let controller =
            match p.Step with
            | AdaptiveStep c
            | AdaptiveStepFrom(_, c) -> c
            | ConstantStep _ -> StepController.integral

        { p with Step = AdaptiveStepFrom(dt0, controller) }

    /// Adaptive steps under another controller, such as StepController.proportionalIntegral.
    static member controller (controller: StepController) (p: Problem<'E, 'S>) =
        let step =
            match p.Step with
            | AdaptiveStepFrom(dt0, _) -> AdaptiveStepFrom(dt0, controller)
            | AdaptiveStep _
            | ConstantStep _ -> AdaptiveStep controller

        { p with Step = step }

    /// Bounds on the length of steps. A step that would have to be shorter ends the solve with StepTooSmall.
    static member dtBetween (dtMin: float) (dtMax: float) (p: Problem<'E, 'S>) =
        ProblemChecks.steps p.Family dtMin dtMax
        { p with DtMin = dtMin; DtMax = dtMax }

    /// The most steps, accepted and rejected; 100 000 unless said otherwise.
    static member maxSteps (n: int) (p: Problem<'E, 'S>) =
        ProblemChecks.count $"{p.Family}.maxSteps" n
        { p with MaxSteps = n }

    /// <summary>The state at these times, in the order of the solve. Steps do not depend on them, since the interpolant gives the values; with noise steps end there.</summary>
    /// <param name="times">[time], or [batch; time] with perSample (not with noise). The derivative by an output time is
    /// f(t, y(t)), which differs from the slope of the interpolant by about the tolerance. Times that are arguments of a transform are checked when it runs.</param>
    /// <param name="p">The problem.</param>
    static member saveAt (times: Tensor) (p: Problem<'E, 'S>) =
        if times.Rank = 0 then
            raise (ShapeException $"{p.Family}.saveAt: got one number, expected times [time]. Write tensor [ t ].")

        if not times.Dtype.IsFloat then
            raise (DtypeException $"{p.Family}.saveAt: got times of {times.Dtype}, expected floats.")

        { p with SaveAt = { p.SaveAt with Times = Some times } }

    /// The state after every n-th accepted step. How many there are is not known in advance, so not inside a transform.
    static member saveSteps (n: int) (p: Problem<'E, 'S>) =
        ProblemChecks.count $"{p.Family}.saveSteps" n
        { p with SaveAt = { p.SaveAt with EverySteps = Some n } }

    /// Saves the state at t0, too.
    static member saveStart(p: Problem<'E, 'S>) = { p with SaveAt = { p.SaveAt with Start = true } }

    /// Saves the state at t1, too.
    static member saveEnd(p: Problem<'E, 'S>) = { p with SaveAt = { p.SaveAt with End = true } }

    /// Times that steps must end at.
    static member stepAt (times: float list) (p: Problem<'E, 'S>) = { p with StepAt = times }

    /// <summary>Times at which the field jumps: a step ends just before each and the next begins just after.</summary>
    /// <param name="times">Numbers, or scalar tensors to differentiate with respect to them: the derivative of the state by a time s
    /// is f(s⁻, y) − f(s⁺, y), carried on.</param>
    /// <param name="p">The problem.</param>
    static member jumpAt
        (times: 'T list)
        (p: Problem<'E, 'S>)
        : Problem<'E, 'S> when 'T :> ISubtractionOperators<'T, 'T, 'T> =
        let times = times |> List.map (box >> Time.ofAny $"{p.Family}.jumpAt")

        for t in times do
            if t.Rank > 0 then
                raise (
                    ShapeException
                        $"{p.Family}.jumpAt: got a time of shape {Shape.text t.Dims}, expected one number each. Index it."
                )

        { p with JumpAt = times }

    /// <summary>Something that happens where a value of time and state changes its sign: Event.falling, rising or crossing, and Event.apply or
    /// Event.stop. May be used several times.</summary>
    /// <remarks>A step ends at the event and the method begins anew. Time and state there are differentiable, and the sensitivity jumps
    /// as the state does. Events at one time happen in the order of these calls, up to one that ends the solve. Outputs at an event's
    /// time show the state before it; those after the end of the solve are NaN. Without perSample a batch has its events together.</remarks>
    static member on (trigger: EventTrigger<'S>) (action: EventAction<'S>) (p: Problem<'E, 'S>) =
        { p with Events = p.Events @ [ trigger, action ] }

    /// The most events; 1000 unless said otherwise. One more ends the solve with TooManyEvents.
    static member maxEvents (n: int) (p: Problem<'E, 'S>) =
        ProblemChecks.count $"{p.Family}.maxEvents" n
        { p with MaxEvents = n }

    /// <summary>A norm of your own: from scaled errors, a tree like the state, to one number; a step is accepted at 1 or less.</summary>
    static member norm (norm: 'S -> Tensor) (p: Problem<'E, 'S>) = { p with Norm = Some norm }

    /// How reverse mode goes through the solve; Checkpointed unless said otherwise.
    static member gradient (method: Gradient) (p: Problem<'E, 'S>) = { p with Gradient = method }

    /// <summary>What adaptive steps answer for; StateAndDerivatives unless said otherwise.</summary>
    /// <remarks>
    /// Where a solve is differentiated, its steps answer for the derivative too: a random tangent is watched, and steers where the
    /// state's error says nothing, as at rest. Ode.errorControl StateOnly leaves it out. The value that comes with a
    /// derivative may then differ from that of the bare solve, within the tolerance, where a tangent steered. The backward solves
    /// of Backsolve control their own error, and steps of constant length answer for nothing.
    /// </remarks>
    static member errorControl (control: ErrorControl) (p: Problem<'E, 'S>) = { p with ErrorControl = control }

    /// <summary>One solve per row of the state, each with its own steps, error and status. The field sees one sample and a 0-d time.</summary>
    /// <remarks>Every leaf of y0 has the batch axis first. t0, t1 may be [batch], output times [batch; time].</remarks>
    static member perSample(p: Problem<'E, 'S>) = { p with PerSample = true }

    /// Calls back at the start and after every step; inside a transform, where the solve is a part of another function, never.
    static member progress (report: SolveProgress -> unit) (p: Problem<'E, 'S>) = { p with Progress = Some report }

    /// Ends the solve with Cancelled before the next step once the token is cancelled. Inside a transform the token of the call
    /// counts: Engine.cancellable.
    static member cancel (token: CancellationToken) (p: Problem<'E, 'S>) = { p with Cancellation = token }

    // ── solving ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>Solves. A solve that stops short ends in the solution's Status and Failure; what it did not reach is NaN.</summary>
    static member trySolve(p: Problem<'E, 'S>) : Solution<'S> = SolveSolution.build $"{p.Family}.trySolve" false p

    /// <summary>Solves; raises SolveException, which holds what there was, when the solve stops short, and
    /// SolveCancelledException when it is cancelled.</summary>
    /// <remarks>Inside a transform the exception comes when the transformed function has run.</remarks>
    static member solve(p: Problem<'E, 'S>) : Solution<'S> = SolveSolution.build $"{p.Family}.solve" true p

    /// Only the saved states.
    static member solveYs(p: Problem<'E, 'S>) : 'S = (ProblemVerbs.solve p).Ys

    /// Only the state at t1.
    static member solveFinal(p: Problem<'E, 'S>) : 'S =
        let nothing = { Times = None; EverySteps = None; Start = false; End = false }

        (ProblemVerbs.solve { p with SaveAt = nothing }).Y1

    /// <summary>The solve to be stepped by hand: for control loops, games, animations, and your own stopping rules.</summary>
    /// <remarks>
    /// <code>
    /// let mutable i = Ode.integrator problem
    /// while not i.IsDone do i &lt;- i.Step()
    /// </code>
    /// The steps are those of Ode.solve, bit for bit. On numbers only: inside a transform write Ode.solve.
    /// </remarks>
    static member integrator(p: Problem<'E, 'S>) : Integrator<'S> = Integrator.create $"{p.Family}.integrator" p
