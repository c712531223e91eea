using System;

namespace NeuralDE.Kernels;

/// <summary>Points on the unit circle.</summary>
internal static class Turns
{
    /// <summary>
    /// cos and sin of 2π j / n, 0 ≤ j &lt; n. The angle is reduced to [0, π/4] in integers, so quarters and eighths of
    /// a turn are exact and symmetric.
    /// </summary>
    public static (double Cosine, double Sine) Of(long j, long n)
    {
        long eighths = 8 * j; // of a turn, times n
        bool lower = eighths > 4 * n;
        long a = lower ? 8 * n - eighths : eighths;
        bool left = a > 2 * n;
        a = left ? 4 * n - a : a;
        bool steep = a > n;
        a = steep ? 2 * n - a : a;
        var (sine, cosine) = Math.SinCos(Math.PI / 4 * ((double)a / n));

        if (steep)
            (sine, cosine) = (cosine, sine);
        return (left ? -cosine : cosine, lower ? -sine : sine);
    }
}
