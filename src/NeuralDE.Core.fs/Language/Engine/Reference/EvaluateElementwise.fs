namespace NeuralDE.Internal.Engine

open System
open NeuralDE
open NeuralDE.Internal.Graph

/// Values of the element-wise operations. float32 is computed in float64 and rounded once per operation; integers are
/// computed in int64 and wrapped to the dtype.
module internal EvaluateElementwise =
    let unsupported (op: obj) (x: NdArray) : 'a =
        raise (GraphException $"{op} of {x.Dtype} {Shape.text x.Shape} has no value.")

    let private floats1 (f: float -> float) (op: obj) (x: NdArray) =
        if x.Dtype.IsFloat then
            NdArray.OfFloats(x.Dtype, x.Shape, Array.map f x.Floats)
        else
            unsupported op x

    let private integers1 (f: int64 -> int64) (op: obj) (x: NdArray) =
        match x.Dtype with
        | Int64
        | Int32 -> NdArray.OfIntegers(x.Dtype, x.Shape, Array.map f x.Integers)
        | Float32
        | Float64
        | Bool -> unsupported op x

    let private flags1 (f: bool -> bool) (op: obj) (x: NdArray) =
        if x.Dtype = Bool then NdArray.OfFlags(x.Shape, Array.map f x.Flags) else unsupported op x

    let unary (u: Unary) (x: NdArray) =
        match (Unaries.about u).Value with
        | UnaryValue.Bools f -> flags1 f u x
        | UnaryValue.Numbers(_, f) when not x.Dtype.IsFloat -> integers1 f u x
        | UnaryValue.Numbers(f, _)
        | UnaryValue.Floats f -> floats1 f u x

    let inline private map2 ([<InlineIfLambda>] f: 'T -> 'T -> 'R) (a: 'T[]) (b: 'T[]) : 'R[] =
        let r: 'R[] = Array.zeroCreate a.Length

        for i in 0 .. a.Length - 1 do
            r[i] <- f a[i] b[i]

        r

    let inline private floats2 ([<InlineIfLambda>] f: float -> float -> float) (x: NdArray) (y: NdArray) =
        NdArray.OfFloats(x.Dtype, x.Shape, map2 f x.Floats y.Floats)

    let inline private integers2 ([<InlineIfLambda>] f: int64 -> int64 -> int64) (x: NdArray) (y: NdArray) =
        NdArray.OfIntegers(x.Dtype, x.Shape, map2 f x.Integers y.Integers)

    let inline private flags2 ([<InlineIfLambda>] f: bool -> bool -> bool) (x: NdArray) (y: NdArray) =
        NdArray.OfFlags(x.Shape, map2 f x.Flags y.Flags)

    /// Max and Min give NaN if either argument is NaN; max(−0, 0) = 0 and min(−0, 0) = −0.
    let private floatBinary (b: Binary) (x: NdArray) (y: NdArray) =
        match b with
        | Add -> floats2 (fun p q -> p + q) x y
        | Sub -> floats2 (fun p q -> p - q) x y
        | Mul -> floats2 (fun p q -> p * q) x y
        | Div -> floats2 (fun p q -> p / q) x y
        | Pow -> floats2 (fun p q -> Math.Pow(p, q)) x y
        | Max -> floats2 (fun p q -> Math.Max(p, q)) x y
        | Min -> floats2 (fun p q -> Math.Min(p, q)) x y
        | Atan2 -> floats2 (fun p q -> Math.Atan2(p, q)) x y
        | Mod -> floats2 (fun p q -> ScalarFunctions.floatMod p q) x y
        | And
        | Or
        | Xor
        | FoldKey -> unsupported b x

    let private integerBinary (b: Binary) (x: NdArray) (y: NdArray) =
        match b with
        | Add -> integers2 (fun p q -> p + q) x y
        | Sub -> integers2 (fun p q -> p - q) x y
        | Mul -> integers2 (fun p q -> p * q) x y
        | Max -> integers2 (fun p q -> Math.Max(p, q)) x y
        | Min -> integers2 (fun p q -> Math.Min(p, q)) x y
        | Mod -> integers2 (fun p q -> ScalarFunctions.integerMod p q) x y
        | And -> integers2 (fun p q -> p &&& q) x y
        | Or -> integers2 (fun p q -> p ||| q) x y
        | Xor -> integers2 (fun p q -> p ^^^ q) x y
        | FoldKey when x.Dtype = Int64 -> integers2 (fun p q -> Philox.foldKey p q) x y
        | FoldKey
        | Div
        | Pow
        | Atan2 -> unsupported b x

    let private flagBinary (b: Binary) (x: NdArray) (y: NdArray) =
        match b with
        | And -> flags2 (fun p q -> p && q) x y
        | Or -> flags2 (fun p q -> p || q) x y
        | Xor -> flags2 (fun p q -> p <> q) x y
        | Add
        | Sub
        | Mul
        | Div
        | Pow
        | Max
        | Min
        | Atan2
        | Mod
        | FoldKey -> unsupported b x

    let binary (b: Binary) (x: NdArray) (y: NdArray) =
        match x.Dtype with
        | Float32
        | Float64 -> floatBinary b x y
        | Int32
        | Int64 -> integerBinary b x y
        | Bool -> flagBinary b x y

    /// Floats compare as in IEEE 754: with NaN every comparison except ≠ is false; −0 = 0. Bools: false < true.
    let compare (c: Compare) (x: NdArray) (y: NdArray) =
        let inline on (a: 'T[]) (b: 'T[]) =
            match c with
            | Equal -> map2 (fun p q -> p = q) a b
            | NotEqual -> map2 (fun p q -> p <> q) a b
            | Less -> map2 (fun p q -> p < q) a b
            | LessEqual -> map2 (fun p q -> p <= q) a b
            | Greater -> map2 (fun p q -> p > q) a b
            | GreaterEqual -> map2 (fun p q -> p >= q) a b

        NdArray.OfFlags(x.Shape, (if x.Dtype.IsFloat then on x.Floats y.Floats else on x.Integers y.Integers))

    let select (condition: NdArray) (x: NdArray) (y: NdArray) =
        let flags = condition.Data :?> bool[]

        let inline on (a: 'T[]) (b: 'T[]) =
            let r: 'T[] = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                r[i] <- if flags[i] then a[i] else b[i]

            NdArray(x.Dtype, x.Shape, r)

        match x.Dtype with
        | Float64 -> on (x.Data :?> float[]) (y.Data :?> float[])
        | Float32 -> on (x.Data :?> float32[]) (y.Data :?> float32[])
        | Int64 -> on (x.Data :?> int64[]) (y.Data :?> int64[])
        | Int32 -> on (x.Data :?> int[]) (y.Data :?> int[])
        | Bool -> on (x.Data :?> bool[]) (y.Data :?> bool[])

    /// x y + z, rounded once to the dtype (float32 by its own instruction, because float64 would round twice).
    let fma (x: NdArray) (y: NdArray) (z: NdArray) =
        let inline on (f: 'T -> 'T -> 'T -> 'T) (a: 'T[]) (b: 'T[]) (c: 'T[]) =
            let r: 'T[] = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                r[i] <- f a[i] b[i] c[i]

            NdArray(x.Dtype, x.Shape, r)

        match x.Data, y.Data, z.Data with
        | (:? (float[]) as a), (:? (float[]) as b), (:? (float[]) as c) ->
            on (fun p q r -> Math.FusedMultiplyAdd(p, q, r)) a b c
        | (:? (float32[]) as a), (:? (float32[]) as b), (:? (float32[]) as c) ->
            on (fun p q r -> MathF.FusedMultiplyAdd(p, q, r)) a b c
        | _ -> unsupported Fma x

    /// Float → integer truncates, saturates outside the range of the dtype, NaN → 0; integer → integer wraps; number →
    /// float rounds once; number → bool is ≠ 0 (true for NaN); bool → number is 0 or 1.
    let cast (dtype: Dtype) (x: NdArray) =
        match x.Dtype, dtype with
        | a, b when a = b -> x
        | (Float32 | Float64), Int64 -> NdArray(Int64, x.Shape, Array.map ScalarFunctions.toInt64 x.Floats)
        | (Float32 | Float64), Int32 -> NdArray(Int32, x.Shape, Array.map ScalarFunctions.toInt32 x.Floats)
        | (Float32 | Float64), (Float32 | Float64 | Bool) -> NdArray.OfFloats(dtype, x.Shape, x.Floats)
        | (Int32 | Int64 | Bool), (Float32 | Float64 | Int32 | Int64 | Bool) ->
            NdArray.OfIntegers(dtype, x.Shape, x.Integers)
