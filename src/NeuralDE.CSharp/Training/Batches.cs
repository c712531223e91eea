namespace NeuralDE;

public static partial class BatchesExtensions
{
    extension<B>(Batches<B> batches)
    {
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
    }
}
