// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Initial weights [inputs; outputs] from a key, float64. Further extents make a kernel and count as inputs.
/// ShapeException for fewer than two axes or an extent of 0; uniform, normal and zero accept any shape.
/// </summary>
public static partial class Init
{
    /// <summary>Uniform numbers in [−bound, bound).</summary>
    /// <param name="bound">The bound.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">Any shape.</param>
    /// <returns>A tensor of this shape, float64.</returns>
    public static Tensor Uniform(double bound, Key key, params int[] shape) =>
        InitModule.uniform(bound, Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>Normal numbers with mean 0.</summary>
    /// <param name="deviation">The standard deviation.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">Any shape.</param>
    /// <returns>A tensor of this shape, float64.</returns>
    public static Tensor Normal(double deviation, Key key, params int[] shape) =>
        InitModule.normal(deviation, Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>Zeros, for any key.</summary>
    /// <param name="key">Not used.</param>
    /// <param name="shape">Any shape.</param>
    /// <returns>A tensor of this shape, float64.</returns>
    public static Tensor Zero(Key key, params int[] shape) =>
        InitModule.zero(Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>Uniform in ±1/√inputs: the default of Linear.Init, and of PyTorch's Linear.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">[inputs; outputs; extents…].</param>
    /// <returns>A tensor of this shape, float64.</returns>
    public static Tensor Linear(Key key, params int[] shape) =>
        InitModule.linear(Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>
    /// Uniform in ±√(6 / (inputs + outputs)); keeps variances through tanh layers. Glorot and Bengio 2010.
    /// </summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">[inputs; outputs; extents…].</param>
    /// <returns>A tensor of this shape, float64.</returns>
    public static Tensor Glorot(Key key, params int[] shape) =>
        InitModule.glorot(Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>Normal with variance 2 / (inputs + outputs). Glorot and Bengio 2010.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">[inputs; outputs; extents…].</param>
    /// <returns>A tensor of this shape, float64.</returns>
    public static Tensor GlorotNormal(Key key, params int[] shape) =>
        InitModule.glorotNormal(Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>Normal with variance 2 / inputs; keeps variances through relu layers. He et al. 2015.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">[inputs; outputs; extents…].</param>
    /// <returns>A tensor of this shape, float64.</returns>
    public static Tensor He(Key key, params int[] shape) => InitModule.he(Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>Uniform in ±√(6 / inputs), with variance 2 / inputs. He et al. 2015.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">[inputs; outputs; extents…].</param>
    /// <returns>A tensor of this shape, float64.</returns>
    public static Tensor HeUniform(Key key, params int[] shape) =>
        InitModule.heUniform(Given(key), FSharp.List<int>(Given(shape)));

    /// <summary>
    /// The gain times a random matrix, uniformly distributed among those with orthonormal columns, or with orthonormal
    /// rows if there are more outputs than inputs. The positions of a kernel count as inputs.
    /// </summary>
    /// <param name="gain">The factor.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">[inputs; outputs; extents…].</param>
    /// <returns>A tensor of this shape, float64.</returns>
    /// <remarks>By two Cholesky factorisations, O(inputs · outputs · min(inputs, outputs)). Saxe et al. 2014.</remarks>
    public static Tensor Orthogonal(double gain, Key key, params int[] shape) =>
        InitModule.orthogonal(gain, Given(key), FSharp.List<int>(Given(shape)));
}
