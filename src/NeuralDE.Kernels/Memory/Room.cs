using System;

namespace NeuralDE.Kernels;

/// <summary>More memory is needed than is available.</summary>
internal sealed class NoRoomException(long bytes)
    : Exception($"{Room.Text(bytes)} of memory are needed, of {Room.Text(Room.Total)} in all.")
{
    public long Bytes => bytes;
}

/// <summary>
/// Whether memory is available. Linux grants more memory than it has and ends the process that uses it, so the size of
/// a large block is compared with the available memory first.
/// </summary>
internal static class Room
{
    /// <summary>Smaller blocks are not checked, because a query of the system takes microseconds.</summary>
    public const long Small = 1L << 28;

    /// <summary>
    /// The memory that the process may use: of the machine, its container, or the limit set for the heap.
    /// </summary>
    public static readonly long Total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    public static string Text(long bytes) =>
        (bytes / 1e9).ToString("0.##", System.Globalization.CultureInfo.InvariantCulture) + " GB";

    /// <summary>Whether this many bytes are available. If they seem not to be, collects garbage first.</summary>
    public static bool Has(long bytes)
    {
        if (bytes < Small || bytes <= Total / 2 - Environment.WorkingSet)
            return true;

        return bytes <= Total && HasAfterCollection(bytes);
    }

    private static bool HasAfterCollection(long bytes)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        ResultMemory.FreeUnused();
        var info = GC.GetGCMemoryInfo();
        // the load is that of the whole machine; it does not apply if the heap has its own limit
        long load = info.MemoryLoadBytes <= Total ? info.MemoryLoadBytes : 0;
        return bytes <= Total - Math.Max(Environment.WorkingSet, load);
    }

    public static void Claim(long bytes)
    {
        if (!Has(bytes))
            throw new NoRoomException(bytes);
    }

    /// <summary>
    /// The same for one of many blocks, each of which may be small. They lie outside the managed heap, so its limit, which is
    /// also that of a container, does not end them.
    /// </summary>
    public static void ClaimOneOfMany(long bytes)
    {
        if (bytes > Total - Environment.WorkingSet && !HasAfterCollection(bytes))
            throw new NoRoomException(bytes);
    }
}
