namespace NeuralDE.Internal.Calculus

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Forward and reverse rules of the primitives, as one total table each. The rules of function nodes are in Derive.
module internal PrimitiveRules =
    let private notHere (op: Op) : 'a = raise (GraphException $"{op} is not a primitive")

    // ── convolution: closed under its own two transposes ─────────────────────────────────────────────────────────
    let private spatial (x: Tensor) = [| 3 .. x.Rank - 1 |]

    /// A padding, possibly negative, as int32.
    let private padding (n: int64) : int =
        if n < int64 System.Int32.MinValue || n > int64 System.Int32.MaxValue then
            Expect.misfit
                $"conv: the derivative would pad by {string n}, which exceeds int32. Use less padding or dilation."

        int n

    /// Swaps two axes.
    let private swap i j (x: Tensor) =
        let p = Shape.axes x.Rank
        p[i] <- j
        p[j] <- i
        Prim.permute p x

    let private pullInput (c: Conv) (x: Tensor) (kernel: Tensor) (w: Tensor) =
        let d = x.Rank - 3
        let reach i = Infer.dilated kernel.Dims[i + 3] c.DilateKernel[i] - 1L
        let low = Array.init d (fun i -> padding (reach i - int64 c.Low[i]))

        let high =
            Array.init d (fun i ->
                let input, result =
                    Infer.dilated x.Dims[i + 3] c.DilateInput[i], Infer.dilated w.Dims[i + 3] c.Stride[i]
                padding (input + reach i - result - int64 low[i]))

        Prim.conv
            { Stride = c.DilateInput
              Low = low
              High = high
              DilateInput = c.Stride
              DilateKernel = c.DilateKernel }
            w
            (Prim.reverse (spatial kernel) (swap 1 2 kernel))

    let private pullKernel (c: Conv) (x: Tensor) (kernel: Tensor) (w: Tensor) =
        let d = x.Rank - 3

        let high =
            Array.init d (fun i ->
                let reach = Infer.dilated kernel.Dims[i + 3] c.DilateKernel[i] - 1L
                let result = Infer.dilated w.Dims[i + 3] c.Stride[i]
                padding (reach + result - Infer.dilated x.Dims[i + 3] c.DilateInput[i] - int64 c.Low[i]))
        // input [C; G; N; S…], kernel [G; O; N; T…] → [C; G; O; K…]
        let gradient =
            Prim.conv
                { Stride = c.DilateKernel
                  Low = c.Low
                  High = high
                  DilateInput = c.DilateInput
                  DilateKernel = c.Stride }
                (swap 0 2 x)
                (Prim.permute (Array.append [| 1; 2; 0 |] (spatial w)) w)

        Prim.permute (Array.append [| 1; 2; 0 |] (spatial gradient)) gradient

    // ── linear algebra ───────────────────────────────────────────────────────────────────────────────────────────
    /// Φ: the lower triangle, with half the diagonal.
    let private half (x: Tensor) = Prim.lower 0 x - Prim.times 0.5 (x * Prim.identity x.Dtype x.Dims)

    /// L⁻¹ S L⁻ᵀ
    let private sandwich (l: Tensor) (s: Tensor) =
        let left = Prim.triangular true false false l s
        Prim.swapLast (Prim.triangular true false false l (Prim.swapLast left))

    let private symmetric (x: Tensor) = Prim.times 0.5 (x + Prim.swapLast x)

    // ── scatter ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// The rows at the indices, one for each update; `otherwise` for indices out of range.
    let private fetch batch (x: Tensor) indices (updates: Tensor) otherwise =
        if x.Dims[batch] = 0 then
            Prim.fill x.Dtype updates.Dims otherwise
        else
            Prim.gather batch x indices

    /// For Set: which updates take effect, as bools of the updates' shape.
    let private staying batch (x: Tensor) (indices: Tensor) (updates: Tensor) =
        let number = Prim.iota Int32 updates.Dims batch
        let none = Prim.fill Int32 x.Dims -1.0
        Prim.compare Equal (fetch batch (Prim.scatter ScatterSet batch none indices number) indices updates -1.0) number

    /// Whether indices are in range, broadcast to the updates' shape.
    let private inside batch (x: Tensor) (indices: Tensor) (updates: Tensor) =
        let above = Prim.compareTo GreaterEqual indices 0.0
        let below = Prim.compareTo Less indices (float x.Dims[batch])
        Prim.broadcast updates.Dims (Shape.axes (batch + 1)) (Prim.both above below)

    /// For Max: the share of each element of the operand and of the updates in the result's cotangent (1 / number of
    /// equal maxima).
    let private shares batch (x: Tensor) indices (updates: Tensor) (y: Tensor) =
        let dtype = x.Dtype
        let mine = Prim.cast dtype (Prim.compare Equal x y)
        let isMax = Prim.compare Equal updates (fetch batch y indices updates 0.0)
        let theirs = Prim.cast dtype (Prim.both isMax (inside batch x indices updates))
        let count = Prim.scatter ScatterAdd batch mine indices theirs
        mine / count, theirs / fetch batch count indices updates 1.0

    /// d times a share; 0 · ∞ is 0.
    let private shared (share: Tensor) (d: Tensor) =
        Prim.select (Prim.compareTo Equal share 0.0) (Prim.zerosLike d) (share * d)

    // ── forward ──────────────────────────────────────────────────────────────────────────────────────────────────
    let private add a b =
        match a, b with
        | None, x
        | x, None -> x
        | Some a, Some b -> Some(a + b)

    let private orZeros (like: Tensor) d = Option.defaultWith (fun () -> Prim.zerosLike like) d

    let private pushExtreme (kind: Binary) (x: Tensor[]) (y: Tensor) (dx: Tensor option[]) =
        match dx[0], dx[1] with
        | None, None -> None
        | a, b -> Some(Slopes.chosen kind x[0] x[1] (orZeros y a) (orZeros y b))

    let private pushBinary (b: Binary) (x: Tensor[]) (y: Tensor) (dx: Tensor option[]) =
        let along slope d = Option.map2 (fun d s -> d * s) d slope
        let byFirst, bySecond = Slopes.slopes b x[0] x[1] y
        add (along byFirst dx[0]) (along bySecond dx[1])

    let private pushSelect (x: Tensor[]) (y: Tensor) (dx: Tensor option[]) =
        match dx[1], dx[2] with
        | None, None -> None
        | a, b -> Some(Prim.select x[0] (orZeros y a) (orZeros y b))

    let private pushMaximum (axes: int[]) (x: Tensor) (y: Tensor) (d: Tensor) =
        let isMax = Prim.compare Equal x (Prim.unreduce x.Dims axes y)
        let count = Prim.sumOver axes (Prim.cast d.Dtype isMax)
        Prim.sumOver axes (Prim.select isMax d (Prim.zerosLike d)) / count

    let private pushConcat axis (x: Tensor[]) (dx: Tensor option[]) =
        if Array.forall Option.isNone dx then
            None
        else
            Some(Prim.concat axis (Array.map2 orZeros x dx))

    let private pushScatter (kind: Scatter) batch (x: Tensor[]) (y: Tensor) (dx: Tensor option[]) =
        if dx[0].IsNone && dx[2].IsNone then
            None
        else
            match kind with
            | ScatterAdd -> Some(Prim.scatter ScatterAdd batch (orZeros x[0] dx[0]) x[1] (orZeros x[2] dx[2]))
            | ScatterSet -> Some(Prim.scatter ScatterSet batch (orZeros x[0] dx[0]) x[1] (orZeros x[2] dx[2]))
            | ScatterMax ->
                let mine, theirs = shares batch x[0] x[1] x[2] y
                let operand, updates = shared mine (orZeros x[0] dx[0]), shared theirs (orZeros x[2] dx[2])
                Some(Prim.scatter ScatterAdd batch operand x[1] updates)

    /// dL = L Φ(L⁻¹ dA L⁻ᵀ), where A is symmetric and given by its lower triangle.
    let private pushCholesky (y: Tensor) (d: Tensor) =
        let strict = Prim.lower 1 d
        let full = Prim.lower 0 d + Prim.swapLast strict
        Prim.dot y (half (sandwich y full))

    /// M = L⁻¹ dA U⁻¹: dL = L tril₋₁(M), dU = triu(M) U.
    let private pushLu (y: Tensor) (d: Tensor) =
        let left = Prim.triangular true false true y d
        let m = Prim.swapLast (Prim.triangular false true false y (Prim.swapLast left))
        let l = Prim.lower 1 y + Prim.identity y.Dtype y.Dims
        let u = Prim.upper 0 y
        Prim.lower 1 (Prim.dot l (Prim.lower 1 m)) + Prim.upper 0 (Prim.dot (Prim.upper 0 m) u)

    /// T dx = db − dT x
    let private pushTriangular isLower isTransposed isUnit (x: Tensor[]) (y: Tensor) (dx: Tensor option[]) =
        let solve = Prim.triangular isLower isTransposed isUnit x[0]
        let strict = if isUnit then 1 else 0
        let part d = if isLower then Prim.lower strict d else Prim.upper strict d
        let turn d = if isTransposed then Prim.swapLast d else d
        add (dx[1] |> Option.map solve) (dx[0] |> Option.map (fun d -> -(solve (Prim.dot (turn (part d)) y))))

    /// The tangent of y = op x from those of x; None is zero.
    let push (op: Op) (x: Tensor[]) (y: Tensor) (dx: Tensor option[]) : Tensor option =
        let via f = Option.map f dx[0]
        let linear () = via (fun d -> Tensor.Apply(op, [| d |]))

        match op with
        | Constant _
        | Data _
        | Iota _
        | Compare _
        | ArgMax _
        | ArgSort _
        | SearchSorted _
        | Pivots
        | Random _
        | StopGradient -> None
        | Unary u -> via (fun d -> Slopes.slope u x[0] y |> Option.map (fun s -> d * s)) |> Option.flatten
        | Binary Add -> add dx[0] dx[1]
        | Binary Sub -> add dx[0] (Option.map (~-) dx[1])
        | Binary(Max | Min as kind) -> pushExtreme kind x y dx
        | Binary b -> pushBinary b x y dx
        | Select -> pushSelect x y dx
        | Fma -> add (add (via (fun d -> d * x[1])) (dx[1] |> Option.map (fun d -> x[0] * d))) dx[2]
        | Cast dtype -> if dtype.IsFloat then via (Prim.cast dtype) else None
        | Reduce(Sum, _)
        | CumSum _
        | Reshape _
        | Permute _
        | Broadcast _
        | Op.Slice _
        | Op.Pad _
        | Reverse _
        | Fft _ -> linear ()
        | Reduce(Maximum, axes) -> via (pushMaximum axes x[0] y)
        | Concat axis -> pushConcat axis x dx
        | Gather batch -> via (fun d -> Prim.gather batch d x[1])
        | Scatter(kind, batch) -> pushScatter kind batch x y dx
        | Dot -> add (via (fun d -> Prim.dot d x[1])) (dx[1] |> Option.map (fun d -> Prim.dot x[0] d))
        | Op.Conv c -> add (via (fun d -> Prim.conv c d x[1])) (dx[1] |> Option.map (fun d -> Prim.conv c x[0] d))
        | Cholesky -> via (pushCholesky y)
        | Lu -> via (pushLu y)
        | TriangularSolve(isLower, isTransposed, isUnit) -> pushTriangular isLower isTransposed isUnit x y dx
        | Check _ -> via (fun d -> Tensor.Apply(op, Array.append [| d |] x[1..])) // a derivative without its value is checked too
        | Input _
        | Apply _
        | Output _ -> notHere op

    // ── reverse ──────────────────────────────────────────────────────────────────────────────────────────────────
    let private pullExtreme (kind: Binary) (x: Tensor[]) (w: Tensor) =
        let zero = Prim.zerosLike w
        let wins = if kind = Max then Greater else Less
        let tie = Prim.select (Prim.compare Equal x[0] x[1]) (Prim.times 0.5 w) zero
        let mine i j = Some(Prim.select (Prim.compare wins x[i] x[j]) w tie)
        [| mine 0 1; mine 1 0 |]

    let private pullBinary (b: Binary) (x: Tensor[]) (y: Tensor) (w: Tensor) =
        let byFirst, bySecond = Slopes.slopes b x[0] x[1] y
        [| Option.map (fun s -> w * s) byFirst; Option.map (fun s -> w * s) bySecond |]

    let private pullSelect (condition: Tensor) (w: Tensor) =
        let zero = Prim.zerosLike w
        [| None; Some(Prim.select condition w zero); Some(Prim.select condition zero w) |]

    let private pullMaximum (axes: int[]) (x: Tensor) (y: Tensor) (w: Tensor) =
        let spread = Prim.unreduce x.Dims axes
        let isMax = Prim.compare Equal x (spread y)
        let share = w / Prim.sumOver axes (Prim.cast w.Dtype isMax)
        // elements that are not maxima get 0 even if the share is infinite, and NaN if the maximum is NaN
        let isNaN = Prim.compare NotEqual y y
        let otherwise = Prim.select isNaN (Prim.fill w.Dtype w.Dims System.Double.NaN) (Prim.zerosLike w)
        Prim.select isMax (spread share) (spread otherwise)

    let private pullSlice (s: Slice) (x: Tensor) (w: Tensor) =
        let high i = x.Dims[i] - s.Start[i] - int (Infer.padded w.Dims[i] 0 0 (s.Step[i] - 1))

        if w.LongCount = 0L then
            // of the cotangent's dtype: conditions are pulled by this rule too
            Prim.zeros { x.Signature with Dtype = w.Dtype }
        else
            Prim.pad s.Start (Array.init w.Rank high) (Array.map (fun step -> step - 1) s.Step) w

    let private pullPad (p: Pad) (x: Tensor) (w: Tensor) =
        let stop i = p.Low[i] + int (Infer.padded x.Dims[i] 0 0 p.Interior[i])
        Prim.slice p.Low (Array.init w.Rank stop) (Array.map ((+) 1) p.Interior) w

    let private pullConcat axis (x: Tensor[]) (w: Tensor) =
        let starts = x |> Array.scan (fun at part -> at + part.Dims[axis]) 0
        x |> Array.mapi (fun i _ -> Some(Prim.range axis starts[i] starts[i + 1] w))

    let private pullGather batch (x: Tensor[]) (w: Tensor) =
        let n = x[0].Dims[batch]
        // indices are clamped, as in the forward rule
        let limit c = Prim.fill x[1].Dtype x[1].Dims c
        let clamped = Prim.binary Min (Prim.binary Max x[1] (limit 0.0)) (limit (float (n - 1)))
        [| Some(Prim.scatter ScatterAdd batch (Prim.zerosLike x[0]) clamped w); None |]

    let private pullScatter (kind: Scatter) batch (x: Tensor[]) (y: Tensor) (w: Tensor) =
        match kind with
        | ScatterAdd ->
            let kept = Prim.select (inside batch x[0] x[1] x[2]) (fetch batch w x[1] x[2] 0.0) (Prim.zerosLike x[2])
            [| Some w; None; Some kept |]
        | ScatterSet ->
            let stays = Prim.both (staying batch x[0] x[1] x[2]) (inside batch x[0] x[1] x[2])
            let update = Prim.select stays (fetch batch w x[1] x[2] 0.0) (Prim.zerosLike x[2])
            [| Some(Prim.scatter ScatterSet batch w x[1] (Prim.zerosLike x[2])); None; Some update |]
        | ScatterMax ->
            let mine, theirs = shares batch x[0] x[1] x[2] y
            [| Some(shared mine w); None; Some(shared theirs (fetch batch w x[1] x[2] 0.0)) |]

    /// S = L⁻ᵀ Φ(Lᵀ L̄) L⁻¹, symmetrised; the lower triangle holds the sum of both halves.
    let private pullCholesky (y: Tensor) (w: Tensor) =
        let inner = half (Prim.dot (Prim.swapLast y) (Prim.lower 0 w))
        let left = Prim.triangular true true false y inner
        let s = Prim.swapLast (Prim.triangular true true false y (Prim.swapLast left))
        let s = symmetric s
        Prim.times 2.0 (half s)

    /// Ā = L⁻ᵀ (tril₋₁(Lᵀ L̄) + triu(Ū Uᵀ)) U⁻ᵀ
    let private pullLu (y: Tensor) (w: Tensor) =
        let l = Prim.lower 1 y + Prim.identity y.Dtype y.Dims
        let u = Prim.upper 0 y
        let lower = Prim.lower 1 (Prim.dot (Prim.swapLast l) (Prim.lower 1 w))
        let upper = Prim.upper 0 (Prim.dot (Prim.upper 0 w) (Prim.swapLast u))
        let left = Prim.triangular true true true y (lower + upper)
        Prim.swapLast (Prim.triangular false false false y (Prim.swapLast left))

    /// b̄ = T⁻ᵀ x̄, T̄ = −b̄ xᵀ
    let private pullTriangular isLower isTransposed isUnit (x: Tensor[]) (y: Tensor) (w: Tensor) =
        let b = Prim.triangular isLower (not isTransposed) isUnit x[0] w
        let outer = if isTransposed then Prim.dot y (Prim.swapLast b) else Prim.dot b (Prim.swapLast y)
        let strict = if isUnit then 1 else 0
        [| Some(-(if isLower then Prim.lower strict outer else Prim.upper strict outer)); Some b |]

    /// The cotangents of x from that of y = op x; None is zero.
    let pull (op: Op) (x: Tensor[]) (y: Tensor) (w: Tensor) : Tensor option[] =
        match op with
        | Constant _
        | Data _
        | Iota _
        | Compare _
        | ArgMax _
        | ArgSort _
        | SearchSorted _
        | Pivots
        | Random _
        | StopGradient -> x |> Array.map (fun _ -> None)
        | Unary u -> [| Slopes.slope u x[0] y |> Option.map (fun s -> w * s) |]
        | Binary Add -> [| Some w; Some w |]
        | Binary Sub -> [| Some w; Some(-w) |]
        | Binary(Max | Min as kind) -> pullExtreme kind x w
        | Binary b -> pullBinary b x y w
        | Select -> pullSelect x[0] w
        | Fma -> [| Some(w * x[1]); Some(w * x[0]); Some w |]
        | Cast _ -> [| Some(Prim.cast x[0].Dtype w) |]
        | Reduce(Sum, axes) -> [| Some(Prim.unreduce x[0].Dims axes w) |]
        | Reduce(Maximum, axes) -> [| Some(pullMaximum axes x[0] y w) |]
        | CumSum(axis, isReverse) -> [| Some(Prim.cumSum axis (not isReverse) w) |]
        | Reshape _ -> [| Some(Prim.reshape x[0].Dims w) |]
        | Permute p -> [| Some(Prim.permute (Shape.invert p) w) |]
        | Broadcast(shape, axes) -> [| Some(Prim.sumOver (Shape.others shape.Length axes) w) |]
        | Op.Slice s -> [| Some(pullSlice s x[0] w) |]
        | Op.Pad p -> [| Some(pullPad p x[0] w) |]
        | Reverse axes -> [| Some(Prim.reverse axes w) |]
        | Concat axis -> pullConcat axis x w
        | Gather batch -> pullGather batch x w
        | Scatter(kind, batch) -> pullScatter kind batch x y w
        | Dot -> [| Some(Prim.dot w (Prim.swapLast x[1])); Some(Prim.dot (Prim.swapLast x[0]) w) |]
        | Op.Conv c -> [| Some(pullInput c x[0] x[1] w); Some(pullKernel c x[0] x[1] w) |]
        | Fft inverse -> [| Some(Prim.fft (not inverse) w) |] // the real transpose of F is its conjugate
        | Cholesky -> [| Some(pullCholesky y w) |]
        | Lu -> [| Some(pullLu y w) |]
        | TriangularSolve(isLower, isTransposed, isUnit) -> pullTriangular isLower isTransposed isUnit x y w
        | Check _ ->
            let looked = Tensor.Apply(op, Array.append [| w |] x[1..])
            Array.append [| Some looked |] (Array.create (x.Length - 1) None)
        | Input _
        | Apply _
        | Output _ -> notHere op
