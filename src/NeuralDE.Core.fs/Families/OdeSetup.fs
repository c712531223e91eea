namespace NeuralDE.Compiler

open System
open NeuralDE

/// From a problem to a graph: what a user gave is checked, the field is traced, the plan is made.
[<NoEquality; NoComparison>]
type internal OdeSetup =
    {
        Plan: SolvePlan
        Field: Graph
        Captured: Tensor[]
        Leaves: Tensor[]
        Names: string[]
        Ts: Tensor
        /// samples, when each has its own steps
        Rows: int voption
        /// Runs the solve under a plan, with output times.
        Run: SolvePlan -> Tensor -> SolveOutputs
    }

module internal OdeSetup =
    let private isForward (p: OdeProblem<'S>) =
        match OdeTimes.known p.T0, OdeTimes.known p.T1 with
        | ValueSome t0, ValueSome t1 -> t1[0] >= t0[0]
        | _ -> true

    // ── what the functions of Ode check at the call, and a solve once more: the record may be made without them ──────
    let checkPositive verb what (x: float) =
        if not (x > 0.0) then
            raise (InputException $"{verb}: {what} is {string x}, expected a positive number.")

    let checkTolerance rtol atol =
        if not (rtol >= 0.0 && atol >= 0.0 && rtol + atol > 0.0 && Double.IsFinite(rtol + atol)) then
            raise (
                InputException
                    $"Ode.tolerance: got rtol {string rtol} and atol {string atol}, expected finite numbers of 0 or more, not both 0."
            )

    let checkSteps dtMin dtMax =
        if not (dtMin >= 0.0 && dtMax > dtMin) then
            raise (
                InputException $"Ode.dtBetween: got {string dtMin} and {string dtMax}, expected 0 ≤ least < largest."
            )

    let checkCount verb n = if n < 1 then raise (InputException $"{verb}: got {string n}, expected 1 or more.")

    let checkController (c: StepController) =
        let weighs = [ c.P; c.I; c.D ] |> List.forall Double.IsFinite && c.P + c.I + c.D > 0.0
        let shrinks = c.MinFactor > 0.0 && c.MinFactor < 1.0 && c.Safety > 0.0 && c.Safety <= 1.0
        let grows = c.MaxFactor > 1.0 && c.AcceptedMinFactor > 0.0 && c.AcceptedMinFactor <= c.MaxFactor

        if not (weighs && shrinks && grows && c.MinFactor <= c.Safety) then
            raise (
                InputException
                    $"Ode.controller: got {c}, expected P + I + D > 0, 0 < MinFactor ≤ Safety ≤ 1, MinFactor < 1 < MaxFactor and 0 < AcceptedMinFactor ≤ MaxFactor."
            )

    let private checkOptions (p: OdeProblem<'S>) =
        checkTolerance p.Rtol p.Atol
        checkCount "Ode.maxEvents" p.MaxEvents
        checkSteps p.DtMin p.DtMax
        checkCount "Ode.maxSteps" p.MaxSteps
        p.SaveAt.EverySteps |> Option.iter (checkCount "Ode.saveSteps")

        match p.Step with
        | ConstantStep dt -> checkPositive "Ode.dt" "the step" dt
        | AdaptiveStepFrom(dt0, c) ->
            checkPositive "Ode.dt0" "the first step" dt0
            checkController c
        | AdaptiveStep c -> checkController c

    let private stepsOf (p: OdeProblem<'S>) =
        let needsEstimate () =
            if not p.Solver.IsAdaptive then
                raise (
                    InputException
                        $"Ode.solve: {p.Solver.Name} does not estimate its error. Give the length of its steps with Ode.dt, or use an adaptive method such as Tsit5."
                )

        match p.Step with
        | ConstantStep dt -> Constant, dt
        | AdaptiveStep c ->
            needsEstimate ()
            Adaptive(c, true), 0.0
        | AdaptiveStepFrom(dt0, c) ->
            needsEstimate ()
            Adaptive(c, false), dt0

    /// The state with n zeros after its components along an axis.
    let augmented verb axis n (y0: Tensor) =
        Expect.count verb "dimensions" n
        Expect.rankAtLeast verb 1 y0
        let shape = Array.copy y0.Dims
        let axis = Shape.axis verb y0.Rank axis
        shape[axis] <- n
        Prim.concat axis [| y0; Prim.zeros { y0.Signature with Shape = shape } |]

    /// What Ode.progress wants to see, from the control of the running solve.
    let private reportOf (p: OdeProblem<'S>) : (NdArray[] -> unit) voption =
        match p.Progress, OdeTimes.known p.T0, OdeTimes.known p.T1 with
        | Some report, ValueSome t0, ValueSome t1 ->
            ValueSome(fun control ->
                let s = Steering.ofArray control
                let time = if isForward p then Array.min s.Time.Floats else Array.max s.Time.Floats
                let span = t1[0] - t0[0]

                report
                    { Time = time
                      Fraction = if span = 0.0 then 1.0 else (time - t0[0]) / span
                      Steps = int (Array.max s.Accepted.Integers)
                      Rejected = int (Array.max s.Rejected.Integers) })
        | _ -> ValueNone

    let private tapeOf gradient =
        match gradient with
        | Direct -> Everything
        | Checkpointed
        | Backsolve
        | BacksolveWith _ -> Budget Gradient.DefaultBudget
        | CheckpointedWithin bytes when bytes >= 1L -> Budget bytes
        | CheckpointedWithin bytes ->
            raise (InputException $"Ode.gradient: CheckpointedWithin {string bytes}; give a positive number of bytes.")

    let private savingOf (p: OdeProblem<'S>) (ts: Tensor) =
        match p.SaveAt.Times, p.SaveAt.EverySteps with
        | Some _, Some _ -> raise (InputException "Ode.solve: both saveAt and saveSteps were asked for. Choose one.")
        | Some _, None -> if ts.Dims[ts.Rank - 1] = 0 then Nothing else AtTimes
        | None, Some n -> EverySteps n
        | None, None -> Nothing

    let private checkState verb (p: OdeProblem<'S>) (names: string[]) (leaves: Tensor[]) =
        if leaves.Length = 0 then
            raise (
                TreeException
                    $"{verb}: got a state of type {typeof<'S>.Name} without tensors, expected at least one. Write scalar or tensor around numbers."
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
                        $"{verb}: a time has shape {Shape.text t.Dims}; expected one number, or [batch] with Ode.perSample."
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
                    $"Ode.saveAt: got {string ts.Dims[0]} rows of times for {string (leaves[0].Dims[0])} samples. Give [time], or one row for each sample."
            )
        | Some ts when ts.Rank > rank + 1 ->
            raise (
                ShapeException
                    $"Ode.saveAt: times have shape {Shape.text ts.Dims}; expected [time], or [batch; time] with Ode.perSample."
            )
        | Some _
        | None -> ()

    /// The adjoint equation knows nothing of events, and its backward solve does not stand stiffness.
    let private checkGradient verb (p: OdeProblem<'S>) =
        match p.Gradient with
        | Backsolve
        | BacksolveWith _ when not p.Events.IsEmpty ->
            raise (
                InputException
                    $"{verb}: got Ode.gradient Backsolve with events, whose adjoint it does not know; expected Checkpointed or Direct. Write Ode.gradient Checkpointed."
            )
        | Backsolve
        | BacksolveWith _ when p.Solver.Stepper.IsImplicit ->
            raise (
                InputException
                    $"{verb}: got Ode.gradient Backsolve with {p.Solver.Name}, an implicit method: solved backwards, a stiff equation is unstable. Write Ode.gradient Checkpointed."
            )
        | Backsolve
        | BacksolveWith _ when p.JumpAt |> List.exists Time.moves ->
            raise (
                InputException
                    $"{verb}: got Ode.gradient Backsolve with a jump whose time is differentiated, which it cannot do. Write Ode.gradient Checkpointed."
            )
        | Backsolve
        | BacksolveWith _
        | Direct
        | Checkpointed
        | CheckpointedWithin _ -> ()

    /// A start that is not finite has no solution. With samples of their own the others go on: that one ends in its status.
    let private checkNumbers verb (p: OdeProblem<'S>) (names: string[]) (leaves: Tensor[]) =
        if not p.PerSample then
            for k in 0 .. leaves.Length - 1 do
                if not leaves[k].IsPlaceholder then
                    let values = leaves[k].ToArray()

                    match values |> Array.tryFindIndex (Double.IsFinite >> not) with
                    | Some at ->
                        raise (
                            InputException
                                $"{verb}: y0 is {string values[at]} at position {string at}{StateChecks.nameOf names[k]}, expected finite numbers. Look for what it was computed from."
                        )
                    | None -> ()

    let prepare verb (p: OdeProblem<'S>) : OdeSetup =
        let leaves = Tree.flatten p.Y0
        let names = Tree.leaves p.Y0 |> List.map fst |> List.toArray
        checkOptions p
        checkState verb p names leaves
        checkGradient verb p
        checkNumbers verb p names leaves

        let ts =
            match p.SaveAt.Times with
            | Some ts -> OdeTimes.check "Ode.saveAt" true p ts
            | None -> Prim.zeros { Dtype = Float64; Shape = [| 0 |] }

        let sample (y: Tensor) = if p.PerSample then { y.Signature with Shape = y.Dims[1..] } else y.Signature

        let state = leaves |> Array.map sample
        let time = { Signature.Dtype = leaves[0].Dtype; Shape = [||] }

        let field, captured =
            Tracing.trace verb Hoisted (Array.append [| time |] state) (fun x ->
                let derivative = p.Field x[0] (Tree.unflatten p.Y0 x[1..]) |> Tree.flatten
                StateChecks.requireLike
                    verb
                    "the field returned"
                    "Return one derivative per state component."
                    names
                    state
                    derivative
                derivative)

        let events, ofEvents = EventSetup.trace verb p.Events p.Y0 names (Array.append [| time |] state)
        let ofField, captured = captured, Array.append captured ofEvents

        let steps, dt = stepsOf p
        let stops = StopTimes.ofProblem p leaves[0].Dtype

        let norm =
            match p.Norm with
            | None -> LargestRms(Array.create leaves.Length true)
            | Some measure ->
                let measured errors =
                    let size: Tensor = measure (Tree.unflatten p.Y0 errors)

                    if size.Rank <> 0 || not size.Dtype.IsFloat then
                        raise (
                            ShapeException
                                $"Ode.norm: the norm returned {size.Dtype} {Shape.text size.Dims}, expected one float. Reduce it with sum, mean or amax."
                        )

                    size

                OwnNorm { Measure = measured }

        let plan =
            { Stepper = p.Solver.Stepper
              Steps = steps
              Norm = norm
              Control = StateOnly
              IsRelative = (p.Atol = 0.0)
              Saving = savingOf p ts
              Times = ts.Dims[ts.Rank - 1]
              Stops = stops.Stops.Count
              Jumps = not p.JumpAt.IsEmpty
              MovesStart = Time.moves p.T0
              MovesEnd = Time.moves p.T1
              MovesTimes = Time.moves ts
              MovesStops = stops.Moves
              Leaves = leaves.Length
              Events = events
              MaxEvents = p.MaxEvents
              EventRoom = ValueNone
              Tape = tapeOf p.Gradient
              Watch = (if p.Progress.IsSome then Reporting else Cancellable) }

        /// The backward solve's state, once it is known to have ended well.
        let seal (backward: SolvePlan) (out: SolveOutputs) =
            OdeReport.guard backward ValueNone out.Last out.Report out.Final

        let rows = if p.PerSample then ValueSome leaves[0].Dims[0] else ValueNone

        let run (plan: SolvePlan) (ts: Tensor) =
            let numbers =
                SolveInputs.toArray
                    { T0 = p.T0
                      T1 = p.T1
                      Rtol = scalar p.Rtol
                      Atol = scalar p.Atol
                      Dt = scalar dt
                      DtMin = scalar p.DtMin
                      DtMax = scalar p.DtMax
                      MaxSteps = scalar p.MaxSteps
                      Stops = stops.Stops
                      Resumes = stops.Resumes
                      Shifts = stops.Shifts
                      Ts = ts }

            let arguments = Array.concat [ numbers; leaves; captured ]

            // a log that grows with its events is for runs on numbers only
            let plan =
                if events.Length > 0 && arguments |> Array.exists (fun a -> a.IsPlaceholder) then
                    { plan with EventRoom = ValueSome p.MaxEvents }
                else
                    plan

            let fn =
                match p.Gradient with
                | Direct
                | Checkpointed
                | CheckpointedWithin _ -> Call(Integrate.underDerivative p.ErrorControl plan field, Inline)
                | Backsolve -> Custom(BacksolveRule.custom seal plan BacksolveRule.defaults field)
                | BacksolveWith options -> Custom(BacksolveRule.custom seal plan options field)

            match plan.Saving with
            | EverySteps _
            | EveryPolynomial when arguments |> Array.exists (fun a -> a.IsPlaceholder) ->
                raise (
                    TraceException
                        "Ode.solve: how many steps there will be is not known inside a transform, so they cannot be saved. Give the output times: Ode.saveAt times."
                )
            | Nothing
            | AtTimes
            | EverySteps _
            | EveryPolynomial -> ()

            // of the numbers only times can differ between samples: [batch], or [batch; time]
            let byRow () =
                Array.concat
                    [ SolveInputs.signatures plan.Times plan.Stops
                      |> Array.map2 (fun (given: Tensor) one -> given.Rank > one.Shape.Length) numbers
                      leaves |> Array.map (fun _ -> true)
                      captured |> Array.map (fun _ -> false) ]

            let apply () =
                match rows with
                | ValueNone -> Prim.apply fn arguments
                | ValueSome n ->
                    Batch.vmapFn fn n (Array.zip arguments (byRow ()))
                    |> Array.map (fun (y, isByRow) -> if isByRow then y else Prim.rows n y)

            // inside a transform nothing runs here: then the caller of what is transformed watches
            let out = Watching.Under(p.Cancellation, reportOf p, apply)

            SolveOutputs.ofArray plan out

        { Plan = plan
          Field = field
          Captured = ofField
          Leaves = leaves
          Names = names
          Ts = ts
          Rows = rows
          Run = run }
