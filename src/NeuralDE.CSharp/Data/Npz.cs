namespace NeuralDE;

/// <summary>NumPy's archives of named arrays: numpy.savez and numpy.savez_compressed.</summary>
public static class Npz
{
    /// <summary>
    /// Reads all arrays of an archive, with their names, in its order. Each is read as Npy.Read does.
    /// </summary>
    /// <remarks>FileException for what is missing, cut, damaged, or no array.</remarks>
    public static (string Name, Tensor Values)[] Read(string path) =>
        [.. NpzModule.read(Given(path)).Select(array => array.ToValueTuple())];

    /// <summary>Writes named arrays for numpy.load, uncompressed, in place of a file that may be there.</summary>
    /// <remarks>InputException for a name that is empty or given twice.</remarks>
    public static void Write(string path, params ReadOnlySpan<(string Name, Tensor Values)> arrays) =>
        NpzModule.write(Given(path), FSharp.List(arrays));
}
