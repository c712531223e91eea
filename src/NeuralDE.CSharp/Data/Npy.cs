namespace NeuralDE;

/// <summary>NumPy's files of one array: numpy.lib.format, versions 1 to 3.</summary>
public static class Npy
{
    /// <summary>Reads an array that numpy.save wrote; its order, C's or Fortran's, makes no difference.</summary>
    /// <remarks>
    /// float64, float32, int64, int32 and bool are read as they are, float16 as float32, int16, int8, uint16 and
    /// uint8 as int32, uint32 as int64. Objects are never unpickled. FileException for what is missing, cut,
    /// damaged or of another dtype.
    /// </remarks>
    public static Tensor Read(string path) => NpyModule.read(Given(path));

    /// <summary>Writes an array for numpy.load, in place of a file that may be there.</summary>
    public static void Write(string path, Tensor x) => NpyModule.write(Given(path), Given(x));
}
