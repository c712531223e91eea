namespace NeuralDE.Kernels;

/// <summary>Reads shared arrays at indices that lanes compute.</summary>
internal static unsafe class LaneTables
{
    /// <summary>
    /// target[i] = table[clamp(index[i], 0, count − 1) · stride + offset] for i &lt; lanes; elements of 1, 4 or 8 bytes. The indices are
    /// int64 (wide) or int32.
    /// </summary>
    public static void Pick(
        nint table,
        int size,
        int count,
        int stride,
        int offset,
        bool isWide,
        nint index,
        nint target,
        int lanes
    )
    {
        for (int i = 0; i < lanes; i++)
        {
            long at = isWide ? ((long*)index)[i] : ((int*)index)[i];
            at = long.Clamp(at, 0, count - 1) * stride + offset;

            if (size == 8)
                ((long*)target)[i] = ((long*)table)[at];
            else if (size == 4)
                ((int*)target)[i] = ((int*)table)[at];
            else
                ((byte*)target)[i] = ((byte*)table)[at];
        }
    }

    /// <summary>See <see cref="Sorting.SearchSorted"/>.</summary>
    public static void Search(
        nint table,
        ElementType type,
        int count,
        bool right,
        nint values,
        nint target,
        int lanes
    ) => Sorting.SearchSorted(type, right, 1, count, lanes, table, values, target);
}
