namespace NeuralDE.LibTorch

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names
open NeuralDE.LibTorch.Making

/// Element-wise operations in libtorch.
module internal Elementwise =
    /// Σ c[i] xⁱ by Horner's rule.
    let private polynomial (c: float[]) (x: Tensor) : Tensor =
        let mutable sum = x.zeros_like ()

        for i in c.Length - 1 .. -1 .. 0 do
            sum <- sum.mul(x).add(float c[i])

        sum

    /// ψ⁽ⁿ⁾ for n ≥ 1 by ζ(n + 1, x), since libtorch's own polygamma is off by 1e-10; for x < 0 by the reflection of
    /// Special.polygamma, in float64.
    let private polygamma n (given: Tensor) : Tensor =
        let isOdd = n % 2 = 1
        let signed = Seq.fold (*) (if isOdd then 1.0 else -1.0) (Seq.map Operators.float [ 1..n ])
        let derivative = Special.cotangentDerivative n
        let scale = Math.Pow(Math.PI, Operators.float (n + 1))

        scoped (fun () ->
            let x = given.to_type ScalarType.Float64
            let isPositive = x.gt (float 0.0)
            // 1 − x ≥ 1 wherever x is not positive
            let y = T.where (isPositive, x, x.neg().add(float 1.0))
            let order = T.full ([||], float (Operators.float (n + 1)), Nullable ScalarType.Float64, x.device)
            let value = (T.special.zeta (order, y)).mul(float signed).masked_fill(y.isposinf (), float 0.0)
            let angle = x.sub(x.round ()).mul(float Math.PI)
            let reflected = (polynomial derivative (angle.cos().div(angle.sin ()))).mul(float scale)
            let other = (if isOdd then value.neg () else value).sub reflected
            let pole = x.le(float 0.0).logical_and(x.eq (x.floor ()))

            let atPole =
                if isOdd then
                    numberLike x infinity
                else
                    T.where (x.eq (float 0.0), x.reciprocal().neg(), numberLike x nan)

            let below = T.where(pole, atPole, other).masked_fill(x.isneginf (), float nan)
            T.where(isPositive, value, below).to_type given.dtype)

    let unary (u: Unary) (dtype: Dtype) : Tensor -> Tensor =
        match u with
        | Neg -> fun x -> x.neg ()
        | Abs -> fun x -> x.abs ()
        | Sign when dtype.IsFloat -> fun x -> scoped (fun () -> T.where (x.isnan (), x, x.sign ())) // NaN stays NaN
        | Sign -> fun x -> x.sign ()
        | Sqrt -> fun x -> x.sqrt ()
        | Exp -> fun x -> x.exp ()
        | Expm1 -> fun x -> x.expm1 ()
        | Log -> fun x -> x.log ()
        | Log1p -> fun x -> x.log1p ()
        | Sin -> fun x -> x.sin ()
        | Cos -> fun x -> x.cos ()
        | Tan -> fun x -> x.tan ()
        | Asin -> fun x -> x.asin ()
        | Acos -> fun x -> x.acos ()
        | Atan -> fun x -> x.atan ()
        | Sinh -> fun x -> x.sinh ()
        | Cosh -> fun x -> x.cosh ()
        | Tanh -> fun x -> x.tanh ()
        | Asinh -> fun x -> x.asinh ()
        | Acosh -> fun x -> x.acosh ()
        | Atanh -> fun x -> x.atanh ()
        | Sigmoid -> fun x -> x.sigmoid ()
        // libtorch's softplus switches to x at 20, where that is off by 2e-9
        | Softplus -> fun x -> scoped (fun () -> x.logaddexp (numberLike x 0.0))
        | Erf -> fun x -> x.erf ()
        | Erfinv -> fun x -> x.erfinv ()
        | Lgamma -> fun x -> x.lgamma ()
        | Polygamma 0 -> fun x -> x.digamma ()
        | Polygamma n -> polygamma n
        | Power a -> fun x -> x.pow (float a)
        | Floor -> fun x -> x.floor ()
        | Ceil -> fun x -> x.ceil ()
        | Round -> fun x -> x.round ()
        | Not -> fun x -> x.logical_not ()

    /// The results of .NET for NaN (0) and out of range (the nearest integer), which libtorch leaves undefined.
    let cast (source: Dtype) (target: Dtype) : Tensor -> Tensor =
        let kind = Transfer.scalarType target

        match source, target with
        | (Float32 | Float64), Int32 ->
            fun x ->
                scoped (fun () ->
                    let x =
                        x.to_type(ScalarType.Float64).nan_to_num(0.0, Nullable 2147483647.0, Nullable -2147483648.0)
                    x.clamp(float -2147483648.0, float 2147483647.0).to_type kind)
        | (Float32 | Float64), Int64 ->
            fun x ->
                scoped (fun () ->
                    let x = x.to_type(ScalarType.Float64).nan_to_num(0.0, Nullable 9.3e18, Nullable -9.3e18)
                    let inside = x.clamp(float -9223372036854775808.0, float 9223372036854774784.0).to_type kind
                    inside.masked_fill (x.ge (float 9223372036854775808.0), long Int64.MaxValue))
        | _ -> fun x -> x.to_type (kind, true)

    let binary (b: Binary) (dtype: Dtype) : Tensor -> Tensor -> Tensor =
        match b with
        | Add -> fun x y -> x.add y
        | Sub -> fun x y -> x.sub y
        | Mul -> fun x y -> x.mul y
        | Div -> fun x y -> x.div y
        | Pow -> fun x y -> x.pow y
        | Max -> fun x y -> T.maximum (x, y)
        | Min -> fun x y -> T.minimum (x, y)
        | Atan2 -> fun x y -> x.atan2 y
        | Mod when dtype.IsFloat -> fun x y -> x.remainder y
        | Mod -> // by 0 and −1 the result is 0; libtorch raises, or overflows
            fun x y ->
                scoped (fun () ->
                    let odd = y.eq(long 0L).logical_or(y.eq (long -1L))
                    x.remainder(y.masked_fill (odd, long 1L)).masked_fill(odd, long 0L))
        | And -> fun x y -> x.bitwise_and y
        | Or -> fun x y -> x.bitwise_or y
        | Xor -> fun x y -> x.bitwise_xor y
        | FoldKey -> RandomNumbers.foldKey

    /// A tensor and a number: no memory for a number that represents a shape. `isLeft`: the number is the first
    /// argument.
    let withNumber (b: Binary) isLeft : (Tensor -> Scalar -> Tensor) voption =
        match b, isLeft with
        | Add, _ -> ValueSome(fun x c -> x.add c)
        | Mul, _ -> ValueSome(fun x c -> x.mul c)
        | Sub, false -> ValueSome(fun x c -> x.sub c)
        | Sub, true -> ValueSome(fun x c -> scoped (fun () -> x.neg().add c))
        | Div, false -> ValueSome(fun x c -> x.div c)
        | Pow, false -> ValueSome(fun x c -> x.pow c)
        | _ -> ValueNone // libtorch takes two tensors

    let compare (c: Compare) : Tensor -> Tensor -> Tensor =
        match c with
        | Equal -> fun x y -> x.eq y
        | NotEqual -> fun x y -> x.ne y
        | Less -> fun x y -> x.lt y
        | LessEqual -> fun x y -> x.le y
        | Greater -> fun x y -> x.gt y
        | GreaterEqual -> fun x y -> x.ge y

    let compareNumber (c: Compare) : Tensor -> Scalar -> Tensor =
        match c with
        | Equal -> fun x y -> x.eq y
        | NotEqual -> fun x y -> x.ne y
        | Less -> fun x y -> x.lt y
        | LessEqual -> fun x y -> x.le y
        | Greater -> fun x y -> x.gt y
        | GreaterEqual -> fun x y -> x.ge y

    /// The comparison with its arguments exchanged.
    let mirrored (c: Compare) : Compare =
        match c with
        | Less -> Greater
        | LessEqual -> GreaterEqual
        | Greater -> Less
        | GreaterEqual -> LessEqual
        | Equal -> Equal
        | NotEqual -> NotEqual
