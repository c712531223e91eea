namespace NeuralDE.Kernels;

/// <summary>The element-wise operations.</summary>
internal enum ElementOp
{
    // one operand
    Neg,
    Abs,
    Sign,
    Sqrt,
    Exp,
    Expm1,
    Log,
    Log1p,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Sigmoid,
    Softplus,
    Erf,
    Erfinv,
    Lgamma,

    /// <summary>The parameter is the order.</summary>
    Polygamma,

    /// <summary>The parameter is the exponent.</summary>
    Power,
    Floor,
    Ceil,
    Round,
    Not,

    // two operands
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Max,
    Min,
    Atan2,

    /// <summary>The remainder with the sign of the divisor.</summary>
    Mod,
    And,
    Or,
    Xor,

    /// <summary>A new random key from a key and a number (both int64).</summary>
    FoldKey,

    // two operands, result bool
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,

    // three operands

    /// <summary>The second operand if the first, a bool, is true; otherwise the third.</summary>
    Select,

    /// <summary>a b + c, rounded once.</summary>
    Fma,
}
