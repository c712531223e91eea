namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Where a query may look.
[<RequireQualifiedAccess>]
type AttentionMask =
    | Everywhere
    /// query i at the keys 0 … i
    | Causal
    /// bool [queries; keys] or [batch…; queries; keys]: true where it may. A query that may look nowhere gets zeros of every head.
    | Where of Tensor

/// <summary>Multi-head attention: softmax(q kᵀ / √d) v in each head of d features, the heads side by side, then a linear map.</summary>
/// <remarks>PyTorch's MultiheadAttention; its in_proj_weight is the weights of Queries, Keys and Values, transposed, one below the
/// other. A. Vaswani et al., Attention is all you need, 2017.</remarks>
type MultiHeadAttention =
    {
        /// each [width; width]
        Queries: Linear
        Keys: Linear
        Values: Linear
        Output: Linear
        Heads: int
    }

    /// <summary>Uniform as PyTorch's: in-projections in ±√(6 / (4 width)), out-projection in ±1/√width; biases of 0.</summary>
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

    /// <summary>Queries look at keys: [batch…; n; width], [batch…; m; width] and values [batch…; m; width] → [batch…; n; width].</summary>
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

        /// Scores so low that their share is 0, and 0 for certain.
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

    /// <summary>Every element looks at every other: [batch…; n; width] → [batch…; n; width].</summary>
    static member apply (layer: MultiHeadAttention) (x: Tensor) : Tensor =
        MultiHeadAttention.attend AttentionMask.Everywhere layer x x x

    /// <summary>Every element looks at itself and those before it.</summary>
    static member applyCausal (layer: MultiHeadAttention) (x: Tensor) : Tensor =
        MultiHeadAttention.attend AttentionMask.Causal layer x x x
