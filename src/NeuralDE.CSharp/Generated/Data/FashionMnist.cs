// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Fashion-MNIST: 70 000 photographs of clothes, 28 by 28 grey pixels, ten classes. Xiao, Rasul and Vollgraf 2017.
/// </summary>
/// <remarks>MNIST's files, which have the same names, can be read too.</remarks>
public static partial class FashionMnist
{
    /// <summary>The names of the classes, for the labels 0 to 9.</summary>
    public static IReadOnlyList<string> Classes => FashionMnistModule.classes;

    /// <summary>
    /// Reads the 60 000 training images. They take 376 MB; <c>Cast(x, Dtype.Float32)</c> halves that.
    /// </summary>
    /// <param name="folder">
    /// The folder with train-images-idx3-ubyte and train-labels-idx1-ubyte, plain or as .gz.
    /// </param>
    /// <returns>Images [60000; 1; 28; 28], float64 in [0, 1], and labels [60000], int64.</returns>
    /// <remarks>FileException for a file that is missing, truncated or damaged.</remarks>
    public static LabelledImages Load(string folder) => FashionMnistModule.load(Given(folder));

    /// <summary>Reads the 10 000 test images.</summary>
    /// <param name="folder">The folder with t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, plain or as .gz.</param>
    /// <returns>Images [10000; 1; 28; 28], float64 in [0, 1], and labels [10000], int64.</returns>
    /// <remarks>FileException for a file that is missing, truncated or damaged.</remarks>
    public static LabelledImages LoadTest(string folder) => FashionMnistModule.loadTest(Given(folder));
}
