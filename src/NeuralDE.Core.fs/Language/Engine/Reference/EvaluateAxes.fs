namespace NeuralDE.Internal.Engine

open System
open NeuralDE
open NeuralDE.Internal.Graph

/// Values of the operations along axes: reductions, scans, sorting and searching.
module internal EvaluateAxes =
    /// For every element of x in row-major order: result[o] ← combine result[o] x[i], where o is i without the reduced
    /// axes.
    let inline private fold
        ([<InlineIfLambda>] combine: 'T -> 'T -> 'T)
        (start: 'T)
        (axes: int[])
        (shape: int[])
        (x: 'T[])
        : 'T[] =
        let rank = shape.Length
        let kept = Shape.without axes shape
        let result = Array.create (Shape.stored "reduce" kept) start

        if x.Length > 0 then
            // the stride of the result for each axis of x; 0 for reduced axes
            let steps = Array.zeroCreate rank
            Array.iter2 (fun axis stride -> steps[axis] <- stride) (Shape.others rank axes) (Shape.storedStrides kept)
            let inner = if rank = 0 then 1 else shape[rank - 1]
            let innerStep = if rank = 0 then 0 else steps[rank - 1]
            let index: int[] = Array.zeroCreate rank
            let mutable o = 0

            for row in 0 .. x.Length / inner - 1 do
                for i in 0 .. inner - 1 do
                    let at = o + i * innerStep
                    result[at] <- combine result[at] x[row * inner + i]

                // advance to the next row: carry into the axes before the last
                let mutable axis = rank - 2

                while axis >= 0 do
                    index[axis] <- index[axis] + 1
                    o <- o + steps[axis]

                    if index[axis] = shape[axis] then
                        o <- o - steps[axis] * shape[axis]
                        index[axis] <- 0
                        axis <- axis - 1
                    else
                        axis <- -1

        result

    /// Sum: floats in float64 in index order, rounded once; integers wrap; 0 if empty. Maximum: NaN if there is one;
    /// for bools, whether any is true.
    let reduce (r: Reduce) (axes: int[]) (shape: int[]) (x: NdArray) =
        let inline by (larger: 'T -> 'T -> 'T) (zero: 'T) (least: 'T) (values: 'T[]) =
            match r with
            | Sum -> fold (fun p q -> p + q) zero axes x.Shape values
            | Maximum -> fold larger least axes x.Shape values

        if x.Dtype.IsFloat then
            NdArray.OfFloats(x.Dtype, shape, by (fun p q -> Math.Max(p, q)) 0.0 Double.NegativeInfinity x.Floats)
        else
            NdArray.OfIntegers(x.Dtype, shape, by (fun p q -> Math.Max(p, q)) 0L Int64.MinValue x.Integers)

    /// Less than, with NaN after all numbers and −0 = 0.
    let inline private before (a: ^T) (b: ^T) = a < b || (b <> b && a = a)

    let inline private argMaxOf axis (shape: int[]) (x: ^T[]) : int64[] =
        let struct (outer, n, inner) = EvaluateMovement.around axis shape
        let result = Array.zeroCreate (outer * inner)

        for o in 0 .. outer - 1 do
            for i in 0 .. inner - 1 do
                let start = o * n * inner + i
                let mutable best = 0

                for j in 1 .. n - 1 do
                    if before x[start + best * inner] x[start + j * inner] then best <- j

                result[o * inner + i] <- int64 best

        result

    /// The index of the first maximum; NaN counts as larger than all numbers.
    let argMax axis (shape: int[]) (x: NdArray) =
        let found =
            if x.Dtype.IsFloat then
                argMaxOf axis x.Shape x.Floats
            else
                argMaxOf axis x.Shape x.Integers

        NdArray(Int64, shape, found)

    let inline private argSortOf axis (shape: int[]) (x: ^T[]) : int64[] =
        let struct (outer, n, inner) = EvaluateMovement.around axis shape
        let result = Array.zeroCreate x.Length

        for o in 0 .. outer - 1 do
            for i in 0 .. inner - 1 do
                let start = o * n * inner + i

                let order =
                    Comparison<int>(fun p q ->
                        let a, b = x[start + p * inner], x[start + q * inner]

                        if before a b then -1
                        elif before b a then 1
                        else p - q) // stable: equal elements keep their order

                let indices = Array.init n id
                Array.Sort(indices, order)

                for j in 0 .. n - 1 do
                    result[start + j * inner] <- int64 indices[j]

        result

    /// Indices that sort in ascending order; stable, NaN last.
    let argSort axis (x: NdArray) =
        let found =
            if x.Dtype.IsFloat then
                argSortOf axis x.Shape x.Floats
            else
                argSortOf axis x.Shape x.Integers

        NdArray(Int64, x.Shape, found)

    let inline private cumSumOf axis reverse (shape: int[]) (x: ^T[]) : ^T[] =
        let struct (outer, n, inner) = EvaluateMovement.around axis shape
        let result = Array.zeroCreate x.Length

        for o in 0 .. outer - 1 do
            for i in 0 .. inner - 1 do
                let mutable sum = LanguagePrimitives.GenericZero

                for step in 0 .. n - 1 do
                    let j = if reverse then n - 1 - step else step
                    let at = (o * n + j) * inner + i
                    sum <- sum + x[at]
                    result[at] <- sum

        result

    /// The cumulative sum including each element (reverse: from the end); floats in float64.
    let cumSum axis reverse (x: NdArray) =
        if x.Dtype.IsFloat then
            NdArray.OfFloats(x.Dtype, x.Shape, cumSumOf axis reverse x.Shape x.Floats)
        else
            NdArray.OfIntegers(x.Dtype, x.Shape, cumSumOf axis reverse x.Shape x.Integers)

    let inline private searchSortedOf right (shape: int[]) (n: int) (sorted: ^T[]) (values: ^T[]) : int64[] =
        let m = shape[shape.Length - 1]
        let result = Array.zeroCreate values.Length

        for at in 0 .. values.Length - 1 do
            let row = at / m * n
            let v = values[at]
            // binary search: elements before low come before v, elements from high on do not
            let mutable low = 0
            let mutable high = n

            while low < high do
                let middle = (low + high) / 2
                let s = sorted[row + middle]
                let passed = if right then not (before v s) else before s v

                if passed then low <- middle + 1 else high <- middle

            result[at] <- int64 low

        result

    /// The first index i with sorted[i] ≥ v (right: > v), n if there is none; NaN counts as larger than all numbers.
    let searchSorted right (sorted: NdArray) (values: NdArray) =
        let n = sorted.Shape[sorted.Shape.Length - 1]

        let found =
            if sorted.Dtype.IsFloat then
                searchSortedOf right values.Shape n sorted.Floats values.Floats
            else
                searchSortedOf right values.Shape n sorted.Integers values.Integers

        NdArray(Int64, values.Shape, found)
