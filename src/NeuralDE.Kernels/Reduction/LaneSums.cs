namespace NeuralDE.Kernels;

/// <summary>Sums over the lanes of a block.</summary>
internal static unsafe class LaneSums
{
    /// <summary>
    /// The sum of a power of two of floats, in float64: the halves are added, then their halves, and so on. At most 64.
    /// </summary>
    public static double Halves(nint at, bool isSingle, int count)
    {
        double* sums = stackalloc double[count];

        for (int i = 0; i < count; i++)
            sums[i] = isSingle ? ((float*)at)[i] : ((double*)at)[i];

        for (int half = count / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            sums[i] += sums[i + half];
        return sums[0];
    }
}
