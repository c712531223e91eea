namespace NeuralDE;

/// <summary>Cross-correlation along one axis plus a bias, as PyTorch's Conv1d.</summary>
public static class Conv1dExtensions
{
    extension(Conv1d)
    {
        /// <summary>Kernel and bias uniform in ±1/√(inputs / groups · width): PyTorch's default.</summary>
        public static Conv1d Init(ConvSettings settings, Key key, int inputs, int outputs, int width) =>
            Conv1d.init(Given(settings).Core(), Given(key), inputs, outputs, width);

        /// <summary>A kernel from an initialiser such as Init.He; a bias of 0.</summary>
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
        /// <summary>The bias of each output channel, [outputs]; null: no bias.</summary>
        public Tensor? BiasOrNull => FSharp.OrNull(Given(layer).Bias);

        /// <summary>
        /// [batch; inputs; length] → [batch; outputs; length'], or both without the batch; length' as in Convolve1d.
        /// </summary>
        public Tensor Apply(Tensor x) => Conv1d.apply(Given(layer), Given(x));
    }
}

/// <summary>Cross-correlation along two axes plus a bias, as PyTorch's Conv2d.</summary>
public static class Conv2dExtensions
{
    extension(Conv2d)
    {
        /// <summary>Kernel and bias uniform in ±1/√(inputs / groups · height · width): PyTorch's default.</summary>
        /// <param name="settings">Stride, padding, dilation, groups; ConvOptions.Default.</param>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">Channels of the input.</param>
        /// <param name="outputs">Channels of the result.</param>
        /// <param name="kernel">Height and width, or one number for both.</param>
        public static Conv2d Init(
            ConvSettings settings,
            Key key,
            int inputs,
            int outputs,
            params ReadOnlySpan<int> kernel
        ) => Conv2d.init(Given(settings).Core(), Given(key), inputs, outputs, FSharp.List(kernel));

        /// <summary>A kernel from an initialiser such as Init.He; a bias of 0.</summary>
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
        /// <summary>The bias of each output channel, [outputs]; null: no bias.</summary>
        public Tensor? BiasOrNull => FSharp.OrNull(Given(layer).Bias);

        /// <summary>
        /// [batch; inputs; height; width] → [batch; outputs; height'; width'], or both without the batch.
        /// </summary>
        public Tensor Apply(Tensor x) => Conv2d.apply(Given(layer), Given(x));
    }
}

/// <summary>The transpose of a convolution along one axis, plus a bias, as PyTorch's ConvTranspose1d.</summary>
public static class ConvTranspose1dExtensions
{
    extension(ConvTranspose1d)
    {
        /// <summary>Kernel and bias uniform in ±1/√(outputs / groups · width): PyTorch's default.</summary>
        public static ConvTranspose1d Init(ConvSettings settings, Key key, int inputs, int outputs, int width) =>
            ConvTranspose1d.init(Given(settings).Core(), Given(key), inputs, outputs, width);
    }

    extension(ConvTranspose1d layer)
    {
        /// <summary>The bias of each output channel, [outputs]; null: no bias.</summary>
        public Tensor? BiasOrNull => FSharp.OrNull(Given(layer).Bias);

        /// <summary>
        /// [batch; inputs; length] → [batch; outputs; length'], or both without the batch; length' as
        /// ConvolveTranspose1d says.
        /// </summary>
        public Tensor Apply(Tensor x) => ConvTranspose1d.apply(Given(layer), Given(x));
    }
}

/// <summary>The transpose of a convolution along two axes, plus a bias, as PyTorch's ConvTranspose2d.</summary>
public static class ConvTranspose2dExtensions
{
    extension(ConvTranspose2d)
    {
        /// <summary>Kernel and bias uniform in ±1/√(outputs / groups · height · width): PyTorch's default.</summary>
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
        /// <summary>The bias of each output channel, [outputs]; null: no bias.</summary>
        public Tensor? BiasOrNull => FSharp.OrNull(Given(layer).Bias);

        /// <summary>
        /// [batch; inputs; height; width] → [batch; outputs; height'; width'], or both without the batch.
        /// </summary>
        public Tensor Apply(Tensor x) => ConvTranspose2d.apply(Given(layer), Given(x));
    }
}
