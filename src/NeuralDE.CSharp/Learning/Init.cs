namespace NeuralDE;

/// <summary>
/// Initial weights [inputs; outputs] from a key, float64; extents after the second make a kernel and count as inputs. Each
/// raises ShapeException for fewer than two axes or an extent of 0.
/// </summary>
public static class Init
{
    /// <summary>Uniform numbers in [−bound, bound).</summary>
    public static Tensor Uniform(double bound, Key key, params int[] shape) =>
        InitModule.uniform(bound, key, FSharp.List<int>(shape));

    /// <summary>Normal numbers of mean 0.</summary>
    public static Tensor Normal(double deviation, Key key, params int[] shape) =>
        InitModule.normal(deviation, key, FSharp.List<int>(shape));

    /// <summary>Uniform in ±1/√inputs: what Linear.Init uses, and the default of PyTorch's Linear.</summary>
    public static Tensor Linear(Key key, params int[] shape) => InitModule.linear(key, FSharp.List<int>(shape));

    /// <summary>Uniform in ±√(6 / (inputs + outputs)); keeps variances through tanh layers. Glorot and Bengio 2010.</summary>
    public static Tensor Glorot(Key key, params int[] shape) => InitModule.glorot(key, FSharp.List<int>(shape));

    /// <summary>Normal of variance 2 / inputs; keeps variances through relu layers. He et al. 2015.</summary>
    public static Tensor He(Key key, params int[] shape) => InitModule.he(key, FSharp.List<int>(shape));
}
