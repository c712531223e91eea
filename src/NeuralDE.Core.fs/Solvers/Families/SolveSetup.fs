namespace NeuralDE.Internal.Families

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Steppers
open NeuralDE.Internal.Integration

/// From a problem to a graph: checks the arguments, traces the field and makes the plan.
[<NoEquality; NoComparison>]
type internal SolveSetup =
    {
        Plan: SolvePlan
        Field: Graph
        /// values captured by the field, the diffusion and the events
        Captured: Tensor[]
        Leaves: Tensor[]
        Names: string[]
        Ts: Tensor
        /// the number of samples, with perSample
        Rows: int voption
        /// From output times to the inputs of the solve's graph.
        Arguments: Tensor -> Tensor[]
        /// Runs the solve with a plan and output times.
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
                        $"{p.Family}.solve: {p.Solver.Name} does not estimate its error. Set constant steps with {p.Family}.dt, or use an adaptive method such as {other}."
                )

        match p.Step with
        | ConstantStep dt -> StepSizes.Constant, dt
        | AdaptiveStep c ->
            needsEstimate ()
            StepSizes.Adaptive(c, true), 0.0
        | AdaptiveStepFrom(dt0, c) ->
            needsEstimate ()
            StepSizes.Adaptive(c, false), dt0

    /// The state with n zeros appended along an axis.
    let augmented verb axis n (y0: Tensor) =
        Expect.count verb "dimensions" n
        Expect.rankAtLeast verb 1 y0
        let shape = Array.copy y0.Dims
        let axis = Shape.axis verb y0.Rank axis
        shape[axis] <- n
        Prim.concat axis [| y0; Prim.zeros { y0.Signature with Shape = shape } |]

    /// The report of Ode.progress, computed from the registers of the running solve.
    let private reportOf (p: Problem<'E, 'S>) : (NdArray[] -> unit) voption =
        match p.Progress, OutputTimes.known p.T0, OutputTimes.known p.T1 with
        | Some report, ValueSome t0, ValueSome t1 ->
            ValueSome(fun registers ->
                let s = Steering.ofArray registers
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
        | BacksolveWith _
        | OwnGradient _ -> Budget Gradient.DefaultBudget
        | CheckpointedWithin bytes when bytes >= 1L -> Budget bytes
        | CheckpointedWithin bytes ->
            raise (
                InputException
                    $"{family}.gradient: got CheckpointedWithin {string bytes}, expected a positive number of bytes."
            )

    let private savingOf (p: Problem<'E, 'S>) (ts: Tensor) =
        match p.SaveAt.Times, p.SaveAt.EverySteps with
        | Some _, Some _ ->
            raise (
                InputException $"{p.Family}.solve: got saveAt and saveSteps, expected one of them. Remove the other."
            )
        | Some _, None -> if ts.Dims[ts.Rank - 1] = 0 then Nothing else AtTimes
        | None, Some n -> EverySteps n
        | None, None -> Nothing

    /// The functions of a problem as graphs, with the values that they captured.
    [<NoEquality; NoComparison>]
    type private ProblemGraphs =
        {
            /// the method, bound to this field
            Stepper: Stepper
            Field: Graph
            /// values captured by the field, and by a custom step
            OfField: Tensor[]
            Noise: TracedNoise[]
            Events: EventPart[]
            OfEvents: Tensor[]
        }

        member f.Captured = Array.concat [ f.OfField; yield! f.Noise |> Array.map _.Captured; f.OfEvents ]

        /// Which captured values have a row for each sample.
        member f.ByRow =
            Array.concat
                [ Array.create f.OfField.Length false
                  yield! f.Noise |> Array.map _.ByRow
                  Array.create f.OfEvents.Length false ]

    let private trace verb (p: Problem<'E, 'S>) (names: string[]) (leaves: Tensor[]) : ProblemGraphs =
        let sample (y: Tensor) = if p.PerSample then { y.Signature with Shape = y.Dims[1..] } else y.Signature
        let state = leaves |> Array.map sample
        let inputs = Array.append [| { Signature.Dtype = leaves[0].Dtype; Shape = [||] } |] state

        let field, captured =
            Tracing.trace verb Hoisted inputs (fun x ->
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

        let noise = p.Noise |> Option.map (NoiseSetup.trace verb p names inputs) |> Option.toArray
        let events, ofEvents = EventSetup.trace p.Family verb p.Events p.Y0 names inputs

        { Stepper = stepper
          Field = field
          OfField = captured
          Noise = noise
          Events = events
          OfEvents = ofEvents }

    let private normOf (p: Problem<'E, 'S>) leaves =
        match p.Norm with
        | None -> LargestRms(Array.create leaves true)
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

    let private planOf
        (p: Problem<'E, 'S>)
        (f: ProblemGraphs)
        steps
        (stops: StopTimes)
        leaves
        (ts: Tensor)
        : SolvePlan =
        { Stepper = f.Stepper
          Steps = steps
          Norm = normOf p leaves
          ErrorControl = StateOnly
          IsRelative = (p.Atol = 0.0)
          Saving = savingOf p ts
          Times = ts.Dims[ts.Rank - 1]
          Stops = stops.Stops.Count
          Jumps = not p.JumpAt.IsEmpty
          MovesStart = Time.moves p.T0
          MovesEnd = Time.moves p.T1
          MovesTimes = Time.moves ts
          MovesStops = stops.Moves
          Leaves = leaves
          Driven = f.Noise |> Array.map _.Graph
          Events = f.Events
          MaxEvents = p.MaxEvents
          EventRoom = ValueNone
          Tape = tapeOf p.Family p.Gradient
          Watch = (if p.Progress.IsSome then Reporting else Cancellable) }

    /// The solve as a function with the derivative of the problem's gradient method.
    let private solver (p: Problem<'E, 'S>) (plan: SolvePlan) (field: Graph) : Fn =
        /// The final state of the backward solve; the run raises an exception if that solve failed.
        let seal (backward: SolvePlan) (out: SolveOutputs) =
            SolveOutcome.guard backward ValueNone out.Last out.Report out.Final

        match p.Gradient with
        | Direct
        | Checkpointed
        | CheckpointedWithin _ -> Call(Integrate.underDerivative p.ErrorControl plan field, Inline)
        | Backsolve -> Custom(BacksolveRule.custom seal plan BacksolveRule.defaults field)
        | BacksolveWith options -> Custom(BacksolveRule.custom seal plan options field)
        | OwnGradient m -> Custom(OwnGradientRule.custom $"{p.Family}.gradient {m.Name}" plan m field)

    /// The plan for these arguments. Inside a transform, steps cannot be saved and the event log has a fixed size.
    let private planFor (p: Problem<'E, 'S>) (plan: SolvePlan) (arguments: Tensor[]) : SolvePlan =
        let isTraced = arguments |> Array.exists (fun a -> a.IsPlaceholder)

        match plan.Saving with
        | EverySteps _
        | EveryPolynomial when isTraced ->
            raise (
                TraceException
                    $"{p.Family}.solve: the number of steps is not known inside a transform, so they cannot be saved. Set output times: {p.Family}.saveAt times."
            )
        | Nothing
        | AtTimes
        | EverySteps _
        | EveryPolynomial -> ()

        // only a run on numbers can have a log that grows with its events
        if plan.Events.Length > 0 && isTraced then
            { plan with EventRoom = ValueSome p.MaxEvents }
        else
            plan

    /// The numeric inputs of a solve with its output times.
    let private numbersOf (p: Problem<'E, 'S>) (dt: float) (stops: StopTimes) (ts: Tensor) : Tensor[] =
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

    let private rowsOf (p: Problem<'E, 'S>) (leaves: Tensor[]) =
        if p.PerSample then ValueSome leaves[0].Dims[0] else ValueNone

    let private run (p: Problem<'E, 'S>) (f: ProblemGraphs) (leaves: Tensor[]) plan (numbers: Tensor[]) arguments =
        let plan = planFor p plan arguments
        let fn = solver p plan f.Field

        // only times can differ between samples: [batch], or [batch; time]
        let byRow () =
            Array.concat
                [ SolveInputs.signatures plan.Times plan.Stops
                  |> Array.map2 (fun (given: Tensor) one -> given.Rank > one.Shape.Length) numbers
                  leaves |> Array.map (fun _ -> true)
                  f.ByRow ]

        let apply () =
            match rowsOf p leaves with
            | ValueNone -> Prim.apply fn arguments
            | ValueSome n ->
                Batch.vmapFn fn n (Array.zip arguments (byRow ()))
                |> Array.map (fun (y, isByRow) -> if isByRow then y else Prim.rows n y)

        // inside a transform nothing runs here; the caller of the transformed function watches
        let out = Watching.Under(p.Cancellation, reportOf p, apply)
        SolveOutputs.ofArray plan out

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

        let functions = trace verb p names leaves
        let steps, dt = stepsOf p
        let stops = StopTimes.ofProblem p leaves[0].Dtype
        let numbersFor ts = numbersOf p dt stops ts
        let argumentsFor ts = Array.concat [ numbersFor ts; leaves; functions.Captured ]

        { Plan = planOf p functions steps stops leaves.Length ts
          Field = functions.Field
          Captured =
            Array.concat [ functions.OfField; yield! functions.Noise |> Array.map _.OfDiffusion; functions.OfEvents ]
          Leaves = leaves
          Names = names
          Ts = ts
          Rows = rowsOf p leaves
          Arguments = argumentsFor
          Run = fun plan ts -> run p functions leaves plan (numbersFor ts) (argumentsFor ts) }
