namespace NeuralDE;

/// <summary>
/// Fashion-MNIST: 70 000 photographs of clothes, 28 by 28 grey pixels, ten kinds. Xiao, Rasul and Vollgraf 2017.
/// </summary>
public static class FashionMnist
{
    /// <summary>What the labels 0 to 9 mean.</summary>
    public static IReadOnlyList<string> Classes => FashionMnistModule.classes;

    /// <summary>The 60 000 images to learn from. Takes 376 MB; Cast to Dtype.Float32 halves that.</summary>
    /// <param name="folder">Holds train-images-idx3-ubyte and train-labels-idx1-ubyte, plain or as .gz.</param>
    public static LabelledImages Load(string folder) => FashionMnistModule.load(Given(folder));

    /// <summary>The 10 000 images to test with.</summary>
    /// <param name="folder">Holds t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, plain or as .gz.</param>
    public static LabelledImages LoadTest(string folder) => FashionMnistModule.loadTest(Given(folder));
}
