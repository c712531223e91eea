namespace NeuralDE;

/// <summary>Files in the format of MNIST: one array of big-endian numbers, plain or gzipped.</summary>
public static class Idx
{
    /// <summary>Reads an array. Bytes and int16 become int32; other types keep theirs.</summary>
    /// <remarks>FileException for a file that is missing, truncated, damaged or of another type.</remarks>
    public static Tensor Read(string path) => IdxModule.read(Given(path));
}
