namespace NeuralDE;

/// <summary>NumPy archives of named arrays: numpy.savez and numpy.savez_compressed.</summary>
public static class Npz
{
    /// <summary>
    /// Reads all arrays of an archive with their names, in the archive's order. Types are converted as in Npy.Read.
    /// </summary>
    /// <remarks>
    /// FileException for what is missing, cut, damaged, no array, or becomes more than 256 MiB and 20 times its size.
    /// </remarks>
    public static (string Name, Tensor Values)[] Read(string path) =>
        [.. NpzModule.read(Given(path)).Select(array => array.ToValueTuple())];

    /// <summary>As Read, of a compressed archive that may become more.</summary>
    public static (string Name, Tensor Values)[] ReadWith(UnpackingSettings settings, string path) =>
        [.. NpzModule.readWith(Given(settings).Core(), Given(path)).Select(array => array.ToValueTuple())];

    /// <summary>Writes named arrays for numpy.load, uncompressed, in place of a file that may be there.</summary>
    /// <remarks>InputException for a name that is empty or given twice.</remarks>
    public static void Write(string path, params ReadOnlySpan<(string Name, Tensor Values)> arrays) =>
        NpzModule.write(Given(path), FSharp.List(arrays));
}
