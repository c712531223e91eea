namespace NeuralDE.Internal.Graph

open System
open NeuralDE.Kernels

/// Element-wise functions of one argument. A new function is a case here and an entry in Unaries below.
type internal Unary =
    | Neg
    | Abs
    | Sign
    | Sqrt
    | Exp
    | Expm1
    | Log
    | Log1p
    | Sin
    | Cos
    | Tan
    | Asin
    | Acos
    | Atan
    | Sinh
    | Cosh
    | Tanh
    | Asinh
    | Acosh
    | Atanh
    | Sigmoid
    | Softplus
    | Erf
    | Erfinv
    | Lgamma
    /// ψ⁽ⁿ⁾: the digamma function (n = 0) and its derivatives.
    | Polygamma of order: int
    /// xᵃ for a constant a.
    | Power of exponent: float
    | Floor
    | Ceil
    | Round
    | Not

/// The derivative of y = f(x), as a formula in x and y.
[<RequireQualifiedAccess>]
type internal Slope =
    | X
    | Y
    | Number of float
    | Of of Unary * Slope
    | Sum of Slope * Slope
    | Difference of Slope * Slope
    | Product of Slope * Slope
    | Quotient of Slope * Slope

/// The reference value of a function; its case determines the dtypes that the function takes.
[<RequireQualifiedAccess>]
type internal UnaryValue =
    /// floats: computed in float64, rounded once
    | Floats of (float -> float)
    /// floats; integers are computed in int64 and wrapped
    | Numbers of (float -> float) * (int64 -> int64)
    /// bools only
    | Bools of (bool -> bool)

/// The definition of a function.
[<NoEquality; NoComparison>]
type internal UnaryFunction =
    {
        /// the printed name
        Name: string
        /// the order or exponent
        Parameter: float voption
        Kernel: ElementOp
        /// The reference that kernels are compared with.
        Value: UnaryValue
        /// The derivative; None if it is 0 everywhere.
        Slope: Slope option
    }

