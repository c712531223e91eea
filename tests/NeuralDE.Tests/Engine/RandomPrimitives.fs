/// Random primitives: each takes values of a graph and adds a new one, of moderate size.
module internal NeuralDE.Tests.Engine.RandomPrimitives

open NeuralDE
open NeuralDE.Internal.Graph

// ── element by element ───────────────────────────────────────────────────────────────────────────────────────────
/// A function of numbers of magnitude at most 2, and a bound of its values.
let private functions: (string * float * (GraphBuilder -> Node -> Node)) list =
    let plain u bound = string u, bound, (fun (b: GraphBuilder) x -> b.Unary u x)
    let scaled u factor bound = string u, bound, (fun (b: GraphBuilder) x -> b.Unary u (b.With Mul x factor))
    let positive u least bound = string u, bound, (fun (b: GraphBuilder) x -> b.Unary u (b.Positive x least))

    [ plain Neg 2.0
      positive Sqrt 0.5 2.2
      plain Exp 7.4
      plain Expm1 6.4
      positive Log 0.5 1.6
      scaled Log1p 0.4 1.7
      plain Sin 1.0
      plain Cos 1.0
      scaled Tan 0.5 1.6
      scaled Asin 0.45 1.2
      scaled Acos 0.45 2.7
      plain Atan 1.2
      plain Sinh 3.7
      plain Cosh 3.8
      plain Tanh 1.0
      plain Asinh 1.5
      positive Acosh 1.5 2.4
      scaled Atanh 0.45 1.5
      plain Sigmoid 1.0
      plain Softplus 2.2
      plain Erf 1.0
      scaled Erfinv 0.45 1.2
      positive Lgamma 0.5 2.5
      positive (Polygamma 0) 0.7 1.5
      positive (Polygamma 1) 0.7 3.0
      positive (Polygamma 3) 0.7 30.0
      positive (Power -1.0) 0.5 2.0
      positive (Power 0.5) 0.5 2.2
      plain (Power 2.0) 4.0
      plain (Power 3.0) 8.0
      plain (Power 1.0) 2.0
      plain (Power 0.0) 1.0
      positive (Power -0.5) 0.5 1.5
      positive (Power 1.7) 0.5 13.0 ]

let private kinked = [ Abs; Floor; Ceil; Round; Sign ]

let private unary (b: GraphBuilder) =
    if b.Chance 8 && not b.Kind.Smooth then
        let x = b.ExactFloat()
        b.Keep(b.Unary (b.OneOf(Array.ofList kinked)) (if b.Chance 2 then x else b.With Mul x 3.7))
    else
        let x = b.Float()
        let _, bound, f = b.OneOf(Array.ofList functions)
        b.Keep(b.Tamed bound (f b x))

let private binary (b: GraphBuilder) =
    let x = b.Float()
    let y = b.Like x
    let two op x y = b.Node (Binary op) [| x; y |]

    match b.Random.Next 14 with
    | 0
    | 1 -> b.Keep(b.Tamed 4.0 (two Add x y))
    | 2 -> b.Keep(b.Tamed 4.0 (two Sub x y))
    | 3
    | 4 -> b.Keep(b.Tamed 4.0 (two Mul x y))
    | 5 -> b.Keep(b.Tamed 4.0 (two Div x (b.Positive y 0.5)))
    | 6 -> b.Keep(b.Tamed 20.0 (two Pow (b.Positive x 0.5) y))
    | 7 -> b.Keep(b.Tamed 2.0 (two Atan2 x (b.Positive y 0.5)))
    | 8 when not b.Kind.Smooth -> b.Keep(two (b.OneOf [| Max; Min |]) x y)
    | 9 when not b.Kind.Smooth ->
        let x = b.ExactFloat()
        b.Keep(b.Tamed 5.0 (two Mod x (b.Positive (b.LikeExact x) 0.5)))
    | 10 -> b.Keep(b.Tamed 6.0 (b.Node Fma [| x; y; b.Like x |]))
    // patterns of the simplification rules
    | 11 -> b.Keep(b.OneOf [| b.With Mul x 1.0; b.With Div x 1.0; b.Unary Neg (b.Unary Neg x); b.With Add x 0.0 |])
    | _ -> b.Keep(b.Tamed 4.0 (two Add x (b.With Mul y 0.5)))

let private compare (b: GraphBuilder) =
    let a =
        match b.Random.Next 6 with
        | 0 -> b.Flags(b.Shape())
        | 1
        | 2 -> b.Integer()
        | _ -> b.ExactFloat()

    let c = b.OneOf [| Equal; NotEqual; Less; LessEqual; Greater; GreaterEqual |]
    b.Keep(b.Node (Compare c) [| a; b.LikeExact a |])

