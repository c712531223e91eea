// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Derivation of new keys from a key.</summary>
public static partial class KeyExtensions
{
    extension(Key key)
    {
        /// <summary>Two independent keys from one.</summary>
        /// <returns>Two keys, or two batches of keys.</returns>
        public (Key, Key) Split() => Key.split(Given(key)).ToValueTuple();

        /// <summary>
        /// The given number of independent keys from one; a longer array begins with the keys of a shorter one.
        /// </summary>
        /// <param name="count">The number of keys, 0 or more.</param>
        /// <returns>An array of <paramref name="count"/> keys, or batches of keys.</returns>
        /// <exception cref="InputException">count is negative.</exception>
        public Key[] SplitN(int count) => Key.splitN(count, Given(key)).ToArray();

        /// <summary>The key of step, sample or layer <paramref name="index"/>, made from one key.</summary>
        /// <param name="index">The number of the step, sample or layer.</param>
        /// <returns>A key, or a batch of keys.</returns>
        public Key Fold(int index) => Key.fold(index, Given(key));

        /// <summary>
        /// The key of a step whose number is an integer tensor, such as a loop's counter; a vector of numbers gives a
        /// batch of keys.
        /// </summary>
        /// <param name="index">An int32 or int64 tensor: [] for one key, [n] for a batch.</param>
        /// <returns>A batch of keys of the broadcast shape; one key for [].</returns>
        /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
        /// <exception cref="DtypeException">The index is not an integer.</exception>
        public Key FoldWith(Tensor index) => Key.foldWith(Given(index), Given(key));
    }
}
