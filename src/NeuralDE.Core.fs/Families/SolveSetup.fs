namespace NeuralDE.Compiler

open System
open NeuralDE

/// From a problem to a graph: what a user gave is checked, the field is traced, the plan is made.
[<NoEquality; NoComparison>]
type internal SolveSetup =
    {
        Plan: SolvePlan
        Field: Graph
        /// by the field, the diffusion and the events
        Captured: Tensor[]
        Leaves: Tensor[]
        Names: string[]
        Ts: Tensor
        /// samples, when each has its own steps
        Rows: int voption
        /// What the graph of a solve takes, with output times.
        Arguments: Tensor -> Tensor[]
        /// Runs the solve under a plan, with output times.
        Run: SolvePlan -> Tensor -> SolveOutputs
    }

module internal SolveSetup =
    let private isForward (p: Problem<'E, 'S>) =
        match OutputTimes.known p.T0, OutputTimes.known p.T1 with
        | ValueSome t0, ValueSome t1 -> t1[0] >= t0[0]
        | _ -> true

    let private stepsOf (p: Problem<'E, 'S>) =
        let needsEstimate () =
            if not p.Solver.IsAdaptive then
                let other = if p.Noise.IsSome then "Heun, for a Stratonovich equation" else "Tsit5"

                raise (
                    InputException
                        $"{p.Family}.solve: {p.Solver.Name} does not estimate its error. Give the length of its steps with {p.Family}.dt, or use an adaptive method such as {other}."
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
    let private reportOf (p: Problem<'E, 'S>) : (NdArray[] -> unit) voption =
        match p.Progress, OutputTimes.known p.T0, OutputTimes.known p.T1 with
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

    let private tapeOf family gradient =
        match gradient with
        | Direct -> Everything
        | Checkpointed
        | Backsolve
        | BacksolveWith _ -> Budget Gradient.DefaultBudget
        | CheckpointedWithin bytes when bytes >= 1L -> Budget bytes
        | CheckpointedWithin bytes ->
            raise (
                InputException $"{family}.gradient: CheckpointedWithin {string bytes}; give a positive number of bytes."
            )

    let private savingOf (p: Problem<'E, 'S>) (ts: Tensor) =
        match p.SaveAt.Times, p.SaveAt.EverySteps with
        | Some _, Some _ ->
            raise (InputException $"{p.Family}.solve: both saveAt and saveSteps were asked for. Choose one.")
        | Some _, None -> if ts.Dims[ts.Rank - 1] = 0 then Nothing else AtTimes
        | None, Some n -> EverySteps n
        | None, None -> Nothing

    let prepare verb (p: Problem<'E, 'S>) : SolveSetup =
        let p = NoiseSetup.stopping p
        let leaves = Tree.flatten p.Y0
        let names = Tree.leaves p.Y0 |> List.map fst |> List.toArray
        ProblemChecks.options p
        ProblemChecks.state verb p names leaves
        ProblemChecks.gradient verb p
        ProblemChecks.numbers verb p names leaves

        let ts =
            match p.SaveAt.Times with
            | Some ts -> OutputTimes.check $"{p.Family}.saveAt" true p ts
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

        let stepper, field, captured =
            match p.Solver.Stepper.Bind with
            | ValueSome bind ->
                let bound = bind $"{p.Family}.using {p.Solver.Name}" field leaves.Length
                bound.Stepper, bound.Field, Array.append captured bound.Captured
            | ValueNone -> p.Solver.Stepper, field, captured

        let inputs = Array.append [| time |] state
        let noise = p.Noise |> Option.map (NoiseSetup.trace verb p names inputs) |> Option.toArray
        let events, ofEvents = EventSetup.trace p.Family verb p.Events p.Y0 names inputs
        let ofField = captured
        let captured = Array.concat [ ofField; yield! noise |> Array.map _.Captured; ofEvents ]

        let capturedByRow =
            Array.concat
                [ Array.create ofField.Length false
                  yield! noise |> Array.map _.ByRow
                  Array.create ofEvents.Length false ]

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
                                $"{p.Family}.norm: the norm returned {size.Dtype} {Shape.text size.Dims}, expected one float. Reduce it with sum, mean or amax."
                        )

                    size

                OwnNorm { Measure = measured }

        let plan =
            { Stepper = stepper
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
              Driven = noise |> Array.map _.Graph
              Events = events
              MaxEvents = p.MaxEvents
              EventRoom = ValueNone
              Tape = tapeOf p.Family p.Gradient
              Watch = (if p.Progress.IsSome then Reporting else Cancellable) }

        /// The backward solve's state, once it is known to have ended well.
        let seal (backward: SolvePlan) (out: SolveOutputs) =
            SolveOutcome.guard backward ValueNone out.Last out.Report out.Final

        let rows = if p.PerSample then ValueSome leaves[0].Dims[0] else ValueNone

        let numbersFor (ts: Tensor) =
            SolveInputs.toArray
                { T0 = p.T0
                  T1 = p.T1
                  Rtol = scalar p.Rtol
                  Atol = scalar p.Atol
                  Dt = scalar dt
                  DtMin = NoiseSetup.leastStep p
                  DtMax = scalar p.DtMax
                  MaxSteps = scalar p.MaxSteps
                  Stops = stops.Stops
                  Resumes = stops.Resumes
                  Shifts = stops.Shifts
                  Ts = ts }

        let argumentsFor ts = Array.concat [ numbersFor ts; leaves; captured ]

        let run (plan: SolvePlan) (ts: Tensor) =
            let numbers, arguments = numbersFor ts, argumentsFor ts

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
                        $"{p.Family}.solve: how many steps there will be is not known inside a transform, so they cannot be saved. Give the output times: {p.Family}.saveAt times."
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
                      capturedByRow ]

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
          Captured = Array.concat [ ofField; yield! noise |> Array.map _.OfDiffusion; ofEvents ]
          Leaves = leaves
          Names = names
          Ts = ts
          Rows = rows
          Arguments = argumentsFor
          Run = run }
