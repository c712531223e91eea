// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Multi-head attention: softmax(q kᵀ / √d) v in each head of d features; the heads are concatenated, then a linear map
/// is applied.
/// </summary>
/// <remarks>
/// PyTorch's MultiheadAttention; its in_proj_weight contains the transposed weights of Queries, Keys and Values, one
/// below the other. A. Vaswani et al., Attention is all you need, 2017.
/// </remarks>
public static partial class MultiHeadAttentionExtensions
{
    extension(MultiHeadAttention)
    {
        /// <summary>
        /// Uniform weights as in PyTorch: input projections in ±√(6 / (4 width)), output projection in ±1/√width;
        /// biases 0.
        /// </summary>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="width">The number of features, divisible by heads.</param>
        /// <param name="heads">The number of heads.</param>
        /// <returns>The layer.</returns>
        /// <exception cref="InputException">unless both are positive and width is divisible by heads.</exception>
        public static MultiHeadAttention Init(Key key, int width, int heads) =>
            MultiHeadAttention.init(Given(key), width, heads);
    }

    extension(MultiHeadAttention attention)
    {
        /// <summary>Attention of queries to keys.</summary>
        /// <param name="mask">The keys that each query attends to.</param>
        /// <param name="queries">[batch…; n; width].</param>
        /// <param name="keys">[batch…; m; width].</param>
        /// <param name="values">[batch…; m; width].</param>
        /// <returns>[batch…; n; width].</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public Tensor Attend(AttentionMask mask, Tensor queries, Tensor keys, Tensor values) =>
            MultiHeadAttention.attend(Given(mask), Given(attention), Given(queries), Given(keys), Given(values));

        /// <summary>Self-attention: every element attends to all elements.</summary>
        /// <param name="x">[batch…; n; width].</param>
        /// <returns>[batch…; n; width].</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public Tensor Apply(Tensor x) => MultiHeadAttention.apply(Given(attention), Given(x));

        /// <summary>Causal self-attention: every element attends to itself and the elements before it.</summary>
        /// <param name="x">[batch…; n; width].</param>
        /// <returns>[batch…; n; width].</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public Tensor ApplyCausal(Tensor x) => MultiHeadAttention.applyCausal(Given(attention), Given(x));
    }
}