let private select (b: GraphBuilder) =
    let x = if b.Chance 5 then b.Integer() else b.Float()
    b.Keep(b.Node Select [| b.Flags x.Shape; x; b.Like x |])

let private cast (b: GraphBuilder) =
    match b.Random.Next 6 with
    | 0 ->
        let x = b.Float()
        b.Keep(b.Node (Cast(if x.Dtype = Float32 then Float64 else Float32)) [| x |])
    | 1 ->
        let flags = b.Flags(b.Shape())
        b.Keep(b.Node (Cast(b.OneOf [| Float32; Float64; Int32; Int64 |])) [| flags |])
    | 2 ->
        let small = b.Small (b.OneOf [| Int32; Int64 |]) (b.Shape()) 3
        b.Keep(b.With Mul (b.Node (Cast(b.OneOf [| Float32; Float64 |])) [| small |]) 0.25)
    | 3 -> b.Keep(b.Node (Cast(b.OneOf [| Int32; Int64 |])) [| b.Integer() |])
    | 4 -> b.Keep(b.Node (Cast Bool) [| (if b.Chance 2 then b.Integer() else b.ExactFloat()) |])
    | _ -> b.Keep(b.Node (Cast(b.OneOf [| Int32; Int64 |])) [| b.With Mul (b.ExactFloat()) 10.0 |])

let private integers (b: GraphBuilder) =
    let x = b.Integer()
    let y = b.Like x

    match b.Random.Next 13 with
    | 0 -> b.Keep(b.Unary (b.OneOf [| Neg; Abs; Sign |]) x)
    | 1 when x.Dtype = Int64 -> b.Keep(b.Node (Binary FoldKey) [| x; y |])
    | 2 -> b.Keep(b.Node (Binary Mod) [| x; b.With Add (b.With And y 7.0) 1.0 |])
    | 3
    | 4 ->
        let flags = b.Flags(b.Shape())
        b.Keep(
            if b.Chance 3 then
                b.Unary Not flags
            else
                b.Node (Binary(b.OneOf [| And; Or; Xor |])) [| flags; b.Flags flags.Shape |]
        )
    | _ -> b.Keep(b.Node (Binary(b.OneOf [| Add; Sub; Mul; Max; Min; And; Or; Xor |])) [| x; y |])

// ── along axes ───────────────────────────────────────────────────────────────────────────────────────────────────
let private someAxes (b: GraphBuilder) rank = Shape.axes rank |> Array.filter (fun _ -> b.Chance 2)

let private withAxis (b: GraphBuilder) (n: Node) = if n.Shape.Length > 0 then n else b.Node (Reshape [| 1 |]) [| n |]

let private reduce (b: GraphBuilder) =
    let x =
        match b.Random.Next 6 with
        | 0 -> b.Integer()
        | _ -> b.Float()

    let axes = someAxes b x.Shape.Length
    let count = axes |> Array.fold (fun p a -> p * x.Shape[a]) 1

    if b.Chance 3 && count > 0 && (not b.Kind.Smooth || not x.Dtype.IsFloat) then
        b.Keep(b.Node (Reduce(Maximum, axes)) [| x |])
    else
        let sum = b.Node (Reduce(Sum, axes)) [| x |]
        b.Keep(if x.Dtype.IsFloat then b.With Mul sum (1.0 / float (max 1 count)) else sum)

let private ordered (b: GraphBuilder) =
    let x = withAxis b (if b.Chance 4 then b.Integer() else b.ExactFloat())
    let axis = b.Random.Next x.Shape.Length
    let last = x.Shape.Length - 1

    match b.Random.Next 4 with
    | 0 when x.Shape[axis] > 0 -> b.Keep(b.Node (ArgMax axis) [| x |])
    | 1 when x.Shape[last] > 0 ->
        let order = b.Node (ArgSort last) [| x |]
        let sorted = b.Node (Gather last) [| x; order |]
        let values = b.LikeExact x
        b.Keep sorted
        b.Keep(b.Node (SearchSorted(b.Chance 2)) [| sorted; values |])
    | _ -> b.Keep(b.Node (ArgSort axis) [| x |])

let private cumulate (b: GraphBuilder) =
    let x = withAxis b (if b.Chance 5 then b.Integer() else b.Float())
    let axis = b.Random.Next x.Shape.Length
    let sum = b.Node (CumSum(axis, b.Chance 2)) [| x |]
    b.Keep(if x.Dtype.IsFloat then b.With Mul sum (1.0 / float (max 1 x.Shape[axis])) else sum)

