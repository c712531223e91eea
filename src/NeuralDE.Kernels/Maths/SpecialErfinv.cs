using System;

namespace NeuralDE.Kernels;

/// <remarks>By the tables of <see cref="NormalQuantileTables"/>.</remarks>
internal static partial class Special
{
    /// <summary>
    /// The inverse of erf, which is the normal quantile of (1 + x) / 2 over √2 (4 ulp): ±∞ at ±1, NaN outside [−1, 1].
    /// </summary>
    public static double Erfinv(double x)
    {
        double half = 0.5 * x;
        double size = Math.Abs(half);

        if (x == 0)
            return x;
        if (size <= 0.425)
        {
            double r = 0.180625 - half * half;
            double near =
                half
                * (Polynomial(NormalQuantileTables.NearTop, r) / Polynomial(NormalQuantileTables.NearBottom, r))
                * RootHalf;

            // after one step of Newton's method, little more than the error of erf is left
            double difference = Lane<double>.First(Maths.Erf(Lane<double>.Of(near))) - x;
            return near - difference * HalfRootOfPi * Math.Exp(near * near);
        }
        if (!(size < 0.5))
            return size == 0.5 ? Math.CopySign(double.PositiveInfinity, x) : double.NaN;

        // 0.5 − |x/2| is exact
        double depth = Math.Sqrt(-Math.Log(0.5 - size));
        double quantile =
            depth <= 5
                ? Polynomial(NormalQuantileTables.OuterTop, depth - 1.6)
                    / Polynomial(NormalQuantileTables.OuterBottom, depth - 1.6)
                : Polynomial(NormalQuantileTables.FarTop, depth - 5)
                    / Polynomial(NormalQuantileTables.FarBottom, depth - 5);
        return Math.CopySign(quantile * RootHalf, x);
    }

    private const double RootHalf = 0.70710678118654752440;
    private const double HalfRootOfPi = 0.88622692545275801365;
}
