// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Files in the format of MNIST: one array of big-endian numbers, plain or gzipped.</summary>
public static partial class Idx
{
    /// <summary>Like Read, with limits for the expansion of a gzipped file.</summary>
    /// <param name="settings">The limits.</param>
    /// <param name="path">The file, plain or gzipped.</param>
    /// <returns>A tensor with the shape of the file.</returns>
    public static Tensor ReadWith(UnpackingSettings settings, string path) =>
        IdxModule.readWith(Given(settings).Core(), Given(path));

    /// <summary>Reads an array. Bytes and int16 become int32; other types keep theirs.</summary>
    /// <param name="path">The file, plain or gzipped.</param>
    /// <returns>A tensor with the shape of the file.</returns>
    /// <remarks>
    /// FileException for a file that is missing, truncated, damaged or of another type, or that expands beyond the
    /// default UnpackingSettings.
    /// </remarks>
    public static Tensor Read(string path) => IdxModule.read(Given(path));
}
