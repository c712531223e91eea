namespace NeuralDE.Kernels;

/// <summary>Runs compiled groups in parts of whole vectors.</summary>
internal static class ElementTeam
{
    /// <summary>The number of elements of a part is a multiple of this.</summary>
    private const long Unit = 1024;

    private struct Job : ITeamJob
    {
        public ElementKernel Kernel;
        public long Memory;
        public long Offsets;
        public long Count;
        public long Part;

        public readonly void Run(int part)
        {
            long first = part * Part;
            Kernel(Memory, Offsets, first, long.Min(Count, first + Part));
        }
    }

    /// <summary>Computes the elements 0 to count − 1; nanoseconds is an estimate of the work.</summary>
    public static void Run(ElementKernel kernel, long memory, long offsets, long count, long nanoseconds)
    {
        int parts = count < 4 * Unit ? 1 : ThreadTeam.Parts(nanoseconds);

        if (parts < 2)
        {
            kernel(memory, offsets, 0, count);
            return;
        }

        long part = ((count + parts - 1) / parts + Unit - 1) / Unit * Unit;
        var job = new Job
        {
            Kernel = kernel,
            Memory = memory,
            Offsets = offsets,
            Count = count,
            Part = part,
        };
        ThreadTeam.Run((int)((count + part - 1) / part), job, nanoseconds);
    }
}
