namespace NeuralDE.Kernels;

/// <summary>Runs compiled groups in parts of whole vectors.</summary>
internal static class ElementTeam
{
    /// <summary>The number of elements of a part is a multiple of this.</summary>
    private const long Unit = 1024;

    private readonly struct Job(ElementKernel kernel, long memory, long offsets) : IRangeJob
    {
        public void Run(long first, long last) => kernel(memory, offsets, first, last);
    }

    /// <summary>Computes the elements 0 to count − 1; nanoseconds is an estimate of the work.</summary>
    public static void Run(ElementKernel kernel, long memory, long offsets, long count, long nanoseconds)
    {
        int parts = count < 4 * Unit ? 1 : ThreadTeam.Parts(nanoseconds);
        RangeTeam.Run(count, parts, Unit, new Job(kernel, memory, offsets), nanoseconds);
    }
}
