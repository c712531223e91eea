// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>The transpose of a convolution along two axes, plus a bias, as PyTorch's ConvTranspose2d.</summary>
public static partial class ConvTranspose2dExtensions
{
    extension(ConvTranspose2d)
    {
        /// <summary>Kernel and bias uniform in ±1/√(outputs / groups · height · width): PyTorch's default.</summary>
        /// <param name="settings">Stride, padding, dilation, groups.</param>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">Channels of the input.</param>
        /// <param name="outputs">Channels of the result.</param>
        /// <param name="kernel">Height and width, or one number for both.</param>
        /// <returns>The layer.</returns>
        public static ConvTranspose2d Init(
            ConvSettings settings,
            Key key,
            int inputs,
            int outputs,
            params ReadOnlySpan<int> kernel
        ) => ConvTranspose2d.init(Given(settings).Core(), Given(key), inputs, outputs, FSharp.List(kernel));
    }

    extension(ConvTranspose2d layer)
    {
        /// <summary>The transposed convolution of x with the kernel, plus the bias.</summary>
        /// <param name="x">[batch; inputs; height; width] or [inputs; height; width].</param>
        /// <returns>[batch; outputs; height'; width'] or [outputs; height'; width'].</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public Tensor Apply(Tensor x) => ConvTranspose2d.apply(Given(layer), Given(x));

        /// <summary>[outputs]; null: no bias.</summary>
        public Tensor? BiasOrNull => FSharp.OrNull(Given(layer).Bias);
    }
}
