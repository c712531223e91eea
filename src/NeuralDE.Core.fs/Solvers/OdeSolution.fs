namespace NeuralDE.Compiler

open NeuralDE

/// From a solve's outputs to what a user gets.
module internal OdeSolution =
    let build verb isGuarded (p: OdeProblem<'S>) : Solution<'S> =
        let setup = OdeSetup.prepare verb p
        let plan, n = setup.Plan, setup.Leaves.Length
        let out = setup.Run plan setup.Ts
        let final, last = out[.. n - 1], out[n .. 2 * n - 1]
        let steeringOf (out: Tensor[]) = Steering.ofArray out[2 * n .. 2 * n + Steering.count - 1]
        let savedOf (out: Tensor[]) = out[2 * n + Steering.count ..]
        let steering = steeringOf out
        let timeAxis = if p.PerSample then 1 else 0
        let rebuild leaves = Tree.unflatten p.Y0 leaves
        let dir = Integrate.direction (p.T0 + Prim.zerosLike p.T1) (p.T1 + Prim.zerosLike p.T0)

        /// One entry a sample, where samples have their own steps.
        let bySample oneRank (t: Tensor) =
            match setup.Rows with
            | ValueSome rows when t.Rank = oneRank -> Prim.rows rows t
            | _ -> t

        let suspects: OdeReport.Suspects voption =
            ValueSome
                { Field = setup.Field
                  Captured = setup.Captured
                  Names = setup.Names
                  Tableau = plan.Tableau
                  Rtol = p.Rtol
                  Atol = p.Atol }

        // the saved rows, with those at start and end where asked for
        let ts, ys =
            let row t (y: Tensor[]) =
                let expand (x: Tensor) = Prim.reshape (Array.insertAt timeAxis 1 x.Dims) x
                expand (bySample 0 t), Array.map expand y

            let rows =
                match plan.Saving with
                | Nothing -> []
                | AtTimes -> [ bySample 1 setup.Ts, savedOf out ]
                | EverySteps _
                | EveryPolynomial -> [ (savedOf out)[0], (savedOf out)[1..] ]

            let isEndSaved =
                match plan.Saving, rows with
                | EverySteps _, [ ts, _ ] when ts.Rank = 1 && ts.Count > 0 ->
                    ts.Numbers.Floats[ts.Count - 1] = steering.Time.Numbers.Floats[0]
                | _ -> false

            let hasEnd = p.SaveAt.End || (plan.Saving = Nothing && not p.SaveAt.Start)

            let all =
                [ if p.SaveAt.Start then row p.T0 setup.Leaves
                  yield! rows
                  if hasEnd && not isEndSaved then row p.T1 final ]

            let join (parts: Tensor list) = Prim.concat timeAxis (List.toArray parts)
            join (List.map fst all), Array.init n (fun k -> join (all |> List.map (fun (_, ys) -> ys[k])))

        let failure () = OdeReport.failure suspects dir last steering

        let stats () = OdeReport.stats plan steering

        let checkedLeaves (leaves: Tensor[]) =
            if not isGuarded then
                leaves
            elif steering.Status.IsPlaceholder then
                OdeReport.guard plan suspects dir last steering leaves
            else
                match failure () with
                | Some failure -> raise (SolveException(failure, stats (), Some ts, box (rebuild ys)))
                | None -> leaves

        let ys, y1 = rebuild (checkedLeaves ys), rebuild (checkedLeaves final)

        // every step's interpolant, from a second solve that keeps them
        let dense =
            lazy
                (let out =
                    setup.Run
                        { plan with Saving = EveryPolynomial; Times = 0 }
                        (Prim.zeros { Dtype = Float64; Shape = [| 0 |] })
                 (steeringOf out).Written, savedOf out)

        let at (t: Tensor) : 'S =
            let t = Prim.cast Float64 t
            OdeSetup.checkTimes "Solution.At" false p t
            let times = Prim.reshape [| t.Count |] t

            let values =
                if t.IsPlaceholder || steering.Status.IsPlaceholder then
                    // inside a transform: a solve that saves at these times, in its order
                    let firstOf (x: Tensor) = if x.Rank = 0 then x else Prim.pick 0 0 x
                    let order = Tensor.Apply(ArgSort 0, [| times * RungeKutta.spread (firstOf dir) times |])
                    let back = Tensor.Apply(ArgSort 0, [| order |])
                    let plan = { plan with Saving = AtTimes; Times = t.Count; MovesTimes = Time.moves t }
                    let unsort (y: Tensor) =
                        if p.PerSample then vmap (fun y -> Prim.gather 0 y back) y else Prim.gather 0 y back
                    setup.Run plan (Prim.gather 0 times order) |> savedOf |> Array.map unsort
                else
                    let written, rows = dense.Value

                    let find (args: Tensor[]) =
                        Integrate.valuesAt args[0] args[1] args[2 .. n + 1] args[n + 2] args[n + 3 ..] times

                    let args = Array.concat [ [| bySample 0 p.T0; bySample 0 dir |]; setup.Leaves; [| written |]; rows ]
                    if p.PerSample then vmap find args else find args

            values
            |> Array.map (fun y ->
                Prim.reshape (Array.concat [ y.Dims[.. timeAxis - 1]; t.Dims; y.Dims[timeAxis + 1 ..] ]) y)
            |> rebuild

        Solution<'S>(ts, ys, y1, rebuild last, steering, stats, failure, at)
