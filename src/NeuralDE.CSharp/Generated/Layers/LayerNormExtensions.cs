// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// (x − mean) / √(variance + ε) · scale + shift over the last axes of each sample. PyTorch's LayerNorm.
/// </summary>
/// <remarks>J. L. Ba, J. R. Kiros, G. E. Hinton, Layer normalization, 2016.</remarks>
public static partial class LayerNormExtensions
{
    extension(LayerNorm)
    {
        /// <summary>Scale 1 and shift 0.</summary>
        /// <param name="shape">The extents of the normalised last axes, such as [features].</param>
        /// <returns>The layer.</returns>
        /// <exception cref="ShapeException">for no extent, and for one that is not positive.</exception>
        public static LayerNorm Init(params ReadOnlySpan<int> shape) => LayerNorm.init(FSharp.List(shape));
    }

    extension(LayerNorm layer)
    {
        /// <summary>Normalises the last axes of x.</summary>
        /// <param name="x">[…; shape of the layer].</param>
        /// <returns>A tensor of the same shape.</returns>
        /// <exception cref="ShapeException">if the last axes of x are not those of the layer.</exception>
        public Tensor Apply(Tensor x) => LayerNorm.apply(Given(layer), Given(x));
    }
}
