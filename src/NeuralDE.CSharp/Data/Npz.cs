namespace NeuralDE;

/// <summary>NumPy archives of named arrays: numpy.savez and numpy.savez_compressed.</summary>
public static class Npz
{
    /// <summary>
    /// Reads all arrays of an archive with their names, in the archive's order. Types are converted as in Npy.Read.
    /// </summary>
    /// <remarks>
    /// FileException for a file that is missing, truncated or damaged, that contains anything except arrays, or that
    /// expands beyond the default UnpackingSettings.
    /// </remarks>
    public static (string Name, Tensor Values)[] Read(string path) =>
        [.. NpzModule.read(Given(path)).Select(array => array.ToValueTuple())];

    /// <summary>Like Read, with limits for the expansion of a compressed archive.</summary>
    public static (string Name, Tensor Values)[] ReadWith(UnpackingSettings settings, string path) =>
        [.. NpzModule.readWith(Given(settings).Core(), Given(path)).Select(array => array.ToValueTuple())];

    /// <summary>Writes named arrays for numpy.load, uncompressed. Replaces an existing file.</summary>
    /// <remarks>InputException for an empty or repeated name.</remarks>
    public static void Write(string path, params ReadOnlySpan<(string Name, Tensor Values)> arrays) =>
        NpzModule.write(Given(path), FSharp.List(arrays));
}
