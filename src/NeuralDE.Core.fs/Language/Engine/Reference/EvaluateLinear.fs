namespace NeuralDE.Internal.Engine

open System
open NeuralDE
open NeuralDE.Internal.Graph

/// Values of contractions, the Fourier transform and dense linear algebra. float32 is computed in float64 throughout
/// and rounded once at the end; integers wrap.
module internal EvaluateLinear =
    let inline private dotOf batches m k n (a: ^T[]) (b: ^T[]) : ^T[] =
        let result: ^T[] = Array.zeroCreate (batches * m * n)

        for batch in 0 .. batches - 1 do
            for i in 0 .. m - 1 do
                let row = (batch * m + i) * n

                for l in 0 .. k - 1 do
                    let left = a[(batch * m + i) * k + l]
                    let right = (batch * k + l) * n

                    for j in 0 .. n - 1 do
                        result[row + j] <- result[row + j] + left * b[right + j]

        result

    /// Σ over k in index order; 0 if empty. For bools: whether both elements of any pair are true.
    let dot (shape: int[]) (a: NdArray) (b: NdArray) =
        let r = shape.Length
        let m, k, n = a.Shape[r - 2], a.Shape[r - 1], b.Shape[r - 1]
        let batches = Shape.stored "dot" shape[.. r - 3]

        if a.Dtype.IsFloat then
            NdArray.OfFloats(a.Dtype, shape, dotOf batches m k n a.Floats b.Floats)
        else
            NdArray.OfIntegers(a.Dtype, shape, dotOf batches m k n a.Integers b.Integers)

    /// The multi-index of the `flat`-th element of a row-major array.
    let private unravel (shape: int[]) (flat: int) =
        let index = Array.zeroCreate shape.Length
        let mutable rest = flat

        for a in shape.Length - 1 .. -1 .. 0 do
            index[a] <- rest % shape[a]
            rest <- rest / shape[a]

        index

    /// The index of the input (row-major over its spatial axes) that kernel position k reads for output position t; −1
    /// in the padding and between dilated elements.
    let private meets (c: Conv) (input: int[]) (t: int[]) (k: int[]) =
        let mutable place = 0

        for a in 0 .. input.Length - 1 do
            let p = t[a] * c.Stride[a] + k[a] * c.DilateKernel[a] - c.Low[a]

            if place >= 0 then
                if p >= 0 && p % c.DilateInput[a] = 0 && p / c.DilateInput[a] < input[a] then
                    place <- place * input[a] + p / c.DilateInput[a]
                else
                    place <- -1

        place

    let inline private convOf (conv: Conv) (shape: int[]) (xs: int[]) (ks: int[]) (x: ^T[]) (kernel: ^T[]) : ^T[] =
        let input, window, output = xs[3..], ks[3..], shape[3..]
        let groups, channels, outputs = xs[1], xs[2], ks[1]
        let inputs, places, results = Shape.stored "conv" input, Shape.stored "conv" window, Shape.stored "conv" output
        let y: ^T[] = Array.zeroCreate (Shape.stored "conv" shape)

        for t in 0 .. results - 1 do
            for k in 0 .. places - 1 do
                let s = meets conv input (unravel output t) (unravel window k)

                if s >= 0 then
                    for n in 0 .. xs[0] - 1 do
                        for g in 0 .. groups - 1 do
                            for o in 0 .. outputs - 1 do
                                let at = ((n * groups + g) * outputs + o) * results + t
                                let mutable sum = y[at]

                                for c in 0 .. channels - 1 do
                                    let left = x[((n * groups + g) * channels + c) * inputs + s]
                                    let right = kernel[((g * outputs + o) * channels + c) * places + k]
                                    sum <- sum + left * right

                                y[at] <- sum

        y

    /// y[n, g, o, t] = Σ over kernel positions k and channels c of x[n, g, c, s] kernel[g, o, c, k], where s ·
    /// dilateInput = t · stride + k · dilateKernel − low on every spatial axis; terms without such an index s of the
    /// input are left out.
    let conv (c: Conv) (shape: int[]) (x: NdArray) (kernel: NdArray) =
        if x.Dtype.IsFloat then
            NdArray.OfFloats(x.Dtype, shape, convOf c shape x.Shape kernel.Shape x.Floats kernel.Floats)
        else
            NdArray.OfIntegers(x.Dtype, shape, convOf c shape x.Shape kernel.Shape x.Integers kernel.Integers)

    /// cos and sin of 2π j / n, 0 ≤ j < n. The angle is reduced to [0, π/4] in integers, so quarters and eighths of a
    /// turn are exact and symmetric.
    let private turn j n =
        let n = int64 n
        let eighths = 8L * int64 j // of a turn, times n
        let lower = eighths > 4L * n
        let a = if lower then 8L * n - eighths else eighths
        let left = a > 2L * n
        let a = if left then 4L * n - a else a
        let steep = a > n
        let a = if steep then 2L * n - a else a
        let angle = Math.PI / 4.0 * (float a / float n)
        let struct (sine, cosine) = Math.SinCos angle
        let cosine, sine = if steep then sine, cosine else cosine, sine
        struct ((if left then -cosine else cosine), (if lower then -sine else sine))

    /// X[k] = Σⱼ x[j] e^(∓2πi jk/n): minus forward, plus inverse; unscaled in both directions.
    let fft inverse (x: NdArray) =
        let n = x.Shape[x.Shape.Length - 2]
        let values = x.Floats
        let result: float[] = Array.zeroCreate values.Length
        let cosines, sines = Array.zeroCreate n, Array.zeroCreate n

        for j in 0 .. n - 1 do
            let struct (c, s) = turn j n
            cosines[j] <- c
            sines[j] <- if inverse then s else -s

        if n > 0 then
            for batch in 0 .. values.Length / (2 * n) - 1 do
                for k in 0 .. n - 1 do
                    let mutable re = 0.0
                    let mutable im = 0.0
                    let mutable angle = 0 // j k mod n

                    for j in 0 .. n - 1 do
                        let at = 2 * (batch * n + j)
                        let c, s = cosines[angle], sines[angle]
                        re <- re + (values[at] * c - values[at + 1] * s)
                        im <- im + (values[at] * s + values[at + 1] * c)
                        angle <- if angle >= n - k then angle - (n - k) else angle + k

                    result[2 * (batch * n + k)] <- re
                    result[2 * (batch * n + k) + 1] <- im

        NdArray.OfFloats(x.Dtype, x.Shape, result)

    let private needFloats op (x: NdArray) = if not x.Dtype.IsFloat then EvaluateElementwise.unsupported op x

    /// The extent of the last axis and the number of matrices.
    let private squares (x: NdArray) =
        let n = x.Shape[x.Shape.Length - 1]
        struct (n, (if n = 0 then 0 else x.Length / (n * n)))

    /// L with L Lᵀ = A and zeros above the diagonal. A pivot that is not positive fills its column and everything below
    /// and to the right with NaN.
    let cholesky (x: NdArray) =
        needFloats Cholesky x
        let struct (n, batches) = squares x
        let a = x.Floats
        let l: float[] = Array.zeroCreate a.Length

        for batch in 0 .. batches - 1 do
            let start = batch * n * n

            for j in 0 .. n - 1 do
                for i in j .. n - 1 do
                    let mutable sum = a[start + i * n + j]

                    for k in 0 .. j - 1 do
                        sum <- sum - l[start + i * n + k] * l[start + j * n + k]

                    l[start + i * n + j] <-
                        if i > j then sum / l[start + j * n + j]
                        elif sum > 0.0 then sqrt sum
                        else Double.NaN

        NdArray.OfFloats(x.Dtype, x.Shape, l)

    /// x with T x = b (transpose: Tᵀ x = b) by substitution. Only the lower (otherwise the upper) triangle of T is
    /// read, and the diagonal only if it does not count as 1. A zero on the diagonal gives infinities.
    let triangularSolve lower transpose unit (t: NdArray) (b: NdArray) =
        needFloats (TriangularSolve(lower, transpose, unit)) t
        let struct (n, batches) = squares t
        let m = b.Shape[b.Shape.Length - 1]
        let a = t.Floats
        let x = Array.copy b.Floats
        let down = lower <> transpose // from the first row to the last

        for batch in 0 .. batches - 1 do
            for step in 0 .. n - 1 do
                let i = if down then step else n - 1 - step
                let row = (batch * n + i) * m

                for before in 0 .. step - 1 do
                    let j = if down then before else n - 1 - before
                    let at = if transpose then j * n + i else i * n + j
                    let factor = a[batch * n * n + at]

                    for c in 0 .. m - 1 do
                        x[row + c] <- x[row + c] - factor * x[(batch * n + j) * m + c]

                if not unit then
                    for c in 0 .. m - 1 do
                        x[row + c] <- x[row + c] / a[batch * n * n + i * n + i]

        NdArray.OfFloats(b.Dtype, b.Shape, x)

    /// One elimination step with the pivot at index k of the n × n matrix at `start`: computes the factors below the
    /// pivot and updates the rest. A factor is 0 if entry and pivot are 0, so that A = L U also for a singular matrix
    /// in pivoted order.
    let private eliminate (a: float[]) start n k =
        let pivot = a[start + k * n + k]

        for i in k + 1 .. n - 1 do
            let entry = a[start + i * n + k]
            let factor = if entry = 0.0 && pivot = 0.0 then 0.0 else entry / pivot
            a[start + i * n + k] <- factor

            for j in k + 1 .. n - 1 do
                a[start + i * n + j] <- a[start + i * n + j] - factor * a[start + k * n + j]

    /// U on and above the diagonal, L (unit diagonal) below, with A = L U: no pivoting.
    let lu (x: NdArray) =
        needFloats Lu x
        let struct (n, batches) = squares x
        let a = Array.copy x.Floats

        for batch in 0 .. batches - 1 do
            for k in 0 .. n - 1 do
                eliminate a (batch * n * n) n k

        NdArray.OfFloats(x.Dtype, x.Shape, a)

    /// The row order p of partial pivoting: the largest |entry| of each column, the first of equals. Rows p of A have
    /// an LU factorisation without further pivoting whose factors satisfy |factor| ≤ 1.
    let pivots (shape: int[]) (x: NdArray) =
        let struct (n, batches) = squares x
        let a = Array.copy x.Floats
        let order = Array.init (batches * n) (fun i -> int64 (i % n))

        let swap (values: 'T[]) i j =
            let v = values[i]
            values[i] <- values[j]
            values[j] <- v

        for batch in 0 .. batches - 1 do
            let start = batch * n * n

            for k in 0 .. n - 1 do
                let mutable best = k

                for i in k + 1 .. n - 1 do
                    if abs a[start + i * n + k] > abs a[start + best * n + k] then best <- i

                if best <> k then
                    swap order (batch * n + k) (batch * n + best)

                    for j in 0 .. n - 1 do
                        swap a (start + k * n + j) (start + best * n + j)

                eliminate a start n k

        NdArray(Int64, shape, order)