module internal Unaries =
    let private floats name kernel value slope =
        { Name = name
          Parameter = ValueNone
          Kernel = kernel
          Value = UnaryValue.Floats value
          Slope = Some slope }

    let private numbers name kernel value ofIntegers slope =
        { Name = name
          Parameter = ValueNone
          Kernel = kernel
          Value = UnaryValue.Numbers(value, ofIntegers)
          Slope = slope }

    /// A piecewise constant function of floats.
    let private steps name kernel value = { floats name kernel value Slope.X with Slope = None }

    // abbreviations for formulas of slopes
    let private x, y = Slope.X, Slope.Y
    let private number c = Slope.Number c
    let private one = number 1.0
    let private ofX u = Slope.Of(u, x)
    let private negative a = Slope.Of(Neg, a)
    let private root a = Slope.Of(Sqrt, a)
    let private exponential a = Slope.Of(Exp, a)
    let private (.+) a b = Slope.Sum(a, b)
    let private (.-) a b = Slope.Difference(a, b)
    let private (.*) a b = Slope.Product(a, b)
    let private (./) a b = Slope.Quotient(a, b)

    let private entry (u: Unary) : UnaryFunction =
        match u with
        | Neg -> numbers "neg" ElementOp.Neg (~-) (~-) (Some(negative one))
        | Abs -> numbers "abs" ElementOp.Abs Math.Abs (fun v -> if v < 0L then -v else v) (Some(ofX Sign)) // 0 at 0
        | Sign -> numbers "sign" ElementOp.Sign Special.sign (fun v -> int64 (sign v)) None
        | Sqrt -> floats "sqrt" ElementOp.Sqrt Math.Sqrt (number 0.5 .* (one ./ y))
        | Exp -> floats "exp" ElementOp.Exp Math.Exp y
        | Expm1 -> floats "expm1" ElementOp.Expm1 Special.expm1 (y .+ one)
        | Log -> floats "log" ElementOp.Log Math.Log (one ./ x)
        | Log1p -> floats "log1p" ElementOp.Log1p Special.log1p (one ./ (x .+ one))
        | Sin -> floats "sin" ElementOp.Sin Math.Sin (ofX Cos)
        | Cos -> floats "cos" ElementOp.Cos Math.Cos (negative (ofX Sin))
        | Tan -> floats "tan" ElementOp.Tan Math.Tan (one .+ y .* y)
        | Asin -> floats "asin" ElementOp.Asin Math.Asin (one ./ root (one .- x .* x))
        | Acos -> floats "acos" ElementOp.Acos Math.Acos (negative (one ./ root (one .- x .* x)))
        | Atan -> floats "atan" ElementOp.Atan Math.Atan (one ./ (one .+ x .* x))
        | Sinh -> floats "sinh" ElementOp.Sinh Math.Sinh (ofX Cosh)
        | Cosh -> floats "cosh" ElementOp.Cosh Math.Cosh (ofX Sinh)
        | Tanh -> floats "tanh" ElementOp.Tanh Math.Tanh (one .- y .* y)
        | Asinh -> floats "asinh" ElementOp.Asinh Math.Asinh (one ./ root (x .* x .+ one))
        | Acosh -> floats "acosh" ElementOp.Acosh Math.Acosh (one ./ root (x .* x .- one))
        | Atanh -> floats "atanh" ElementOp.Atanh Math.Atanh (one ./ (one .- x .* x))
        | Sigmoid -> floats "sigmoid" ElementOp.Sigmoid Special.sigmoid (y .* (one .- y))
        | Softplus -> floats "softplus" ElementOp.Softplus Special.softplus (ofX Sigmoid)
        | Erf ->
            floats "erf" ElementOp.Erf Special.erf (number (2.0 / Math.Sqrt Math.PI) .* exponential (negative (x .* x)))
        | Erfinv ->
            floats "erfinv" ElementOp.Erfinv Special.erfinv (number (0.5 * Math.Sqrt Math.PI) .* exponential (y .* y))
        | Lgamma -> floats "lgamma" ElementOp.Lgamma Special.lgamma (ofX (Polygamma 0))
        | Polygamma n ->
            { floats "polygamma" ElementOp.Polygamma (Special.polygamma n) (ofX (Polygamma(n + 1))) with
                Parameter = ValueSome(float n) }
        | Power a ->
            let slope =
                match a with
                | 0.0 -> None
                | 1.0 -> Some one
                | 2.0 -> Some(number 2.0 .* x)
                | _ -> Some(number a .* ofX (Power(a - 1.0)))

            { floats "power" ElementOp.Power (Special.power a) x with Parameter = ValueSome a; Slope = slope }
        | Floor -> steps "floor" ElementOp.Floor Math.Floor
        | Ceil -> steps "ceil" ElementOp.Ceil Math.Ceiling
        | Round -> steps "round" ElementOp.Round Math.Round // halves to even
        | Not ->
            { Name = "not"
              Parameter = ValueNone
              Kernel = ElementOp.Not
              Value = UnaryValue.Bools not
              Slope = None }

    // Every eager operation looks up its entry. The hash selects a slot; a reference comparison verifies it, since a
    // case without a parameter is one object.
    let private entries: (Unary * UnaryFunction)[] = Array.zeroCreate 64

    let private enter (u: Unary) (at: int) : UnaryFunction =
        let f = entry u
        entries[at] <- (u, f)
        f

    /// The entry of a function. A new case of Unary does not compile until it has one.
    let about (u: Unary) : UnaryFunction =
        match u with
        | Polygamma _
        | Power _ -> entry u // not cached: there are as many as numbers
        | _ ->
            let at = hash u &&& 63

            match box entries[at] with
            | null -> enter u at
            | _ ->
                let known, f = entries[at]
                if obj.ReferenceEquals(known, u) then f else enter u at
