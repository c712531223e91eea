namespace NeuralDE.Internal.Families

open System.Collections.Concurrent
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// A condition on output times. Ranks are those without the axes that vmap adds.
[<Struct>]
type internal TimeRule =
    {
        Verb: string
        /// whether times must be in the order of the solve
        InOrder: bool
        /// whether each sample has its own row of times
        ByRow: bool
        /// whether states or times are float32: the rounding allowed is then 1.2e-7, otherwise four spacings of float64
        IsSingle: bool
        Rank: int
        RankOfEnds: struct (int * int)
    }

    /// By how much a time may lie outside of [t0, t1] because of rounding, relative to the larger of |t0| and |t1|.
    member r.Rounding = if r.IsSingle then 1.1920928955078125e-7 else 8.881784197001252e-16

/// Checks of output times: at the call if they are numbers, at run time if they are placeholders.
module internal OutputTimes =
    /// The numbers of a time that is not a placeholder.
    let known (t: Tensor) = if t.IsPlaceholder then ValueNone else ValueSome(t.ToArray())

    /// The times, with those within a rounding of t0 or t1 moved there. InputException for one outside [t0, t1] of its
    /// sample.
    let private adjusted (rule: TimeRule) (width: int) (t0: float[]) (t1: float[]) (given: float[]) : float[] =
        let times = Array.copy given
        let samples = if rule.ByRow then given.Length / max 1 width else max t0.Length t1.Length
        let ofSample (xs: float[]) k = xs[min k (xs.Length - 1)]
        let order = if rule.InOrder then " and go from t0 to t1" else ""

        for k in 0 .. samples - 1 do
            let t0, t1 = ofSample t0 k, ofSample t1 k
            let dir = if t1 >= t0 then 1.0 else -1.0
            let first = if rule.ByRow then k * width else 0
            let last = if rule.ByRow then first + width - 1 else times.Length - 1
            let slack = rule.Rounding * max (abs t0) (abs t1)
            let sample = if samples > 1 then $" of sample {string k}" else ""

            for i in first..last do
                let ends = if abs (times[i] - t1) <= slack then t1 else t0
                if dir * times[i] > dir * t1 || dir * times[i] < dir * t0 then
                    if abs (times[i] - ends) <= slack then times[i] <- ends

                let t = times[i]
                let inside = dir * t >= dir * t0 && dir * t <= dir * t1
                let ordered = not rule.InOrder || i = first || dir * t >= dir * times[i - 1]

                if not (inside && ordered) then
                    raise (
                        InputException
                            $"{rule.Verb}: times must lie in [t0, t1] = [{string t0}, {string t1}]{sample}{order}; got {string t} at position {string (i - first)}."
                    )

        times

    /// Checks times, t0 and t1; each has the axes of a vmap in front if it differs between the rows of the vmap. args[0],
    /// the times or their derivative, passes through unchecked.
    let private look (rule: TimeRule) (args: NdArray[]) : exn voption =
        let struct (rank0, rank1) = rule.RankOfEnds
        let times, t0, t1 = args[1], args[2], args[3]
        // a vmap gives its axis to all checked arguments, or to none
        let mapped = times.Shape.Length - rule.Rank
        let rows = Shape.stored "solve" times.Shape[.. mapped - 1]
        let width = if times.Shape.Length = 0 then 1 else Array.last times.Shape

        let ofRow rank row (x: NdArray) =
            if mapped = 0 || x.Shape.Length = rank then
                x.Floats
            else
                let size = x.Length / rows
                Array.sub x.Floats (row * size) size

        try
            for row in 0 .. rows - 1 do
                adjusted rule width (ofRow rank0 row t0) (ofRow rank1 row t1) (ofRow rule.Rank row times) |> ignore

            ValueNone
        with :? InputException as e ->
            ValueSome e

    /// One check object for each rule, so that a second trace gives the same graph.
    let private checks = ConcurrentDictionary<TimeRule, Check>()

    /// The same for placeholders, by operations. If samples with their own t0 or t1 share the times, no time is moved.
    let private whenRun (rule: TimeRule) (t0: Tensor) (t1: Tensor) (ts: Tensor) : Tensor =
        let check = checks.GetOrAdd(rule, (fun rule -> { Look = look rule; Flagged = false }))
        let ts = Tensor.Apply(Check check, [| ts; ts; t0; t1 |])

        if not rule.ByRow && t0.Rank + t1.Rank > 0 then
            ts
        else
            let over (t: Tensor) = Prim.stop (Prim.broadcast ts.Dims (Shape.axes t.Rank) t)
            let t0, t1, given = over t0, over t1, Prim.stop ts
            let slack = Prim.times rule.Rounding (Prim.binary Max (abs t0) (abs t1))

            // moves the value; the derivative stays that of the time
            let toward (t: Tensor) (x: Tensor) =
                let isNear = Prim.compare LessEqual (abs (given - t)) slack
                x + Prim.select isNear (t - given) (Prim.zerosLike t)

            let isAtEnd = Prim.compare LessEqual (abs (given - t1)) slack
            let near = Prim.select isAtEnd t1 t0
            toward near ts

    /// Times as float64, with those within a rounding of t0 or t1 moved there. They must lie within [t0, t1] of their sample
    /// and, if `inOrder`, be in order from t0 to t1.
    let check verb inOrder (p: Problem<'E, 'S>) (ts: Tensor) : Tensor =
        let asFloats = Prim.cast Float64 ts
        let isSingle = ts.Dtype = Float32 || Tree.flatten p.Y0 |> Array.exists (fun y -> y.Dtype = Float32)

        let rule =
            { Verb = verb
              InOrder = inOrder
              ByRow = inOrder && p.PerSample && ts.Rank = 2
              IsSingle = isSingle
              Rank = ts.Rank
              RankOfEnds = struct (p.T0.Rank, p.T1.Rank) }

        match known p.T0, known p.T1, known asFloats with
        | ValueSome t0, ValueSome t1, ValueSome given ->
            let width = if ts.Rank = 0 then 1 else ts.Dims[ts.Rank - 1]
            let times = adjusted rule width t0 t1 given
            if times = given then asFloats else Tensor.OfArray(NdArray(Float64, asFloats.Dims, times))
        | _ -> whenRun rule p.T0 p.T1 asFloats
