// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Series of different lengths as tensors of one shape.</summary>
public static partial class SeriesBatchExtensions
{
    extension(SeriesBatch batch)
    {
        /// <summary>The series of a padded batch, without the padding.</summary>
        /// <returns>The series.</returns>
        public Series[] Unpad() => SeriesModule.unpad(Given(batch)).ToArray();

        /// <summary>The values of a batch with NaN where nothing was observed: [batch; time; channels].</summary>
        /// <returns>[batch; time; channels].</returns>
        public Tensor Observed() => SeriesModule.observedOfBatch(Given(batch));

        /// <summary>The first observation of each channel of each series of a batch: [batch; channels].</summary>
        /// <returns>[batch; channels].</returns>
        /// <remarks>InputException for a channel that was never observed.</remarks>
        public Tensor FirstObserved() => SeriesModule.firstObservedOfBatch(Given(batch));
    }
}
