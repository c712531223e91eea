// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>NumPy files of one array: numpy.lib.format, versions 1 to 3.</summary>
public static partial class Npy
{
    /// <summary>Reads an array that numpy.save wrote, in C or Fortran order.</summary>
    /// <param name="path">The file.</param>
    /// <returns>A tensor with the shape of the file.</returns>
    /// <remarks>
    /// float64, float32, int64, int32 and bool keep their type; float16 becomes float32; int16, int8, uint16 and uint8
    /// become int32; uint32 becomes int64. Objects are never unpickled. FileException for a file that is missing,
    /// truncated, damaged or of another dtype.
    /// </remarks>
    public static Tensor Read(string path) => NpyModule.read(Given(path));

    /// <summary>Writes an array for numpy.load. Replaces an existing file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="x">The array.</param>
    public static void Write(string path, Tensor x) => NpyModule.write(Given(path), Given(x));
}
