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
        {
            long found = 0;

            for (long j = 0; j < m; j++)
            {
                T value = *values++;
                // values are often sorted too: the place of the last one, or the next place, holds for most
                if (found < n && Passes(right, sorted[found], value))
                    found++;
                if (!IsPlace(right, n, sorted, value, found))
                    found = Bisect(right, n, sorted, value);
                *target++ = found;
            }
        }
    }

    /// <summary>Whether an element comes before the place of a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Passes<T>(bool right, T element, T value)
        where T : unmanaged, INumber<T> => right ? !Ordering.Before(value, element) : Ordering.Before(element, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlace<T>(bool right, long n, T* sorted, T value, long place)
        where T : unmanaged, INumber<T> =>
        (place == 0 || Passes(right, sorted[place - 1], value)) && (place == n || !Passes(right, sorted[place], value));

    [MethodImpl(Hot)]
    private static long Bisect<T>(bool right, long n, T* sorted, T value)
        where T : unmanaged, INumber<T>
    {
        // elements before low come before the value, elements from high on do not
        long low = 0;
        long high = n;

        while (low < high)
        {
            long middle = (low + high) / 2;

            if (Passes(right, sorted[middle], value))
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
