// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>true where both a and b are true.</summary>
    /// <param name="a">A bool tensor.</param>
    /// <param name="b">A bool tensor whose shape broadcasts with that of a.</param>
    /// <returns>bool, of the broadcast shape of a and b.</returns>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="DtypeException">a or b is not bool.</exception>
    public static Tensor LogicalAnd(Tensor a, Tensor b) => ElementwiseVerbsModule.logicalAnd(Given(a), Given(b));

    /// <summary>true where a or b is true.</summary>
    /// <param name="a">A bool tensor.</param>
    /// <param name="b">A bool tensor whose shape broadcasts with that of a.</param>
    /// <returns>bool, of the broadcast shape of a and b.</returns>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="DtypeException">a or b is not bool.</exception>
    public static Tensor LogicalOr(Tensor a, Tensor b) => ElementwiseVerbsModule.logicalOr(Given(a), Given(b));

    /// <summary>true where exactly one of a and b is true.</summary>
    /// <param name="a">A bool tensor.</param>
    /// <param name="b">A bool tensor whose shape broadcasts with that of a.</param>
    /// <returns>bool, of the broadcast shape of a and b.</returns>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="DtypeException">a or b is not bool.</exception>
    public static Tensor LogicalXor(Tensor a, Tensor b) => ElementwiseVerbsModule.logicalXor(Given(a), Given(b));

    /// <summary>true where x is false.</summary>
    /// <param name="x">A bool tensor of any shape.</param>
    /// <returns>bool, of the shape of x.</returns>
    /// <exception cref="DtypeException">x is not bool.</exception>
    public static Tensor LogicalNot(Tensor x) => ElementwiseVerbsModule.logicalNot(Given(x));

    /// <summary>Whether each element is NaN; false for integers and bools.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>bool, of the shape of x.</returns>
    public static Tensor IsNaN(Tensor x) => ElementwiseVerbsModule.isNaN(Given(x));

    /// <summary>Whether each element is neither NaN nor infinite; true for integers and bools.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>bool, of the shape of x.</returns>
    public static Tensor IsFinite(Tensor x) => ElementwiseVerbsModule.isFinite(Given(x));

    /// <summary>
    /// Converts x to another dtype. Floats are rounded towards 0 to integers; floats outside the range of the dtype
    /// become its nearest integer, and NaN becomes 0. int64 wraps to int32. To bool, every number except 0 becomes
    /// true, including NaN.
    /// </summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <param name="dtype">The dtype of the result.</param>
    /// <returns>A tensor of this dtype and the shape of x.</returns>
    public static Tensor Cast(Tensor x, Dtype dtype) => ElementwiseVerbsModule.cast(Given(dtype), Given(x));

    /// <summary>x²</summary>
    /// <param name="x">A tensor of numbers of any shape.</param>
    /// <returns>The shape and dtype of x; integers wrap.</returns>
    /// <exception cref="DtypeException">x is bool.</exception>
    public static Tensor Square(Tensor x) => ElementwiseVerbsModule.square(Given(x));

    /// <summary>1 / x</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Reciprocal(Tensor x) => ElementwiseVerbsModule.reciprocal(Given(x));

    /// <summary>The sign of x: −1, 0 or 1; NaN for NaN. Its derivative is 0.</summary>
    /// <param name="x">A tensor of numbers of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is bool.</exception>
    public static Tensor Signum(Tensor x) => ElementwiseVerbsModule.signum(Given(x));

    /// <summary>Limits x to the range from low to high. The derivative at a limit is 1.</summary>
    /// <param name="x">A tensor of numbers of any shape.</param>
    /// <param name="low">The lower limit.</param>
    /// <param name="high">The upper limit.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="InputException">low is larger than high, or one of them is NaN.</exception>
    /// <exception cref="DtypeException">x is bool, or a limit does not fit the integer dtype of x.</exception>
    public static Tensor Clip(Tensor x, double low, double high) => ElementwiseVerbsModule.clip(low, high, Given(x));

    /// <summary>a b + c, rounded once.</summary>
    /// <param name="a">A float tensor.</param>
    /// <param name="b">A tensor of the dtype of a.</param>
    /// <param name="c">A tensor of the dtype of a.</param>
    /// <returns>The common dtype, of the broadcast shape of all three.</returns>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="DtypeException">a is not a float, or the dtypes differ.</exception>
    public static Tensor Fma(Tensor a, Tensor b, Tensor c) => ElementwiseVerbsModule.fma(Given(a), Given(b), Given(c));

    /// <summary>
    /// √(a² + b²) without overflow; ∞ if either is infinite, even if the other is NaN. The derivative at (0, 0) is 0.
    /// </summary>
    /// <param name="a">A float tensor.</param>
    /// <param name="b">A tensor of the dtype of a.</param>
    /// <returns>The common dtype, of the broadcast shape of a and b.</returns>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="DtypeException">a is not a float, or the dtypes differ.</exception>
    public static Tensor Hypot(Tensor a, Tensor b) => ElementwiseVerbsModule.hypot(Given(a), Given(b));

    /// <summary>eˣ − 1, accurate near 0.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Expm1(Tensor x) => ElementwiseVerbsModule.expm1(Given(x));

    /// <summary>ln(1 + x), accurate near 0.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Log1p(Tensor x) => ElementwiseVerbsModule.log1p(Given(x));

    /// <summary>The inverse of sinh: ln(x + √(x² + 1)).</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Asinh(Tensor x) => ElementwiseVerbsModule.asinh(Given(x));

    /// <summary>The inverse of cosh on [1, ∞); NaN below 1.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Acosh(Tensor x) => ElementwiseVerbsModule.acosh(Given(x));

    /// <summary>The inverse of tanh on (−1, 1); ±∞ at ±1, NaN outside.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Atanh(Tensor x) => ElementwiseVerbsModule.atanh(Given(x));

    /// <summary>x where x &gt; 0, otherwise 0. The derivative at 0 is 0.</summary>
    /// <param name="x">A tensor of numbers of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is bool.</exception>
    public static Tensor Relu(Tensor x) => ElementwiseVerbsModule.relu(Given(x));

    /// <summary>x where x &gt; 0, otherwise slope · x.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <param name="slope">The slope for negative x.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor LeakyRelu(Tensor x, double slope) => ElementwiseVerbsModule.leakyRelu(slope, Given(x));

    /// <summary>x where x &gt; 0, otherwise eˣ − 1.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Elu(Tensor x) => ElementwiseVerbsModule.elu(Given(x));

    /// <summary>1 / (1 + e⁻ˣ)</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Sigmoid(Tensor x) => ElementwiseVerbsModule.sigmoid(Given(x));

    /// <summary>ln(1 + eˣ), without overflow.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Softplus(Tensor x) => ElementwiseVerbsModule.softplus(Given(x));

    /// <summary>ln(sigmoid(x)) = −softplus(−x), without overflow.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor LogSigmoid(Tensor x) => ElementwiseVerbsModule.logSigmoid(Given(x));

    /// <summary>ln(p / (1 − p)), the inverse of Sigmoid.</summary>
    /// <param name="p">A float tensor of any shape, with probabilities; ±∞ at 0 and 1, NaN outside.</param>
    /// <returns>The shape and dtype of p.</returns>
    /// <exception cref="DtypeException">p is not a float.</exception>
    public static Tensor Logit(Tensor p) => ElementwiseVerbsModule.logit(Given(p));

    /// <summary>x · sigmoid(x), also called swish.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Silu(Tensor x) => ElementwiseVerbsModule.silu(Given(x));

    /// <summary>x · tanh(softplus(x))</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Mish(Tensor x) => ElementwiseVerbsModule.mish(Given(x));

    /// <summary>The error function, 2/√π ∫₀ˣ exp(−s²) ds.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Erf(Tensor x) => ElementwiseVerbsModule.erf(Given(x));

    /// <summary>The inverse of erf on (−1, 1); ±∞ at ±1, NaN outside.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Erfinv(Tensor x) => ElementwiseVerbsModule.erfinv(Given(x));

    /// <summary>x Φ(x) = x/2 (1 + erf(x/√2)), with the standard normal distribution function Φ.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Gelu(Tensor x) => ElementwiseVerbsModule.gelu(Given(x));

    /// <summary>The approximation of Gelu by x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor GeluTanh(Tensor x) => ElementwiseVerbsModule.geluTanh(Given(x));

    /// <summary>ln |Γ(x)|</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Lgamma(Tensor x) => ElementwiseVerbsModule.lgamma(Given(x));

    /// <summary>ψ(x) = d/dx ln Γ(x)</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Digamma(Tensor x) => ElementwiseVerbsModule.digamma(Given(x));

    /// <summary>ψ⁽ⁿ⁾(x), the n-th derivative of Digamma.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <param name="n">The order, from 0 to 170: larger n! exceed float64.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="InputException">n is outside 0 to 170.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Polygamma(Tensor x, int n) => ElementwiseVerbsModule.polygamma(n, Given(x));
}
