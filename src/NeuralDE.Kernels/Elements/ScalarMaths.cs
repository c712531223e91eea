using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>
/// The functions of <see cref="Maths"/> of one number, bit for bit what a lane of this machine's vectors gives.
/// </summary>
internal static class ScalarMaths
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double Of<F>(F function, double x)
        where F : struct, IUnary
    {
        if (Vector512.IsHardwareAccelerated)
            return Lanes512<double>.First(function.Apply(Lanes512<double>.Of(x)));
        if (Vector256.IsHardwareAccelerated)
            return Lanes256<double>.First(function.Apply(Lanes256<double>.Of(x)));
        return Lane<double>.First(function.Apply(Lane<double>.Of(x)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Of<F>(F function, float x)
        where F : struct, IUnary
    {
        if (Vector512.IsHardwareAccelerated)
            return (float)Lanes512<float>.First(function.Apply(Lanes512<float>.Of(x)));
        if (Vector256.IsHardwareAccelerated)
            return (float)Lanes256<float>.First(function.Apply(Lanes256<float>.Of(x)));
        return (float)Lane<float>.First(function.Apply(Lane<float>.Of(x)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double Of<F>(F function, double x, double y)
        where F : struct, IBinary
    {
        if (Vector512.IsHardwareAccelerated)
            return Lanes512<double>.First(function.Apply(Lanes512<double>.Of(x), Lanes512<double>.Of(y)));
        if (Vector256.IsHardwareAccelerated)
            return Lanes256<double>.First(function.Apply(Lanes256<double>.Of(x), Lanes256<double>.Of(y)));
        return Lane<double>.First(function.Apply(Lane<double>.Of(x), Lane<double>.Of(y)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Of<F>(F function, float x, float y)
        where F : struct, IBinary
    {
        if (Vector512.IsHardwareAccelerated)
            return (float)Lanes512<float>.First(function.Apply(Lanes512<float>.Of(x), Lanes512<float>.Of(y)));
        if (Vector256.IsHardwareAccelerated)
            return (float)Lanes256<float>.First(function.Apply(Lanes256<float>.Of(x), Lanes256<float>.Of(y)));
        return (float)Lane<float>.First(function.Apply(Lane<float>.Of(x), Lane<float>.Of(y)));
    }

    public static double Exp(double x) => Of(default(ElementFunctions.Exp), x);

    public static float Exp(float x) => Of(default(ElementFunctions.Exp), x);

    public static double Expm1(double x) => Of(default(ElementFunctions.Expm1), x);

    public static float Expm1(float x) => Of(default(ElementFunctions.Expm1), x);

    public static double Log(double x) => Of(default(ElementFunctions.Log), x);

    public static float Log(float x) => Of(default(ElementFunctions.Log), x);

    public static double Log1p(double x) => Of(default(ElementFunctions.Log1p), x);

    public static float Log1p(float x) => Of(default(ElementFunctions.Log1p), x);

    public static double Sin(double x) => Of(default(ElementFunctions.Sin), x);

    public static float Sin(float x) => Of(default(ElementFunctions.Sin), x);

    public static double Cos(double x) => Of(default(ElementFunctions.Cos), x);

    public static float Cos(float x) => Of(default(ElementFunctions.Cos), x);

    public static double Tan(double x) => Of(default(ElementFunctions.Tan), x);

    public static float Tan(float x) => Of(default(ElementFunctions.Tan), x);

    public static double Asin(double x) => Of(default(ElementFunctions.Asin), x);

    public static float Asin(float x) => Of(default(ElementFunctions.Asin), x);

    public static double Acos(double x) => Of(default(ElementFunctions.Acos), x);

    public static float Acos(float x) => Of(default(ElementFunctions.Acos), x);

    public static double Atan(double x) => Of(default(ElementFunctions.Atan), x);

    public static float Atan(float x) => Of(default(ElementFunctions.Atan), x);

    public static double Sinh(double x) => Of(default(ElementFunctions.Sinh), x);

    public static float Sinh(float x) => Of(default(ElementFunctions.Sinh), x);

    public static double Cosh(double x) => Of(default(ElementFunctions.Cosh), x);

    public static float Cosh(float x) => Of(default(ElementFunctions.Cosh), x);

    public static double Tanh(double x) => Of(default(ElementFunctions.Tanh), x);

    public static float Tanh(float x) => Of(default(ElementFunctions.Tanh), x);

    public static double Asinh(double x) => Of(default(ElementFunctions.Asinh), x);

    public static float Asinh(float x) => Of(default(ElementFunctions.Asinh), x);

    public static double Acosh(double x) => Of(default(ElementFunctions.Acosh), x);

    public static float Acosh(float x) => Of(default(ElementFunctions.Acosh), x);

    public static double Atanh(double x) => Of(default(ElementFunctions.Atanh), x);

    public static float Atanh(float x) => Of(default(ElementFunctions.Atanh), x);

    public static double Sigmoid(double x) => Of(default(ElementFunctions.Sigmoid), x);

    public static float Sigmoid(float x) => Of(default(ElementFunctions.Sigmoid), x);

    public static double Softplus(double x) => Of(default(ElementFunctions.Softplus), x);

    public static float Softplus(float x) => Of(default(ElementFunctions.Softplus), x);

    public static double Erf(double x) => Of(default(ElementFunctions.Erf), x);

    public static float Erf(float x) => Of(default(ElementFunctions.Erf), x);

    public static double Erfinv(double x) => Of(default(ElementFunctions.Erfinv), x);

    public static float Erfinv(float x) => Of(default(ElementFunctions.Erfinv), x);

    public static double Lgamma(double x) => Of(default(ElementFunctions.Lgamma), x);

    public static float Lgamma(float x) => Of(default(ElementFunctions.Lgamma), x);

    public static double Pow(double x, double y) => Of(default(ElementPairs.Pow), x, y);

    public static float Pow(float x, float y) => Of(default(ElementPairs.Pow), x, y);

    public static double Atan2(double y, double x) => Of(default(ElementPairs.Atan2), y, x);

    public static float Atan2(float y, float x) => Of(default(ElementPairs.Atan2), y, x);

    public static double Mod(double x, double y) => Of(default(ElementPairs.Mod), x, y);

    public static float Mod(float x, float y) => Of(default(ElementPairs.Mod), x, y);

    /// <summary>xᵃ for a constant a.</summary>
    public static double Power(double x, double exponent) => Of(new PowerOf(exponent), x);

    /// <summary>xᵃ for a constant a, which float does not round.</summary>
    public static float Power(float x, double exponent) => Of(new PowerOf(exponent), x);

    public static double Polygamma(double x, double order) => Of(new ElementFunctions.Polygamma(order), x);

    public static float Polygamma(float x, double order) => Of(new ElementFunctions.Polygamma(order), x);

    /// <summary>Power with the choice between small exponents and others.</summary>
    private readonly struct PowerOf(double exponent) : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Power(x, exponent);
    }
}
