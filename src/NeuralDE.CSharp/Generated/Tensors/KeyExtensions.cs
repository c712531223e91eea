// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Derivation of new keys from a key.</summary>
public static partial class KeyExtensions
{
    extension(Key key)
    {
        /// <summary>Two independent keys from one.</summary>
        public (Key, Key) Split() => Key.split(Given(key)).ToValueTuple();

        /// <summary>
        /// The given number of independent keys from one; a longer list begins with the keys of a shorter one.
        /// </summary>
        public Key[] SplitN(int count) => Key.splitN(count, Given(key)).ToArray();

        /// <summary>The key of step, sample or layer <paramref name="index"/>, made from one key.</summary>
        public Key Fold(int index) => Key.fold(index, Given(key));

        /// <summary>
        /// The key of a step whose number is an integer tensor, such as a loop's counter; a vector of numbers gives a
        /// batch of keys.
        /// </summary>
        public Key FoldWith(Tensor index) => Key.foldWith(Given(index), Given(key));
    }
}
