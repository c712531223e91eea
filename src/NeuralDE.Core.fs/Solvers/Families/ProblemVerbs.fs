namespace NeuralDE

open System.Numerics
open System.Threading
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Families

/// The options of a problem, such as method, step size, outputs and gradient method; and its solves. Every family of
/// equations has these verbs under its own name: Ode.using, Sde.using.
[<AbstractClass>]
type ProblemVerbs internal () =
    /// <summary>Sets the method; default for ordinary equations: Tsit5. A method that needs a more specific equation does
    /// not compile.</summary>
    /// <param name="solver">The method, such as Dopri5 or Kvaerno3.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this method.</returns>
    static member using (solver: Solver<'E>) (p: Problem<'E, 'S>) : Problem<'E, 'S> = { p with Solver = solver }

    /// <summary>Sets a method that is chosen at run time, such as an element of a list.</summary>
    /// <param name="m">The method.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this method.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a method that does not solve this kind of equation.</exception>
    static member usingMethod (m: Method) (p: Problem<'E, 'S>) : Problem<'E, 'S> =
        { p with Solver = Solver<'E>.Of $"{p.Family}.usingMethod" m }

    /// <summary>Sets the tolerances: a step is accepted if its error is at most atol + rtol |y|, as root mean square of each
    /// leaf. Default: 1e-6 and 1e-9; for Stratonovich equations 1e-3 and 1e-6.</summary>
    /// <param name="rtol">The relative tolerance.</param>
    /// <param name="atol">The absolute tolerance, in the unit of the state.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with these tolerances.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a tolerance that is negative or not finite, and if both are
    /// 0.</exception>
    static member tolerance (rtol: float) (atol: float) (p: Problem<'E, 'S>) =
        ProblemChecks.tolerance p.Family rtol atol
        { p with Rtol = rtol; Atol = atol }

    /// <summary>Sets constant steps: step k starts at t0 + k dt, counted again from each stop; the last step is shortened to
    /// end at t1.</summary>
    /// <param name="dt">The step size, positive.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with constant steps.</returns>
    /// <remarks>float32 states carry the rounding error of their sum (Kahan), so that 10⁵ steps add up correctly, except
    /// with methods that iterate (Kvaerno3, BDF2); derivatives in float32 are plain sums over the steps.</remarks>
    /// <exception cref="T:NeuralDE.InputException">unless dt is positive.</exception>
    static member dt (dt: float) (p: Problem<'E, 'S>) =
        ProblemChecks.positive $"{p.Family}.dt" "the step" dt
        { p with Step = ConstantStep dt }

    /// <summary>Sets the size of the first step of an adaptive solve; default: Hairer's estimate.</summary>
    /// <param name="dt0">The step size, positive.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this first step.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless dt0 is positive.</exception>
    static member dt0 (dt0: float) (p: Problem<'E, 'S>) =
        ProblemChecks.positive $"{p.Family}.dt0" "the first step" dt0

        let controller =
            match p.Step with
            | AdaptiveStep c
            | AdaptiveStepFrom(_, c) -> c
            | ConstantStep _ -> StepController.integral

        { p with Step = AdaptiveStepFrom(dt0, controller) }

    /// <summary>Sets the step controller of an adaptive solve, such as StepController.proportionalIntegral.</summary>
    /// <param name="controller">The controller; default: StepController.integral.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with adaptive steps and this controller.</returns>
    static member controller (controller: StepController) (p: Problem<'E, 'S>) =
        let step =
            match p.Step with
            | AdaptiveStepFrom(dt0, _) -> AdaptiveStepFrom(dt0, controller)
            | AdaptiveStep _
            | ConstantStep _ -> AdaptiveStep controller

        { p with Step = step }

    /// <summary>Limits the step size. A solve that needs a smaller step ends with StepTooSmall.</summary>
    /// <param name="dtMin">The smallest step size; default: 0.</param>
    /// <param name="dtMax">The largest step size; default: infinity.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with these limits.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless 0 ≤ dtMin &lt; dtMax.</exception>
    static member dtBetween (dtMin: float) (dtMax: float) (p: Problem<'E, 'S>) =
        ProblemChecks.steps p.Family dtMin dtMax
        { p with DtMin = dtMin; DtMax = dtMax }

    /// <summary>Sets the maximum number of steps, accepted and rejected; default: 100 000. A solve that needs more ends with
    /// MaxStepsReached.</summary>
    /// <param name="n">The number of steps.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this limit.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless n is positive.</exception>
    static member maxSteps (n: int) (p: Problem<'E, 'S>) =
        ProblemChecks.count $"{p.Family}.maxSteps" n
        { p with MaxSteps = n }

    /// <summary>Saves the state at these times, in the order of the solve. The steps do not depend on them: the interpolant
    /// gives the values. With noise, steps end at these times.</summary>
    /// <param name="times">[time], or [batch; time] with perSample (not with noise). The derivative by an output time is
    /// f(t, y(t)), which differs from the slope of the interpolant by about the tolerance. Times that are arguments of a
    /// transform are checked at run time.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with these output times.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">for a single number instead of [time].</exception>
    /// <exception cref="T:NeuralDE.DtypeException">for times that are not floats.</exception>
    static member saveAt (times: Tensor) (p: Problem<'E, 'S>) =
        if times.Rank = 0 then
            raise (ShapeException $"{p.Family}.saveAt: got one number, expected times [time]. Use tensor [ t ].")

        if not times.Dtype.IsFloat then
            raise (DtypeException $"{p.Family}.saveAt: got times of {times.Dtype}, expected floats.")

        { p with SaveAt = { p.SaveAt with Times = Some times } }

    /// <summary>Saves the state after every n-th accepted step. The number of states is not known beforehand, so it is not
    /// supported inside a transform.</summary>
    /// <param name="n">1 saves every step.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with these outputs.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless n is positive.</exception>
    static member saveSteps (n: int) (p: Problem<'E, 'S>) =
        ProblemChecks.count $"{p.Family}.saveSteps" n
        { p with SaveAt = { p.SaveAt with EverySteps = Some n } }

    /// <summary>Also saves the state at t0.</summary>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this output.</returns>
    static member saveStart(p: Problem<'E, 'S>) = { p with SaveAt = { p.SaveAt with Start = true } }

    /// <summary>Also saves the state at t1.</summary>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this output.</returns>
    static member saveEnd(p: Problem<'E, 'S>) = { p with SaveAt = { p.SaveAt with End = true } }

    /// <summary>Sets times at which a step must end.</summary>
    /// <param name="times">Finite numbers, in any order.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with these times.</returns>
    static member stepAt (times: float list) (p: Problem<'E, 'S>) = { p with StepAt = times }

    /// <summary>Sets times at which the field jumps: a step ends just before each, and the next step begins just after
    /// it.</summary>
    /// <param name="times">Numbers, or scalar tensors that can be differentiated: the derivative of the state by a time s is
    /// f(s⁻, y) − f(s⁺, y), propagated to the end.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with these jumps.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">for a time that is not one number.</exception>
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

    /// <summary>Adds an event: a trigger (Event.falling, rising or crossing) and an action (Event.apply or Event.stop). Can
    /// be used several times.</summary>
    /// <param name="trigger">The condition of the event.</param>
    /// <param name="action">The change of the state, or the end of the solve.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this event.</returns>
    /// <remarks>A step ends at the event and the method restarts. The time of the event and the state there are
    /// differentiable; the sensitivity jumps with the state. Simultaneous events happen in the order of these calls, up to
    /// one that ends the solve. An output at the time of an event is the state before it; outputs after the end of the solve
    /// are NaN. Without perSample, all samples of a batch share the events.</remarks>
    static member on (trigger: EventTrigger<'S>) (action: EventAction<'S>) (p: Problem<'E, 'S>) =
        { p with Events = p.Events @ [ trigger, action ] }

    /// <summary>Sets the maximum number of events; default: 1000. A further event ends the solve with
    /// TooManyEvents.</summary>
    /// <param name="n">The number of events.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this limit.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless n is positive.</exception>
    static member maxEvents (n: int) (p: Problem<'E, 'S>) =
        ProblemChecks.count $"{p.Family}.maxEvents" n
        { p with MaxEvents = n }

    /// <summary>Sets a custom error norm. A step is accepted at 1 or less. Default: the largest root mean square of the
    /// leaves.</summary>
    /// <param name="norm">From the scaled errors, a tree like the state, to one float.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this norm.</returns>
    static member norm (norm: 'S -> Tensor) (p: Problem<'E, 'S>) = { p with Norm = Some norm }

    /// <summary>Sets the gradient method of reverse mode; default: Checkpointed.</summary>
    /// <param name="method">The gradient method.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this gradient method.</returns>
    static member gradient (method: Gradient) (p: Problem<'E, 'S>) = { p with Gradient = method }

    /// <summary>Sets the errors that control the steps of a differentiated solve; default: StateAndDerivatives.</summary>
    /// <param name="control">StateOnly or StateAndDerivatives.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this error control.</returns>
    /// <remarks>
    /// If a solve is differentiated, its steps also control the error of the derivative: they propagate a random tangent and
    /// control its error where the error of the state gives no information, such as at rest. Ode.errorControl StateOnly
    /// turns this off. If a tangent controlled a step, the value computed together with a derivative may differ from that of
    /// the plain solve, within the tolerance. The backward solves of Backsolve control their own error. Steps of constant
    /// size control no error.
    /// </remarks>
    static member errorControl (control: ErrorControl) (p: Problem<'E, 'S>) = { p with ErrorControl = control }

    /// <summary>Solves each row of the state independently, with its own steps, error and status. The field gets one sample
    /// and a time [].</summary>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with one solve per sample.</returns>
    /// <remarks>The first axis of every leaf of y0 is the batch. t0 and t1 may be [batch], output times [batch;
    /// time].</remarks>
    static member perSample(p: Problem<'E, 'S>) = { p with PerSample = true }

    /// <summary>Calls back at the start and after every step. Inside a transform, where the solve is a part of another
    /// function, it never calls back.</summary>
    /// <param name="report">Gets the time reached and the number of steps.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this callback.</returns>
    static member progress (report: SolveProgress -> unit) (p: Problem<'E, 'S>) = { p with Progress = Some report }

    /// <summary>Ends the solve with Cancelled before the next step when the token is cancelled. Inside a transform, the
    /// token of the call applies instead: Engine.cancellable.</summary>
    /// <param name="token">The token.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this token.</returns>
    static member cancel (token: CancellationToken) (p: Problem<'E, 'S>) = { p with Cancellation = token }

    // ── solving ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>Solves the problem. If the solve does not reach the end, the solution has its Status and Failure, and values
    /// that were not reached are NaN.</summary>
    /// <param name="p">The problem.</param>
    /// <returns>The solution.</returns>
    static member trySolve(p: Problem<'E, 'S>) : Solution<'S> = SolveSolution.build $"{p.Family}.trySolve" false p

    /// <summary>Solves the problem, and raises an exception if the solve does not reach the end.</summary>
    /// <param name="p">The problem.</param>
    /// <returns>The solution.</returns>
    /// <remarks>Inside a transform the exception is raised when the transformed function has run.</remarks>
    /// <exception cref="T:NeuralDE.SolveException">if the solve stops early; it holds the results up to there.</exception>
    /// <exception cref="T:NeuralDE.SolveCancelledException">if the solve is cancelled.</exception>
    static member solve(p: Problem<'E, 'S>) : Solution<'S> = SolveSolution.build $"{p.Family}.solve" true p

    /// <summary>Solves the problem and returns only the saved states.</summary>
    /// <param name="p">The problem.</param>
    /// <returns>Every leaf with a leading time axis, [time; …], or [batch; time; …] with perSample.</returns>
    /// <exception cref="T:NeuralDE.SolveException">if the solve stops early.</exception>
    static member solveYs(p: Problem<'E, 'S>) : 'S = (ProblemVerbs.solve p).Ys

    /// <summary>Solves the problem and returns only the state at t1.</summary>
    /// <param name="p">The problem.</param>
    /// <returns>A state like y0.</returns>
    /// <exception cref="T:NeuralDE.SolveException">if the solve stops early.</exception>
    static member solveFinal(p: Problem<'E, 'S>) : 'S =
        let nothing = { Times = None; EverySteps = None; Start = false; End = false }

        (ProblemVerbs.solve { p with SaveAt = nothing }).Y1

    /// <summary>The solve as an integrator, to be stepped by hand: for control loops, games, animations and custom stopping
    /// rules.</summary>
    /// <param name="p">The problem, without output times, perSample and progress.</param>
    /// <returns>The integrator at t0.</returns>
    /// <remarks>
    /// <code>
    /// let mutable i = Ode.integrator problem
    /// while not i.IsDone do i &lt;- i.Step()
    /// </code>
    /// Its steps are those of Ode.solve, bit for bit. It works on numbers only: inside a transform use Ode.solve.
    /// </remarks>
    /// <exception cref="T:NeuralDE.InputException">for output times, perSample and progress.</exception>
    /// <exception cref="T:NeuralDE.TraceException">inside a transform.</exception>
    static member integrator(p: Problem<'E, 'S>) : Integrator<'S> = Integrator.create $"{p.Family}.integrator" p
