namespace NeuralDE.Internal.Families

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Steppers
open NeuralDE.Internal.Integration

/// The outcome of a solve that has run: its statistics, and the time and cause of a failure.
module internal SolveOutcome =
    let private isBad (x: float) = not (Double.IsFinite x)

    let stats (plan: SolvePlan) (report: Tensor) : Stats =
        let s = SolveReport.unpack report
        let total (x: Tensor) = x.Numbers.Integers |> Array.sum |> int
        let count condition n = if condition then n else 0

        let isAdaptive, isEstimated =
            match plan.Steps with
            | StepSizes.Adaptive(_, isEstimated) -> true, isEstimated
            | StepSizes.Constant -> false, false

        let cost = plan.Stepper.Cost isAdaptive

        let ofOutputs =
            match plan.Saving with
            | AtTimes
            | EveryPolynomial -> total s.Written * count (plan.Driven.Length = 0) cost.Output
            | Nothing
            | EverySteps _ -> 0

        let known =
            s.Status.Count * (max cost.Start (count isEstimated 1) + count isEstimated 1)
            + (total s.Accepted + total s.Rejected) * cost.Attempt
            + ofOutputs
            + count plan.Jumps (total s.Stop) * cost.Restart

        let counted k = if s.Work.Length = 0 then 0 else total s.Work[k]

        { Steps = total s.Accepted
          Rejected = total s.Rejected
          Evaluations = known + counted 0
          Jacobians = counted 1
          LinearSolves = counted 2 }

    /// The data that is needed to find the component that caused a failure.
    [<NoEquality; NoComparison>]
    type Suspects =
        {
            /// the name of the verbs in messages
            Family: string
            /// the plan without noise, because the keys have a row for each sample
            Plan: SolvePlan
            HasNoise: bool
            Field: Graph
            Captured: Tensor[]
            /// the paths of the leaves in the state
            Names: string[]
            Rtol: float
            Atol: float
            /// float64 [] or [batch]
            T0: Tensor
        }

    let private functionsOf (suspects: Suspects) =
        let number = scalar 0.0

        let inputs = // the functions of the equation do not read them
            SolveInputs.ofArray (Array.create SolveInputs.count number)

        StepLoop.terms suspects.Plan suspects.Field inputs suspects.Captured

    let private hasBad (leaves: Tensor[]) = leaves |> Array.exists (fun x -> Array.exists isBad (x.ToArray()))

    let private badness x = if isBad x then 1.0 else 0.0

    /// The component with the highest score: the path of its leaf and its index there.
    let private worst (suspects: Suspects) (score: float -> float) (leaves: Tensor[]) =
        let name leaf (index: string) =
            match suspects.Names[leaf], leaves[leaf].Rank with
            | "", _ -> index
            | path, 0 -> path
            | path, _ -> $"{path}[{index}]"

        let mutable best, at = -1.0, "0"

        leaves
        |> Array.iteri (fun leaf x ->
            x.ToArray()
            |> Array.iteri (fun index v ->
                if score v > best then
                    best <- score v
                    at <- name leaf (string index)))

        at

    /// An event whose value is NaN at a state.
    let private wrongEvent (events: EventTerm[]) time (y: Tensor[]) =
        events
        |> Array.tryFindIndex (fun e -> Double.IsNaN(float (Prim.cast Float64 (e.Value time y))))
        |> Option.map (fun k -> $"the value of event {string k}")

    /// The component that causes the failure of a step from a state where all functions are finite.
    let private culpritOfStep isFinite (suspects: Suspects) (terms: Terms) events (time: Tensor) (h: Tensor) y =
        let stepper = suspects.Plan.Stepper

        let attempt (h: Tensor) =
            stepper.Step
                terms
                { Time = time
                  TimeNew = time + h
                  H = h
                  Y = y
                  Carried = stepper.Begin terms time y
                  Memory = stepper.Remember terms time y
                  Rounding = Array.map (fun _ -> None) y }

        // The failed step was up to five times as long as the next one would have been. An explicit step shows where the
        // field is not finite; an implicit step spreads NaN over all components.
        let explicit h = RungeKutta.step stepper.Mover terms.Field time (time + h) y
        let lengths = if isFinite then [ h ] else [ h; 5.0 * h; 25.0 * h ]

        let bad =
            [ explicit; (fun h -> (attempt h).Y1) ]
            |> List.tryPick (fun step -> lengths |> Seq.map step |> Seq.tryFind hasBad)

        let eventAhead () =
            if isFinite then
                None
            else
                lengths |> List.tryPick (fun h -> wrongEvent events (time + h) (explicit h))

        match bad, eventAhead () with
        | Some y1, _ -> worst suspects badness y1
        | None, Some found -> found
        | None, None ->
            let scaled (y: Tensor) (error: Tensor option) =
                match error with
                | Some e -> Prim.cast Float64 (abs e) / (suspects.Atol + suspects.Rtol * Prim.cast Float64 (abs y))
                | None -> Prim.zeros { y.Signature with Dtype = Float64 }

            // constant steps have no error estimate
            let errors = if stepper.IsAdaptive then ((attempt h).Errors())[0] else Array.map (fun _ -> None) y
            Array.map2 scaled y errors |> worst suspects (fun e -> if isBad e then infinity else e)

    /// The component that is not finite after the failing step; otherwise the one with the largest scaled error.
    let private culprit isFinite (suspects: Suspects) (time: Tensor) (h: Tensor) (y: Tensor[]) =
        let tolerance (y: Tensor) = suspects.Atol + suspects.Rtol * abs y
        let terms, events = functionsOf suspects
        let terms = { terms with Scale = Array.map tolerance; MostIterations = 10 }
        let slope = terms.Field time y

        if hasBad y then
            worst suspects badness y
        elif not isFinite && (wrongEvent events time y).IsSome then
            (wrongEvent events time y).Value
        elif hasBad slope then
            worst suspects badness slope
        else
            culpritOfStep isFinite suspects terms events time h y

    /// The mean step size of sample k.
    let private mean (found: Suspects) k (r: SolveReport) : Tensor =
        let t0 = if found.T0.Rank > 0 then Prim.pick 0 k found.T0 else found.T0
        abs (r.Time - t0) / Prim.binary Max (Prim.cast Float64 r.Accepted) (scalar 1.0)

    /// The failure of the first sample that failed. `suspects` is ValueNone for a backward solve.
    let failure (suspects: Suspects voption) (last: Tensor[]) (report: Tensor) : Failure option =
        let statuses = (SolveReport.unpack report).Status.Numbers.Integers

        let isWell code = int code = StatusCode.success || int code = StatusCode.eventOccurred

        match statuses |> Array.tryFindIndex (isWell >> not) with
        | None -> None
        | Some k ->
            let isBatch = report.Rank > 1
            let row (x: Tensor) = if isBatch then Prim.pick 0 k x else x
            let r = SolveReport.unpack (row report)
            let count (x: Tensor) = int x.Numbers.Integers[0]
            let status = Status.OfCode(int statuses[k])
            let y, h = Array.map row last, r.Step * r.Direction

            let isLimited =
                match status with
                | MaxStepsReached
                | StepTooSmall -> true
                | _ -> false

            let advice =
                match suspects with
                | ValueSome { Plan = { Steps = StepSizes.Adaptive(controller, _) } } when
                    controller.IsOwn && status = StepTooSmall && r.Step.Numbers.Floats[0] = 0.0
                    ->
                    Some
                        $"The step controller '{controller.Name}' returned a factor that is not a positive finite number, or is at least 1 after a rejected step."
                | ValueSome found when isLimited && not found.Plan.Stepper.IsImplicit && found.Plan.Stepper.IsAdaptive ->
                    StepLimit.advice
                        { Family = found.Family
                          HasNoise = found.HasNoise
                          Method = found.Plan.Stepper
                          Field = (fst (functionsOf found)).Field
                          Time = r.Time
                          Y = y
                          Step = h
                          MeanStep = mean found k r }
                | _ -> None

            Some
                { Family =
                    (match suspects with
                     | ValueSome found -> found.Family
                     | ValueNone -> "Ode")
                  Status = status
                  Time = r.Time.Numbers.Floats[0]
                  Sample = if isBatch then Some k else None
                  Component =
                    (match suspects with
                     | ValueSome found ->
                         let isFinite = int statuses[k] <> StatusCode.nonFinite
                         culprit isFinite found r.Time h y
                     | ValueNone -> "of the backward solve")
                  Steps = count r.Accepted + count r.Rejected
                  Advice = advice }

    /// A row of a value to which a vmap has added axes.
    let private rowOf axes rows row (x: Tensor) =
        if axes = 0 then
            x
        else
            Prim.pick 0 row (Prim.reshape (Array.append [| rows |] x.Dims[axes..]) x)

    /// Returns the leaves; if the solve failed, the run raises SolveException at its end.
    let guard
        (plan: SolvePlan)
        (suspects: Suspects voption)
        (last: Tensor[])
        (report: Tensor)
        (leaves: Tensor[])
        : Tensor[] =
        let n = last.Length

        let look (suspects: Suspects voption) (args: NdArray[]) =
            let t = args |> Array.map Tensor.OfArray
            // a vmap around the solve adds axes to all checked values; without a vmap the tolerance is []
            let axes = if suspects.IsSome then t[n + 2].Rank else 0
            let rows = Shape.stored "solve" t[1].Dims[.. axes - 1]

            let failureOf row =
                let t = t |> Array.mapi (fun i x -> if i = 0 then x else rowOf axes rows row x)

                let suspects =
                    suspects
                    |> ValueOption.map (fun found ->
                        { found with
                            Rtol = t[n + 2].Numbers.Floats[0]
                            Atol = t[n + 3].Numbers.Floats[0]
                            T0 = t[n + 4]
                            Captured = t[n + 5 ..] })

                failure suspects t[2 .. n + 1] t[1]
                |> Option.map (fun f -> if axes > 0 && f.Sample.IsNone then { f with Sample = Some row } else f)

            match Seq.tryPick failureOf (seq { 0 .. rows - 1 }) with
            | Some failure -> ValueSome(SolveFailures.insideTransform failure (stats plan t[1]))
            | None -> ValueNone

        // one check object for a field and plan, so that a second trace gives the same graph
        let check, further =
            match suspects with
            | ValueNone -> { Look = look ValueNone; Flagged = true }, [||]
            | ValueSome found ->
                let key =
                    "guard",
                    { plan with Watch = Cancellable },
                    String.concat ";" (found.Family :: List.ofArray found.Names)
                let check =
                    found.Field.Memo(
                        key,
                        fun () -> { Look = look (ValueSome { found with Captured = [||] }); Flagged = true }
                    )
                check, Array.append [| scalar found.Rtol; scalar found.Atol; found.T0 |] found.Captured

        let status = (SolveReport.unpack report).Status
        let isWell = StatusCode.isWell plan status
        let args = Array.concat [ [| isWell; report |]; last; further ]
        leaves |> Array.map (fun leaf -> Tensor.Apply(Check check, Array.append [| leaf |] args))
