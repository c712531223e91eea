namespace NeuralDE

open System
open NeuralDE.Compiler

/// Functions along one axis that keep it: running totals, sorting, and what sorting gives. Axis −1 is the last.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module ScanVerbs =
    // ── running totals ───────────────────────────────────────────────────────────────────────────────────────────
    /// Sums of the elements up to each, itself included; of int32 and bool as int64.
    let cumsum (axis: int) (x: Tensor) : Tensor = Prim.cumSum (Shape.axis "cumsum" x.Rank axis) false (Prim.wide x)

    /// <summary>All running totals x₀, x₀∘x₁, x₀∘x₁∘x₂, … along an axis, for an associative ∘.</summary>
    /// <remarks>
    /// <c>combine earlier later</c> gets slices of x of any extent along the axis and joins them element by element.
    /// About 2n combinations in 2 log₂ n steps.
    /// </remarks>
    let associativeScan (combine: Tensor -> Tensor -> Tensor) (axis: int) (x: Tensor) : Tensor =
        let a = Shape.axis "associativeScan" x.Rank axis

        let every second start stop (x: Tensor) =
            let from = Array.init x.Rank (fun i -> if i = a then start else 0)
            let until = Array.updateAt a stop x.Dims
            Prim.slice from until (Array.init x.Rank (fun i -> if i = a then second else 1)) x

        let join (earlier: Tensor) (later: Tensor) =
            let joined = combine earlier later

            if not (Shape.same joined.Dims later.Dims) || joined.Dtype <> later.Dtype then
                Expect.misfit
                    $"associativeScan: combine made {joined.Dtype} {Expect.text joined} of two slices of {later.Dtype} {Expect.text later}. It must keep dtype and shape."

            joined

        let rec scan (x: Tensor) =
            let n = x.Dims[a]

            if n < 2 then
                x
            else
                let half = n / 2
                let odds = scan (join (every 2 0 (2 * half) x) (every 2 1 n x))
                let first = Prim.range a 0 1 x
                let m = (n - 1) / 2 // evens after the first

                let evens =
                    if m = 0 then
                        first
                    else
                        Prim.concat a [| first; join (Prim.range a 0 m odds) (every 2 2 n x) |]

                interleave a evens odds

        scan x

    /// Products of the elements up to each, itself included; of int32 and bool as int64.
    let cumprod (axis: int) (x: Tensor) : Tensor = associativeScan (Prim.binary Mul) axis (Prim.wide x)

    // ── sorting ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// The indices (int64) that sort an axis upwards; equal elements keep their order, NaN comes last.
    let argsort (axis: int) (x: Tensor) : Tensor = Tensor.Apply(ArgSort(Shape.axis "argsort" x.Rank axis), [| x |])

    /// Elements upwards along an axis; NaN comes last.
    let sort (axis: int) (x: Tensor) : Tensor =
        let a = Shape.axis "sort" x.Rank axis
        let last = Shape.moving x.Rank a (x.Rank - 1)
        let x = Prim.permute last x
        let order = Tensor.Apply(ArgSort(x.Rank - 1), [| x |])
        Prim.gather (x.Rank - 1) x order |> Prim.permute (Shape.invert last)

    let private search verb right (sorted: Tensor) (values: Tensor) =
        Expect.rankAtLeast verb 1 sorted
        Expect.oneDtype verb [| sorted; values |]
        let find a b = Tensor.Apply(SearchSorted right, [| a; b |])

        if sorted.Rank = 1 then
            Prim.reshape values.Dims (find sorted (Expect.flat verb values))
        elif
            values.Rank = sorted.Rank && Shape.same values.Dims[.. values.Rank - 2] sorted.Dims[.. sorted.Rank - 2]
        then
            find sorted values
        else
            Expect.misfit
                $"{verb}: sorted has shape {Expect.text sorted}, values {Expect.text values}; expected [n] with any shape, or [batch…; n] and [batch…; m]."

    /// The first index (int64, 0 to n) at which each value could be put into sorted [n], keeping it sorted: the number
    /// of elements
    /// below it. Also sorted [batch…; n] with values [batch…; m].
    let searchSorted (sorted: Tensor) (values: Tensor) : Tensor = search "searchSorted" false sorted values

    /// The last index at which each value could be put into sorted [n]: the number of elements not above it.
    let searchSortedRight (sorted: Tensor) (values: Tensor) : Tensor = search "searchSortedRight" true sorted values

    /// The q-quantile along an axis, 0 ≤ q ≤ 1, interpolated linearly between the two elements next to place q (n − 1).
    /// NaN where there is one.
    let quantileAlong (axis: int) (q: float) (x: Tensor) : Tensor =
        Expect.floats "quantile" x
        let a = Shape.axis "quantileAlong" x.Rank axis
        Expect.somethingAlong "quantile" a x

        if not (q >= 0.0 && q <= 1.0) then
            raise (InputException $"quantile: got q = {string q}, expected 0 to 1.")

        let place = q * float (x.Dims[a] - 1)
        let below = int (Math.Floor place)
        let sorted = sort a x
        let low = Prim.pick a below sorted
        let part = place - float below
        let last = Prim.pick a (x.Dims[a] - 1) sorted // NaN is sorted behind every number

        let between =
            if part = 0.0 then
                low
            else
                let high = Prim.pick a (below + 1) sorted
                // ∞ − ∞ is no step
                let isInfinite = Prim.both (Prim.compare Equal low high) (Prim.isNot (isFinite low))
                Prim.select isInfinite low (low + part * (high - low))

        // the product's derivative is NaN too
        Prim.select (Prim.compare NotEqual last last) (last * between) between

    /// The q-quantile of all elements, 0 ≤ q ≤ 1, interpolated linearly. NaN where there is one.
    let quantile (q: float) (x: Tensor) : Tensor = quantileAlong 0 q (Expect.flat "quantile" x)

    /// The middle element along an axis, or the mean of the middle two. NaN where there is one.
    let medianAlong (axis: int) (x: Tensor) : Tensor = quantileAlong axis 0.5 x

    /// The middle one of all elements, or the mean of the middle two. NaN where there is one.
    let median (x: Tensor) : Tensor = quantile 0.5 x
