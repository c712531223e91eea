namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// The keys that each query attends to.
[<RequireQualifiedAccess>]
type AttentionMask =
    /// all keys
    | Everywhere
    /// query i attends to the keys 0 … i
    | Causal
    /// bool [queries; keys] or [batch…; queries; keys]: true for the keys that a query attends to. A query without any key
    /// gets zeros from every head.
    | Where of Tensor

/// <summary>Multi-head attention: softmax(q kᵀ / √d) v in each head of d features; the heads are concatenated, then a linear
/// map is applied.</summary>
/// <remarks>PyTorch's MultiheadAttention; its in_proj_weight contains the transposed weights of Queries, Keys and Values,
/// one below the other. A. Vaswani et al., Attention is all you need, 2017.</remarks>
type MultiHeadAttention =
    {
        /// the projection of queries, [width; width]
        Queries: Linear
        /// the projection of keys, [width; width]
        Keys: Linear
        /// the projection of values, [width; width]
        Values: Linear
        /// the map of the concatenated heads, [width; width]
        Output: Linear
        /// the number of heads
        Heads: int
    }

    /// <summary>Uniform weights as in PyTorch: input projections in ±√(6 / (4 width)), output projection in ±1/√width;
    /// biases 0.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="width">The number of features, divisible by heads.</param>
    /// <param name="heads">The number of heads.</param>
    /// <returns>The layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless both are positive and width is divisible by heads.</exception>
    static member init (key: Key) (width: int) (heads: int) : MultiHeadAttention =
        Expect.positive "MultiHeadAttention.init" "width" width
        Expect.positive "MultiHeadAttention.init" "heads" heads

        if width % heads <> 0 then
            raise (
                InputException
                    $"MultiHeadAttention.init: {string width} features do not divide into {string heads} heads."
            )

        let linear bound key = Linear.initWith (Init.uniform bound) key width width
        let inward, outward = Math.Sqrt(6.0 / float (4 * width)), 1.0 / Math.Sqrt(float width)

        { Queries = linear inward (Key.fold 0 key)
          Keys = linear inward (Key.fold 1 key)
          Values = linear inward (Key.fold 2 key)
          Output = linear outward (Key.fold 3 key)
          Heads = heads }

    /// [batch…; n; width] → [batch…; heads; n; d]
    member private layer.Divide(x: Tensor) : Tensor =
        let width = x.Dims[x.Rank - 1]
        let shape = Array.append x.Dims[.. x.Rank - 2] [| layer.Heads; width / layer.Heads |]
        swapAxes -2 -3 (Prim.reshape shape x)

    /// <summary>Attention of queries to keys.</summary>
    /// <param name="mask">The keys that each query attends to.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="queries">[batch…; n; width].</param>
    /// <param name="keys">[batch…; m; width].</param>
    /// <param name="values">[batch…; m; width].</param>
    /// <returns>[batch…; n; width].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member attend
        (mask: AttentionMask)
        (layer: MultiHeadAttention)
        (queries: Tensor)
        (keys: Tensor)
        (values: Tensor)
        : Tensor =
        for what, x in [ "queries", queries; "keys", keys; "values", values ] do
            if x.Rank < 2 then
                Expect.misfit
                    $"MultiHeadAttention.attend: got shape {Expect.text x} for the {what}, expected [batch…; n; width]."

        let q = layer.Divide(Linear.apply layer.Queries queries)
        let k = layer.Divide(Linear.apply layer.Keys keys)
        let v = layer.Divide(Linear.apply layer.Values values)
        let d = k.Dims[k.Rank - 1]
        let n, m = q.Dims[q.Rank - 2], k.Dims[k.Rank - 2]
        let scores = matmul q (transpose k) / Math.Sqrt(float d)

        /// A score of −1e30 gives the weight 0 approximately; the weight is then set to exactly 0, also in a row without any
        /// key.
        let masked (mayLook: Tensor) =
            Expect.bools "MultiHeadAttention.attend" mayLook
            let mayLook = if mayLook.Rank > 2 then expandDims -3 mayLook else mayLook
            where mayLook (softmax -1 (where mayLook scores -1e30)) 0.0

        let shares =
            match mask with
            | AttentionMask.Everywhere -> softmax -1 scores
            | AttentionMask.Causal ->
                let row, column = Prim.iota Dtype.Int32 [| n; m |] 0, Prim.iota Dtype.Int32 [| n; m |] 1
                masked (Prim.compare GreaterEqual row column)
            | AttentionMask.Where mayLook -> masked mayLook

        let heads = swapAxes -2 -3 (matmul shares v) // [batch…; n; heads; d]
        Linear.apply
            layer.Output
            (Prim.reshape (Array.append heads.Dims[.. heads.Rank - 3] [| layer.Heads * d |]) heads)

    /// <summary>Self-attention: every element attends to all elements.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">[batch…; n; width].</param>
    /// <returns>[batch…; n; width].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member apply (layer: MultiHeadAttention) (x: Tensor) : Tensor =
        MultiHeadAttention.attend AttentionMask.Everywhere layer x x x

    /// <summary>Causal self-attention: every element attends to itself and the elements before it.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">[batch…; n; width].</param>
    /// <returns>[batch…; n; width].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member applyCausal (layer: MultiHeadAttention) (x: Tensor) : Tensor =
        MultiHeadAttention.attend AttentionMask.Causal layer x x x
