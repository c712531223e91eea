namespace NeuralDE;

/// <summary>
/// Functions of tensors: <c>using static NeuralDE.Verbs;</c> makes them <c>Sin(x)</c>, <c>Stack(a, b)</c>,
/// <c>Sum(x)</c>.
/// </summary>
/// <remarks>
/// The tensor is the first argument, then axes and options. Tensors are float64 by default; float32 and float64 do not mix.
/// No verb has the name of a type, because it would hide the type where both are imported.
/// </remarks>
public static partial class Verbs
{
    /// <summary>The sine of each element, in radians.</summary>
    public static Tensor Sin(Tensor x) => Tensor.Sin(Given(x));

    /// <summary>The cosine of each element, in radians.</summary>
    public static Tensor Cos(Tensor x) => Tensor.Cos(Given(x));

    /// <summary>The tangent of each element, in radians.</summary>
    public static Tensor Tan(Tensor x) => Tensor.Tan(Given(x));

    /// <summary>The arc sine on [−1, 1]; NaN outside.</summary>
    public static Tensor Asin(Tensor x) => Tensor.Asin(Given(x));

    /// <summary>The arc cosine on [−1, 1]; NaN outside.</summary>
    public static Tensor Acos(Tensor x) => Tensor.Acos(Given(x));

    /// <summary>The arc tangent, between −π/2 and π/2.</summary>
    public static Tensor Atan(Tensor x) => Tensor.Atan(Given(x));

    /// <summary>The hyperbolic sine.</summary>
    public static Tensor Sinh(Tensor x) => Tensor.Sinh(Given(x));

    /// <summary>The hyperbolic cosine.</summary>
    public static Tensor Cosh(Tensor x) => Tensor.Cosh(Given(x));

    /// <summary>The hyperbolic tangent.</summary>
    public static Tensor Tanh(Tensor x) => Tensor.Tanh(Given(x));

    /// <summary>eˣ</summary>
    public static Tensor Exp(Tensor x) => Tensor.Exp(Given(x));

    /// <summary>The natural logarithm; −∞ at 0, NaN for negative x.</summary>
    public static Tensor Log(Tensor x) => Tensor.Log(Given(x));

    /// <summary>The logarithm to base 10.</summary>
    public static Tensor Log10(Tensor x) => Tensor.Log10(Given(x));

    /// <summary>√x; NaN for negative x.</summary>
    public static Tensor Sqrt(Tensor x) => Tensor.Sqrt(Given(x));

    /// <summary>|x|; the derivative at 0 is 0.</summary>
    public static Tensor Abs(Tensor x) => Tensor.Abs(Given(x));

    /// <summary>The largest integer that is at most x. The derivative is 0.</summary>
    public static Tensor Floor(Tensor x) => Tensor.Floor(Given(x));

    /// <summary>The smallest integer that is at least x. The derivative is 0.</summary>
    public static Tensor Ceiling(Tensor x) => Tensor.Ceiling(Given(x));

    /// <summary>The nearest integer; of two nearest integers the even one. The derivative is 0.</summary>
    public static Tensor Round(Tensor x) => Tensor.Round(Given(x));

    /// <summary>The angle of the point (x, y), between −π and π.</summary>
    public static Tensor Atan2(Tensor y, Tensor x) => Tensor.Atan2(Given(y), Given(x));

    /// <summary>xᵃ</summary>
    public static Tensor Pow(Tensor x, double a) => Tensor.Pow(Given(x), a);

    /// <summary>xᵃ</summary>
    public static Tensor Pow(Tensor x, int a) => Tensor.Pow(Given(x), a);

    /// <summary>xᵃ, element-wise.</summary>
    public static Tensor Pow(Tensor x, Tensor a) => Tensor.Pow(Given(x), Given(a));

    /// <summary>xᵃ</summary>
    public static Tensor Pow(double x, Tensor a) => Tensor.Pow(x, Given(a));

    /// <summary>
    /// The larger of a and b, element-wise; NaN if either is NaN. Equal elements share the derivative; the smaller one gets none.
    /// </summary>
    public static Tensor Maximum(Tensor a, Tensor b) => TensorOperands.Maximum((Given(a), Given(b)));

