namespace NeuralDE.Internal.Families

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Steppers

/// Checks of a problem: its options, its state, its gradient method.
module internal ProblemChecks =
    // ── options: checked by each verb, and again by the solve, because the record may be made without the verbs ─────────
    let positive verb what (x: float) =
        if not (x > 0.0) then
            raise (InputException $"{verb}: {what} is {string x}, expected a positive number.")

    let tolerance family rtol atol =
        if not (rtol >= 0.0 && atol >= 0.0 && rtol + atol > 0.0 && Double.IsFinite(rtol + atol)) then
            raise (
                InputException
                    $"{family}.tolerance: got rtol {string rtol} and atol {string atol}, expected finite numbers of 0 or more, not both 0."
            )

    let steps family dtMin dtMax =
        if not (dtMin >= 0.0 && dtMax > dtMin) then
            raise (
                InputException
                    $"{family}.dtBetween: got {string dtMin} and {string dtMax}, expected 0 ≤ least < largest."
            )

    let count verb n = if n < 1 then raise (InputException $"{verb}: got {string n}, expected 1 or more.")

    let options (p: Problem<'E, 'S>) =
        tolerance p.Family p.Rtol p.Atol
        count $"{p.Family}.maxEvents" p.MaxEvents
        steps p.Family p.DtMin p.DtMax
        count $"{p.Family}.maxSteps" p.MaxSteps
        p.SaveAt.EverySteps |> Option.iter (count $"{p.Family}.saveSteps")

        match p.Step with
        | ConstantStep dt -> positive $"{p.Family}.dt" "the step" dt
        | AdaptiveStepFrom(dt0, _) -> positive $"{p.Family}.dt0" "the first step" dt0
        | AdaptiveStep _ -> ()

    let state verb (p: Problem<'E, 'S>) (names: string[]) (leaves: Tensor[]) =
        if leaves.Length = 0 then
            raise (
                TreeException
                    $"{verb}: got a state of type {typeof<'S>.Name} without tensors, expected at least one. Wrap numbers by scalar or tensor."
            )

        for k in 0 .. leaves.Length - 1 do
            if not leaves[k].Dtype.IsFloat then
                raise (
                    DtypeException
                        $"{verb}: the state{StateChecks.nameOf names[k]} is {leaves[k].Dtype}, expected a float. Cast it, or capture it in the field."
                )

            if p.PerSample && (leaves[k].Rank = 0 || leaves[k].Dims[0] <> leaves[0].Dims[0]) then
                let expected = if leaves[0].Rank = 0 then "[batch; …]" else $"[{string (leaves[0].Dims[0])}; …]"
                raise (
                    ShapeException
                        $"{verb}: with perSample every leaf of y0 has the batch axis first; got shape {Shape.text leaves[k].Dims}{StateChecks.nameOf names[k]}, expected {expected}."
                )

        let rank = if p.PerSample then 1 else 0

        for t in [ p.T0; p.T1 ] do
            if t.Rank > rank then
                raise (
                    ShapeException
                        $"{verb}: a time has shape {Shape.text t.Dims}; expected one number, or [batch] with {p.Family}.perSample."
                )

            if t.Rank = 1 && t.Dims[0] <> leaves[0].Dims[0] then
                raise (
                    ShapeException
                        $"{verb}: got {string t.Dims[0]} times for {string (leaves[0].Dims[0])} samples. Give one number, or one for each sample."
                )

        match p.SaveAt.Times with
        | Some ts when ts.Rank = 2 && p.PerSample && ts.Dims[0] <> leaves[0].Dims[0] ->
            raise (
                ShapeException
                    $"{p.Family}.saveAt: got {string ts.Dims[0]} rows of times for {string (leaves[0].Dims[0])} samples. Give [time], or one row for each sample."
            )
        | Some ts when ts.Rank > rank + 1 ->
            raise (
                ShapeException
                    $"{p.Family}.saveAt: times have shape {Shape.text ts.Dims}; expected [time], or [batch; time] with {p.Family}.perSample."
            )
        | Some _
        | None -> ()

    /// The first time of a jump inside of the solve that is not an output time.
    let private jumpInsideSpan (p: Problem<'E, 'S>) : float option =
        let numbers (t: Tensor) =
            match OutputTimes.known t with
            | ValueSome values -> values
            | ValueNone -> [||]

        let ends =
            Array.concat
                [ numbers p.T0; numbers p.T1; p.SaveAt.Times |> Option.map numbers |> Option.defaultValue [||] ]
        p.JumpAt |> List.map numbers |> Array.concat |> Array.tryFind (fun jump -> not (Array.contains jump ends))

    let gradient verb (p: Problem<'E, 'S>) =
        let refuse (reason: string) =
            raise (
                InputException
                    $"{verb}: got {p.Family}.gradient {p.Gradient.Name} with {reason}; expected Checkpointed or Direct. Write {p.Family}.gradient Checkpointed."
            )

        // for methods that solve an adjoint equation instead of differentiating the steps
        let adjoint () =
            let name = p.Solver.Name

            if not p.Events.IsEmpty then
                refuse "events, which it does not support"
            elif p.Solver.Stepper.Bind.IsSome then
                refuse $"{name}, a custom step: the adjoint equation does not include the values that it captures"
            elif p.JumpAt |> List.exists Time.moves then
                refuse "a jump whose time is differentiated, which it does not support"

        match p.Gradient with
        | Backsolve
        | BacksolveWith _ ->
            adjoint ()

            if p.Solver.Stepper.IsImplicit then
                refuse $"{p.Solver.Name}, an implicit method: a stiff equation is unstable when it is solved backwards"
        | OwnGradient _ ->
            adjoint ()

            match jumpInsideSpan p with
            | Some jump ->
                refuse
                    $"a jump at t = {string jump} inside of a span, which it would step over; save the state there with {p.Family}.saveAt and {p.Family}.solve, so that a span ends at it"
            | None -> ()
        | Direct
        | Checkpointed
        | CheckpointedWithin _ -> ()

    /// A start that is not finite has no solution. With perSample only that sample fails, with a status.
    let numbers verb (p: Problem<'E, 'S>) (names: string[]) (leaves: Tensor[]) =
        if not p.PerSample then
            for k in 0 .. leaves.Length - 1 do
                if not leaves[k].IsPlaceholder then
                    let values = leaves[k].ToArray()

                    match values |> Array.tryFindIndex (Double.IsFinite >> not) with
                    | Some at ->
                        raise (
                            InputException
                                $"{verb}: y0 is {string values[at]} at position {string at}{StateChecks.nameOf names[k]}, expected finite numbers. Check the computation of y0."
                        )
                    | None -> ()