// ── movement ─────────────────────────────────────────────────────────────────────────────────────────────────────
let private anything (b: GraphBuilder) : Node =
    match b.Random.Next 8 with
    | 0 -> b.Integer()
    | 1 -> b.Flags(b.Shape())
    | _ -> b.Float()

let private reshaped (b: GraphBuilder) (x: Node) : int[] =
    match b.Random.Next 4 with
    | 0 -> [| Shape.stored "test" x.Shape |]
    | 1 -> Array.insertAt (b.Random.Next(x.Shape.Length + 1)) 1 x.Shape
    | 2 -> x.Shape |> Array.filter (fun n -> n <> 1)
    | _ ->
        // an axis split, or two merged
        let halves = x.Shape |> Array.collect (fun n -> if n > 2 && n % 2 = 0 then [| 2; n / 2 |] else [| n |])
        if x.Shape.Length >= 2 && b.Chance 2 then
            Array.append [| x.Shape[0] * x.Shape[1] |] x.Shape[2..]
        else
            halves

let private movement (b: GraphBuilder) =
    let x = anything b
    let rank = x.Shape.Length

    match b.Random.Next 9 with
    | 0
    | 1 -> b.Keep(b.Node (Reshape(reshaped b x)) [| x |])
    | 2 ->
        let permutation = Shape.axes rank
        b.Random.Shuffle permutation
        b.Keep(b.Node (Permute permutation) [| x |])
    | 3 ->
        let at = b.Random.Next(rank + 1)
        let shape = Array.insertAt at (b.OneOf [| 1; 2; 3; 5; 17 |]) x.Shape
        if b.Fits shape then b.Keep(b.Node (Broadcast(shape, Shape.others (rank + 1) [| at |])) [| x |])
    | 4 ->
        let start = x.Shape |> Array.map (fun n -> b.Random.Next(n / 2 + 1))
        let stop = Array.map2 (fun n s -> b.Random.Next(s, n + 1) |> max (min n (s + 1))) x.Shape start
        let step = x.Shape |> Array.map (fun _ -> b.OneOf [| 1; 1; 2; 3 |])
        b.Keep(b.Node (Slice { Start = start; Stop = stop; Step = step }) [| x |])
    | 5 ->
        let some most = x.Shape |> Array.map (fun _ -> max 0 (b.Random.Next(-2, most + 1)))
        let p = { Low = some 3; High = some 2; Interior = some 2 }
        let shape = Array.init rank (fun i -> int (Infer.padded x.Shape[i] p.Low[i] p.High[i] p.Interior[i]))
        if b.Fits shape then b.Keep(b.Node (Pad p) [| x |])
    | 6 -> b.Keep(b.Node (Reverse(someAxes b rank)) [| x |])
    | 7 when rank > 0 ->
        let axis = b.Random.Next rank

        let parts =
            Array.init (b.Random.Next(1, 4)) (fun _ ->
                if b.Chance 2 then
                    b.Like x
                else
                    b.Get({ x.Signature with Shape = Array.updateAt axis 1 x.Shape }, false))

        if b.Fits(Array.updateAt axis (parts |> Array.sumBy (fun p -> p.Shape[axis])) x.Shape) then
            b.Keep(b.Node (Concat axis) parts)
    | _ -> b.Keep(b.Node StopGradient [| x |])

let private indices (b: GraphBuilder) (shape: int[]) =
    let dtype = b.OneOf [| Int32; Int64 |]
    if b.Chance 2 then b.Small dtype shape 4 else b.With Sub (b.Small dtype shape 3) 1.0

let private gather (b: GraphBuilder) =
    let x = withAxis b (anything b)
    let batch = b.Random.Next x.Shape.Length

    if x.Shape[batch] > 0 then
        let shape = Array.append x.Shape[.. batch - 1] [| b.OneOf [| 1; 2; 3; 5; 17 |] |]

        if b.Fits shape && b.Fits(Array.updateAt batch shape[batch] x.Shape) then
            b.Keep(b.Node (Gather batch) [| x; indices b shape |])

