namespace NeuralDE

open NeuralDE.Internal.Tensor

/// A learned vector for each symbol, as in PyTorch's Embedding.
type Embedding =
    {
        /// [symbols; features]
        Table: Tensor
    }

    /// <summary>Standard normal vectors.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="symbols">The number of symbols.</param>
    /// <param name="features">The number of features of each vector.</param>
    /// <returns>The layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless both are positive.</exception>
    static member init (key: Key) (symbols: int) (features: int) : Embedding =
        Expect.positive "Embedding.init" "symbols" symbols
        Expect.positive "Embedding.init" "features" features
        { Table = Init.normal 1.0 key [ symbols; features ] }

    /// <summary>The vectors of symbols.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="symbols">Integers [batch…], from 0 to symbols − 1.</param>
    /// <returns>[batch…; features].</returns>
    /// <exception cref="T:NeuralDE.InputException">for an integer out of range; inside a transform at run time.</exception>
    static member apply (layer: Embedding) (symbols: Tensor) : Tensor =
        takeInside 0 (Indices.within "Embedding.apply" "symbol" layer.Table.Dims[0] symbols) layer.Table
