namespace NeuralDE;

/// <summary>A learned vector for each symbol, as in PyTorch's Embedding.</summary>
public static class EmbeddingExtensions
{
    extension(Embedding)
    {
        /// <summary>
        /// Standard normal vectors for <paramref name="symbols"/> symbols with <paramref name="features"/> features.
        /// </summary>
        public static Embedding Init(Key key, int symbols, int features) =>
            Embedding.init(Given(key), symbols, features);
    }

    extension(Embedding layer)
    {
        /// <summary>The rows of integers: [batch…] → [batch…; features].</summary>
        /// <remarks>
        /// InputException for an integer outside 0 … symbols − 1; one that is not known until a trace runs is
        /// clamped.
        /// </remarks>
        public Tensor Apply(Tensor symbols) => Embedding.apply(Given(layer), Given(symbols));
    }
}

/// <summary>
/// x ↦ [cos 2π x B; sin 2π x B] with random frequencies B. They help a network to represent fine detail in few
/// coordinates.
/// </summary>
public static class FourierFeaturesExtensions
{
    extension(FourierFeatures)
    {
        /// <summary>
        /// Normally distributed frequencies with standard deviation <paramref name="deviation"/>, in periods per unit
        /// of x.
        /// </summary>
        public static FourierFeatures Init(double deviation, Key key, int inputs, int frequencies) =>
            FourierFeatures.init(deviation, Given(key), inputs, frequencies);
    }

    extension(FourierFeatures layer)
    {
        /// <summary>[batch…; inputs] → [batch…; 2 frequencies].</summary>
        public Tensor Apply(Tensor x) => FourierFeatures.apply(Given(layer), Given(x));
    }
}

/// <summary>
/// Multi-head attention: softmax(q kᵀ / √d) v in each head of d features; the heads are concatenated, then a linear
/// map is applied.
/// </summary>
public static class MultiHeadAttentionExtensions
{
    extension(MultiHeadAttention)
    {
        /// <summary>
        /// Uniform weights as in PyTorch: input projections in ±√(6 / (4 width)), output projection in ±1/√width;
        /// biases 0.
        /// </summary>
        public static MultiHeadAttention Init(Key key, int width, int heads) =>
            MultiHeadAttention.init(Given(key), width, heads);
    }

    extension(MultiHeadAttention attention)
    {
        /// <summary>
        /// Attention of queries to keys: [batch…; n; width], [batch…; m; width] and values [batch…; m; width] →
        /// [batch…; n; width].
        /// </summary>
        public Tensor Attend(AttentionMask mask, Tensor queries, Tensor keys, Tensor values) =>
            MultiHeadAttention.attend(Given(mask), Given(attention), Given(queries), Given(keys), Given(values));

        /// <summary>Every element looks at every other: [batch…; n; width] → [batch…; n; width].</summary>
        public Tensor Apply(Tensor x) => MultiHeadAttention.apply(Given(attention), Given(x));

        /// <summary>Every element looks at itself and those before it.</summary>
        public Tensor ApplyCausal(Tensor x) => MultiHeadAttention.applyCausal(Given(attention), Given(x));
    }
}
