namespace NeuralDE.Compiler

open System

/// Name and value of the element-wise functions.
module internal Functions =
    /// Of one number; Not takes and gives 0 or 1. The name leaves out the order of Polygamma and the exponent of Power.
    let unary (u: Unary) : struct (string * (float -> float)) =
        match u with
        | Neg -> struct ("neg", (fun x -> -x))
        | Abs -> struct ("abs", (fun x -> Math.Abs(x: float)))
        | Sign -> struct ("sign", Special.sign)
        | Sqrt -> struct ("sqrt", Math.Sqrt)
        | Exp -> struct ("exp", Math.Exp)
        | Expm1 -> struct ("expm1", Special.expm1)
        | Log -> struct ("log", Math.Log)
        | Log1p -> struct ("log1p", Special.log1p)
        | Sin -> struct ("sin", Math.Sin)
        | Cos -> struct ("cos", Math.Cos)
        | Tan -> struct ("tan", Math.Tan)
        | Asin -> struct ("asin", Math.Asin)
        | Acos -> struct ("acos", Math.Acos)
        | Atan -> struct ("atan", Math.Atan)
        | Sinh -> struct ("sinh", Math.Sinh)
        | Cosh -> struct ("cosh", Math.Cosh)
        | Tanh -> struct ("tanh", Math.Tanh)
        | Asinh -> struct ("asinh", Math.Asinh)
        | Acosh -> struct ("acosh", Math.Acosh)
        | Atanh -> struct ("atanh", Math.Atanh)
        | Sigmoid -> struct ("sigmoid", Special.sigmoid)
        | Softplus -> struct ("softplus", Special.softplus)
        | Erf -> struct ("erf", Special.erf)
        | Erfinv -> struct ("erfinv", Special.erfinv)
        | Lgamma -> struct ("lgamma", Special.lgamma)
        | Polygamma order -> struct ("polygamma", Special.polygamma order)
        | Power exponent -> struct ("power", Special.power exponent)
        | Floor -> struct ("floor", Math.Floor)
        | Ceil -> struct ("ceil", Math.Ceiling)
        | Round -> struct ("round", Math.Round) // halves to even
        | Not -> struct ("not", (fun x -> if x = 0.0 then 1.0 else 0.0))

    /// The remainder with the sign of the divisor; of division by 0 NaN; 0 where y divides x.
    let floatMod (x: float) (y: float) =
        let r = x % y
        if r <> 0.0 && (r < 0.0) <> (y < 0.0) then r + y else r

    /// The remainder with the sign of the divisor; of division by 0: 0.
    let integerMod (x: int64) (y: int64) =
        if y = 0L || y = -1L then
            0L
        else
            let r = x % y
            if r <> 0L && (r < 0L) <> (y < 0L) then r + y else r

    /// Towards 0, to the nearest int64 where it is outside; NaN → 0.
    let toInt64 (x: float) =
        if Double.IsNaN x then 0L
        elif x >= 9223372036854775808.0 then Int64.MaxValue
        elif x <= -9223372036854775808.0 then Int64.MinValue
        else int64 x

    /// Towards 0, to the nearest int32 where it is outside; NaN → 0.
    let toInt32 (x: float) =
        if Double.IsNaN x then 0
        elif x >= 2147483647.0 then Int32.MaxValue
        elif x <= -2147483648.0 then Int32.MinValue
        else int x
