namespace NeuralDE.Internal.Families

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Steppers
open NeuralDE.Internal.Integration

/// From the outputs of a solve to its Solution.
module internal SolveSolution =
    /// A solve that has run.
    [<NoEquality; NoComparison>]
    type private Solved<'E, 'S> =
        {
            Problem: Problem<'E, 'S>
            Setup: SolveSetup
            Out: SolveOutputs
            /// whether a failure raises an exception
            IsGuarded: bool
            Suspects: SolveOutcome.Suspects voption
            /// the interpolants of all steps, from a second solve that keeps them
            Dense: Lazy<SolveOutputs>
        }

        member s.TimeAxis = if s.Problem.PerSample then 1 else 0
        member s.Rebuild leaves : 'S = Tree.unflatten s.Problem.Y0 leaves

        /// In a trace, the exception of a failure is raised when the transformed function has run.
        member s.FailsLater = s.IsGuarded && s.Out.Report.IsPlaceholder

        /// A tensor with one row for each sample, with perSample.
        member s.BySample oneRank (t: Tensor) =
            match s.Setup.Rows with
            | ValueSome rows when t.Rank = oneRank -> Prim.rows rows t
            | _ -> t

    let private suspectsOf (p: Problem<'E, 'S>) (setup: SolveSetup) : SolveOutcome.Suspects voption =
        ValueSome
            { Family = p.Family
              Plan = { setup.Plan with Driven = Array.map DrivenGraphs.atRest setup.Plan.Driven }
              HasNoise = p.Noise.IsSome
              Field = setup.Field
              Captured = setup.Captured
              Names = setup.Names
              Rtol = p.Rtol
              Atol = p.Atol
              T0 = p.T0 }

    let private run verb isGuarded (p: Problem<'E, 'S>) : Solved<'E, 'S> =
        let setup = SolveSetup.prepare verb p

        { Problem = p
          Setup = setup
          Out = setup.Run setup.Plan setup.Ts
          IsGuarded = isGuarded
          Suspects = suspectsOf p setup
          Dense =
            lazy
                (let noTimes = Prim.zeros { Dtype = Float64; Shape = [| 0 |] }
                 setup.Run { setup.Plan with Saving = EveryPolynomial; Times = 0 } noTimes) }

    /// t1, or the time of the event that ended the solve; differentiable.
    let private endTimeOf (s: Solved<'E, 'S>) : Tensor =
        if s.Out.Events.Length = 0 then
            s.Problem.T1
        else
            let status = (SolveReport.unpack s.Out.Report).Status
            let isEvent = Prim.compareTo Equal status (float StatusCode.eventOccurred)
            let t1 = Prim.cast Float64 s.Problem.T1
            let t1 = if t1.Rank < status.Rank then Prim.rows status.Count t1 else t1
            Prim.select isEvent s.Out.Events[0] t1

    /// The same; the time reached if the solve failed.
    let private timeReached (s: Solved<'E, 'S>) (endTime: Tensor) : Tensor =
        let report = SolveReport.unpack s.Out.Report
        let isWell = StatusCode.isWell s.Setup.Plan report.Status
        let t1 = Prim.cast Float64 endTime
        let t1 = if t1.Rank < isWell.Rank then Prim.rows isWell.Count t1 else t1
        let isWell = if isWell.Rank < t1.Rank then Prim.broadcast t1.Dims [||] isWell else isWell
        Prim.select isWell t1 (Prim.stop report.Time)

    // ── the saved rows ───────────────────────────────────────────────────────────────────────────────────────────
    /// Samples with fewer steps than others have NaN in the remaining rows.
    let private padded (s: Solved<'E, 'S>) (x: Tensor) : Tensor =
        if not s.Problem.PerSample then
            x
        else
            let written = (SolveReport.unpack s.Out.Report).Written
            let index = Prim.cast Float64 (Prim.iota Int32 x.Dims[..1] 1)
            let isRow = Prim.compare Less index (Prim.broadcast x.Dims[..1] [| 0 |] written)
            Prim.select (Prim.broadcast x.Dims [| 0; 1 |] isRow) x (Prim.fill x.Dtype x.Dims nan)

    /// Saved times and states, without those at start and end.
    let private rowsBetween (s: Solved<'E, 'S>) : (Tensor * Tensor[]) list =
        let p, setup, out = s.Problem, s.Setup, s.Out

        match setup.Plan.Saving with
        | Nothing when p.SaveAt.Times.IsSome -> // an empty list of times
            let none (y: Tensor) = Prim.zeros { y.Signature with Shape = Array.insertAt s.TimeAxis 0 y.Dims }
            [ s.BySample 1 setup.Ts, Array.map none setup.Leaves ]
        | Nothing -> []
        | AtTimes -> [ s.BySample 1 setup.Ts, out.Saved ]
        | EverySteps _
        | EveryPolynomial -> [ padded s out.Saved[0], Array.map (padded s) out.Saved[1..] ]

    /// Saved times and states, including those at start and end if the problem saves them.
    let private series (s: Solved<'E, 'S>) (endTime: Tensor) : Tensor * Tensor[] =
        let p, timeAxis = s.Problem, s.TimeAxis

        let row t (y: Tensor[]) =
            let expand (x: Tensor) = Prim.reshape (Array.insertAt timeAxis 1 x.Dims) x
            expand (s.BySample 0 t), Array.map expand y

        let rows = rowsBetween s

        let isEndSaved =
            match s.Setup.Plan.Saving, rows with
            | EverySteps _, [ ts, _ ] when ts.Rank = 1 && ts.Count > 0 ->
                ts.Numbers.Floats[ts.Count - 1] = endTime.Numbers.Floats[0]
            | _ -> false

        let hasEnd = p.SaveAt.End || (rows.IsEmpty && not p.SaveAt.Start)

        let all =
            [ if p.SaveAt.Start then row p.T0 s.Setup.Leaves
              yield! rows
              if hasEnd && not isEndSaved then row endTime s.Out.Final ]

        let join (parts: Tensor list) = Prim.concat timeAxis (List.toArray parts)
        let states k = join (all |> List.map (fun (_, ys) -> ys[k]))
        join (List.map fst all), Array.init s.Setup.Leaves.Length states

    // ── between the steps ────────────────────────────────────────────────────────────────────────────────────────
    /// Inside a transform: a solve that saves at these times, sorted into its order.
    let private solveAt (s: Solved<'E, 'S>) (times: Tensor) : Tensor[] =
        let dir = (SolveReport.unpack s.Out.Report).Direction
        let dir = if dir.Rank = 0 then dir else Prim.pick 0 0 dir
        let order = Tensor.Apply(ArgSort 0, [| times * RungeKutta.spread dir times |])
        let back = Tensor.Apply(ArgSort 0, [| order |])
        let unsort (y: Tensor) = Prim.gather 0 y back
        let plan = { s.Setup.Plan with Saving = AtTimes; Times = times.Count; MovesTimes = Time.moves times }

        let out = s.Setup.Run plan (Prim.gather 0 times order)

        let saved =
            if s.FailsLater then
                SolveOutcome.guard plan s.Suspects out.Last out.Report out.Saved
            else
                out.Saved

        saved |> Array.map (if s.Problem.PerSample then vmap unsort else unsort)

    let private find (s: Solved<'E, 'S>) (times: Tensor) : Tensor[] =
        let p, n, dense = s.Problem, s.Setup.Leaves.Length, s.Dense.Value
        let written = Prim.cast Int32 (SolveReport.unpack dense.Report).Written
        let dir = (SolveReport.unpack dense.Report).Direction
        let args = Array.concat [ [| s.BySample 0 p.T0; dir; written |]; s.Setup.Leaves; dense.Saved ]
        let values (x: Tensor[]) = Integrate.valuesAt x[0] x[1] x[3 .. n + 2] x[2] x[n + 3 ..] times
        if p.PerSample then vmap values args else values args

    /// Block by block, if an executor holds the numbers; the result stays there.
    let private findElsewhere (s: Solved<'E, 'S>) block (graph: Graph) (captured: Tensor[]) (times: Tensor) =
        let count, timeAxis = times.Count, s.TimeAxis

        let parts =
            [| for first in 0..block .. count - 1 do
                   let start = min first (count - block)
                   let part = Prim.range 0 start (start + block) times
                   let found = Prim.call graph (Array.append [| part |] captured)
                   found |> Array.map (Prim.range timeAxis (first - start) block) |]

        Array.init s.Setup.Leaves.Length (fun k -> parts |> Array.map (fun found -> found[k]) |> Prim.concat timeAxis)

    /// Block by block, into arrays of the whole result.
    let private findHere (s: Solved<'E, 'S>) block (graph: Graph) (numbers: NdArray[]) (times: Tensor) =
        let count, timeAxis = times.Count, s.TimeAxis
        let rows (n: Node) = { n.Signature with Shape = Array.updateAt timeAxis count n.Shape }
        let results = graph.Outputs |> Array.map (fun n -> NdArray.Uninitialised(n.Dtype, (rows n).Shape))

        for first in 0..block .. count - 1 do
            // the last block overlaps the one before, so that all have one size
            let start = min first (count - block)
            let part = NdArray(Float64, [| block |], Array.sub times.Numbers.Floats start block)
            let found = Execute.call (Call(graph, Inline)) (Array.append [| part |] numbers)
            Array.iter2 (EvaluateMovement.copyInto timeAxis start) found results

        results |> Array.map Tensor.OfArray

    /// The states at many times, block by block, so that the memory is that of the result and of one block. A block has at
    /// least as many times as the solve has steps, so that the work per step does not dominate.
    let private findAll (s: Solved<'E, 'S>) (times: Tensor) : Tensor[] =
        let block = max 4096 (s.Dense.Value.Saved[0].Dims[s.TimeAxis])

        if times.Count <= block then
            find s times
        else
            let graph, captured =
                Tracing.trace "Solution.At" Hoisted [| { Dtype = Float64; Shape = [| block |] } |] (fun holes ->
                    find s holes[0])

            let numbers = captured |> Array.map (fun c -> c.Numbers)

            if not (isNull (Placement.ofArgs (Array.append [| times.Numbers |] numbers))) then
                findElsewhere s block graph captured times
            else
                findHere s block graph numbers times

    /// The state at any times within the solve.
    let private at (s: Solved<'E, 'S>) (t: Tensor) : 'S =
        let p, timeAxis = s.Problem, s.TimeAxis

        if p.Noise.IsSome then
            raise (
                InputException
                    $"Solution.At: got noise; the path between two steps is not known. Save the times in the solve: {p.Family}.saveAt."
            )

        let t = OutputTimes.check "Solution.At" false p t
        let times = Prim.reshape [| t.Count |] t
        let ys = if t.IsPlaceholder || s.Out.Report.IsPlaceholder then solveAt s times else findAll s times
        let asGiven (y: Tensor) = Array.concat [ y.Dims[.. timeAxis - 1]; t.Dims; y.Dims[timeAxis + 1 ..] ]
        ys |> Array.map (fun y -> Prim.reshape (asGiven y) y) |> s.Rebuild

    // ── the solution ─────────────────────────────────────────────────────────────────────────────────────────────
    let private eventsOf (s: Solved<'E, 'S>) =
        let plan = s.Setup.Plan
        let isLogged = plan.Events.Length > 0 && s.Out.Report.IsPlaceholder
        let plan = if isLogged then { plan with EventRoom = ValueSome plan.MaxEvents } else plan
        EventTimes.ofLog plan s.Problem.PerSample s.Out.Events

    /// Leaves as a state; in a trace, with the exception of a failure.
    let private guarded (s: Solved<'E, 'S>) (leaves: Tensor[]) : 'S =
        s.Rebuild(
            if s.FailsLater then
                SolveOutcome.guard s.Setup.Plan s.Suspects s.Out.Last s.Out.Report leaves
            else
                leaves
        )

    let build verb isGuarded (p: Problem<'E, 'S>) : Solution<'S> =
        let s = run verb isGuarded p
        let plan, out = s.Setup.Plan, s.Out
        let endTime = endTimeOf s
        let ts, ys = series s endTime
        let failure () = SolveOutcome.failure s.Suspects out.Last out.Report
        let stats () = SolveOutcome.stats plan out.Report

        // on numbers the exception of a failure is raised here
        if isGuarded && not out.Report.IsPlaceholder then
            match failure () with
            | Some failure ->
                raise (
                    SolveFailures.toException s.Problem.Cancellation failure (stats ()) (Some ts) (box (s.Rebuild ys))
                )
            | None -> ()

        Solution<'S>(
            ts,
            lazy (guarded s ys),
            lazy (guarded s out.Final),
            s.Rebuild out.Last,
            out.Report,
            stats,
            failure,
            at s,
            lazy (timeReached s endTime),
            lazy (eventsOf s)
        )
