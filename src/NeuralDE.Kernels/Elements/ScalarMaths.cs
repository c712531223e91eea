using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>
/// The functions of <see cref="ElementTable"/> for single numbers, with the same bits as a lane of this machine's
/// vectors.
/// </summary>
internal static class ScalarMaths
{
    public static double Of<F>(F function, double x)
        where F : struct, IUnary => InLane<double, F>(function, x);

    public static float Of<F>(F function, float x)
        where F : struct, IUnary => (float)InLane<float, F>(function, x);

    public static double Of<F>(F _, double x, double y)
        where F : struct, IBinary => InLane<double, With<F>>(new(y), x);

    public static float Of<F>(F _, float x, float y)
        where F : struct, IBinary => (float)InLane<float, With<F>>(new(y), x);

    /// <summary>xᵃ for a constant a.</summary>
    public static double Power(double x, double exponent) => Of(new ElementFunctions.Power(exponent), x);

    /// <summary>xᵃ for a constant a in float64, without rounding a to float.</summary>
    public static float Power(float x, double exponent) => Of(new ElementFunctions.Power(exponent), x);

    public static double Polygamma(double x, double order) => Of(new ElementFunctions.Polygamma(order), x);

    public static float Polygamma(float x, double order) => Of(new ElementFunctions.Polygamma(order), x);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double InLane<T, F>(F function, double x)
        where T : unmanaged
        where F : struct, IUnary
    {
        if (Vector512.IsHardwareAccelerated)
            return Lanes512<T>.First(function.Apply(Lanes512<T>.Of(x)));
        if (Vector256.IsHardwareAccelerated)
            return Lanes256<T>.First(function.Apply(Lanes256<T>.Of(x)));
        return Lane<T>.First(function.Apply(Lane<T>.Of(x)));
    }

    /// <summary>A function of two arguments with the second one given.</summary>
    private readonly struct With<F>(double y) : IUnary
        where F : struct, IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => default(F).Apply(x, S.Of(y));
    }
}
