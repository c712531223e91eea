using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>Sorting and searching in the order of <see cref="Ordering"/>.</summary>
internal static unsafe class Sorting
{
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>
    /// target[o, ·, i] ← the indices (int64) that sort source[o, ·, i] in ascending order; stable, NaN last. The arrays
    /// are [outer; count; inner].
    /// </summary>
    public static void ArgSort(ElementType type, long outer, long count, long inner, nint source, nint target) =>
        ElementTypes.Run(type, new ArgSortWork(outer, count, inner, source, target));

    private readonly struct ArgSortWork(long outer, long count, long inner, nint source, nint target) : IElementWork
    {
        public void Run<T>()
            where T : unmanaged, INumber<T> => ArgSort(outer, count, inner, (T*)source, (long*)target);
    }

    [MethodImpl(Hot)]
    private static void ArgSort<T>(long outer, long count, long inner, T* source, long* target)
        where T : unmanaged, INumber<T>
    {
        var keys = (RankedIndex*)ThreadScratch.Get(ThreadScratch.Use.Sorting, 2 * count * sizeof(RankedIndex));

        for (long o = 0; o < outer; o++, source += count * inner, target += count * inner)
        for (long i = 0; i < inner; i++)
        {
            for (long j = 0; j < count; j++)
                keys[j] = new(Ordering.Rank(source[j * inner + i]), j);

            var sorted = RadixSort.Sort(keys, keys + count, count, sizeof(T));

            for (long j = 0; j < count; j++)
                target[j * inner + i] = sorted[j].Index;
        }
    }

    /// <summary>
    /// target[b, j] ← the first i (int64) with sorted[b, i] ≥ values[b, j] (right: &gt;), n if there is none. In each
    /// batch, sorted has n elements and values m.
    /// </summary>
    public static void SearchSorted(
        ElementType type,
        bool right,
        long batches,
        long n,
        long m,
        nint sorted,
        nint values,
        nint target
    ) => ElementTypes.Run(type, new SearchWork(right, batches, n, m, sorted, values, target));

    private readonly struct SearchWork(bool right, long batches, long n, long m, nint sorted, nint values, nint target)
        : IElementWork
    {
        public void Run<T>()
            where T : unmanaged, INumber<T> =>
            SearchSorted(right, batches, n, m, (T*)sorted, (T*)values, (long*)target);
    }

    [MethodImpl(Hot)]
    private static void SearchSorted<T>(bool right, long batches, long n, long m, T* sorted, T* values, long* target)
        where T : unmanaged, INumber<T>
    {
        for (long b = 0; b < batches; b++, sorted += n)
        for (long j = 0; j < m; j++)
        {
            T value = *values++;
            // binary search: elements before low come before the value, elements from high on do not
            long low = 0;
            long high = n;

            while (low < high)
            {
                long middle = (low + high) / 2;
                T met = sorted[middle];
                bool passed = right ? !Ordering.Before(value, met) : Ordering.Before(met, value);

                if (passed)
                    low = middle + 1;
                else
                    high = middle;
            }

            *target++ = low;
        }
    }
}
