using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>Scans along the middle axis of a contiguous array [outer; count; inner].</summary>
internal static unsafe class Scans
{
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>
    /// target[o, i] ← the first j (int64) with the largest source[o, j, i]; NaN counts as larger than all numbers.
    /// </summary>
    public static void ArgMax(ElementType type, long outer, long count, long inner, nint source, nint target) =>
        ElementTypes.Run(type, new ArgMaxWork(outer, count, inner, source, target));

    private readonly struct ArgMaxWork(long outer, long count, long inner, nint source, nint target) : IElementWork
    {
        public void Run<T>()
            where T : unmanaged, INumber<T> => ArgMax(outer, count, inner, (T*)source, (long*)target);
    }

    [MethodImpl(Hot)]
    private static void ArgMax<T>(long outer, long count, long inner, T* source, long* target)
        where T : unmanaged, INumber<T>
    {
        for (long o = 0; o < outer; o++, source += count * inner, target += inner)
            if (inner == 1)
                *target = ArgMax(source, count);
            else
            {
                Runs.Fill(target, inner, 0L);

                for (long j = 1; j < count; j++)
                for (long i = 0; i < inner; i++)
                    if (Ordering.Before(source[target[i] * inner + i], source[j * inner + i]))
                        target[i] = j;
            }
    }

    [MethodImpl(Inline)]
    private static long ArgMax<T>(T* source, long count)
        where T : unmanaged, INumber<T>
    {
        long best = 0;
        T largest = *source;

        for (long j = 1; j < count; j++)
            if (Ordering.Before(largest, source[j]))
            {
                best = j;
                largest = source[j];
            }

        return best;
    }

    /// <summary>
    /// target[o, j, i] ← the sum of source[o, k, i] over k ≤ j, in the order of k; reverse: over k ≥ j from the end.
    /// Float32 is summed in float64; integers wrap.
    /// </summary>
    public static void CumSum(
        ElementType type,
        bool reverse,
        long outer,
        long count,
        long inner,
        nint source,
        nint target
    ) => ElementTypes.Run(type, new CumSumWork(reverse, outer, count, inner, source, target));

    private readonly struct CumSumWork(bool reverse, long outer, long count, long inner, nint source, nint target)
        : IElementWork
    {
        public void Run<T>()
            where T : unmanaged, INumber<T>
        {
            if (typeof(T) == typeof(float) || typeof(T) == typeof(double))
                CumSum<T, double>(reverse, outer, count, inner, (T*)source, (T*)target);
            else
                CumSum<T, long>(reverse, outer, count, inner, (T*)source, (T*)target);
        }
    }

    /// <summary>The sums have the type A.</summary>
    [MethodImpl(Hot)]
    [SkipLocalsInit]
    private static void CumSum<T, A>(bool reverse, long outer, long count, long inner, T* source, T* target)
        where T : unmanaged, INumber<T>
        where A : unmanaged, INumber<A>
    {
        // columns processed together
        const int Chunk = 256;
        A* sums = stackalloc A[Chunk];
        long step = reverse ? -inner : inner;

        for (long o = 0; o < outer; o++, source += count * inner, target += count * inner)
        for (long c = 0; c < inner; c += Chunk)
        {
            int width = (int)Math.Min(Chunk, inner - c);
            long at = reverse ? (count - 1) * inner + c : c;

            if (width == 1)
            {
                Column<T, A>(count, step, source + at, target + at);
                continue;
            }

            Runs.Fill(sums, width, A.Zero);

            for (long j = 0; j < count; j++, at += step)
            for (int i = 0; i < width; i++)
                target[at + i] = T.CreateTruncating(sums[i] += A.CreateTruncating(source[at + i]));
        }
    }

    [MethodImpl(Hot)]
    private static void Column<T, A>(long count, long step, T* source, T* target)
        where T : unmanaged, INumber<T>
        where A : unmanaged, INumber<A>
    {
        var sum = A.Zero;

        for (long j = 0; j < count; j++, source += step, target += step)
            *target = T.CreateTruncating(sum += A.CreateTruncating(*source));
    }
}
