namespace NeuralDE.Compiler

open System
open NeuralDE

/// Derivatives of the element-wise families, as tables.
module internal Slopes =
    /// dy/dx of y = u(x); None where it is 0 everywhere.
    let slope (u: Unary) (x: Tensor) (y: Tensor) : Tensor option =
        let one = Prim.onesLike x
        let square (a: Tensor) = a * a
        let inverse a = one / a

        match u with
        | Neg -> Some(-one)
        | Abs -> Some(Prim.unary Sign x) // 0 at 0
        | Sign
        | Floor
        | Ceil
        | Round
        | Not -> None
        | Sqrt -> Some(Prim.times 0.5 (inverse y))
        | Exp -> Some y
        | Expm1 -> Some(y + one)
        | Log -> Some(inverse x)
        | Log1p -> Some(inverse (x + one))
        | Sin -> Some(cos x)
        | Cos -> Some(-(sin x))
        | Tan -> Some(one + square y)
        | Asin -> Some(inverse (sqrt (one - square x)))
        | Acos -> Some(-(inverse (sqrt (one - square x))))
        | Atan -> Some(inverse (one + square x))
        | Sinh -> Some(cosh x)
        | Cosh -> Some(sinh x)
        | Tanh -> Some(one - square y)
        | Asinh -> Some(inverse (sqrt (square x + one)))
        | Acosh -> Some(inverse (sqrt (square x - one)))
        | Atanh -> Some(inverse (one - square x))
        | Sigmoid -> Some(y * (one - y))
        | Softplus -> Some(Prim.unary Sigmoid x)
        | Erf -> Some(Prim.times (2.0 / sqrt Math.PI) (exp (-(square x))))
        | Erfinv -> Some(Prim.times (0.5 * sqrt Math.PI) (exp (square y)))
        | Lgamma -> Some(Prim.unary (Polygamma 0) x)
        | Polygamma n -> Some(Prim.unary (Polygamma(n + 1)) x)
        | Power a when a = 0.0 -> None
        | Power a when a = 1.0 -> Some one
        | Power a when a = 2.0 -> Some(Prim.times 2.0 x)
        | Power a -> Some(Prim.times a (Prim.unary (Power(a - 1.0)) x))

    /// dy/da and dy/db of y = op(a, b).
    let slopes (op: Binary) (a: Tensor) (b: Tensor) (y: Tensor) : Tensor option * Tensor option =
        let one = Prim.onesLike a
        let zero = Prim.zerosLike a

        match op with
        | Add -> Some one, Some one
        | Sub -> Some one, Some(-one)
        | Mul -> Some b, Some a
        | Div -> Some(one / b), Some(-(y / b))
        | Pow ->
            // b a^(b−1), which is 0 for b = 0 whatever a; a^b ln a, whose limit at a = 0 < b is 0
            let isZero = Prim.compareTo Equal b 0.0
            let exponent = Prim.select isZero one (b - one)
            let byBase = b * Prim.binary Pow a exponent
            let isOrigin = Prim.compareTo Equal a 0.0
            let byExponent = Prim.select isOrigin zero (y * log (Prim.select isOrigin one a))
            Some byBase, Some byExponent
        | Max
        | Min -> raise (GraphException $"{op} chooses a side: it has no slopes.")
        | Atan2 ->
            let r2 = a * a + b * b
            Some(b / r2), Some(-(a / r2))
        | Mod -> Some one, Some(-(floor (a / b)))
        | And
        | Or
        | Xor
        | FoldKey -> None, None

    /// What max or min of a and b makes of something of a's and something of b's: the winner's, half of both at a tie, zero
    /// beside NaN. The other side's is not touched, be it infinite.
    let chosen (op: Binary) (a: Tensor) (b: Tensor) (ofA: Tensor) (ofB: Tensor) : Tensor =
        let wins = if op = Max then Greater else Less
        let tie = Prim.select (Prim.compare Equal a b) (Prim.times 0.5 (ofA + ofB)) (Prim.zerosLike ofA)
        Prim.select (Prim.compare wins a b) ofA (Prim.select (Prim.compare wins b a) ofB tie)

    /// Whether an element-wise operation takes one of its arguments instead of computing with all.
    let chooses op =
        match op with
        | Binary(Max | Min) -> true
        | _ -> false // Select is no element-wise family of slopes

    let isElementwise op =
        match op with
        | Unary _
        | Binary _
        | Fma
        | Cast _ -> true
        | _ -> false // the others move, mix or reduce elements
