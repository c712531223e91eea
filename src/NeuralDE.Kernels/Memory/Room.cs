using System;

namespace NeuralDE.Kernels;

/// <summary>Memory that is wanted and not there.</summary>
internal sealed class NoRoomException(long bytes)
    : Exception($"{Room.Text(bytes)} of memory are wanted, of {Room.Text(Room.Total)} in all.")
{
    public long Bytes => bytes;
}

/// <summary>
/// Whether memory is there. Linux promises more than it has and ends the process that uses it, so a large block is
/// compared with what is left before it is asked for.
/// </summary>
internal static class Room
{
    /// <summary>Smaller blocks are not looked at: asking the system takes microseconds.</summary>
    public const long Small = 1L << 28;

    /// <summary>What the process may use: of the machine, or its container, or the limit set for the heap.</summary>
    public static readonly long Total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    public static string Text(long bytes) =>
        (bytes / 1e9).ToString("0.##", System.Globalization.CultureInfo.InvariantCulture) + " GB";

    /// <summary>Bytes left. Where they would not do, what waits to be freed is freed first.</summary>
    public static bool Has(long bytes)
    {
        if (bytes < Small || bytes <= Total / 2 - Environment.WorkingSet)
            return true;

        if (bytes > Total)
            return false;
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var info = GC.GetGCMemoryInfo();
        // the load is that of the machine; under a limit for the heap it says nothing of what is left
        long load = info.MemoryLoadBytes <= Total ? info.MemoryLoadBytes : 0;
        return bytes <= Total - Math.Max(Environment.WorkingSet, load);
    }

    public static void Claim(long bytes)
    {
        if (!Has(bytes))
            throw new NoRoomException(bytes);
    }
}
