// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Cross-correlation along two axes plus a bias, as PyTorch's Conv2d.</summary>
public static partial class Conv2dExtensions
{
    extension(Conv2d)
    {
        /// <summary>Kernel and bias uniform in ±1/√(inputs / groups · height · width): PyTorch's default.</summary>
        /// <param name="settings">Stride, padding, dilation, groups.</param>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">Channels of the input.</param>
        /// <param name="outputs">Channels of the result.</param>
        /// <param name="kernel">Height and width, or one number for both.</param>
        /// <returns>The layer.</returns>
        /// <exception cref="InputException">
        /// for numbers that are not positive, and for channels that do not divide into the groups.
        /// </exception>
        public static Conv2d Init(
            ConvSettings settings,
            Key key,
            int inputs,
            int outputs,
            params ReadOnlySpan<int> kernel
        ) => Conv2d.init(Given(settings).Core(), Given(key), inputs, outputs, FSharp.List(kernel));

        /// <summary>A kernel from an initialiser such as Init.He; a bias of 0.</summary>
        /// <param name="weights">
        /// From a key and a shape [inputs / groups; outputs; height; width] to the kernel.
        /// </param>
        /// <param name="settings">Stride, padding, dilation, groups.</param>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">Channels of the input.</param>
        /// <param name="outputs">Channels of the result.</param>
        /// <param name="kernel">Height and width, or one number for both.</param>
        /// <returns>The layer.</returns>
        public static Conv2d InitWith(
            Func<Key, int[], Tensor> weights,
            ConvSettings settings,
            Key key,
            int inputs,
            int outputs,
            params ReadOnlySpan<int> kernel
        ) =>
            Conv2d.initWith(
                FSharp.Weights(weights),
                Given(settings).Core(),
                Given(key),
                inputs,
                outputs,
                FSharp.List(kernel)
            );
    }

    extension(Conv2d layer)
    {
        /// <summary>The cross-correlation of x with the kernel, plus the bias.</summary>
        /// <param name="x">[batch; inputs; height; width] or [inputs; height; width].</param>
        /// <returns>[batch; outputs; height'; width'] or [outputs; height'; width'].</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public Tensor Apply(Tensor x) => Conv2d.apply(Given(layer), Given(x));

        /// <summary>[outputs]; null: no bias.</summary>
        public Tensor? BiasOrNull => FSharp.OrNull(Given(layer).Bias);
    }
}
