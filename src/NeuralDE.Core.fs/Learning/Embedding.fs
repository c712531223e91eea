namespace NeuralDE

open NeuralDE.Compiler

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
    /// <remarks>InputException for an integer outside 0 … symbols − 1; one that is not known until a trace runs is clamped.</remarks>
    static member apply (layer: Embedding) (symbols: Tensor) : Tensor =
        Expect.within "Embedding.apply" layer.Table.Dims[0] symbols
        take 0 symbols layer.Table
