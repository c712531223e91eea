// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Optional results of a training, with null if there is none.</summary>
public static partial class FitExtensions
{
    extension<M>(Fit<M> fit)
    {
        /// <summary>The mean of models; null without Optimiser.Averaged.</summary>
        /// <remarks>Of a model that is a struct, the default value instead of null.</remarks>
        public M? AveragedOrNull => FSharp.OrNull(Given(fit).Averaged);

        /// <summary>
        /// Why the last checkpoint could not be written; null if it was written, or without checkpoints.
        /// </summary>
        public FileException? UnsavedOrNull => FSharp.OrNull(Given(fit).Unsaved);
    }

    extension(EpochProgress progress)
    {
        /// <summary>The latest validation loss; null without Training.Validate.</summary>
        public double? ValidationOrNull => FSharp.ValueOrNull(Given(progress).Validation);
    }
}
