namespace NeuralDE

open NeuralDE.Internal.Tensor

/// <summary>A learned row for each of a number of symbols. PyTorch's Embedding.</summary>
type Embedding =
    {
        /// [symbols; features]
        Table: Tensor
    }

    /// <summary>Standard normal rows.</summary>
    static member init (key: Key) (symbols: int) (features: int) : Embedding =
        Expect.positive "Embedding.init" "symbols" symbols
        Expect.positive "Embedding.init" "features" features
        { Table = Init.normal 1.0 key [ symbols; features ] }

    /// <summary>The rows of integers: [batch…] → [batch…; features].</summary>
    /// <remarks>InputException for an integer outside 0 … symbols − 1; inside a transform when it runs.</remarks>
    static member apply (layer: Embedding) (symbols: Tensor) : Tensor =
        takeInside 0 (Indices.within "Embedding.apply" "symbol" layer.Table.Dims[0] symbols) layer.Table
