namespace NeuralDE.Compiler

open NeuralDE

/// From a solve's outputs to what a user gets.
module internal SolveSolution =
    let build verb isGuarded (p: Problem<'E, 'S>) : Solution<'S> =
        let setup = SolveSetup.prepare verb p
        let plan, n = setup.Plan, setup.Leaves.Length
        let out = setup.Run plan setup.Ts
        let timeAxis = if p.PerSample then 1 else 0
        let rebuild leaves = Tree.unflatten p.Y0 leaves

        /// t1, or the time of the event that ended the solve, differentiable.
        let endTime =
            if out.Events.Length = 0 then
                p.T1
            else
                let status = (SolveReport.unpack out.Report).Status
                let isEvent = Prim.compareTo Equal status (float StatusCode.eventOccurred)
                let t1 = Prim.cast Float64 p.T1
                let t1 = if t1.Rank < status.Rank then Prim.rows status.Count t1 else t1
                Prim.select isEvent out.Events[0] t1

        /// The same, and the time reached where the solve stopped short.
        let reached =
            lazy
                (let report = SolveReport.unpack out.Report
                 let isWell = StatusCode.isWell plan report.Status
                 let t1 = Prim.cast Float64 endTime
                 let t1 = if t1.Rank < isWell.Rank then Prim.rows isWell.Count t1 else t1
                 let isWell = if isWell.Rank < t1.Rank then Prim.broadcast t1.Dims [||] isWell else isWell
                 Prim.select isWell t1 (Prim.stop report.Time))

        /// One entry a sample, where samples have their own steps.
        let bySample oneRank (t: Tensor) =
            match setup.Rows with
            | ValueSome rows when t.Rank = oneRank -> Prim.rows rows t
            | _ -> t

        let suspects: SolveOutcome.Suspects voption =
            ValueSome
                { Family = p.Family
                  Plan = { plan with Driven = Array.map DrivenGraphs.atRest plan.Driven }
                  HasNoise = p.Noise.IsSome
                  Field = setup.Field
                  Captured = setup.Captured
                  Names = setup.Names
                  Rtol = p.Rtol
                  Atol = p.Atol
                  T0 = p.T0 }

        // the saved rows, with those at start and end where asked for
        let ts, ys =
            let row t (y: Tensor[]) =
                let expand (x: Tensor) = Prim.reshape (Array.insertAt timeAxis 1 x.Dims) x
                expand (bySample 0 t), Array.map expand y

            let rows =
                match plan.Saving with
                | Nothing when p.SaveAt.Times.IsSome -> // an empty list of times
                    let none (y: Tensor) = Prim.zeros { y.Signature with Shape = Array.insertAt timeAxis 0 y.Dims }
                    [ bySample 1 setup.Ts, Array.map none setup.Leaves ]
                | Nothing -> []
                | AtTimes -> [ bySample 1 setup.Ts, out.Saved ]
                | EverySteps _
                | EveryPolynomial ->
                    // samples that took fewer steps than others have NaN in the rows left over
                    let padded (x: Tensor) =
                        if not p.PerSample then
                            x
                        else
                            let written = (SolveReport.unpack out.Report).Written
                            let index = Prim.cast Float64 (Prim.iota Int32 x.Dims[..1] 1)
                            let isRow = Prim.compare Less index (Prim.broadcast x.Dims[..1] [| 0 |] written)
                            Prim.select (Prim.broadcast x.Dims [| 0; 1 |] isRow) x (Prim.fill x.Dtype x.Dims nan)

                    [ padded out.Saved[0], Array.map padded out.Saved[1..] ]

            let isEndSaved =
                match plan.Saving, rows with
                | EverySteps _, [ ts, _ ] when ts.Rank = 1 && ts.Count > 0 ->
                    ts.Numbers.Floats[ts.Count - 1] = endTime.Numbers.Floats[0]
                | _ -> false

            let hasEnd = p.SaveAt.End || (rows.IsEmpty && not p.SaveAt.Start)

            let all =
                [ if p.SaveAt.Start then row p.T0 setup.Leaves
                  yield! rows
                  if hasEnd && not isEndSaved then row endTime out.Final ]

            let join (parts: Tensor list) = Prim.concat timeAxis (List.toArray parts)
            join (List.map fst all), Array.init n (fun k -> join (all |> List.map (fun (_, ys) -> ys[k])))

        let failure () = SolveOutcome.failure suspects out.Last out.Report
        let stats () = SolveOutcome.stats plan out.Report

        // on numbers a failure is raised here; in a trace, when the transformed function has run
        if isGuarded && not out.Report.IsPlaceholder then
            match failure () with
            | Some failure -> raise (SolveException(failure, stats (), Some ts, box (rebuild ys)))
            | None -> ()

        let guarded (leaves: Tensor[]) =
            lazy
                (rebuild (
                    if isGuarded && out.Report.IsPlaceholder then
                        SolveOutcome.guard plan suspects out.Last out.Report leaves
                    else
                        leaves
                ))

        // every step's interpolant, from a second solve that keeps them
        let dense =
            lazy
                (let noTimes = Prim.zeros { Dtype = Float64; Shape = [| 0 |] }
                 setup.Run { plan with Saving = EveryPolynomial; Times = 0 } noTimes)

        /// Inside a transform: a solve that saves at these times, in its order.
        let solveAt (times: Tensor) =
            let dir = (SolveReport.unpack out.Report).Direction
            let dir = if dir.Rank = 0 then dir else Prim.pick 0 0 dir
            let order = Tensor.Apply(ArgSort 0, [| times * RungeKutta.spread dir times |])
            let back = Tensor.Apply(ArgSort 0, [| order |])
            let unsort (y: Tensor) = Prim.gather 0 y back
            let plan = { plan with Saving = AtTimes; Times = times.Count; MovesTimes = Time.moves times }

            let out = setup.Run plan (Prim.gather 0 times order)

            let saved =
                if isGuarded && out.Report.IsPlaceholder then
                    SolveOutcome.guard plan suspects out.Last out.Report out.Saved
                else
                    out.Saved

            saved |> Array.map (if p.PerSample then vmap unsort else unsort)

        let find (times: Tensor) =
            let written = Prim.cast Int32 (SolveReport.unpack dense.Value.Report).Written
            let dir = (SolveReport.unpack dense.Value.Report).Direction
            let args = Array.concat [ [| bySample 0 p.T0; dir; written |]; setup.Leaves; dense.Value.Saved ]
            let values (x: Tensor[]) = Integrate.valuesAt x[0] x[1] x[3 .. n + 2] x[2] x[n + 3 ..] times
            if p.PerSample then vmap values args else values args

        /// Many times, block by block, so that no more memory is in use than the result's and a block's. A block has as many times as
        /// the solve has steps, or more: what is done for every step is then not the larger part.
        let findAll (times: Tensor) : Tensor[] =
            let count = times.Count
            let block = max 4096 (dense.Value.Saved[0].Dims[timeAxis])

            /// Block by block where an executor has the numbers; the result stays there.
            let findElsewhere (graph: Graph) (captured: Tensor[]) =
                let parts =
                    [| for first in 0..block .. count - 1 do
                           let start = min first (count - block)
                           let part = Prim.range 0 start (start + block) times
                           let found = Prim.call graph (Array.append [| part |] captured)
                           found |> Array.map (Prim.range timeAxis (first - start) block) |]

                Array.init n (fun k -> parts |> Array.map (fun found -> found[k]) |> Prim.concat timeAxis)

            if count <= block then
                find times
            else
                let graph, captured =
                    Tracing.trace "Solution.At" Hoisted [| { Dtype = Float64; Shape = [| block |] } |] (fun holes ->
                        find holes[0])

                let numbers = captured |> Array.map (fun c -> c.Numbers)
                let rows (n: Node) = { n.Signature with Shape = Array.updateAt timeAxis count n.Shape }

                if not (isNull (Placement.ofArgs (Array.append [| times.Numbers |] numbers))) then
                    findElsewhere graph captured
                else
                    let results = graph.Outputs |> Array.map (fun n -> NdArray.Uninitialised(n.Dtype, (rows n).Shape))

                    for first in 0..block .. count - 1 do
                        // the last block begins early enough to be whole
                        let start = min first (count - block)
                        let part = NdArray(Float64, [| block |], Array.sub times.Numbers.Floats start block)
                        let found = Execute.call (Call(graph, Inline)) (Array.append [| part |] numbers)
                        Array.iter2 (EvaluateMovement.copyInto timeAxis start) found results

                    results |> Array.map Tensor.OfArray

        let at (t: Tensor) : 'S =
            if p.Noise.IsSome then
                raise (
                    InputException
                        $"Solution.At: a path with noise is not known between the steps of its solve. Ask for the times before it: {p.Family}.saveAt."
                )

            let t = OutputTimes.check "Solution.At" false p t
            let times = Prim.reshape [| t.Count |] t
            let ys = if t.IsPlaceholder || out.Report.IsPlaceholder then solveAt times else findAll times
            let asGiven (y: Tensor) = Array.concat [ y.Dims[.. timeAxis - 1]; t.Dims; y.Dims[timeAxis + 1 ..] ]
            ys |> Array.map (fun y -> Prim.reshape (asGiven y) y) |> rebuild

        let events =
            lazy
                (let isLogged = plan.Events.Length > 0 && out.Report.IsPlaceholder
                 let plan = if isLogged then { plan with EventRoom = ValueSome plan.MaxEvents } else plan
                 EventTimes.ofLog plan p.PerSample out.Events)

        Solution<'S>(
            ts,
            guarded ys,
            guarded out.Final,
            rebuild out.Last,
            out.Report,
            stats,
            failure,
            at,
            reached,
            events
        )
