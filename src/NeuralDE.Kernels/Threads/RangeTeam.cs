namespace NeuralDE.Kernels;

/// <summary>Work on indices that may be divided.</summary>
internal interface IRangeJob
{
    /// <summary>The indices first to last − 1.</summary>
    void Run(long first, long last);
}

/// <summary>Divides the indices of a job into parts for the team.</summary>
internal static class RangeTeam
{
    private readonly struct Parts<Job>(Job job, long count, long share) : ITeamJob
        where Job : struct, IRangeJob
    {
        public void Run(int part) => job.Run(part * share, long.Min(count, (part + 1) * share));
    }

    /// <summary>
    /// Runs the indices 0 to count − 1 in at most this many parts of nearly equal size: a multiple of the unit, except
    /// the last. `nanoseconds` is an estimate of the work.
    /// </summary>
    public static void Run<Job>(long count, int parts, long unit, Job job, long nanoseconds)
        where Job : struct, IRangeJob
    {
        long share = parts < 2 ? count : ((count - 1) / unit / parts + 1) * unit;

        if (share >= count)
            job.Run(0, count);
        else
            ThreadTeam.Run((int)((count - 1) / share + 1), new Parts<Job>(job, count, share), nanoseconds);
    }
}
