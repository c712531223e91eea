// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>true where both a and b are true.</summary>
    public static Tensor LogicalAnd(Tensor a, Tensor b) => ElementwiseVerbsModule.logicalAnd(Given(a), Given(b));

    /// <summary>true where a or b is true.</summary>
    public static Tensor LogicalOr(Tensor a, Tensor b) => ElementwiseVerbsModule.logicalOr(Given(a), Given(b));

    /// <summary>true where exactly one of a and b is true.</summary>
    public static Tensor LogicalXor(Tensor a, Tensor b) => ElementwiseVerbsModule.logicalXor(Given(a), Given(b));

    /// <summary>true where x is false.</summary>
    public static Tensor LogicalNot(Tensor x) => ElementwiseVerbsModule.logicalNot(Given(x));

    /// <summary>Whether each element is NaN; false for integers and bools.</summary>
    public static Tensor IsNaN(Tensor x) => ElementwiseVerbsModule.isNaN(Given(x));

    /// <summary>Whether each element is neither NaN nor infinite; true for integers and bools.</summary>
    public static Tensor IsFinite(Tensor x) => ElementwiseVerbsModule.isFinite(Given(x));

    /// <summary>
    /// Converts x to another dtype. Floats are rounded towards 0 to integers; floats outside the range of the dtype
    /// become its nearest integer, and NaN becomes 0. int64 wraps to int32. To bool, every number except 0 becomes
    /// true, including NaN.
    /// </summary>
    public static Tensor Cast(Tensor x, Dtype dtype) => ElementwiseVerbsModule.cast(Given(dtype), Given(x));

    /// <summary>x²</summary>
    public static Tensor Square(Tensor x) => ElementwiseVerbsModule.square(Given(x));

    /// <summary>1 / x</summary>
    public static Tensor Reciprocal(Tensor x) => ElementwiseVerbsModule.reciprocal(Given(x));

    /// <summary>The sign of x: −1, 0 or 1; NaN for NaN. Its derivative is 0.</summary>
    public static Tensor Signum(Tensor x) => ElementwiseVerbsModule.signum(Given(x));

    /// <summary>
    /// Limits x to the range from low to high. The derivative at a limit is 1. InputException unless low ≤ high.
    /// </summary>
    public static Tensor Clip(Tensor x, double low, double high) => ElementwiseVerbsModule.clip(low, high, Given(x));

    /// <summary>a b + c, rounded once.</summary>
    public static Tensor Fma(Tensor a, Tensor b, Tensor c) => ElementwiseVerbsModule.fma(Given(a), Given(b), Given(c));

    /// <summary>
    /// √(a² + b²) without overflow; ∞ if either is infinite, even if the other is NaN. The derivative at (0, 0) is 0.
    /// </summary>
    public static Tensor Hypot(Tensor a, Tensor b) => ElementwiseVerbsModule.hypot(Given(a), Given(b));

    /// <summary>eˣ − 1, accurate near 0.</summary>
    public static Tensor Expm1(Tensor x) => ElementwiseVerbsModule.expm1(Given(x));

    /// <summary>ln(1 + x), accurate near 0.</summary>
    public static Tensor Log1p(Tensor x) => ElementwiseVerbsModule.log1p(Given(x));

    /// <summary>The inverse of sinh: ln(x + √(x² + 1)).</summary>
    public static Tensor Asinh(Tensor x) => ElementwiseVerbsModule.asinh(Given(x));

    /// <summary>The inverse of cosh on [1, ∞); NaN below 1.</summary>
    public static Tensor Acosh(Tensor x) => ElementwiseVerbsModule.acosh(Given(x));

    /// <summary>The inverse of tanh on (−1, 1); ±∞ at ±1, NaN outside.</summary>
    public static Tensor Atanh(Tensor x) => ElementwiseVerbsModule.atanh(Given(x));

    /// <summary>x where x &gt; 0, otherwise 0. The derivative at 0 is 0.</summary>
    public static Tensor Relu(Tensor x) => ElementwiseVerbsModule.relu(Given(x));

    /// <summary>x where x &gt; 0, otherwise slope · x.</summary>
    public static Tensor LeakyRelu(Tensor x, double slope) => ElementwiseVerbsModule.leakyRelu(slope, Given(x));

    /// <summary>x where x &gt; 0, otherwise eˣ − 1.</summary>
    public static Tensor Elu(Tensor x) => ElementwiseVerbsModule.elu(Given(x));

    /// <summary>1 / (1 + e⁻ˣ)</summary>
    public static Tensor Sigmoid(Tensor x) => ElementwiseVerbsModule.sigmoid(Given(x));

    /// <summary>ln(1 + eˣ), without overflow.</summary>
    public static Tensor Softplus(Tensor x) => ElementwiseVerbsModule.softplus(Given(x));

    /// <summary>ln(sigmoid(x)) = −softplus(−x), without overflow.</summary>
    public static Tensor LogSigmoid(Tensor x) => ElementwiseVerbsModule.logSigmoid(Given(x));

    /// <summary>ln(p / (1 − p)), the inverse of Sigmoid.</summary>
    public static Tensor Logit(Tensor p) => ElementwiseVerbsModule.logit(Given(p));

    /// <summary>x · sigmoid(x), also called swish.</summary>
    public static Tensor Silu(Tensor x) => ElementwiseVerbsModule.silu(Given(x));

    /// <summary>x · tanh(softplus(x))</summary>
    public static Tensor Mish(Tensor x) => ElementwiseVerbsModule.mish(Given(x));

    /// <summary>The error function, 2/√π ∫₀ˣ exp(−s²) ds.</summary>
    public static Tensor Erf(Tensor x) => ElementwiseVerbsModule.erf(Given(x));

    /// <summary>The inverse of erf on (−1, 1); ±∞ at ±1, NaN outside.</summary>
    public static Tensor Erfinv(Tensor x) => ElementwiseVerbsModule.erfinv(Given(x));

    /// <summary>x Φ(x) = x/2 (1 + erf(x/√2)), with the standard normal distribution function Φ.</summary>
    public static Tensor Gelu(Tensor x) => ElementwiseVerbsModule.gelu(Given(x));

    /// <summary>The approximation of Gelu by x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).</summary>
    public static Tensor GeluTanh(Tensor x) => ElementwiseVerbsModule.geluTanh(Given(x));

    /// <summary>ln |Γ(x)|</summary>
    public static Tensor Lgamma(Tensor x) => ElementwiseVerbsModule.lgamma(Given(x));

    /// <summary>ψ(x) = d/dx ln Γ(x)</summary>
    public static Tensor Digamma(Tensor x) => ElementwiseVerbsModule.digamma(Given(x));

    /// <summary>
    /// ψ⁽ⁿ⁾(x), the n-th derivative of Digamma, for n from 0 to 170. InputException for larger n, because n! exceeds
    /// float64.
    /// </summary>
    public static Tensor Polygamma(Tensor x, int n) => ElementwiseVerbsModule.polygamma(n, Given(x));
}
