// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>The transpose of a convolution along one axis, plus a bias, as PyTorch's ConvTranspose1d.</summary>
public static partial class ConvTranspose1dExtensions
{
    extension(ConvTranspose1d)
    {
        /// <summary>Kernel and bias uniform in ±1/√(outputs / groups · width): PyTorch's default.</summary>
        /// <param name="settings">Stride, padding, dilation, groups.</param>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">Channels of the input.</param>
        /// <param name="outputs">Channels of the result.</param>
        /// <param name="width">The width of the kernel.</param>
        /// <returns>The layer.</returns>
        public static ConvTranspose1d Init(ConvSettings settings, Key key, int inputs, int outputs, int width) =>
            ConvTranspose1d.init(Given(settings).Core(), Given(key), inputs, outputs, width);
    }

    extension(ConvTranspose1d layer)
    {
        /// <summary>The transposed convolution of x with the kernel, plus the bias.</summary>
        /// <param name="x">[batch; inputs; length] or [inputs; length].</param>
        /// <returns>[batch; outputs; length'] or [outputs; length'], with length' as in ConvolveTranspose1d.</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public Tensor Apply(Tensor x) => ConvTranspose1d.apply(Given(layer), Given(x));

        /// <summary>[outputs]; null: no bias.</summary>
        public Tensor? BiasOrNull => FSharp.OrNull(Given(layer).Bias);
    }
}
