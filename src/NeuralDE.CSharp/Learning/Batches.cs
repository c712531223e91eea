namespace NeuralDE;

/// <summary>Batches for RunOn of a training, made from a tree of samples.</summary>
public static class Batches
{
    /// <summary>Batches of so many samples, in the samples' order; the last of an epoch may be smaller.</summary>
    /// <param name="size">At most the number of samples.</param>
    /// <param name="data">A tree of tensors [samples; …], such as (inputs, targets). A batch is a tree like it.</param>
    public static Batches<D> OfTree<D>(int size, D data) => BatchesModule.ofTree(size, data);

    /// <summary>No samples, but a key of its own for every step: for losses that sample what they look at.</summary>
    /// <remarks>An epoch is one step. The key of step k is <c>key.Fold(k)</c>.</remarks>
    public static Batches<Key> Keys(Key key) => BatchesModule.keys(Given(key));
}

/// <summary>The order and the form of batches.</summary>
public static class BatchesExtensions
{
    extension<B>(Batches<B> batches)
    {
        /// <summary>
        /// The samples in a random order, another one in each epoch: that of epoch e is <c>Permutation(key.Fold(e),
        /// samples)</c>.
        /// </summary>
        public Batches<B> Shuffle(Key key) => BatchesModule.shuffle(Given(key), Given(batches));

        /// <summary>Leaves out the last batch of an epoch where it is smaller.</summary>
        public Batches<B> DropLast() => BatchesModule.dropLast(Given(batches));

        /// <summary>
        /// Each batch with a key of its own, for dropout and noise: that of step k is <c>key.Fold(k)</c>.
        /// </summary>
        public Batches<(B Batch, Key Key)> WithKey(Key key)
        {
            ArgumentNullException.ThrowIfNull(batches);
            ArgumentNullException.ThrowIfNull(key);
            return BatchesModule.map(
                FSharp.Function<Tuple<B, Key>, (B, Key)>(pair => pair.ToValueTuple()),
                BatchesModule.withKey(key, batches)
            );
        }

        /// <summary>A function of each batch, traced into the training's step.</summary>
        public Batches<C> Map<C>(Func<B, C> f) => BatchesModule.map(FSharp.Function(f), Given(batches));
    }
}
