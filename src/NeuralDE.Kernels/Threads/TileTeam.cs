namespace NeuralDE.Kernels;

/// <summary>Work in tiles, which may run in any order and on any thread.</summary>
internal interface ITiles
{
    /// <summary>Runs tiles first to last − 1 on the calling thread.</summary>
    void Run(nint memory, int first, int last);
}

/// <summary>Divides tiles into parts; neighbouring tiles stay on one thread.</summary>
internal static class TileTeam
{
    private struct Job : ITeamJob
    {
        public ITiles Tiles;
        public nint Memory;
        public int Count;
        public int Share;

        public readonly void Run(int part) =>
            Tiles.Run(Memory, part * Share, (int)long.Min(Count, (part + 1L) * Share));
    }

    /// <summary>Runs tiles 0 to count − 1; nanoseconds is an estimate of the work.</summary>
    public static void Run(ITiles tiles, nint memory, int count, long nanoseconds)
    {
        int parts = int.Min(count, ThreadTeam.Parts(nanoseconds));

        if (parts < 2)
        {
            tiles.Run(memory, 0, count);
            return;
        }

        int share = (count - 1) / parts + 1;
        var job = new Job
        {
            Tiles = tiles,
            Memory = memory,
            Count = count,
            Share = share,
        };
        ThreadTeam.Run((count - 1) / share + 1, job, nanoseconds);
    }
}
