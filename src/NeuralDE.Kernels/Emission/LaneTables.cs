namespace NeuralDE.Kernels;

/// <summary>
/// Reads tables at indices that lanes compute. `tables` is the address of the tables' addresses, one for each lane, or only one
/// (isOne).
/// </summary>
internal static unsafe class LaneTables
{
    /// <summary>
    /// target[i] = table[clamp(index[i], 0, count − 1) · stride + offset] for i &lt; lanes; elements of 4 or 8 bytes. The indices are
    /// int64 (wide) or int32.
    /// </summary>
    public static void Pick(
        nint tables,
        bool isOne,
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
            nint table = ((nint*)tables)[isOne ? 0 : i];
            long at = isWide ? ((long*)index)[i] : ((int*)index)[i];
            at = long.Clamp(at, 0, count - 1) * stride + offset;

            if (size == 8)
                ((long*)target)[i] = ((long*)table)[at];
            else
                ((int*)target)[i] = ((int*)table)[at];
        }
    }

    /// <summary>See <see cref="Sorting.SearchSorted"/>.</summary>
    public static void Search(
        nint tables,
        bool isOne,
        ElementType type,
        int count,
        bool right,
        nint values,
        nint target,
        int lanes
    )
    {
        for (int i = 0; i < lanes; i++)
        {
            nint table = ((nint*)tables)[isOne ? 0 : i];
            Sorting.SearchSorted(type, right, 1, count, 1, table, values + i * type.Size(), target + i * sizeof(long));
        }
    }
}
