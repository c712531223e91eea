using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>
/// The functions of <see cref="ElementTable"/> for single numbers, with the same bits as a lane of this machine's
/// vectors.
/// </summary>
internal static class ScalarMaths
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static double Of<F>(F function, double x)
        where F : struct, IUnary
    {
        if (Vector512.IsHardwareAccelerated)
            return Lanes512<double>.First(function.Apply(Lanes512<double>.Of(x)));
        if (Vector256.IsHardwareAccelerated)
            return Lanes256<double>.First(function.Apply(Lanes256<double>.Of(x)));
        return Lane<double>.First(function.Apply(Lane<double>.Of(x)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Of<F>(F function, float x)
        where F : struct, IUnary
    {
        if (Vector512.IsHardwareAccelerated)
            return (float)Lanes512<float>.First(function.Apply(Lanes512<float>.Of(x)));
        if (Vector256.IsHardwareAccelerated)
            return (float)Lanes256<float>.First(function.Apply(Lanes256<float>.Of(x)));
        return (float)Lane<float>.First(function.Apply(Lane<float>.Of(x)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static double Of<F>(F function, double x, double y)
        where F : struct, IBinary
    {
        if (Vector512.IsHardwareAccelerated)
            return Lanes512<double>.First(function.Apply(Lanes512<double>.Of(x), Lanes512<double>.Of(y)));
        if (Vector256.IsHardwareAccelerated)
            return Lanes256<double>.First(function.Apply(Lanes256<double>.Of(x), Lanes256<double>.Of(y)));
        return Lane<double>.First(function.Apply(Lane<double>.Of(x), Lane<double>.Of(y)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Of<F>(F function, float x, float y)
        where F : struct, IBinary
    {
        if (Vector512.IsHardwareAccelerated)
            return (float)Lanes512<float>.First(function.Apply(Lanes512<float>.Of(x), Lanes512<float>.Of(y)));
        if (Vector256.IsHardwareAccelerated)
            return (float)Lanes256<float>.First(function.Apply(Lanes256<float>.Of(x), Lanes256<float>.Of(y)));
        return (float)Lane<float>.First(function.Apply(Lane<float>.Of(x), Lane<float>.Of(y)));
    }

    /// <summary>xᵃ for a constant a.</summary>
    public static double Power(double x, double exponent) => Of(new PowerOf(exponent), x);

    /// <summary>xᵃ for a constant a in float64, without rounding a to float.</summary>
    public static float Power(float x, double exponent) => Of(new PowerOf(exponent), x);

    public static double Polygamma(double x, double order) => Of(new ElementFunctions.Polygamma(order), x);

    public static float Polygamma(float x, double order) => Of(new ElementFunctions.Polygamma(order), x);

    /// <summary>Power, with a separate path for small integer exponents.</summary>
    private readonly struct PowerOf(double exponent) : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Power(x, exponent);
    }
}
