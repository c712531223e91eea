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
    private readonly struct Job(ITiles tiles, nint memory) : IRangeJob
    {
        public void Run(long first, long last) => tiles.Run(memory, (int)first, (int)last);
    }

    /// <summary>Runs tiles 0 to count − 1; nanoseconds is an estimate of the work.</summary>
    public static void Run(ITiles tiles, nint memory, int count, long nanoseconds) =>
        RangeTeam.Run(count, ThreadTeam.Parts(nanoseconds), 1, new Job(tiles, memory), nanoseconds);
}
