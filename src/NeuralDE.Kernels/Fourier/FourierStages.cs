using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>
/// One stage of Stockham's transform, which needs no reordering. With n = radix m numbers in `near` interleaved sequences,
///   y[q + near (radix p + k)] = e^(−2πi pk / n) Σⱼ x[q + near (p + m j)] e^(−2πi jk / radix)
/// for 0 ≤ q &lt; near, 0 ≤ p &lt; m.
/// </summary>
internal static unsafe class FourierStages<T, S>
    where T : unmanaged
    where S : struct, IVector<S>
{
    /// <summary>
    /// With lanes S, or narrower ones if `near` is so small that at least half of the lanes would be idle.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(FourierStage stage, long near, T* re, T* im, T* outRe, T* outIm)
    {
        if (2 * near >= S.Count)
            Choose<S>(stage, near, re, im, outRe, outIm);
        else if (Vector256.IsHardwareAccelerated && S.Count > Lanes256<T>.Count && 2 * near >= Lanes256<T>.Count)
            Choose<Lanes256<T>>(stage, near, re, im, outRe, outIm);
        else
            Choose<Lane<T>>(stage, near, re, im, outRe, outIm);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Choose<V>(FourierStage stage, long near, T* re, T* im, T* outRe, T* outIm)
        where V : struct, IVector<V>
    {
        switch (stage.Radix)
        {
            case 2:
                Run<V, RadixTwo<T>>(stage, default, near, re, im, outRe, outIm);
                break;
            case 3:
                Run<V, RadixThree<T>>(stage, default, near, re, im, outRe, outIm);
                break;
            case 4:
                Run<V, RadixFour<T>>(stage, default, near, re, im, outRe, outIm);
                break;
            case 5:
                Run<V, RadixFive<T>>(stage, default, near, re, im, outRe, outIm);
                break;
            default:
                Run<V, RadixOdd<T>>(stage, new(stage.Radix, stage.Roots), near, re, im, outRe, outIm);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<V, R>(FourierStage stage, R radix, long near, T* re, T* im, T* outRe, T* outIm)
        where V : struct, IVector<V>
        where R : struct, IRadix<T>
    {
        long m = stage.Length / stage.Radix;
        var factors = (T*)stage.Factors;
        long rest = near % V.Count;
        long whole = near - rest;

        for (long p = 0; p < m; p++)
        {
            for (long q = 0; q < whole; q += V.Count)
                radix.Turn<V, WholeVector>(re + q, im + q, near * m, outRe + q, outIm + q, near, factors, default);

            if (rest > 0)
                radix.Turn<V, FirstLanes>(
                    re + whole,
                    im + whole,
                    near * m,
                    outRe + whole,
                    outIm + whole,
                    near,
                    factors,
                    new((int)rest)
                );

            re += near;
            im += near;
            outRe += near * stage.Radix;
            outIm += near * stage.Radix;
            factors += 2 * (stage.Radix - 1);
        }
    }
}
