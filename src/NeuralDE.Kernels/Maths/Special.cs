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
    public static double Mod(double x, double y)
    {
        double rest = x % y;
        return rest != 0 && rest < 0 != y < 0 ? rest + y : rest;
    }
}
