// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>A learned vector for each symbol, as in PyTorch's Embedding.</summary>
public static partial class EmbeddingExtensions
{
    extension(Embedding)
    {
        /// <summary>Standard normal vectors.</summary>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="symbols">The number of symbols.</param>
        /// <param name="features">The number of features of each vector.</param>
        /// <returns>The layer.</returns>
        /// <exception cref="InputException">unless both are positive.</exception>
        public static Embedding Init(Key key, int symbols, int features) =>
            Embedding.init(Given(key), symbols, features);
    }

    extension(Embedding layer)
    {
        /// <summary>The vectors of symbols.</summary>
        /// <param name="symbols">Integers [batch…], from 0 to symbols − 1.</param>
        /// <returns>[batch…; features].</returns>
        /// <exception cref="InputException">for an integer out of range; inside a transform at run time.</exception>
        public Tensor Apply(Tensor symbols) => Embedding.apply(Given(layer), Given(symbols));
    }
}
