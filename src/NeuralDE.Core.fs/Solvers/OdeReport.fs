namespace NeuralDE.Compiler

open System
open NeuralDE

/// What is told of a solve that has run: its costs, and where and why it stopped short.
module internal OdeReport =
    let private isBad (x: float) = not (Double.IsFinite x)

    let stats (plan: SolvePlan) (report: Tensor) : Stats =
        let s = SolveReport.unpack report
        let total (x: Tensor) = x.Numbers.Integers |> Array.sum |> int
        let t = plan.Tableau
        let attempts = total s.Accepted + total s.Rejected
        let usesEnd = max t.Error.Length t.CoarseError.Length > t.Stages

        let isEstimated, needsEnd =
            match plan.Steps with
            | Adaptive(_, isEstimated) -> isEstimated, usesEnd
            | Constant -> false, false

        let count condition n = if condition then n else 0

        // a last stage that only the error uses
        let idle =
            match plan.Steps with
            | Constant when not t.Fsal -> t.B |> Array.rev |> Array.takeWhile (fun b -> b = 0.0) |> Array.length
            | Constant
            | Adaptive _ -> 0

        let perStep = t.Stages - idle - count t.Fsal 1 + count needsEnd 1

        let further =
            match plan.Saving with
            | AtTimes
            | EveryPolynomial -> t.DenseC.Length - t.Stages - count needsEnd 1
            | Nothing
            | EverySteps _ -> 0

        { Steps = total s.Accepted
          Rejected = total s.Rejected
          Evaluations =
            s.Status.Count * (count (t.Fsal || isEstimated) 1 + count isEstimated 1)
            + attempts * perStep
            + total s.Written * further
            + count (plan.Jumps && t.Fsal) (total s.Stop) }

    /// What is needed to find the component at fault.
    [<NoEquality; NoComparison>]
    type Suspects =
        {
            Field: Graph
            Captured: Tensor[]
            /// the leaves' paths in the state
            Names: string[]
            Tableau: Tableau
            Rtol: float
            Atol: float
        }

    /// The component that is not finite after the failing step, else the one with the largest scaled error.
    let private culprit isFinite (suspects: Suspects) (time: Tensor) (h: Tensor) (y: Tensor[]) =
        let name leaf (index: string) =
            match suspects.Names[leaf], y[leaf].Rank with
            | "", _ -> index
            | path, 0 -> path
            | path, _ -> $"{path}[{index}]"

        let worst (score: float -> float) (leaves: Tensor[]) =
            let mutable best, at = -1.0, "0"

            leaves
            |> Array.iteri (fun leaf x ->
                x.ToArray()
                |> Array.iteri (fun index v ->
                    if score v > best then
                        best <- score v
                        at <- name leaf (string index)))

            at

        let hasBad (leaves: Tensor[]) = leaves |> Array.exists (fun x -> Array.exists isBad (x.ToArray()))

        let badness x = if isBad x then 1.0 else 0.0
        let f = RungeKutta.fieldOf suspects.Field suspects.Captured
        let tableau = suspects.Tableau
        let slope = f time y

        if hasBad y then
            worst badness y
        elif hasBad slope then
            worst badness slope
        else
            let attempt (h: Tensor) =
                let ks = RungeKutta.stages tableau.C tableau.A f time (time + h) y h [| slope |]
                ks, RungeKutta.advance y h tableau.B ks

            // the step that failed was up to five times as long as the next would have been
            let lengths = if isFinite then [ h ] else [ h; 5.0 * h; 25.0 * h ]
            let bad = lengths |> List.tryPick (fun h -> (let _, y1 = attempt h in if hasBad y1 then Some y1 else None))

            match bad with
            | Some y1 -> worst badness y1
            | None ->
                let ks, _ = attempt h

                let scaled leaf (y: Tensor) =
                    match RungeKutta.combine (Array.truncate ks.Length tableau.Error) ks leaf with
                    | Some e -> Prim.cast Float64 (abs e) / (suspects.Atol + suspects.Rtol * Prim.cast Float64 (abs y))
                    | None -> Prim.zeros { y.Signature with Dtype = Float64 }

                y |> Array.mapi scaled |> worst (fun e -> if isBad e then infinity else e)

    /// The first sample that did not end well. `suspects` is ValueNone for a solve of the library's own.
    let failure (suspects: Suspects voption) (last: Tensor[]) (report: Tensor) : Failure option =
        let statuses = (SolveReport.unpack report).Status.Numbers.Integers

        match statuses |> Array.tryFindIndex (fun code -> int code <> StatusCode.success) with
        | None -> None
        | Some k ->
            let isBatch = report.Rank > 1
            let row (x: Tensor) = if isBatch then Prim.pick 0 k x else x
            let r = SolveReport.unpack (row report)
            let count (x: Tensor) = int x.Numbers.Integers[0]

            Some
                { Status = Status.OfCode(int statuses[k])
                  Time = r.Time.Numbers.Floats[0]
                  Sample = if isBatch then Some k else None
                  Component =
                    (match suspects with
                     | ValueSome found ->
                         let isFinite = int statuses[k] <> StatusCode.nonFinite
                         culprit isFinite found r.Time (r.Step * r.Direction) (Array.map row last)
                     | ValueNone -> "of the backward solve")
                  Steps = count r.Accepted + count r.Rejected }

    /// Passes leaves on once their solve is known to have ended well; otherwise the run raises SolveException at its end.
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
            // a vmap around the solve gives everything looked at further axes; the tolerance is one number without them
            let axes = if suspects.IsSome then t[n + 2].Rank else 0
            let rows = Shape.stored "solve" t[1].Dims[.. axes - 1]

            let ofRow row (x: Tensor) =
                if axes = 0 then
                    x
                else
                    Prim.pick 0 row (Prim.reshape (Array.append [| rows |] x.Dims[axes..]) x)

            let failureOf row =
                let t = t |> Array.mapi (fun i x -> if i = 0 then x else ofRow row x)

                let suspects =
                    suspects
                    |> ValueOption.map (fun found ->
                        { found with
                            Rtol = t[n + 2].Numbers.Floats[0]
                            Atol = t[n + 3].Numbers.Floats[0]
                            Captured = t[n + 4 ..] })

                failure suspects t[2 .. n + 1] t[1]
                |> Option.map (fun f -> if axes > 0 && f.Sample.IsNone then { f with Sample = Some row } else f)

            match Seq.tryPick failureOf (seq { 0 .. rows - 1 }) with
            | Some failure -> ValueSome(SolveException(failure, stats plan t[1], None, null) :> exn)
            | None -> ValueNone

        // the same check for the same field and plan, so that a second trace gives the same graph
        let check, further =
            match suspects with
            | ValueNone -> { Look = look ValueNone; Flagged = true }, [||]
            | ValueSome found ->
                let key = "guard", { plan with Watch = Cancellable }, String.concat ";" found.Names
                let check =
                    found.Field.Memo(
                        key,
                        fun () -> { Look = look (ValueSome { found with Captured = [||] }); Flagged = true }
                    )
                check, Array.append [| scalar found.Rtol; scalar found.Atol |] found.Captured

        let status = (SolveReport.unpack report).Status
        let isWell = Prim.compareTo Equal status (float StatusCode.success)
        let args = Array.concat [ [| isWell; report |]; last; further ]
        leaves |> Array.map (fun leaf -> Tensor.Apply(Check check, Array.append [| leaf |] args))
