// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>The order and the form of batches.</summary>
public static partial class BatchesExtensions
{
    extension<B>(Batches<B> batches)
    {
        /// <summary>
        /// Shuffles the samples, with another order in each epoch: that of epoch e is <c>Permutation(key.Fold(e),
        /// samples)</c>.
        /// </summary>
        /// <param name="key">Determines the orders.</param>
        /// <returns>The shuffled batches.</returns>
        public Batches<B> Shuffle(Key key) => BatchesModule.shuffle(Given(key), Given(batches));

        /// <summary>Drops the last batch of an epoch if it is smaller.</summary>
        /// <returns>Batches of equal size.</returns>
        public Batches<B> DropLast() => BatchesModule.dropLast(Given(batches));

        /// <summary>Applies a function to each batch; it is traced as a part of the training step.</summary>
        /// <param name="f">The function of a batch.</param>
        /// <returns>The results of the function.</returns>
        public Batches<C> Map<C>(Func<B, C> f) => BatchesModule.map(FSharp.Function(f), Given(batches));
    }
}
