namespace NeuralDE

open System.Threading
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Integration
open NeuralDE.Internal.Families

/// What a solve stepped by hand is made of.
[<NoEquality; NoComparison>]
type internal Stepping<'S> =
    {
        Family: string
        /// a state, for its structure, and the leaves' paths in it
        Like: 'S
        Names: string[]
        Plan: SolvePlan
        Field: Graph
        Cargo: LoopFrame<Signature>
        /// whether the path between steps is known
        IsSmooth: bool
        Cancellation: CancellationToken
    }

/// The last step that was kept: times and states at its start and end, and its interpolant.
[<NoEquality; NoComparison>]
type internal KeptStep =
    {
        T0: Tensor
        Y0: Tensor[]
        /// start, length, polynomials, states at the end; none before the first step
        Pieces: Tensor[]
    }

/// <summary>A solve that is stepped by hand, as it stands after a step. A value: Step gives another one and leaves this as it is.</summary>
/// <remarks>Made by Ode.integrator. Its steps are those of the solve, bit for bit. It runs on numbers: derivatives are those of
/// Ode.solve.</remarks>
[<Sealed>]
type Integrator<'S> internal (run: Stepping<'S>, frame: Tensor[], kept: KeptStep) =
    let parts = LoopFrame.read run.Cargo frame
    let steering = Steering.ofArray parts.Steering
    let direction = Prim.direction (SolveInputs.ofArray parts.Inputs).T0 (SolveInputs.ofArray parts.Inputs).T1
    let rebuild leaves : 'S = Tree.unflatten run.Like leaves
    let code = int steering.Status.Numbers.Integers[0]

    /// The time reached.
    member _.T = float steering.Time

    /// The state there.
    member _.Y: 'S = rebuild parts.Y

    /// The length of the step that is tried next; a stop or t1 may cut it.
    member _.Dt = float steering.Step

    /// Whether the solve has ended.
    member _.IsDone = code <> StatusCode.running

    /// How it ended; None while it has not.
    member i.Status = if i.IsDone then Some(Status.OfCode code) else None

    /// What the steps have cost so far.
    member _.Stats = SolveOutcome.stats run.Plan (SolveReport.pack direction steering parts.Work)

    /// <summary>The next step: the solve as it stands after the next attempt that is kept, or at its end.</summary>
    /// <remarks>InputException after the end. A solve that cannot go on is done, with the status that says why, where it stands.
    /// OperationCanceledException once the token of Ode.cancel is cancelled.</remarks>
    member i.Step() : Integrator<'S> =
        if i.IsDone then
            raise (
                InputException
                    $"Integrator.Step: got a solve that has ended at t = {string i.T} ({Status.OfCode code}), expected one that goes on. Ask IsDone first."
            )

        let body = Integrate.body run.Plan run.Field run.Cargo
        let flag (x: Tensor) = x.Numbers.Flags[0]

        let rec attempt (frame: Tensor[]) : Integrator<'S> =
            run.Cancellation.ThrowIfCancellationRequested()
            let out = Prim.call body frame |> TurnOutputs.read run.Cargo
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

    /// <summary>The state at a time within the last step, by its interpolant.</summary>
    /// <remarks>InputException for another time, and with noise, whose path between two steps is not known.</remarks>
    member i.At(t: float) : 'S =
        let start = float kept.T0
        let isInside = (t - start) * (t - i.T) <= 0.0

        if not isInside then
            raise (
                InputException
                    $"Integrator.At: got the time {string t}, expected one of the last step, in [{string start}, {string i.T}]. Keep the integrators of earlier steps."
            )

        if t = i.T then
            i.Y
        elif not run.IsSmooth then
            raise (
                InputException
                    "Integrator.At: a path with noise is not known between its steps. Ask for the state at T: Y."
            )
        else
            let row (x: Tensor) = Prim.reshape (Array.append [| 1 |] x.Dims) x
            let rows = kept.Pieces |> Array.map row
            let ys = Integrate.valuesAt kept.T0 direction kept.Y0 (Prim.integer 1) rows (tensor [ t ])
            ys |> Array.mapi (fun k y -> Prim.reshape kept.Y0[k].Dims y) |> rebuild

    /// <summary>The same solve with another state from here on: the method begins anew, time, step and counts stay.</summary>
    /// <param name="y">A state of the same structure, shapes and dtypes.</param>
    member i.With(y: 'S) : Integrator<'S> =
        let leaves = Tree.flatten y
        StateChecks.requireLike
            "Integrator.With"
            "the new state has"
            "Give a state like the one before."
            run.Names
            (Tracing.signatures parts.Y)
            leaves

        if leaves |> Array.exists _.IsPlaceholder then
            raise (
                TraceException
                    "Integrator.With: got an argument of a transform, expected numbers. Use Ode.solve inside it."
            )

        let frame = LoopFrame.toArray { parts with Y = leaves }
        let anew = Prim.call (Integrate.anew run.Plan run.Field run.Cargo) frame
        Integrator(run, anew, { T0 = steering.Time; Y0 = leaves; Pieces = [||] })

    override i.ToString() =
        let ended =
            match i.Status with
            | Some status -> $", {status}"
            | None -> ""

        $"Integrator at t = {string i.T}{ended}"

module internal Integrator =
    /// At the start of a problem.
    let create verb (p: Problem<'E, 'S>) : Integrator<'S> =
        if p.PerSample then
            raise (
                InputException
                    $"{verb}: got {p.Family}.perSample, expected one solve. Step each sample's own integrator, or all of them together without perSample."
            )

        let given = p.SaveAt.Times.IsSome || p.SaveAt.EverySteps.IsSome || p.SaveAt.Start || p.SaveAt.End

        if given then
            raise (InputException $"{verb}: got output times, expected none. Read Y after each step, and At between.")

        if p.Progress.IsSome then
            raise (InputException $"{verb}: got {p.Family}.progress, expected none. Look at the solve after each step.")

        let setup = SolveSetup.prepare verb p
        let arguments = setup.Arguments setup.Ts

        if arguments |> Array.exists _.IsPlaceholder then
            raise (
                TraceException
                    $"{verb}: got an argument of a transform, expected numbers. Inside a transform write {p.Family}.solve."
            )

        let plan = { setup.Plan with Saving = EveryPolynomial; Tape = Everything }
        let graph, cargo = Integrate.firstFrame plan setup.Field

        let run =
            { Family = p.Family
              Like = p.Y0
              Names = setup.Names
              Plan = plan
              Field = setup.Field
              Cargo = cargo
              IsSmooth = p.Noise.IsNone
              Cancellation = p.Cancellation }

        let frame = Prim.call graph arguments
        let start = LoopFrame.read cargo frame
        Integrator(run, frame, { T0 = (Steering.ofArray start.Steering).Time; Y0 = start.Y; Pieces = [||] })