let private scatter (b: GraphBuilder) =
    let x = withAxis b (if b.Chance 4 then b.Integer() else b.Float())
    let batch = b.Random.Next x.Shape.Length
    let shape = Array.append x.Shape[.. batch - 1] [| b.OneOf [| 1; 2; 3; 5; 17 |] |]
    let updates = Array.updateAt batch shape[batch] x.Shape

    if b.Fits shape && b.Fits updates then
        let kind =
            if b.Kind.Smooth then
                b.OneOf [| ScatterAdd; ScatterSet |]
            else
                b.OneOf [| ScatterAdd; ScatterMax; ScatterSet |]
        let updates = b.Get({ x.Signature with Shape = updates }, false)
        let result = b.Node (Scatter(kind, batch)) [| x; indices b shape; updates |]
        b.Keep(
            if x.Dtype.IsFloat && kind = ScatterAdd then
                b.Tamed (2.0 * float (1 + shape[batch])) result
            else
                result
        )

// ── contractions and linear algebra ──────────────────────────────────────────────────────────────────────────────
let private extent (b: GraphBuilder) = b.OneOf [| 1; 1; 2; 3; 4; 5; 7; 8; 17; 33; 64 |]

/// A matrix, or one for each index of the batch; often transposed, shared or reversed.
let private matrix (b: GraphBuilder) dtype (batch: int[]) m n : Node =
    let get shape = b.Get({ Dtype = dtype; Shape = shape }, false)

    match b.Random.Next 6 with
    | 0
    | 1 -> b.Node (Permute(Shape.swapLast (batch.Length + 2))) [| get (Array.append batch [| n; m |]) |]
    | 2 when batch.Length > 0 ->
        b.Node (Broadcast(Array.append batch [| m; n |], [| batch.Length; batch.Length + 1 |])) [| get [| m; n |] |]
    | 3 -> b.Node (Reverse [| batch.Length |]) [| get (Array.append batch [| m; n |]) |]
    | _ -> get (Array.append batch [| m; n |])

let private batches (b: GraphBuilder) = b.OneOf [| [||]; [||]; [| 2 |]; [| 3 |]; [| 2; 3 |]; [| 1 |] |]

let private dot (b: GraphBuilder) =
    let x = b.Float()
    let batch = batches b

    // existing operands, or new ones
    let a =
        if x.Shape.Length >= 2 && b.Chance 2 then
            x
        else
            matrix b x.Dtype batch (extent b) (extent b)

    let rank = a.Shape.Length
    let other = matrix b x.Dtype a.Shape[.. rank - 3] a.Shape[rank - 1] (extent b)

    if b.Fits(Array.append a.Shape[.. rank - 2] [| other.Shape[rank - 1] |]) then
        let product = b.Node Dot [| a; other |]

        let product =
            if b.Chance 2 then
                let columns = product.Shape[rank - 1]

                let bias =
                    if b.Chance 3 then
                        b.Like product
                    else
                        let row = b.Get({ Dtype = x.Dtype; Shape = [| columns |] }, false)
                        b.Node (Broadcast(product.Shape, [| rank - 1 |])) [| row |]

                b.Node (Binary Add) (if b.Chance 2 then [| product; bias |] else [| bias; product |])
            else
                product

        b.Keep(b.Tamed (4.0 * float (1 + a.Shape[rank - 1])) product)

let private integerDot (b: GraphBuilder) =
    let dtype = b.OneOf [| Int32; Int64 |]
    let m, k, n = extent b, extent b, extent b
    b.Keep(
        b.Node
            Dot
            [| b.Get({ Dtype = dtype; Shape = [| m; k |] }, false)
               b.Get({ Dtype = dtype; Shape = [| k; n |] }, false) |]
    )

let private conv (b: GraphBuilder) =
    let dtype = b.FloatType()
    let spatial = 1 + b.Random.Next 2
    let each make = Array.init spatial (fun _ -> make ())
    let few = [| 1; 2; 3 |]
    let n, g, c, o = b.OneOf few, b.OneOf [| 1; 1; 2 |], b.OneOf few, b.OneOf few
    let get shape = b.Get({ Dtype = dtype; Shape = shape }, false)
    let input = get (Array.append [| n; g; c |] (each (fun () -> b.OneOf [| 1; 2; 5; 9 |])))
    let kernel = get (Array.append [| g; o; c |] (each (fun () -> b.OneOf [| 1; 2; 3; 4 |])))

    let how =
        { Stride = each (fun () -> b.OneOf [| 1; 1; 2 |])
          Low = each (fun () -> b.OneOf [| 0; 0; 1; 2; -1 |])
          High = each (fun () -> b.OneOf [| 0; 0; 1; 2; -1 |])
          DilateInput = each (fun () -> b.OneOf [| 1; 1; 1; 2 |])
          DilateKernel = each (fun () -> b.OneOf [| 1; 1; 2 |]) }

    b.Keep(b.Tamed (4.0 * float (c * Shape.stored "test" kernel.Shape[3..])) (b.Node (Op.Conv how) [| input; kernel |]))