    /// <summary>
    /// The larger of a and b, element-wise; NaN if either is NaN. Equal elements share the derivative; the smaller one gets none.
    /// </summary>
    public static Tensor Maximum(Tensor a, double b) => TensorOperands.Maximum(TensorOperands.Both(null!, Given(a), b));

    /// <summary>
    /// The larger of a and b, element-wise; NaN if either is NaN. Equal elements share the derivative; the smaller one gets none.
    /// </summary>
    public static Tensor Maximum(double a, Tensor b) => TensorOperands.Maximum(TensorOperands.Both(null!, a, Given(b)));

    /// <summary>
    /// The smaller of a and b, element-wise; NaN if either is NaN. Equal elements share the derivative; the larger one gets none.
    /// </summary>
    public static Tensor Minimum(Tensor a, Tensor b) => TensorOperands.Minimum((Given(a), Given(b)));

    /// <summary>
    /// The smaller of a and b, element-wise; NaN if either is NaN. Equal elements share the derivative; the larger one gets none.
    /// </summary>
    public static Tensor Minimum(Tensor a, double b) => TensorOperands.Minimum(TensorOperands.Both(null!, Given(a), b));

    /// <summary>
    /// The smaller of a and b, element-wise; NaN if either is NaN. Equal elements share the derivative; the larger one gets none.
    /// </summary>
    public static Tensor Minimum(double a, Tensor b) => TensorOperands.Minimum(TensorOperands.Both(null!, a, Given(b)));

    /// <summary>a = b, element-wise; the operator == compares references.</summary>
    public static Tensor Equal(Tensor a, Tensor b) => TensorOperands.Equal((Given(a), Given(b)));

    /// <summary>a = b, element-wise; the operator == compares references.</summary>
    public static Tensor Equal(Tensor a, double b) => TensorOperands.Equal(TensorOperands.Both(null!, Given(a), b));

    /// <summary>a = b, element-wise; the operator == compares references.</summary>
    public static Tensor Equal(double a, Tensor b) => TensorOperands.Equal(TensorOperands.Both(null!, a, Given(b)));

    /// <summary>a ≠ b, element-wise; true if either is NaN. The operator != compares references.</summary>
    public static Tensor NotEqual(Tensor a, Tensor b) => TensorOperands.NotEqual((Given(a), Given(b)));

    /// <summary>a ≠ b, element-wise; true if either is NaN. The operator != compares references.</summary>
    public static Tensor NotEqual(Tensor a, double b) =>
        TensorOperands.NotEqual(TensorOperands.Both(null!, Given(a), b));

    /// <summary>a ≠ b, element-wise; true if either is NaN. The operator != compares references.</summary>
    public static Tensor NotEqual(double a, Tensor b) =>
        TensorOperands.NotEqual(TensorOperands.Both(null!, a, Given(b)));

    /// <summary>
    /// a where the condition (bool) is true, otherwise b. An element that is not selected gets the derivative 0, even
    /// if it is NaN or infinite.
    /// </summary>
    public static Tensor Where(Tensor condition, Tensor a, Tensor b) =>
        TensorOperands.Where(Given(condition), (Given(a), Given(b)));

    /// <summary>
    /// a where the condition (bool) is true, otherwise b. An element that is not selected gets the derivative 0, even
    /// if it is NaN or infinite.
    /// </summary>
    public static Tensor Where(Tensor condition, Tensor a, double b) =>
        TensorOperands.Where(Given(condition), TensorOperands.Both(null!, Given(a), b));

    /// <summary>
    /// a where the condition (bool) is true, otherwise b. An element that is not selected gets the derivative 0, even
    /// if it is NaN or infinite.
    /// </summary>
    public static Tensor Where(Tensor condition, double a, Tensor b) =>
        TensorOperands.Where(Given(condition), TensorOperands.Both(null!, a, Given(b)));

    /// <summary>a where the condition (bool) is true, otherwise b, as float64.</summary>
    public static Tensor Where(Tensor condition, double a, double b) =>
        TensorOperands.Where(Given(condition), WhereOperands.Both(null!, a, b));
}
