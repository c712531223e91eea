namespace NeuralDE;

/// <summary>
/// (x − mean) / √(variance + ε) · scale + shift over the last axes of each sample. PyTorch's LayerNorm.
/// </summary>
public static class LayerNormExtensions
{
    extension(LayerNorm)
    {
        /// <summary>Scale 1 and shift 0 for the last axes, such as the features.</summary>
        public static LayerNorm Init(params ReadOnlySpan<int> shape) => LayerNorm.init(FSharp.List(shape));
    }

    extension(LayerNorm layer)
    {
        /// <summary>A tensor of the same shape. ShapeException if the last axes of x are not the layer's.</summary>
        public Tensor Apply(Tensor x) => LayerNorm.apply(Given(layer), Given(x));
    }
}

/// <summary>
/// (x − mean) / √(variance + ε) over each group of channels of each sample, then a scale and a shift for each
/// channel. PyTorch's GroupNorm.
/// </summary>
public static class GroupNormExtensions
{
    extension(GroupNorm)
    {
        /// <summary>Scale 1 and shift 0.</summary>
        public static GroupNorm Init(int groups, int channels) => GroupNorm.init(groups, channels);
    }

    extension(GroupNorm layer)
    {
        /// <summary>[batch; channels; …] → the same shape.</summary>
        public Tensor Apply(Tensor x) => GroupNorm.apply(Given(layer), Given(x));
    }
}

/// <summary>
/// The running statistics of batch normalisation. They are not parameters: keep them beside the model, and pass on
/// the state that Train returns.
/// </summary>
public static class BatchNormStateExtensions
{
    extension(BatchNormState)
    {
        /// <summary>Mean 0 and variance 1.</summary>
        public static BatchNormState Init(int channels) => BatchNormState.init(channels);
    }
}

/// <summary>
/// (x − mean) / √(variance + ε) · scale + shift for each channel, with the statistics of the batch in training and
/// the running statistics in evaluation. PyTorch's BatchNorm1d and BatchNorm2d.
/// </summary>
public static class BatchNormExtensions
{
    extension(BatchNorm)
    {
        /// <summary>Scale 1 and shift 0.</summary>
        public static BatchNorm Init(int channels) => BatchNorm.init(channels);
    }

    extension(BatchNorm layer)
    {
        /// <summary>
        /// Normalises with the statistics of the batch, [batch; channels; …] → the same shape, and returns the next
        /// running statistics.
        /// </summary>
        /// <remarks>
        /// The running statistics have no derivative. ShapeException for fewer than two numbers per channel.
        /// </remarks>
        public (Tensor Result, BatchNormState State) Train(BatchNormState state, Tensor x) =>
            BatchNorm.train(Given(layer), Given(state), Given(x)).ToValueTuple();

        /// <summary>Normalises with the running statistics: [batch; channels; …] → the same shape.</summary>
        public Tensor Evaluate(BatchNormState state, Tensor x) =>
            BatchNorm.evaluate(Given(layer), Given(state), Given(x));
    }
}

/// <summary>
/// Dropout: sets random elements to 0 and divides the others by the fraction that is kept, so the mean does not
/// change.
/// </summary>
public static class Dropout
{
    /// <summary>Drops elements of x.</summary>
    /// <param name="rate">The fraction of elements to drop, from 0 to below 1; 0 is the identity.</param>
    /// <param name="key">
    /// Equal keys drop the same elements. Under Vmap a shared key drops the same elements in each row.
    /// </param>
    /// <param name="x">Floats of any shape.</param>
    public static Tensor Apply(double rate, Key key, Tensor x) => DropoutModule.apply(rate, Given(key), Given(x));
}
