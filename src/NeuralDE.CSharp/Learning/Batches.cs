namespace NeuralDE;

/// <summary>Batches for RunOn of a training, made from a tree of samples.</summary>
public static class Batches
{
    /// <summary>
    /// Batches of <paramref name="size"/> samples, in the order of the samples. The last batch of an epoch may be
    /// smaller.
    /// </summary>
    /// <param name="size">The number of samples of a batch; at most the number of all samples.</param>
    /// <param name="data">
    /// A tree of tensors [samples; …], such as (inputs, targets). A batch is a tree like it.
    /// </param>
    public static Batches<D> OfTree<D>(int size, D data) => BatchesModule.ofTree(size, data);

    /// <summary>A separate key for each step instead of samples, for losses that draw random samples themselves.</summary>
    /// <remarks>An epoch is one step. The key of step k is <c>key.Fold(k)</c>.</remarks>
    public static Batches<Key> Keys(Key key) => BatchesModule.keys(Given(key));
}

/// <summary>The order and the form of batches.</summary>
public static class BatchesExtensions
{
    extension<B>(Batches<B> batches)
    {
        /// <summary>
        /// Shuffles the samples, with another order in each epoch: that of epoch e is <c>Permutation(key.Fold(e),
        /// samples)</c>.
        /// </summary>
        public Batches<B> Shuffle(Key key) => BatchesModule.shuffle(Given(key), Given(batches));

        /// <summary>Drops the last batch of an epoch if it is smaller.</summary>
        public Batches<B> DropLast() => BatchesModule.dropLast(Given(batches));

        /// <summary>
        /// Adds a separate key to each batch, for dropout and noise: that of step k is <c>key.Fold(k)</c>.
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

        /// <summary>Applies a function to each batch; it is traced as a part of the training step.</summary>
        public Batches<C> Map<C>(Func<B, C> f) => BatchesModule.map(FSharp.Function(f), Given(batches));
    }
}
