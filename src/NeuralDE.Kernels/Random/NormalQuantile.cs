using System;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// The quantile function of the standard normal distribution: Wichura's algorithm AS 241 (PPND16), relative error about
/// 10⁻¹⁵. Three rational functions: near ½, towards 0 and 1, and very near them. Products and sums are rounded
/// separately, so every width gives the same bits.
/// </summary>
internal static unsafe class NormalQuantile<S>
    where S : struct, IVector<S>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>The largest |p − ½| of the middle rational function.</summary>
    private const double Near = 0.425;

    /// <summary>Σ c[i] xⁱ by Horner's rule.</summary>
    [MethodImpl(Inline)]
    private static S Polynomial(ReadOnlySpan<double> c, S x)
    {
        var sum = S.Of(c[7]);

        for (int i = 6; i >= 0; i--)
            sum = sum * x + S.Of(c[i]);
        return sum;
    }

    /// <summary>
    /// Replaces probabilities (float64, in (0, 1)) by quantiles. Count is a multiple of S.Count; `count` indices
    /// (int32) and `others` (float64) are temporary memory.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(nint probabilities, int count, nint indices, nint others)
    {
        var p = (double*)probabilities;
        var outside = (int*)indices;
        var roots = (double*)others;
        // collect the elements outside the middle range (~i if below it), with −log min(p, 1 − p)
        int found = 0;

        for (int i = 0; i < count; i++)
        {
            // without branches, because they would be mispredicted
            double q = p[i] - 0.5;
            int lower = (int)(BitConverter.DoubleToInt64Bits(q) >> 63);
            outside[found] = i ^ lower;
            roots[found] = p[i];
            found += Math.Abs(q) > Near ? 1 : 0;
        }

        for (int i = 0; i < found; i++)
            roots[i] = -Math.Log(outside[i] < 0 ? roots[i] : 1 - roots[i]);

        for (int i = 0; i < count; i += S.Count)
        {
            var q = S.Load(p + i) - S.Of(0.5);
            var r = S.Of(0.180625) - q * q; // Near²
            S.Store(
                q * Polynomial(NormalQuantileTables.NearTop, r) / Polynomial(NormalQuantileTables.NearBottom, r),
                p + i
            );
        }

        for (int i = 0; i < found; i += S.Count)
        {
            int present = Math.Min(S.Count, found - i);
            var root = S.Sqrt(S.LoadFirst(roots + i, present));
            var r = root - S.Of(1.6);
            var x = Polynomial(NormalQuantileTables.OuterTop, r) / Polynomial(NormalQuantileTables.OuterBottom, r);
            var isFar = S.Less(S.Of(5), root);

            if (S.Any(isFar))
                x = S.Select(isFar, Far(root), x);
            S.StoreFirst(x, roots + i, present);
        }

        for (int i = 0; i < found; i++)
            if (outside[i] < 0)
                p[~outside[i]] = -roots[i];
            else
                p[outside[i]] = roots[i];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static S Far(S root)
    {
        var r = root - S.Of(5);
        return Polynomial(NormalQuantileTables.FarTop, r) / Polynomial(NormalQuantileTables.FarBottom, r);
    }

    /// <summary>The quantiles of a few probabilities, with the bits of Run.</summary>
    [MethodImpl(Inline)]
    public static S Of(S p)
    {
        var q = p - S.Of(0.5);
        var r = S.Of(0.180625) - q * q;
        var near = q * Polynomial(NormalQuantileTables.NearTop, r) / Polynomial(NormalQuantileTables.NearBottom, r);
        var isOutside = S.Less(S.Of(Near), S.Abs(q));
        return S.Any(isOutside) ? S.Select(isOutside, Outside(p), near) : near;
    }

    /// <summary>Those outside the middle range; any number for the others.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static S Outside(S p)
    {
        double* roots = stackalloc double[S.Count];
        var isLower = S.Less(p, S.Of(0.5));
        S.Store(S.Select(isLower, p, S.Of(1) - p), roots);

        // of the others no logarithm is needed
        for (int i = 0; i < S.Count; i++)
            roots[i] = 0.5 - roots[i] > Near ? -Math.Log(roots[i]) : 0;

        var root = S.Sqrt(S.Load(roots));
        var r = root - S.Of(1.6);
        var x = Polynomial(NormalQuantileTables.OuterTop, r) / Polynomial(NormalQuantileTables.OuterBottom, r);
        var isFar = S.Less(S.Of(5), root);

        if (S.Any(isFar))
            x = S.Select(isFar, Far(root), x);
        return S.Select(isLower, -x, x);
    }
}
