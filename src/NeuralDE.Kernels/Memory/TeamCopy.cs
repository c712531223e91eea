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

    private struct Job : ITeamJob
    {
        public nint Source;
        public nint Target;
        public long Bytes;
        public long Share;

        public readonly void Run(int part)
        {
            long first = part * Share;
            RowMemory.Copy(Source + (nint)first, Target + (nint)first, long.Min(Share, Bytes - first));
        }
    }

    public static void Run(nint source, nint target, long bytes)
    {
        int parts = bytes < Least ? 1 : ThreadTeam.Parts(bytes / Speed);

        if (parts < 2)
        {
            RowMemory.Copy(source, target, bytes);
            return;
        }

        Job job;
        job.Source = source;
        job.Target = target;
        job.Bytes = bytes;
        job.Share = (bytes / parts / Page + 1) * Page;
        ThreadTeam.Run((int)((bytes - 1) / job.Share + 1), job, bytes / Speed);
    }
}
