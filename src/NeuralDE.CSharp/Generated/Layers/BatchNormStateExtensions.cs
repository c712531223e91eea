// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// The running statistics of batch normalisation. They are not parameters: keep them beside the model, and pass on the
/// state that <c>BatchNorm.Train</c> returns.
/// </summary>
public static partial class BatchNormStateExtensions
{
    extension(BatchNormState)
    {
        /// <summary>Mean 0 and variance 1.</summary>
        /// <param name="channels">The number of channels.</param>
        /// <returns>The statistics, each [channels].</returns>
        /// <exception cref="InputException">unless channels is positive.</exception>
        public static BatchNormState Init(int channels) => BatchNormState.init(channels);
    }
}
