// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// (x − mean) / √(variance + ε) · scale + shift for each channel, with the statistics of the batch in training and the
/// running statistics in evaluation. PyTorch's BatchNorm1d and BatchNorm2d.
/// </summary>
/// <remarks>
/// The running statistics are an explicit argument and result. In a vector field use GroupNorm, which does not mix
/// samples. S. Ioffe, C. Szegedy, Batch normalization, 2015.
/// </remarks>
public static partial class BatchNormExtensions
{
    extension(BatchNorm)
    {
        /// <summary>Scale 1 and shift 0.</summary>
        /// <param name="channels">The number of channels.</param>
        /// <returns>The layer.</returns>
        /// <exception cref="InputException">unless channels is positive.</exception>
        public static BatchNorm Init(int channels) => BatchNorm.init(channels);
    }

    extension(BatchNorm layer)
    {
        /// <summary>Normalises with the statistics of the batch, and returns the next running statistics.</summary>
        /// <param name="state">The running statistics.</param>
        /// <param name="x">[batch; channels; …].</param>
        /// <returns>A tensor of the same shape, and the next running statistics, which have no derivative.</returns>
        /// <exception cref="ShapeException">
        /// for another number of channels, and for fewer than two numbers per channel.
        /// </exception>
        public (Tensor Result, BatchNormState State) Train(BatchNormState state, Tensor x) =>
            BatchNorm.train(Given(layer), Given(state), Given(x)).ToValueTuple();

        /// <summary>Normalises with the running statistics.</summary>
        /// <param name="state">The running statistics.</param>
        /// <param name="x">[batch; channels; …].</param>
        /// <returns>A tensor of the same shape.</returns>
        /// <exception cref="ShapeException">for another number of channels.</exception>
        public Tensor Evaluate(BatchNormState state, Tensor x) =>
            BatchNorm.evaluate(Given(layer), Given(state), Given(x));
    }
}
