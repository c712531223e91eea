namespace NeuralDE.Internal.Engine

open System
open NeuralDE
open NeuralDE.Internal.Graph

/// Values of the operations that move elements without arithmetic (except Scatter, which adds): the same code for every
/// dtype.
module internal EvaluateMovement =
    let rec private copyFrom
        (axis: int)
        (extents: int[])
        (source: 'T[])
        (sourceStrides: int[])
        (target: 'T[])
        (targetStrides: int[])
        (s: int)
        (t: int)
        : unit =
        if axis = extents.Length then
            target[t] <- source[s]
        else
            let sourceStride, targetStride = sourceStrides[axis], targetStrides[axis]

            if axis = extents.Length - 1 then
                for i in 0 .. extents[axis] - 1 do
                    target[t + i * targetStride] <- source[s + i * sourceStride]
            else
                for i in 0 .. extents[axis] - 1 do
                    let s, t = s + i * sourceStride, t + i * targetStride
                    copyFrom (axis + 1) extents source sourceStrides target targetStrides s t

    /// target[targetOffset + Σ iₐ targetStridesₐ] ← source[sourceOffset + Σ iₐ sourceStridesₐ] for 0 ≤ iₐ < extentsₐ.
    let copy
        (extents: int[])
        (source: NdArray, sourceOffset: int, sourceStrides: int[])
        (target: NdArray, targetOffset: int, targetStrides: int[])
        =
        let inline on (from: 'T[]) =
            copyFrom 0 extents from sourceStrides (target.Data :?> 'T[]) targetStrides sourceOffset targetOffset

        // if one extent is 0, do not loop over the others, which may be 2³¹
        if not (Array.contains 0 extents) then
            match source.Dtype with
            | Float64 -> on (source.Data :?> float[])
            | Float32 -> on (source.Data :?> float32[])
            | Int64 -> on (source.Data :?> int64[])
            | Int32 -> on (source.Data :?> int[])
            | Bool -> on (source.Data :?> bool[])

    /// Σ indexₐ stridesₐ
    let private offset (index: int[]) (strides: int[]) =
        let mutable sum = 0

        for a in 0 .. strides.Length - 1 do
            sum <- sum + index[a] * strides[a]

        sum

    let private times (a: int[]) (b: int[]) = Array.map2 (fun p q -> p * q) a b

    /// The array of this shape with elements x[offset + Σ iₐ stridesₐ].
    let private view (x: NdArray) (shape: int[]) offset strides =
        let result = NdArray.Zeros(x.Dtype, shape)
        copy shape (x, offset, strides) (result, 0, Shape.storedStrides shape)
        result

    let permute (permutation: int[]) (shape: int[]) (x: NdArray) =
        let strides = Shape.storedStrides x.Shape
        view x shape 0 (permutation |> Array.map (fun a -> strides[a]))

    let broadcast (axes: int[]) (shape: int[]) (x: NdArray) =
        let strides = Array.zeroCreate shape.Length
        Array.iter2 (fun axis stride -> strides[axis] <- stride) axes (Shape.storedStrides x.Shape)
        view x shape 0 strides

    let slice (s: Slice) (shape: int[]) (x: NdArray) =
        let strides = Shape.storedStrides x.Shape
        view x shape (offset s.Start strides) (times s.Step strides)

    let reverse (axes: int[]) (x: NdArray) =
        let strides = Shape.storedStrides x.Shape
        let mutable first = 0

        for a in axes do
            first <- first + (x.Shape[a] - 1) * strides[a]
            strides[a] <- -strides[a]

        view x x.Shape first strides

    let pad (p: Pad) (shape: int[]) (x: NdArray) =
        let result = NdArray.Zeros(x.Dtype, shape)
        let strides = Shape.storedStrides shape
        let spread = Array.map2 (fun interior stride -> (interior + 1) * stride) p.Interior strides
        copy x.Shape (x, 0, Shape.storedStrides x.Shape) (result, offset p.Low strides, spread)
        result

    let concat axis (shape: int[]) (args: NdArray[]) =
        let result = NdArray.Zeros(args[0].Dtype, shape)
        let strides = Shape.storedStrides shape
        let mutable at = 0

        for x in args do
            copy x.Shape (x, 0, Shape.storedStrides x.Shape) (result, at * strides[axis], strides)
            at <- at + x.Shape[axis]

        result

    /// The numbers of elements before, along and after an axis: x is [outer; extent; inner].
    let around axis (shape: int[]) =
        let mutable outer = 1
        let mutable inner = 1

        for a in 0 .. shape.Length - 1 do
            if a < axis then outer <- outer * shape[a]
            elif a > axis then inner <- inner * shape[a]

        struct (outer, shape[axis], inner)

    /// Copies an array into another one along an axis, starting at an index.
    let copyInto axis (start: int) (part: NdArray) (whole: NdArray) : unit =
        let struct (outer, extent, inner) = around axis whole.Shape
        let width = part.Shape[axis] * inner

        for b in 0 .. outer - 1 do
            let at = (int64 b * int64 extent + int64 start) * int64 inner
            Array.Copy(part.Data, int64 b * int64 width, whole.Data, at, int64 width)

    /// result[b, j, f] = operand[b, clamp(indices[b, j], 0, n − 1), f]
    let gather batch (shape: int[]) (operand: NdArray) (indices: NdArray) =
        let struct (outer, n, inner) = around batch operand.Shape
        let m = indices.Shape[batch]
        let at = indices.Integers
        let result = NdArray.Zeros(operand.Dtype, shape)

        for b in 0 .. outer - 1 do
            for j in 0 .. m - 1 do
                let i = int (Math.Clamp(at[b * m + j], 0L, int64 (n - 1)))
                Array.Copy(operand.Data, (b * n + i) * inner, result.Data, (b * m + j) * inner, inner)

        result

    /// result[b, indices[b, j], f] ← combine (its present value) updates[b, j, f] for j = 0, 1, …; indices out of range
    /// are ignored.
    let inline private scatterBy
        ([<InlineIfLambda>] combine: 'T -> 'T -> 'T)
        batch
        (shape: int[])
        (operand: 'T[])
        (indices: NdArray)
        (updates: 'T[])
        =
        let struct (outer, n, inner) = around batch shape
        let m = indices.Shape[batch]
        let at = indices.Integers
        let result = Array.copy operand

        for b in 0 .. outer - 1 do
            for j in 0 .. m - 1 do
                let i = at[b * m + j]

                if i >= 0L && i < int64 n then
                    let target, source = (b * n + int i) * inner, (b * m + j) * inner

                    for f in 0 .. inner - 1 do
                        result[target + f] <- combine result[target + f] updates[source + f]

        result

    /// Add sums in float64 in the order of j and rounds once (integers wrap, bools: or); Max gives NaN for NaN (bools:
    /// or); Set: the last update wins.
    let scatter (s: Scatter) batch (operand: NdArray) (indices: NdArray) (updates: NdArray) =
        let dtype, shape = operand.Dtype, operand.Shape

        let inline by (larger: 'T -> 'T -> 'T) (x: 'T[]) (u: 'T[]) =
            match s with
            | ScatterAdd -> scatterBy (fun p q -> p + q) batch shape x indices u
            | ScatterMax -> scatterBy larger batch shape x indices u
            | ScatterSet -> scatterBy (fun _ q -> q) batch shape x indices u

        if dtype.IsFloat then
            NdArray.OfFloats(dtype, shape, by (fun p q -> Math.Max(p, q)) operand.Floats updates.Floats)
        else
            NdArray.OfIntegers(dtype, shape, by (fun p q -> Math.Max(p, q)) operand.Integers updates.Integers)
