namespace NeuralDE

open System.Threading
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Integration
open NeuralDE.Internal.Families

/// The constants of a solve that is stepped by hand.
[<NoEquality; NoComparison>]
type internal Stepping<'S> =
    {
        Family: string
        /// a state, for its structure, and the paths of its leaves
        Like: 'S
        Names: string[]
        Plan: SolvePlan
        Field: Graph
        Signatures: LoopFrame<Signature>
        /// whether a state between steps can be interpolated: there is no noise
        IsSmooth: bool
        Cancellation: CancellationToken
    }

/// The last accepted step: time and state at its start, and its interpolant.
[<NoEquality; NoComparison>]
type internal KeptStep =
    {
        T0: Tensor
        Y0: Tensor[]
        /// start, length, polynomials, states at the end; empty before the first step
        Pieces: Tensor[]
    }

/// <summary>A solve that is stepped by hand, after one of its steps. It is immutable: Step returns a new
/// integrator.</summary>
/// <remarks>Made by Ode.integrator. Its steps are those of the solve, bit for bit. It works on numbers only: use Ode.solve
/// for derivatives.</remarks>
[<Sealed>]
type Integrator<'S> internal (run: Stepping<'S>, frame: Tensor[], kept: KeptStep) =
    let parts = LoopFrame.read run.Signatures frame
    let steering = Steering.ofArray parts.Steering
    let direction = Prim.direction (SolveInputs.ofArray parts.Inputs).T0 (SolveInputs.ofArray parts.Inputs).T1
    let rebuild leaves : 'S = Tree.unflatten run.Like leaves
    let code = int steering.Status.Numbers.Integers[0]

    /// The time reached.
    member _.T = float steering.Time

    /// The state at time T.
    member _.Y: 'S = rebuild parts.Y

    /// The size of the next step that is tried; a stop or t1 may shorten it.
    member _.Dt = float steering.Step

    /// Whether the solve has ended.
    member _.IsDone = code <> StatusCode.running

    /// The status at the end of the solve; None before the end.
    member i.Status = if i.IsDone then Some(Status.OfCode code) else None

    /// The cost of the steps so far.
    member _.Stats = SolveOutcome.stats run.Plan (SolveReport.pack direction steering parts.Work)

    /// <summary>Takes the next step: attempts steps until one is accepted or the solve ends.</summary>
    /// <returns>The integrator after the step. A solve that cannot continue is done, with the status of its failure, at the
    /// time reached.</returns>
    /// <exception cref="T:NeuralDE.InputException">after the end.</exception>
    /// <exception cref="T:System.OperationCanceledException">if the token of Ode.cancel is cancelled.</exception>
    member i.Step() : Integrator<'S> =
        if i.IsDone then
            raise (
                InputException
                    $"Integrator.Step: got a solve that has ended at t = {string i.T} ({Status.OfCode code}), expected one that has not ended. Check IsDone first."
            )

        let body = Integrate.body run.Plan run.Field run.Signatures
        let flag (x: Tensor) = x.Numbers.Flags[0]

        let rec attempt (frame: Tensor[]) : Integrator<'S> =
            run.Cancellation.ThrowIfCancellationRequested()
            let out = Prim.call body frame |> IterationOutputs.read run.Signatures
            let carried = out.State.Length + out.Registers.Length
            let state = if flag out.Keep then out.State else frame[.. out.State.Length - 1]
            let next = Array.concat [ state; out.Registers; frame[carried..] ]

            if flag out.Keep then
                Integrator(run, next, { T0 = steering.Time; Y0 = parts.Y; Pieces = out.Saved })
            elif flag out.IsDone then
                Integrator(run, next, kept)
            else
                attempt next

        attempt frame

    /// <summary>The state at a time within the last step, from its interpolant.</summary>
    /// <param name="t">From the start of the last step to T.</param>
    /// <returns>A state like y0.</returns>
    /// <exception cref="T:NeuralDE.InputException">for another time, and with noise, because the path between two steps is
    /// not known.</exception>
    member i.At(t: float) : 'S =
        let start = float kept.T0
        let isInside = (t - start) * (t - i.T) <= 0.0

        if not isInside then
            raise (
                InputException
                    $"Integrator.At: got the time {string t}, expected one within the last step, [{string start}, {string i.T}]. Keep the integrators of earlier steps."
            )

        if t = i.T then
            i.Y
        elif not run.IsSmooth then
            raise (
                InputException
                    "Integrator.At: got noise; the path between two steps is not known. Use the state Y at T."
            )
        else
            let row (x: Tensor) = Prim.reshape (Array.append [| 1 |] x.Dims) x
            let rows = kept.Pieces |> Array.map row
            let ys = Integrate.valuesAt kept.T0 direction kept.Y0 (Prim.integer 1) rows (tensor [ t ])
            ys |> Array.mapi (fun k y -> Prim.reshape kept.Y0[k].Dims y) |> rebuild

    /// <summary>The same solve with another state: the method restarts; time, step size and counts stay.</summary>
    /// <param name="y">A state of the same structure, shapes and dtypes.</param>
    /// <returns>The integrator with this state.</returns>
    /// <exception cref="T:NeuralDE.TreeException">for another structure.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">for another shape.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">for another dtype.</exception>
    /// <exception cref="T:NeuralDE.TraceException">inside a transform.</exception>
    member i.With(y: 'S) : Integrator<'S> =
        let leaves = Tree.flatten y
        StateChecks.requireLike
            "Integrator.With"
            "the new state has"
            "Give a state like the previous one."
            run.Names
            (Tracing.signatures parts.Y)
            leaves

        if leaves |> Array.exists _.IsPlaceholder then
            raise (
                TraceException
                    "Integrator.With: got an argument of a transform, expected numbers. Use Ode.solve inside it."
            )

        let frame = LoopFrame.toArray { parts with Y = leaves }
        let anew = Prim.call (Integrate.anew run.Plan run.Field run.Signatures) frame
        Integrator(run, anew, { T0 = steering.Time; Y0 = leaves; Pieces = [||] })

    override i.ToString() =
        let ended =
            match i.Status with
            | Some status -> $", {status}"
            | None -> ""

        $"Integrator at t = {string i.T}{ended}"

module internal Integrator =
    /// The integrator at the start of a problem.
    let create verb (p: Problem<'E, 'S>) : Integrator<'S> =
        if p.PerSample then
            raise (
                InputException
                    $"{verb}: got {p.Family}.perSample, expected one solve. Use one integrator for each sample, or one for the whole batch without perSample."
            )

        let given = p.SaveAt.Times.IsSome || p.SaveAt.EverySteps.IsSome || p.SaveAt.Start || p.SaveAt.End

        if given then
            raise (
                InputException $"{verb}: got output times, expected none. Read Y after each step, and At within a step."
            )

        if p.Progress.IsSome then
            raise (
                InputException $"{verb}: got {p.Family}.progress, expected none. Read the integrator after each step."
            )

        let setup = SolveSetup.prepare verb p
        let arguments = setup.Arguments setup.Ts

        if arguments |> Array.exists _.IsPlaceholder then
            raise (
                TraceException
                    $"{verb}: got an argument of a transform, expected numbers. Inside a transform use {p.Family}.solve."
            )

        let plan = { setup.Plan with Saving = EveryPolynomial; Tape = Everything }
        let graph, signatures = Integrate.firstFrame plan setup.Field

        let run =
            { Family = p.Family
              Like = p.Y0
              Names = setup.Names
              Plan = plan
              Field = setup.Field
              Signatures = signatures
              IsSmooth = p.Noise.IsNone
              Cancellation = p.Cancellation }

        let frame = Prim.call graph arguments
        let start = LoopFrame.read signatures frame
        Integrator(run, frame, { T0 = (Steering.ofArray start.Steering).Time; Y0 = start.Y; Pieces = [||] })
