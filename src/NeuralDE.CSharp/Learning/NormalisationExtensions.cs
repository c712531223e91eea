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
/// What batch normalisation has seen of its inputs. It is no parameter: keep it beside the model, and pass on what
/// Train returns.
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
/// (x − mean) / √(variance + ε) · scale + shift for each channel: by the batch's mean and variance in training, by
/// the running ones in evaluation. PyTorch's BatchNorm1d and 2d.
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
        /// [batch; channels; …] → the same shape by the batch's own statistics, and the next running state.
        /// </summary>
        /// <remarks>The state has no derivative. ShapeException for fewer than two numbers a channel.</remarks>
        public (Tensor Result, BatchNormState State) Train(BatchNormState state, Tensor x) =>
            BatchNorm.train(Given(layer), Given(state), Given(x)).ToValueTuple();

        /// <summary>[batch; channels; …] → the same shape by the running statistics.</summary>
        public Tensor Evaluate(BatchNormState state, Tensor x) =>
            BatchNorm.evaluate(Given(layer), Given(state), Given(x));
    }
}

/// <summary>
/// Some elements set to 0 at random, the others divided by the share that stays. The mean stays as it is.
/// </summary>
public static class Dropout
{
    /// <summary>x with elements dropped.</summary>
    /// <param name="rate">The share of elements dropped, from 0 to below 1; 0 is the identity.</param>
    /// <param name="key">
    /// The same key drops the same elements. Under Vmap a shared key drops the same ones in each row.
    /// </param>
    /// <param name="x">Floats of any shape.</param>
    public static Tensor Apply(double rate, Key key, Tensor x) => DropoutModule.apply(rate, Given(key), Given(x));
}
