namespace NeuralDE.Kernels;

/// <summary>Divides a convolution into parts: groups, and examples or outputs.</summary>
internal static unsafe class ConvolutionTeam
{
    /// <summary>Approximate multiply-adds of one thread per nanosecond.</summary>
    private const int Speed = 32;

    /// <summary>
    /// The number of independent sums that hides the latency of a multiply-add; fewer sums wait for each other.
    /// </summary>
    private const int LeastSums = 8;

    private struct Job<S> : ITeamJob
        where S : struct, IVector<S>
    {
        public ConvolutionShape* Shape;

        /// <summary>Whether the lanes hold examples; otherwise they hold outputs.</summary>
        public bool ByBatch;

        /// <summary>The number of parts of a group along the outputs, and the number of examples of a part.</summary>
        public int Strips;
        public int Examples;

        public readonly void Run(int part) => Run((long)part);

        public readonly void Run(long part)
        {
            int group = (int)(part % Shape->Groups);
            long place = part / Shape->Groups;
            int example = (int)(place / Strips * Examples);

            if (ByBatch)
                ConvolutionByBatch.Run<S>(Shape, group, example);
            else
                ConvolutionByOutput.Run<S>(
                    Shape,
                    group,
                    (int)(place % Strips) * ConvolutionByOutput.Outputs<S>(),
                    example,
                    int.Min(Examples, Shape->Batch - example)
                );
        }
    }

    public static void Run<S>(ConvolutionShape* shape)
        where S : struct, IVector<S> => Run<S>(shape, CostsByBatch<S>(shape) <= CostsByOutput<S>(shape));

    public static void Run<S>(ConvolutionShape* shape, bool byBatch)
        where S : struct, IVector<S>
    {
        if (shape->Batch == 0 || shape->Groups == 0 || shape->Outputs == 0 || shape->Results == 0)
            return;
        long sums = (long)shape->Batch * shape->Groups * shape->Outputs * shape->Results;
        long nanoseconds = sums * shape->Channels * shape->Taps / Speed;
        Job<S> job;
        job.Shape = shape;
        job.ByBatch = byBatch;

        if (byBatch)
        {
            job.Strips = 1;
            job.Examples = ConvolutionByBatch.Examples<S>();
        }
        else
        {
            // each part transposes its kernel, which costs time
            int parts = ThreadTeam.Parts(nanoseconds);
            job.Strips = Ceiling(shape->Outputs, ConvolutionByOutput.Outputs<S>());
            int perStrip = (int)long.Max(1, parts / ((long)job.Strips * shape->Groups));
            job.Examples = Ceiling(shape->Batch, int.Min(shape->Batch, perStrip));
        }

        long all = (long)shape->Groups * job.Strips * Ceiling(shape->Batch, job.Examples);

        if (ThreadTeam.Parts(nanoseconds) > 1 && all <= int.MaxValue)
            ThreadTeam.Run((int)all, job, nanoseconds);
        else
            for (long part = 0; part < all; part++)
                job.Run(part);
    }

    private static int Ceiling(int a, int b) => (int)((a + (long)b - 1) / b);

    /// <summary>
    /// The cost in vectors of sums per output position; too few concurrent sums cost as much as more.
    /// </summary>
    private static long CostsByBatch<S>(ConvolutionShape* shape)
        where S : struct, IVector<S>
    {
        int vectors = Ceiling(shape->Batch, S.Count);
        return (long)vectors * shape->Outputs * Waits((long)int.Min(2, vectors) * shape->Outputs);
    }

    private static long CostsByOutput<S>(ConvolutionShape* shape)
        where S : struct, IVector<S>
    {
        int vectors = Ceiling(shape->Outputs, S.Count);
        int run = shape->Axes[shape->Rank - 1].Output;
        return (long)shape->Batch * vectors * Waits((long)int.Min(4, vectors) * run);
    }

    private static long Waits(long sums) => sums >= LeastSums ? 1 : LeastSums / long.Max(1, sums);
}
