namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Functions along one axis that keep the axis: cumulative sums, sorting, and functions based on sorting. Axis −1 is the last
/// axis.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module ScanVerbs =
    // ── cumulative sums ──────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>Cumulative sums along an axis; each includes its own element. For int32 and bool they are
    /// int64.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>The shape of x; int64 for integers and bool, otherwise the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    let cumsum (axis: int) (x: Tensor) : Tensor = Prim.cumSum (Shape.axis "cumsum" x.Rank axis) false (Prim.wide x)

    /// <summary>The cumulative results x₀, x₀∘x₁, x₀∘x₁∘x₂, … along an axis, for an associative operation ∘.</summary>
    /// <param name="combine">The operation ∘: from an earlier and a later slice, of equal shapes, to a tensor of their
    /// shape and dtype.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <remarks>`combine earlier later` gets slices of x of any extent along the axis and combines them element-wise.
    /// It runs about 2n combinations in 2 log₂ n steps.</remarks>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or the result of combine has another dtype or
    /// shape.</exception>
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

    /// <summary>Cumulative products along an axis; each includes its own element. For int32 and bool they are
    /// int64.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>The shape of x; int64 for integers and bool, otherwise the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    let cumprod (axis: int) (x: Tensor) : Tensor = associativeScan (Prim.binary Mul) axis (Prim.wide x)

    // ── sorting ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>The indices (int64) that sort x along an axis in increasing order. Equal elements keep their order; NaN
    /// comes last.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>int64, of the shape of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    let argsort (axis: int) (x: Tensor) : Tensor = Tensor.Apply(ArgSort(Shape.axis "argsort" x.Rank axis), [| x |])

    /// <summary>Sorts the elements along an axis in increasing order. NaN comes last.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
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

    /// <summary>The first index (int64, 0 to n) at which each value can be inserted into `sorted` [n] and keep it
    /// sorted: the number of smaller elements. Also for `sorted` [batch…; n] with values [batch…; m].</summary>
    /// <param name="sorted">[n], or [batch…; n], in increasing order along the last axis.</param>
    /// <param name="values">A tensor of any shape for [n], [batch…; m] for a batch; of the dtype of `sorted`.</param>
    /// <returns>int64, of the shape of the values.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">`sorted` is a single number, or the batches differ.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ.</exception>
    let searchSorted (sorted: Tensor) (values: Tensor) : Tensor = search "searchSorted" false sorted values

    /// <summary>The last index (int64, 0 to n) at which each value can be inserted into `sorted` [n] and keep it
    /// sorted: the number of elements that are smaller or equal.</summary>
    /// <param name="sorted">[n], or [batch…; n], in increasing order along the last axis.</param>
    /// <param name="values">A tensor of any shape for [n], [batch…; m] for a batch; of the dtype of `sorted`.</param>
    /// <returns>int64, of the shape of the values.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">`sorted` is a single number, or the batches differ.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ.</exception>
    let searchSortedRight (sorted: Tensor) (values: Tensor) : Tensor = search "searchSortedRight" true sorted values

    /// <summary>The q-quantile along an axis, 0 ≤ q ≤ 1, with linear interpolation between the two elements next to
    /// position q (n − 1). NaN if any element is NaN.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="q">The fraction of the elements below the quantile, 0 to 1.</param>
    /// <param name="x">A float tensor with at least one element along the axis.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or no elements along it.</exception>
    /// <exception cref="T:NeuralDE.InputException">q is outside 0 to 1.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
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
        let last = Prim.pick a (x.Dims[a] - 1) sorted // NaN is sorted after all numbers

        let between =
            if part = 0.0 then
                low
            else
                let high = Prim.pick a (below + 1) sorted
                // ∞ − ∞ would be NaN
                let isInfinite = Prim.both (Prim.compare Equal low high) (Prim.isNot (isFinite low))
                Prim.select isInfinite low (low + part * (high - low))

        // a product, so that the derivative is NaN too
        Prim.select (Prim.compare NotEqual last last) (last * between) between

    /// <summary>The q-quantile of all elements, 0 ≤ q ≤ 1, with linear interpolation. NaN if any element is
    /// NaN.</summary>
    /// <param name="q">The fraction of the elements below the quantile, 0 to 1.</param>
    /// <param name="x">A float tensor of any shape with at least one element.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no elements.</exception>
    /// <exception cref="T:NeuralDE.InputException">q is outside 0 to 1.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let quantile (q: float) (x: Tensor) : Tensor = quantileAlong 0 q (Expect.flat "quantile" x)

    /// <summary>The median along an axis: the middle element, or the mean of the two middle elements. NaN if any
    /// element is NaN.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A float tensor with at least one element along the axis.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or no elements along it.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let medianAlong (axis: int) (x: Tensor) : Tensor = quantileAlong axis 0.5 x

    /// <summary>The median of all elements: the middle element, or the mean of the two middle elements. NaN if any
    /// element is NaN.</summary>
    /// <param name="x">A float tensor of any shape with at least one element.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no elements.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let median (x: Tensor) : Tensor = quantile 0.5 x
