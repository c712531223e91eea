namespace NeuralDE.Kernels;

/// <summary>
/// Large copies on all threads. Each copies its own share, which it has mostly written itself: less for the speed of the
/// copy than for the next writer, who would wait for a core that had read everything (see <see cref="ThreadTeam"/>).
/// </summary>
internal static class TeamCopy
{
    /// <summary>Smaller copies take less time than two threads need to begin.</summary>
    private const long Least = 49152;

    /// <summary>Approximate bytes that one thread copies per nanosecond.</summary>
    private const int Speed = 16;

    /// <summary>Parts end at pages, so that no line has two writers.</summary>
    private const long Page = 4096;

    private readonly struct Job(nint source, nint target) : IRangeJob
    {
        public void Run(long first, long last) =>
            RowMemory.Copy(source + (nint)first, target + (nint)first, last - first);
    }

    public static void Run(nint source, nint target, long bytes)
    {
        int parts = bytes < Least ? 1 : ThreadTeam.Parts(bytes / Speed);
        RangeTeam.Run(bytes, parts, Page, new Job(source, target), bytes / Speed);
    }
}
