namespace NeuralDE;

/// <summary>
/// The files of MNIST and its relatives: one array of numbers, most significant byte first, plain or gzipped.
/// </summary>
public static class Idx
{
    /// <summary>Reads an array: bytes and short integers become int32, the others are read as they are.</summary>
    /// <remarks>FileException for what is missing, cut, damaged or of another type.</remarks>
    public static Tensor Read(string path) => IdxModule.read(Given(path));
}
