using System;

namespace NeuralDE.Kernels;

/// <summary>Functions of one float64, and scalar functions that are applied lane by lane.</summary>
internal static partial class Special
{
    /// <summary>Σ c[i] xⁱ by Horner's rule.</summary>
    private static double Polynomial(ReadOnlySpan<double> c, double x)
    {
        double sum = 0;

        for (int i = c.Length - 1; i >= 0; i--)
            sum = sum * x + c[i];
        return sum;
    }

    /// <summary>
    /// log (1 + x) for |x| ≤ ½, without cancellation near 0 (1 ulp): the rounding error of 1 + x is corrected to first
    /// order.
    /// </summary>
    private static double Log1p(double x)
    {
        double u = 1 + x;
        return Math.Log(u) - (u - 1 - x) / u;
    }

    /// <summary>The remainder with the sign of the divisor; NaN for division by 0; a zero has the sign of x.</summary>
    private static double Mod(double x, double y)
    {
        double rest = x % y;
        return rest != 0 && rest < 0 != y < 0 ? rest + y : rest;
    }

    internal readonly struct SinFunction : IScalarUnary
    {
        public static double Of(double x) => Math.Sin(x);
    }

    internal readonly struct CosFunction : IScalarUnary
    {
        public static double Of(double x) => Math.Cos(x);
    }

    internal readonly struct TanFunction : IScalarUnary
    {
        public static double Of(double x) => Math.Tan(x);
    }

    internal readonly struct AsinFunction : IScalarUnary
    {
        public static double Of(double x) => Math.Asin(x);
    }

    internal readonly struct AcosFunction : IScalarUnary
    {
        public static double Of(double x) => Math.Acos(x);
    }

    internal readonly struct AtanFunction : IScalarUnary
    {
        public static double Of(double x) => Math.Atan(x);
    }

    internal readonly struct SinhFunction : IScalarUnary
    {
        public static double Of(double x) => Math.Sinh(x);
    }

    internal readonly struct CoshFunction : IScalarUnary
    {
        public static double Of(double x) => Math.Cosh(x);
    }

    internal readonly struct AsinhFunction : IScalarUnary
    {
        public static double Of(double x) => Math.Asinh(x);
    }

    internal readonly struct AcoshFunction : IScalarUnary
    {
        public static double Of(double x) => Math.Acosh(x);
    }

    internal readonly struct AtanhFunction : IScalarUnary
    {
        public static double Of(double x) => Math.Atanh(x);
    }

    internal readonly struct ErfinvFunction : IScalarUnary
    {
        public static double Of(double x) => Erfinv(x);
    }

    internal readonly struct LgammaFunction : IScalarUnary
    {
        public static double Of(double x) => Lgamma(x);
    }

    internal readonly struct PolygammaFunction : IScalarBinary
    {
        public static double Of(double x, double order) => Polygamma(x, (int)order);
    }

    internal readonly struct Atan2Function : IScalarBinary
    {
        public static double Of(double y, double x) => Math.Atan2(y, x);
    }

    internal readonly struct ModFunction : IScalarBinary
    {
        public static double Of(double x, double y) => Mod(x, y);
    }
}
