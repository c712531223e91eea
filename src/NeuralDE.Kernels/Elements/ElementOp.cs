namespace NeuralDE.Kernels;

/// <summary>What is done element by element.</summary>
internal enum ElementOp
{
    // of one operand
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

    // of two operands
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

    /// <summary>A new random key from a key and a number (int64, both).</summary>
    FoldKey,

    // of two operands, giving bools
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,

    // of three operands

    /// <summary>The second operand where the first, a bool, is true; else the third.</summary>
    Select,

    /// <summary>a b + c, rounded once.</summary>
    Fma,
}