let private fft (b: GraphBuilder) =
    let n = b.OneOf [| 1; 2; 3; 4; 5; 6; 7; 8; 12; 16; 17; 30; 64; 101 |]
    let x = b.Get({ Dtype = b.FloatType(); Shape = Array.append (batches b) [| n; 2 |] }, false)
    b.Keep(b.With Mul (b.Node (Fft(b.Chance 2)) [| x |]) (1.0 / float n))

/// A weighted sum of a matrix and the identity matrix.
let private shifted (b: GraphBuilder) (a: Node) (weight: float) (diagonal: float) : Node =
    let n, rank = a.Shape[a.Shape.Length - 1], a.Shape.Length
    let counted axis = b.Node (Iota({ Dtype = Int32; Shape = [| n; n |] }, axis)) [||]
    let one = b.Node (Cast a.Dtype) [| b.Node (Compare Equal) [| counted 0; counted 1 |] |]
    let spread = if rank = 2 then one else b.Node (Broadcast(a.Shape, [| rank - 2; rank - 1 |])) [| one |]
    b.Node (Binary Add) [| b.With Mul a weight; b.With Mul spread diagonal |]

let private factors (b: GraphBuilder) =
    let n = b.OneOf [| 1; 2; 3; 5; 8; 17 |]
    let dtype, batch = b.FloatType(), batches b
    let a = matrix b dtype batch n n
    let rank = batch.Length + 2
    let weight = 0.4 / float n

    match b.Random.Next 4 with
    | 0 ->
        let square = b.Node Dot [| a; b.Node (Permute(Shape.swapLast rank)) [| a |] |]
        b.Keep(b.Tamed 3.0 (b.Node Cholesky [| shifted b square weight 1.0 |]))
    | 1 ->
        let triangle = shifted b a weight 1.5
        let right = b.Get({ Dtype = dtype; Shape = Array.append batch [| n; b.OneOf [| 1; 2; 9 |] |] }, false)
        b.Keep(b.Tamed 5.0 (b.Node (TriangularSolve(b.Chance 2, b.Chance 2, b.Chance 3)) [| triangle; right |]))
    | 2 ->
        // random numbers, so that no pivots are equal up to rounding
        let drawn = { Dtype = dtype; Shape = Array.append batch [| n; n |] }
        b.Keep(b.Node Pivots [| b.Node (Random(Uniform, drawn)) [| b.Number Int64 (float (b.Random.Next 1000)) |] |])
    | _ -> b.Keep(b.Tamed 3.0 (b.Node Lu [| shifted b a weight 1.5 |]))

let private draw (b: GraphBuilder) =
    let keys = b.Get({ Dtype = Int64; Shape = b.OneOf [| [||]; [| 2 |]; [| 3; 2 |] |] }, false)
    let shape = b.Shape()

    if b.Fits(Array.append keys.Shape shape) then
        let kind = b.OneOf [| Uniform; Normal; Bits |]
        let dtype = if kind = Bits then Int64 else b.FloatType()
        let numbers = b.Node (Random(kind, { Dtype = dtype; Shape = shape })) [| keys |]
        b.Keep(if kind = Normal then b.Unary Tanh numbers else numbers)

let private check (b: GraphBuilder) =
    let x = b.Float()
    let flags = b.Flags(b.Shape())
    let fails = not b.Kind.ByRow && b.Chance 8

    let look: Check =
        { Look =
            fun args ->
                if fails && args[args.Length - 1].Length % 2 = 0 then
                    ValueSome(InputException $"a check of {args.Length} arguments found something")
                else
                    ValueNone
          Flagged = b.Chance 2 }

    b.Keep(b.Node (Check look) [| x; flags; b.ExactFloat() |])

/// The frequency and the action of each kind.
let all: (int * (GraphBuilder -> unit)) list =
    [ 12, unary
      12, binary
      3, compare
      4, select
      3, cast
      5, integers
      6, reduce
      3, ordered
      2, cumulate
      10, movement
      2, gather
      2, scatter
      5, dot
      1, integerDot
      2, conv
      2, draw
      1, check ]

/// Operations whose algorithm spreads a NaN over numbers that do not depend on it.
let spreading: (int * (GraphBuilder -> unit)) list = [ 2, fft; 3, factors ]

/// Operations that a reduction of a large array may recompute instead of storing them, and a few others.
let streaming: (int * (GraphBuilder -> unit)) list =
    [ 12, unary
      12, binary
      3, compare
      4, select
      3, cast
      3, integers
      16, movement
      3, dot
      2, draw
      2, reduce
      1, ordered ]
