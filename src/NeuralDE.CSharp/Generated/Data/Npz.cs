// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>NumPy archives of named arrays: numpy.savez and numpy.savez_compressed.</summary>
public static partial class Npz
{
    /// <summary>Like Read, with limits for the expansion of a compressed archive.</summary>
    /// <param name="settings">The limits.</param>
    /// <param name="path">The file.</param>
    /// <returns>Names and arrays.</returns>
    public static (string Name, Tensor Values)[] ReadWith(UnpackingSettings settings, string path) =>
        [.. NpzModule.readWith(Given(settings).Core(), Given(path)).Select(item => item.ToValueTuple())];

    /// <summary>
    /// Reads all arrays of an archive with their names, in the archive's order. Types are converted as in Npy.Read.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <returns>Names and arrays.</returns>
    /// <remarks>
    /// FileException for a file that is missing, truncated or damaged, that contains anything except arrays, or that
    /// expands beyond the default UnpackingSettings.
    /// </remarks>
    public static (string Name, Tensor Values)[] Read(string path) =>
        [.. NpzModule.read(Given(path)).Select(item => item.ToValueTuple())];

    /// <summary>Writes named arrays for numpy.load, uncompressed. Replaces an existing file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="arrays">Names and arrays.</param>
    /// <remarks>InputException for an empty or repeated name.</remarks>
    public static void Write(string path, params ReadOnlySpan<(string Name, Tensor Values)> arrays) =>
        NpzModule.write(Given(path), FSharp.List(arrays));
}
