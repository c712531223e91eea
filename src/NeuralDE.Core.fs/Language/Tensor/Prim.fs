namespace NeuralDE.Internal.Tensor

open NeuralDE
open NeuralDE.Internal.Graph

/// Primitives as functions of tensors, for rules and verbs, without argument checks; operations without effect are left
/// out.
module internal Prim =
    let private op o args = Tensor.Apply(o, args)
    let literal (dtype: Dtype) x = Tensor.Literal(dtype, x)

    // ── movement ─────────────────────────────────────────────────────────────────────────────────────────────────
    let reshape (shape: int[]) (x: Tensor) = if Shape.same shape x.Dims then x else op (Reshape shape) [| x |]

    let permute (p: int[]) (x: Tensor) = if Shape.same p (Shape.axes x.Rank) then x else op (Permute p) [| x |]

    let swapLast (x: Tensor) = permute (Shape.swapLast x.Rank) x

    /// Axis i of x becomes axis `axes`[i] of the result.
    let broadcast (shape: int[]) (axes: int[]) (x: Tensor) =
        if Shape.same shape x.Dims then x else op (Broadcast(shape, axes)) [| x |]

    let fill dtype shape value = broadcast shape [||] (literal dtype value)
    let zeros (s: Signature) = fill s.Dtype s.Shape 0.0
    let zerosLike (x: Tensor) = zeros x.Signature
    let onesLike (x: Tensor) = fill x.Dtype x.Dims 1.0

    /// x with a new leading axis of n equal rows.
    let rows n (x: Tensor) = broadcast (Array.append [| n |] x.Dims) (Array.init x.Rank ((+) 1)) x

    let slice (start: int[]) (stop: int[]) (step: int[]) (x: Tensor) =
        let isAll = Shape.same stop x.Dims && Array.forall ((=) 0) start && Array.forall ((=) 1) step

        if isAll then x else op (Op.Slice { Start = start; Stop = stop; Step = step }) [| x |]

    let range axis start stop (x: Tensor) =
        if start = 0 && stop = x.Dims[axis] then x else Tensor.Range(x, axis, start, stop)

    let pick axis index (x: Tensor) = Tensor.Pick(x, axis, index)

    let pad (low: int[]) (high: int[]) (interior: int[]) (x: Tensor) =
        if Seq.forall ((=) 0) (Seq.concat [ low; high; interior ]) then
            x
        else
            op (Op.Pad { Low = low; High = high; Interior = interior }) [| x |]

    let reverse axes (x: Tensor) = op (Reverse axes) [| x |]
    let concat axis (xs: Tensor[]) = if xs.Length = 1 then xs[0] else op (Concat axis) xs

    /// Joins along a new axis.
    let stack axis (xs: Tensor[]) = xs |> Array.map (fun x -> reshape (Array.insertAt axis 1 x.Dims) x) |> concat axis

    let gather batch (x: Tensor) indices = op (Gather batch) [| x; indices |]
    let scatter kind batch (x: Tensor) indices updates = op (Scatter(kind, batch)) [| x; indices; updates |]
    let iota dtype shape axis = op (Iota({ Dtype = dtype; Shape = shape }, axis)) [||]

    // ── element by element ───────────────────────────────────────────────────────────────────────────────────────
    let cast dtype (x: Tensor) = if x.Dtype = dtype then x else op (Cast dtype) [| x |]

    /// The dtype in which sums and products are computed: int64 for int32 and bool.
    let wide (x: Tensor) =
        match x.Dtype with
        | Int32
        | Bool -> cast Int64 x
        | Float32
        | Float64
        | Int64 -> x

    let select (condition: Tensor) a b = op Select [| condition; a; b |]
    let compare kind (a: Tensor) (b: Tensor) = op (Compare kind) [| a; b |]
    let unary kind (x: Tensor) = op (Unary kind) [| x |]
    let binary kind (a: Tensor) (b: Tensor) = op (Binary kind) [| a; b |]
    let times (c: float) (x: Tensor) = binary Mul (fill x.Dtype x.Dims c) x
    let plus (c: float) (x: Tensor) = binary Add (fill x.Dtype x.Dims c) x

    /// c − x
    let minus (c: float) (x: Tensor) = binary Sub (fill x.Dtype x.Dims c) x

    /// Compares x with a constant.
    let compareTo kind (x: Tensor) (c: float) = compare kind x (fill x.Dtype x.Dims c)

    let fma a b c = op Fma [| a; b; c |]
    let isNot (c: Tensor) = unary Not c
    let both (a: Tensor) (b: Tensor) = binary And a b
    let either (a: Tensor) (b: Tensor) = binary Or a b
    let stop (x: Tensor) = op StopGradient [| x |]

    /// A float64 number, and an int32 number.
    let number x = literal Float64 x
    let integer (n: int) = literal Int32 (float n)
    let isNumber (x: Tensor) (n: int) = compareTo Equal x (float n)

    /// +1 for t0 ≤ t1 (forward in time), otherwise −1.
    let direction (t0: Tensor) (t1: Tensor) =
        let one = onesLike t0
        select (compare GreaterEqual t1 t0) one (-one)

    // ── along axes ───────────────────────────────────────────────────────────────────────────────────────────────
    let reduce kind (axes: int[]) (x: Tensor) = if axes.Length = 0 then x else op (Reduce(kind, axes)) [| x |]
    let sumOver axes (x: Tensor) = reduce Sum axes x

    /// The sum of all elements.
    let sum (x: Tensor) = sumOver (Shape.axes x.Rank) x

    /// Broadcasts a reduced tensor back to the shape before the reduction.
    let unreduce (shape: int[]) (axes: int[]) (x: Tensor) = broadcast shape (Shape.others shape.Length axes) x

    let cumSum axis isReverse (x: Tensor) = op (CumSum(axis, isReverse)) [| x |]

    // ── contractions, linear algebra ─────────────────────────────────────────────────────────────────────────────
    let dot (a: Tensor) (b: Tensor) = op Dot [| a; b |]
    let conv parameters (x: Tensor) (kernel: Tensor) = op (Op.Conv parameters) [| x; kernel |]
    let fft inverse (x: Tensor) = op (Fft inverse) [| x |]
    let cholesky (a: Tensor) = op Cholesky [| a |]
    let lu (a: Tensor) = op Lu [| a |]
    let pivots (a: Tensor) = op Pivots [| a |]

    let triangular isLower isTransposed isUnit (t: Tensor) (b: Tensor) =
        op (TriangularSolve(isLower, isTransposed, isUnit)) [| t; b |]

    /// The condition row − column ≥ offset, over the last two axes of a shape.
    let private belowDiagonal (shape: int[]) offset =
        let r = shape.Length
        let difference = binary Sub (iota Int32 shape (r - 2)) (iota Int32 shape (r - 1))
        // clamp the offset to int32: no matrix has elements further off
        compareTo GreaterEqual difference (float (max -System.Int32.MaxValue offset))

    /// The part on or below the diagonal (offset 0), or strictly below (1); zeros elsewhere.
    let lower offset (x: Tensor) = select (belowDiagonal x.Dims offset) x (zerosLike x)

    /// The part on or above the diagonal (offset 0), or strictly above (1).
    let upper offset (x: Tensor) =
        let first = if offset < -System.Int32.MaxValue + 1 then System.Int32.MaxValue else 1 - offset
        select (belowDiagonal x.Dims first) (zerosLike x) x

    /// The identity matrix in the last two axes.
    let identity dtype (shape: int[]) =
        let r = shape.Length
        cast dtype (compare Equal (iota Int32 shape (r - 2)) (iota Int32 shape (r - 1)))

    /// Solves A x = b for square A [B…; n; n] and b [B…; n; m].
    let solve (a: Tensor) (b: Tensor) =
        let batch = a.Rank - 2
        let order = pivots a
        let factors = lu (gather batch a order)
        gather batch b order |> triangular true false true factors |> triangular false false false factors

    // ── function nodes ───────────────────────────────────────────────────────────────────────────────────────────
    let apply (fn: Fn) (args: Tensor[]) = Tensor.ApplyFn(fn, args)
    let call (g: Graph) (args: Tensor[]) = apply (Call(g, Inline)) args
