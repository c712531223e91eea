// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Cross-correlation along one axis plus a bias, as PyTorch's Conv1d.</summary>
public static partial class Conv1dExtensions
{
    extension(Conv1d)
    {
        /// <summary>Kernel and bias uniform in ±1/√(inputs / groups · width): PyTorch's default.</summary>
        /// <param name="settings">Stride, padding, dilation, groups.</param>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">Channels of the input.</param>
        /// <param name="outputs">Channels of the result.</param>
        /// <param name="width">The width of the kernel.</param>
        /// <returns>The layer.</returns>
        /// <exception cref="InputException">
        /// for numbers that are not positive, and for channels that do not divide into the groups.
        /// </exception>
        public static Conv1d Init(ConvSettings settings, Key key, int inputs, int outputs, int width) =>
            Conv1d.init(Given(settings).Core(), Given(key), inputs, outputs, width);

        /// <summary>A kernel from an initialiser such as Init.He; a bias of 0.</summary>
        /// <param name="weights">From a key and a shape [inputs / groups; outputs; width] to the kernel.</param>
        /// <param name="settings">Stride, padding, dilation, groups.</param>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">Channels of the input.</param>
        /// <param name="outputs">Channels of the result.</param>
        /// <param name="width">The width of the kernel.</param>
        /// <returns>The layer.</returns>
        public static Conv1d InitWith(
            Func<Key, int[], Tensor> weights,
            ConvSettings settings,
            Key key,
            int inputs,
            int outputs,
            int width
        ) => Conv1d.initWith(FSharp.Weights(weights), Given(settings).Core(), Given(key), inputs, outputs, width);
    }

    extension(Conv1d layer)
    {
        /// <summary>The cross-correlation of x with the kernel, plus the bias.</summary>
        /// <param name="x">[batch; inputs; length] or [inputs; length].</param>
        /// <returns>[batch; outputs; length'] or [outputs; length'], with length' as in Convolve1d.</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public Tensor Apply(Tensor x) => Conv1d.apply(Given(layer), Given(x));

        /// <summary>[outputs]; null: no bias.</summary>
        public Tensor? BiasOrNull => FSharp.OrNull(Given(layer).Bias);
    }
}
