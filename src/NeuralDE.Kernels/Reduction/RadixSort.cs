using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>An index and its sort key.</summary>
internal readonly struct RankedIndex(ulong rank, long index)
{
    public readonly ulong Rank = rank;
    public readonly long Index = index;
}

/// <summary>
/// Stable sorting by rank: insertion sort for few elements, otherwise radix sort by bytes from the lowest.
/// </summary>
internal static unsafe class RadixSort
{
    private const int Few = 48;
    private const int Digits = 256;

    /// <summary>
    /// Sorts by the lower bytes of the ranks. The other array is temporary memory. Returns the array that is sorted.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static RankedIndex* Sort(RankedIndex* keys, RankedIndex* other, long count, int bytes)
    {
        if (count <= Few)
        {
            Insert(keys, count);
            return keys;
        }

        long* places = stackalloc long[Digits * bytes];

        for (int i = 0; i < Digits * bytes; i++)
            places[i] = 0;

        for (long i = 0; i < count; i++)
        for (int digit = 0; digit < bytes; digit++)
            places[Digits * digit + (byte)(keys[i].Rank >> 8 * digit)]++;

        for (int digit = 0; digit < bytes; digit++, places += Digits)
        {
            // skip a byte that is the same in all ranks
            if (places[(byte)(keys[0].Rank >> 8 * digit)] == count)
                continue;

            long before = 0;

            for (int value = 0; value < Digits; value++)
                (places[value], before) = (before, before + places[value]);

            for (long i = 0; i < count; i++)
                other[places[(byte)(keys[i].Rank >> 8 * digit)]++] = keys[i];
            var moved = other;
            other = keys;
            keys = moved;
        }

        return keys;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Insert(RankedIndex* keys, long count)
    {
        for (long i = 1; i < count; i++)
        {
            var key = keys[i];
            long j = i;

            for (; j > 0 && keys[j - 1].Rank > key.Rank; j--)
                keys[j] = keys[j - 1];
            keys[j] = key;
        }
    }
}
