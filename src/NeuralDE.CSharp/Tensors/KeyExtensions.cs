namespace NeuralDE;

/// <summary>New keys from one.</summary>
public static class KeyExtensions
{
    extension(Key key)
    {
        /// <summary>Two independent keys from one.</summary>
        public (Key, Key) Split() => Key.split(Given(key)).ToValueTuple();

        /// <summary>So many independent keys from one; the first of a longer list are those of a shorter one.</summary>
        public Key[] SplitN(int count) => Key.splitN(count, Given(key)).ToArray();

        /// <summary>The key of step, sample or layer <paramref name="index"/>, made from one key.</summary>
        public Key Fold(int index) => Key.fold(index, Given(key));

        /// <summary>
        /// The key of a step whose number is an integer tensor, such as a loop's counter; a vector of numbers gives a batch
        /// of keys.
        /// </summary>
        public Key FoldWith(Tensor index) => Key.foldWith(Given(index), Given(key));
    }
}
