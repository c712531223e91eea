namespace NeuralDE.Compiler

open System
open NeuralDE

/// From a problem to a graph: what a user gave is checked, the field is traced, the plan is made.
[<NoEquality; NoComparison>]
type internal OdeSetup =
    {
        Plan: Plan
        Field: Graph
        Captured: Tensor[]
        Leaves: Tensor[]
        Names: string[]
        Ts: Tensor
        /// samples, when each has its own steps
        Rows: int voption
        /// Runs the solve under a plan, with output times.
        Run: Plan -> Tensor -> SolveOutputs
    }

module internal OdeSetup =
    /// The numbers of a time that is not a placeholder.
    let known (t: Tensor) = if t.IsPlaceholder then ValueNone else ValueSome(t.ToArray())

    let private isForward (p: OdeProblem<'S>) =
        match known p.T0, known p.T1 with
        | ValueSome t0, ValueSome t1 -> t1[0] >= t0[0]
        | _ -> true

    /// Times are numbers within [t0, t1]; with `inOrder`, from t0 to t1. Placeholders are trusted.
    let checkTimes verb inOrder (p: OdeProblem<'S>) (ts: Tensor) =
        match known p.T0, known p.T1, known ts with
        | ValueSome [| t0 |], ValueSome [| t1 |], ValueSome times ->
            let dir = if t1 >= t0 then 1.0 else -1.0
            let row = if ts.Rank = 0 then 1 else ts.Dims[ts.Rank - 1]
            let order = if inOrder then " and go from t0 to t1" else ""

            times
            |> Array.iteri (fun i t ->
                let inside = dir * t >= dir * t0 && dir * t <= dir * t1
                let ordered = not inOrder || i % row = 0 || dir * t >= dir * times[i - 1]

                if not (inside && ordered) then
                    raise (
                        InputException
                            $"{verb}: times must lie in [t0, t1] = [{t0}, {t1}]{order}; got {t} at position {i}."
                    ))
        | _ -> ()

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

    /// Times to stop at and to go on from, in the order of the solve: equal, but at jumps, which the field sees from either side only.
    let private stopsOf (p: OdeProblem<'S>) dtype =
        let below, above =
            match dtype with
            | Float32 ->
                (fun t -> float (MathF.BitDecrement(float32 t))), (fun t -> float (MathF.BitIncrement(float32 t)))
            | _ -> Math.BitDecrement, Math.BitIncrement // float64: states are floats

        let before, after = if isForward p then below, above else above, below
        let jumps = p.JumpAt |> List.map (fun t -> before t, after t)
        let steps = p.StepAt |> List.except p.JumpAt |> List.map (fun t -> t, t)

        List.distinct (jumps @ steps) |> List.sortBy (fun (t, _) -> if isForward p then t else -t) |> List.unzip

    let private watchOf (p: OdeProblem<'S>) =
        if p.Progress.IsNone && not p.Cancellation.CanBeCanceled then
            ValueNone
        else
            let report =
                match p.Progress, known p.T0, known p.T1 with
                | Some report, ValueSome t0, ValueSome t1 ->
                    fun (control: NdArray[]) ->
                        let s = Steering.ofArray control
                        let time = if isForward p then Array.min s.Time.Floats else Array.max s.Time.Floats
                        let span = t1[0] - t0[0]

                        report
                            { Time = time
                              Fraction = if span = 0.0 then 1.0 else (time - t0[0]) / span
                              Steps = int (Array.max s.Accepted.Integers)
                              Rejected = int (Array.max s.Rejected.Integers) }
                | _ -> ignore

            ValueSome
                { After =
                    fun control ->
                        report control
                        not p.Cancellation.IsCancellationRequested }

    let private tapeOf gradient =
        match gradient with
        | Direct -> Everything
        | Checkpointed
        | Backsolve
        | BacksolveWith _ -> Budget Gradient.DefaultBudget
        | CheckpointedWithin bytes when bytes >= 1L -> Budget bytes
        | CheckpointedWithin bytes ->
            raise (InputException $"Ode.gradient: CheckpointedWithin {bytes}; give a positive number of bytes.")

    let private savingOf (p: OdeProblem<'S>) (ts: Tensor) =
        match p.SaveAt.Times, p.SaveAt.EverySteps with
        | Some _, Some _ -> raise (InputException "Ode.solve: both saveAt and saveSteps were asked for. Choose one.")
        | Some _, None -> if ts.Dims[ts.Rank - 1] = 0 then Nothing else AtTimes
        | None, Some n -> EverySteps n
        | None, None -> Nothing

    let private checkState verb (p: OdeProblem<'S>) (names: string[]) (leaves: Tensor[]) =
        if leaves.Length = 0 then
            raise (TreeException $"{verb}: the state has no tensors. Give at least one component.")

        for k in 0 .. leaves.Length - 1 do
            if not leaves[k].Dtype.IsFloat then
                raise (
                    DtypeException
                        $"{verb}: the state's component {names[k]} is {leaves[k].Dtype}, expected a float. Cast it, or capture it in the field."
                )

            if p.PerSample && (leaves[k].Rank = 0 || leaves[k].Dims[0] <> leaves[0].Dims[0]) then
                raise (
                    ShapeException
                        $"{verb}: with perSample every leaf of y0 has the batch axis first; got shapes {Shape.text leaves[0].Dims} and {Shape.text leaves[k].Dims}."
                )

        let rank = if p.PerSample then 1 else 0

        for t in [ p.T0; p.T1 ] do
            if t.Rank > rank then
                raise (
                    ShapeException
                        $"{verb}: a time has shape {Shape.text t.Dims}; expected one number, or [batch] with Ode.perSample."
                )

        match p.SaveAt.Times with
        | Some ts when ts.Rank > rank + 1 ->
            raise (
                ShapeException
                    $"Ode.saveAt: times have shape {Shape.text ts.Dims}; expected [time], or [batch; time] with Ode.perSample."
            )
        | Some _
        | None -> ()

    let private checkDerivative verb (names: string[]) (state: Signature[]) (derivative: Tensor[]) =
        if derivative.Length <> state.Length then
            raise (
                TreeException
                    $"{verb}: the field returned {derivative.Length} tensors for a state of {state.Length}. Return one derivative per state component."
            )

        for k in 0 .. state.Length - 1 do
            let where = if names[k] = "" then "" else $" in component {names[k]}"

            if not (Shape.same derivative[k].Dims state[k].Shape) then
                raise (
                    ShapeException
                        $"{verb}: the field returned shape {Shape.text derivative[k].Dims} for a state of shape {Shape.text state[k].Shape}{where}. Return one derivative per state component."
                )

            if derivative[k].Dtype <> state[k].Dtype then
                raise (
                    DtypeException
                        $"{verb}: the field returned {derivative[k].Dtype} for a state of {state[k].Dtype}{where}. Cast one of them."
                )

    let prepare verb (p: OdeProblem<'S>) : OdeSetup =
        let leaves = Tree.flatten p.Y0
        let names = Tree.leaves p.Y0 |> List.map fst |> List.toArray
        checkState verb p names leaves

        let ts =
            match p.SaveAt.Times with
            | Some ts -> Prim.cast Float64 ts
            | None -> Prim.zeros { Dtype = Float64; Shape = [| 0 |] }

        checkTimes "Ode.saveAt" true p ts

        let sample (y: Tensor) = if p.PerSample then { y.Signature with Shape = y.Dims[1..] } else y.Signature

        let state = leaves |> Array.map sample
        let time = { Signature.Dtype = leaves[0].Dtype; Shape = [||] }

        let field, captured =
            Tracing.trace verb Hoisted (Array.append [| time |] state) (fun x ->
                let derivative = p.Field x[0] (Tree.unflatten p.Y0 x[1..]) |> Tree.flatten
                checkDerivative verb names state derivative
                derivative)

        let steps, dt = stepsOf p
        let stops, resumes = stopsOf p leaves[0].Dtype

        let norm =
            match p.Norm with
            | None -> LargestRms(Array.create leaves.Length true)
            | Some measure -> OwnNorm { Measure = fun errors -> measure (Tree.unflatten p.Y0 errors) }

        let plan =
            { Tableau = p.Solver.Tableau
              Steps = steps
              Norm = norm
              Saving = savingOf p ts
              Times = ts.Dims[ts.Rank - 1]
              Stops = stops.Length
              Jumps = not p.JumpAt.IsEmpty
              MovesStart = Time.moves p.T0
              MovesEnd = Time.moves p.T1
              MovesTimes = Time.moves ts
              Leaves = leaves.Length
              Tape = tapeOf p.Gradient
              Watch = watchOf p }

        /// The backward solve's state, once it is known to have ended well.
        let seal (backward: Plan) (out: SolveOutputs) = OdeReport.guard backward ValueNone out.Last out.Report out.Final

        let rows = if p.PerSample then ValueSome leaves[0].Dims[0] else ValueNone

        let run (plan: Plan) (ts: Tensor) =
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
                      Stops = tensor stops
                      Resumes = tensor resumes
                      Ts = ts }

            let fn =
                match p.Gradient with
                | Direct
                | Checkpointed
                | CheckpointedWithin _ -> Call(Integrate.graph plan field, Inline)
                | Backsolve -> Custom(BacksolveRule.custom seal plan BacksolveRule.defaults field)
                | BacksolveWith options -> Custom(BacksolveRule.custom seal plan options field)

            let arguments = Array.concat [ numbers; leaves; captured ]

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

            let out =
                match rows with
                | ValueNone -> Prim.apply fn arguments
                | ValueSome n ->
                    Batch.vmapFn fn n (Array.zip arguments (byRow ()))
                    |> Array.map (fun (y, isByRow) -> if isByRow then y else Prim.rows n y)

            SolveOutputs.ofArray plan.Leaves out

        { Plan = plan
          Field = field
          Captured = captured
          Leaves = leaves
          Names = names
          Ts = ts
          Rows = rows
          Run = run }
