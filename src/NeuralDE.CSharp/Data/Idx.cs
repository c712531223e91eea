namespace NeuralDE;

/// <summary>Files in the format of MNIST: one array of big-endian numbers, plain or gzipped.</summary>
public static class Idx
{
    /// <summary>Reads an array: bytes and short integers become int32, the others are read as they are.</summary>
    /// <remarks>
    /// FileException for what is missing, cut, damaged, of another type, or becomes more than 256 MiB and 20 times its size.
    /// </remarks>
    public static Tensor Read(string path) => IdxModule.read(Given(path));

    /// <summary>As Read, of a gzipped file that may become more.</summary>
    public static Tensor ReadWith(UnpackingSettings settings, string path) =>
        IdxModule.readWith(Given(settings).Core(), Given(path));
}
