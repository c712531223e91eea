namespace NeuralDE;

/// <summary>
/// Initial weights [inputs; outputs] from a key, float64. Further extents make a kernel and count as inputs.
/// ShapeException for fewer than two axes or an extent of 0; uniform, normal and zero accept any shape.
/// </summary>
public static class Init
{
    /// <summary>Uniform numbers in [−bound, bound).</summary>
    public static Tensor Uniform(double bound, Key key, params int[] shape) =>
        InitModule.uniform(bound, Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>Normal numbers with mean 0 and standard deviation <paramref name="deviation"/>.</summary>
    public static Tensor Normal(double deviation, Key key, params int[] shape) =>
        InitModule.normal(deviation, Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>Zeros, for any key.</summary>
    public static Tensor Zero(Key key, params int[] shape) =>
        InitModule.zero(Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>Uniform in ±1/√inputs: the default of Linear.Init, and of PyTorch's Linear.</summary>
    public static Tensor Linear(Key key, params int[] shape) =>
        InitModule.linear(Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>
    /// Uniform in ±√(6 / (inputs + outputs)); keeps variances through tanh layers. Glorot and Bengio 2010.
    /// </summary>
    public static Tensor Glorot(Key key, params int[] shape) =>
        InitModule.glorot(Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>Normal of variance 2 / (inputs + outputs). Glorot and Bengio 2010.</summary>
    public static Tensor GlorotNormal(Key key, params int[] shape) =>
        InitModule.glorotNormal(Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>Normal of variance 2 / inputs; keeps variances through relu layers. He et al. 2015.</summary>
    public static Tensor He(Key key, params int[] shape) => InitModule.he(Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>Uniform in ±√(6 / inputs), of variance 2 / inputs. He et al. 2015.</summary>
    public static Tensor HeUniform(Key key, params int[] shape) =>
        InitModule.heUniform(Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>
    /// The gain times a random matrix, uniformly distributed among those with orthonormal columns, or with
    /// orthonormal rows if there are more outputs than inputs. The positions of a kernel count as inputs.
    /// </summary>
    /// <remarks>
    /// By two Cholesky factorisations, O(inputs · outputs · min(inputs, outputs)). Saxe et al. 2014.
    /// </remarks>
    public static Tensor Orthogonal(double gain, Key key, params int[] shape) =>
        InitModule.orthogonal(gain, Given(key), FSharp.List<int>(Given(shape)));
}
