namespace NeuralDE.Internal.Engine

open System
open NeuralDE
open NeuralDE.Internal.Graph

/// Values of the element-wise operations. float32 is computed in float64 and rounded once per operation; integers are
/// computed in int64 and wrapped to the dtype.
module internal EvaluateElementwise =
    let unsupported (op: obj) (x: NdArray) : 'a =
        raise (GraphException $"{op} of {x.Dtype} {Shape.text x.Shape} has no value.")

    let inline private floats1 ([<InlineIfLambda>] f: float -> float) (op: obj) (x: NdArray) =
        match x.Dtype with
        | Float64 ->
            let a = x.Data :?> float[]
            let r: float[] = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                r[i] <- f a[i]

            NdArray(Float64, x.Shape, r)
        | Float32 ->
            let a = x.Data :?> float32[]
            let r: float32[] = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                r[i] <- float32 (f (float a[i]))

            NdArray(Float32, x.Shape, r)
        | Int32
        | Int64
        | Bool -> unsupported op x

    let inline private integers1 ([<InlineIfLambda>] f: int64 -> int64) (op: obj) (x: NdArray) =
        match x.Dtype with
        | Int64 ->
            let a = x.Data :?> int64[]
            let r: int64[] = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                r[i] <- f a[i]

            NdArray(Int64, x.Shape, r)
        | Int32 ->
            let a = x.Data :?> int[]
            let r: int[] = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                r[i] <- int (f (int64 a[i]))

            NdArray(Int32, x.Shape, r)
        | Float32
        | Float64
        | Bool -> unsupported op x

    let inline private flags1 ([<InlineIfLambda>] f: bool -> bool) (op: obj) (x: NdArray) =
        match x.Data with
        | :? (bool[]) as a ->
            let r: bool[] = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                r[i] <- f a[i]

            NdArray(Bool, x.Shape, r)
        | _ -> unsupported op x

    let unary (u: Unary) (x: NdArray) =
        match (Unaries.about u).Value with
        | UnaryValue.Bools f -> flags1 f u x
        | UnaryValue.Numbers(_, f) when not x.Dtype.IsFloat -> integers1 f u x
        | UnaryValue.Numbers(f, _)
        | UnaryValue.Floats f -> floats1 f u x

    let inline private floats2 ([<InlineIfLambda>] f: float -> float -> float) (op: obj) (x: NdArray) (y: NdArray) =
        match x.Dtype with
        | Float64 ->
            let a = x.Data :?> float[]
            let b = y.Data :?> float[]
            let r: float[] = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                r[i] <- f a[i] b[i]

            NdArray(Float64, x.Shape, r)
        | Float32 ->
            let a = x.Data :?> float32[]
            let b = y.Data :?> float32[]
            let r: float32[] = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                r[i] <- float32 (f (float a[i]) (float b[i]))

            NdArray(Float32, x.Shape, r)
        | Int32
        | Int64
        | Bool -> unsupported op x

    let inline private integers2 ([<InlineIfLambda>] f: int64 -> int64 -> int64) (op: obj) (x: NdArray) (y: NdArray) =
        match x.Dtype with
        | Int64 ->
            let a = x.Data :?> int64[]
            let b = y.Data :?> int64[]
            let r: int64[] = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                r[i] <- f a[i] b[i]

            NdArray(Int64, x.Shape, r)
        | Int32 ->
            let a = x.Data :?> int[]
            let b = y.Data :?> int[]
            let r: int[] = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                r[i] <- int (f (int64 a[i]) (int64 b[i]))

            NdArray(Int32, x.Shape, r)
        | Float32
        | Float64
        | Bool -> unsupported op x

    let inline private flags2 ([<InlineIfLambda>] f: bool -> bool -> bool) (x: NdArray) (y: NdArray) =
        let a = x.Data :?> bool[]
        let b = y.Data :?> bool[]
        let r: bool[] = Array.zeroCreate a.Length

        for i in 0 .. a.Length - 1 do
            r[i] <- f a[i] b[i]

        NdArray(Bool, x.Shape, r)

    /// Max and Min give NaN if either argument is NaN; max(−0, 0) = 0 and min(−0, 0) = −0.
    let private floatBinary (b: Binary) (x: NdArray) (y: NdArray) =
        match b with
        | Add -> floats2 (fun p q -> p + q) b x y
        | Sub -> floats2 (fun p q -> p - q) b x y
        | Mul -> floats2 (fun p q -> p * q) b x y
        | Div -> floats2 (fun p q -> p / q) b x y
        | Pow -> floats2 (fun p q -> Math.Pow(p, q)) b x y
        | Max -> floats2 (fun p q -> Math.Max(p, q)) b x y
        | Min -> floats2 (fun p q -> Math.Min(p, q)) b x y
        | Atan2 -> floats2 (fun p q -> Math.Atan2(p, q)) b x y
        | Mod -> floats2 (fun p q -> ScalarFunctions.floatMod p q) b x y
        | And
        | Or
        | Xor
        | FoldKey -> unsupported b x

    let private integerBinary (b: Binary) (x: NdArray) (y: NdArray) =
        match b with
        | Add -> integers2 (fun p q -> p + q) b x y
        | Sub -> integers2 (fun p q -> p - q) b x y
        | Mul -> integers2 (fun p q -> p * q) b x y
        | Max -> integers2 (fun p q -> Math.Max(p, q)) b x y
        | Min -> integers2 (fun p q -> Math.Min(p, q)) b x y
        | Mod -> integers2 (fun p q -> ScalarFunctions.integerMod p q) b x y
        | And -> integers2 (fun p q -> p &&& q) b x y
        | Or -> integers2 (fun p q -> p ||| q) b x y
        | Xor -> integers2 (fun p q -> p ^^^ q) b x y
        | FoldKey when x.Dtype = Int64 -> integers2 (fun p q -> Philox.foldKey p q) b x y
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
            let r: bool[] = Array.zeroCreate a.Length

            match c with
            | Equal ->
                for i in 0 .. a.Length - 1 do
                    r[i] <- a[i] = b[i]
            | NotEqual ->
                for i in 0 .. a.Length - 1 do
                    r[i] <- a[i] <> b[i]
            | Less ->
                for i in 0 .. a.Length - 1 do
                    r[i] <- a[i] < b[i]
            | LessEqual ->
                for i in 0 .. a.Length - 1 do
                    r[i] <- a[i] <= b[i]
            | Greater ->
                for i in 0 .. a.Length - 1 do
                    r[i] <- a[i] > b[i]
            | GreaterEqual ->
                for i in 0 .. a.Length - 1 do
                    r[i] <- a[i] >= b[i]

            NdArray(Bool, x.Shape, r)

        match x.Dtype with
        | Float64 -> on (x.Data :?> float[]) (y.Data :?> float[])
        | Float32 -> on (x.Data :?> float32[]) (y.Data :?> float32[])
        | Int64 -> on (x.Data :?> int64[]) (y.Data :?> int64[])
        | Int32 -> on (x.Data :?> int[]) (y.Data :?> int[])
        | Bool -> on x.Integers y.Integers

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
        match x.Dtype with
        | Float64 ->
            let a, b, c = x.Data :?> float[], y.Data :?> float[], z.Data :?> float[]
            let r: float[] = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                r[i] <- Math.FusedMultiplyAdd(a[i], b[i], c[i])

            NdArray(Float64, x.Shape, r)
        | Float32 ->
            let a, b, c = x.Data :?> float32[], y.Data :?> float32[], z.Data :?> float32[]
            let r: float32[] = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                r[i] <- MathF.FusedMultiplyAdd(a[i], b[i], c[i])

            NdArray(Float32, x.Shape, r)
        | Int32
        | Int64
        | Bool -> unsupported Fma x

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
