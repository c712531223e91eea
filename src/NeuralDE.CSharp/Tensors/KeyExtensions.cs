namespace NeuralDE;

/// <summary>Derivation of new keys from a key.</summary>
public static class KeyExtensions
{
    extension(Key key)
    {
        /// <summary>Derives two independent keys.</summary>
        public (Key, Key) Split() => Key.split(Given(key)).ToValueTuple();

        /// <summary>
        /// Derives <paramref name="count"/> independent keys. A longer list begins with the keys of a shorter one.
        /// </summary>
        public Key[] SplitN(int count) => Key.splitN(count, Given(key)).ToArray();

        /// <summary>Derives the key of a step, sample or layer from its index.</summary>
        public Key Fold(int index) => Key.fold(index, Given(key));

        /// <summary>
        /// Derives the key of a step whose number is an integer tensor, such as a loop's counter. A vector of numbers
        /// gives a batch of keys.
        /// </summary>
        public Key FoldWith(Tensor index) => Key.foldWith(Given(index), Given(key));
    }
}
