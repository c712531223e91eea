namespace NeuralDE

open System
open System.Numerics
open System.Threading
open NeuralDE.Compiler

/// Ordinary differential equations: a problem, a few answers, a solve.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Ode =
    /// <summary>dy/dt = f(t, y) from y(t0) = y0 to t1.</summary>
    /// <param name="f">The field: time (0-d, in the state's dtype) and state to derivative. It sees the whole state, batch included, unless perSample is asked for.</param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors.</param>
    /// <param name="t0">A number, or a scalar tensor to differentiate with respect to it.</param>
    /// <param name="t1">Likewise; may be smaller than t0, and equal to it.</param>
    /// <remarks>The derivative of y(t1) by t1 is f(t1, y(t1)), and by t0 that of a shift of the start, −f(t0, y0), carried to t1: the
    /// equation's own, which differ from a difference quotient of the numbers returned by about the tolerance.</remarks>
    let problem
        (f: Tensor -> 'S -> 'S)
        (y0: 'S)
        (t0: 'T0, t1: 'T1)
        : OdeProblem<'S>
            when 'T0 :> ISubtractionOperators<'T0, 'T0, 'T0> and 'T1 :> ISubtractionOperators<'T1, 'T1, 'T1>
        =
        { Field = f
          Y0 = y0
          T0 = Time.ofAny "Ode.problem" (box t0)
          T1 = Time.ofAny "Ode.problem" (box t1)
          Solver = Tsit5
          Rtol = 1e-6
          Atol = 1e-9
          Step = AdaptiveStep StepController.integral
          DtMin = 0.0
          DtMax = infinity
          MaxSteps = 100000
          SaveAt = { Times = None; EverySteps = None; Start = false; End = false }
          StepAt = []
          JumpAt = []
          Events = []
          MaxEvents = 1000
          Norm = None
          Gradient = Checkpointed
          ErrorControl = StateAndDerivatives
          PerSample = false
          Progress = None
          Cancellation = CancellationToken.None }

    /// The method; Tsit5 unless said otherwise.
    let using (solver: OdeSolver) (p: OdeProblem<'S>) = { p with Solver = solver }

    /// <summary>A step is accepted when its error is at most atol + rtol |y|, in the root mean square of each leaf. Default 1e-6, 1e-9.</summary>
    let tolerance (rtol: float) (atol: float) (p: OdeProblem<'S>) =
        OdeSetup.checkTolerance rtol atol
        { p with Rtol = rtol; Atol = atol }

    /// <summary>Steps of constant length: step k starts at t0 + k dt, and anew after each stop; the last is cut to hit t1.</summary>
    /// <remarks>float32 states carry the rounding error of their sum (Kahan's), so that 10⁵ steps add up, but with methods that
    /// iterate (Kvaerno3, BDF2); derivatives in float32 are plain sums over the steps.</remarks>
    let dt (dt: float) (p: OdeProblem<'S>) =
        OdeSetup.checkPositive "Ode.dt" "the step" dt
        { p with Step = ConstantStep dt }

    /// The length of the first step of an adaptive solve; Hairer's estimate unless said otherwise.
    let dt0 (dt0: float) (p: OdeProblem<'S>) =
        OdeSetup.checkPositive "Ode.dt0" "the first step" dt0

        let controller =
            match p.Step with
            | AdaptiveStep c
            | AdaptiveStepFrom(_, c) -> c
            | ConstantStep _ -> StepController.integral

        { p with Step = AdaptiveStepFrom(dt0, controller) }

    /// Adaptive steps under another controller, such as StepController.proportionalIntegral.
    let controller (controller: StepController) (p: OdeProblem<'S>) =
        OdeSetup.checkController controller

        let step =
            match p.Step with
            | AdaptiveStepFrom(dt0, _) -> AdaptiveStepFrom(dt0, controller)
            | AdaptiveStep _
            | ConstantStep _ -> AdaptiveStep controller

        { p with Step = step }

    /// Bounds on the length of steps. A step that would have to be shorter ends the solve with StepTooSmall.
    let dtBetween (dtMin: float) (dtMax: float) (p: OdeProblem<'S>) =
        OdeSetup.checkSteps dtMin dtMax
        { p with DtMin = dtMin; DtMax = dtMax }

    /// The most steps, accepted and rejected; 100 000 unless said otherwise.
    let maxSteps (n: int) (p: OdeProblem<'S>) =
        OdeSetup.checkCount "Ode.maxSteps" n
        { p with MaxSteps = n }

    /// <summary>The state at these times, in the order of the solve. Steps do not depend on them: the interpolant gives the values.</summary>
    /// <param name="times">[time], or [batch; time] with perSample. The derivative by an output time is
    /// f(t, y(t)), which differs from the slope of the interpolant by about the tolerance; that placeholders are in order cannot be checked.</param>
    /// <param name="p">The problem.</param>
    let saveAt (times: Tensor) (p: OdeProblem<'S>) =
        if times.Rank = 0 then
            raise (ShapeException "Ode.saveAt: got one number, expected times [time]. Write tensor [ t ].")

        if not times.Dtype.IsFloat then
            raise (DtypeException $"Ode.saveAt: got times of {times.Dtype}, expected floats.")

        { p with SaveAt = { p.SaveAt with Times = Some times } }

    /// The state after every n-th accepted step. How many there are is not known in advance, so not inside a transform.
    let saveSteps (n: int) (p: OdeProblem<'S>) =
        OdeSetup.checkCount "Ode.saveSteps" n
        { p with SaveAt = { p.SaveAt with EverySteps = Some n } }

    /// Saves the state at t0, too.
    let saveStart (p: OdeProblem<'S>) = { p with SaveAt = { p.SaveAt with Start = true } }

    /// Saves the state at t1, too.
    let saveEnd (p: OdeProblem<'S>) = { p with SaveAt = { p.SaveAt with End = true } }

    /// Times that steps must end at.
    let stepAt (times: float list) (p: OdeProblem<'S>) = { p with StepAt = times }

    /// <summary>Times at which the field jumps: a step ends just before each and the next begins just after.</summary>
    /// <param name="times">Numbers, or scalar tensors to differentiate with respect to them: the derivative of the state by a time s
    /// is f(s⁻, y) − f(s⁺, y), carried on.</param>
    /// <param name="p">The problem.</param>
    let jumpAt (times: 'T list) (p: OdeProblem<'S>) : OdeProblem<'S> when 'T :> ISubtractionOperators<'T, 'T, 'T> =
        let times = times |> List.map (box >> Time.ofAny "Ode.jumpAt")

        for t in times do
            if t.Rank > 0 then
                raise (
                    ShapeException
                        $"Ode.jumpAt: got a time of shape {Shape.text t.Dims}, expected one number each. Index it."
                )

        { p with JumpAt = times }

    /// <summary>Something that happens where a value of time and state changes its sign: Event.falling, rising or crossing, and Event.apply or
    /// Event.stop. May be used several times.</summary>
    /// <remarks>A step ends at the event and the method begins anew. Time and state there are differentiable, and the sensitivity jumps
    /// as the state does. Events at one time happen in the order of these calls, up to one that ends the solve. Outputs at an event's
    /// time show the state before it; those after the end of the solve are NaN. Without perSample a batch has its events together.</remarks>
    let on (trigger: EventTrigger<'S>) (action: EventAction<'S>) (p: OdeProblem<'S>) =
        { p with Events = p.Events @ [ trigger, action ] }

    /// The most events; 1000 unless said otherwise. One more ends the solve with TooManyEvents.
    let maxEvents (n: int) (p: OdeProblem<'S>) =
        OdeSetup.checkCount "Ode.maxEvents" n
        { p with MaxEvents = n }

    /// <summary>A norm of one's own: from scaled errors, a tree like the state, to one number; a step is accepted at 1 or less.</summary>
    let norm (norm: 'S -> Tensor) (p: OdeProblem<'S>) = { p with Norm = Some norm }

    /// How reverse mode goes through the solve; Checkpointed unless said otherwise.
    let gradient (method: Gradient) (p: OdeProblem<'S>) = { p with Gradient = method }

    /// <summary>What adaptive steps answer for; StateAndDerivatives unless said otherwise.</summary>
    /// <remarks>
    /// Where a solve is differentiated, its steps answer for the derivative too: a random tangent is watched, and steers where the
    /// state's error says nothing, as at rest. Ode.errorControl StateOnly leaves it out. The value that comes with a
    /// derivative may then differ from that of the bare solve, within the tolerance, where a tangent steered. The backward solves
    /// of Backsolve control their own error, and steps of constant length answer for nothing.
    /// </remarks>
    let errorControl (control: ErrorControl) (p: OdeProblem<'S>) = { p with ErrorControl = control }

    /// <summary>One solve per row of the state, each with its own steps, error and status. The field sees one sample and a 0-d time.</summary>
    /// <remarks>Every leaf of y0 has the batch axis first. t0, t1 may be [batch], output times [batch; time].</remarks>
    let perSample (p: OdeProblem<'S>) = { p with PerSample = true }

    /// <summary>n more components along the last axis of the state, 0 at t0: the field sees and returns d + n, and so do outputs.</summary>
    /// <remarks>E. Dupont, A. Doucet, Y. W. Teh, Augmented neural ODEs, NeurIPS 2019. ShapeException for more than 3 axes, which look like images: augmentAlong 1
    /// adds channels.</remarks>
    let augment (n: int) (p: OdeProblem<Tensor>) =
        if p.Y0.Rank > 3 then
            Expect.misfit
                $"Ode.augment: got a state of shape {Expect.text p.Y0}, expected [batch…; d] of 3 axes at most. Write Ode.augmentAlong 1 for more channels of images, Ode.augmentAlong -1 for the last axis."

        { p with Y0 = OdeSetup.augmented "Ode.augment" -1 n p.Y0 }

    /// <summary>n more components along another axis of the state.</summary>
    let augmentAlong (axis: int) (n: int) (p: OdeProblem<Tensor>) =
        { p with Y0 = OdeSetup.augmented "Ode.augmentAlong" axis n p.Y0 }

    /// Calls back at the start and after every step.
    let progress (report: SolveProgress -> unit) (p: OdeProblem<'S>) = { p with Progress = Some report }

    /// Ends the solve with Cancelled before the next step once the token is cancelled. Inside a transform the token of the call
    /// counts: Engine.cancellable.
    let cancel (token: CancellationToken) (p: OdeProblem<'S>) = { p with Cancellation = token }

    // ── solving ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>Solves. A solve that stops short ends in the solution's Status and Failure; what it did not reach is NaN.</summary>
    let trySolve (p: OdeProblem<'S>) : Solution<'S> = OdeSolution.build "Ode.trySolve" false p

    /// <summary>Solves; raises SolveException, which holds what there was, when the solve stops short.</summary>
    /// <remarks>Inside a transform the exception comes when the transformed function has run.</remarks>
    let solve (p: OdeProblem<'S>) : Solution<'S> = OdeSolution.build "Ode.solve" true p

    /// Only the saved states.
    let solveYs (p: OdeProblem<'S>) : 'S = (solve p).Ys

    /// Only the state at t1.
    let solveFinal (p: OdeProblem<'S>) : 'S =
        let nothing = { Times = None; EverySteps = None; Start = false; End = false }

        (solve { p with SaveAt = nothing }).Y1
