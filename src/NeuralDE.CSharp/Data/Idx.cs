namespace NeuralDE;

/// <summary>Files in the format of MNIST: one array of big-endian numbers, plain or gzipped.</summary>
public static class Idx
{
    /// <summary>Reads an array. Bytes and int16 become int32; other types keep theirs.</summary>
    /// <remarks>
    /// FileException for a file that is missing, truncated, damaged or of another type, or that expands beyond the default
    /// UnpackingSettings.
    /// </remarks>
    public static Tensor Read(string path) => IdxModule.read(Given(path));

    /// <summary>Like Read, with limits for the expansion of a gzipped file.</summary>
    public static Tensor ReadWith(UnpackingSettings settings, string path) =>
        IdxModule.readWith(Given(settings).Core(), Given(path));
}
