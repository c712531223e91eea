namespace NeuralDE;

/// <summary>Networks, layer by layer. InputException for a layer that does not fit the layer before it.</summary>
public static class BlueprintExtensions
{
    extension(Blueprint)
    {
        /// <summary>Starts a network with inputs [batch…; features].</summary>
        public static Blueprint Features(int inputs) => BlueprintModule.features(inputs);

        /// <summary>Starts a network with inputs [batch; channels; length].</summary>
        public static Blueprint Sequences(int channels) => BlueprintModule.sequences(channels);

        /// <summary>Starts a network with inputs [batch; channels; height; width].</summary>
        public static Blueprint Images(int channels) => BlueprintModule.images(channels);
    }

    extension(Blueprint blueprint)
    {
        /// <summary>
        /// Adds a custom layer, made from a key, that returns <paramref name="outputs"/> features or channels. If it
        /// returns another number, applying the network raises a ShapeException.
        /// </summary>
        public Blueprint Own(int outputs, Func<Key, OwnLayer> make) =>
            BlueprintModule.own(outputs, FSharp.Function(make), Given(blueprint));

        /// <summary>A layer that keeps the width.</summary>
        public Blueprint Layer(Layer layer) => BlueprintModule.layer(Given(layer), Given(blueprint));

        /// <summary>
        /// Adds a layer, made from a key, that returns <paramref name="outputs"/> features or channels.
        /// </summary>
        public Blueprint LayerWith(int outputs, Func<Key, Layer> make) =>
            BlueprintModule.layerWith(outputs, FSharp.Function(make), Given(blueprint));

        /// <summary>
        /// Adds a linear layer with <paramref name="outputs"/> features, initialised as by Linear.Init.
        /// </summary>
        public Blueprint Linear(int outputs) => BlueprintModule.linear(outputs, Given(blueprint));

        /// <summary>Like Linear, with weights from an initialiser such as Init.Glorot, and biases 0.</summary>
        public Blueprint LinearWith(Func<Key, int[], Tensor> weights, int outputs) =>
            BlueprintModule.linearWith(FSharp.Weights(weights), outputs, Given(blueprint));

        /// <summary>
        /// Adds a convolution of a sequence or an image to <paramref name="outputs"/> channels. The kernel has one
        /// extent, or one for each spatial axis.
        /// </summary>
        public Blueprint Conv(ConvSettings settings, int outputs, params ReadOnlySpan<int> kernel) =>
            BlueprintModule.conv(Given(settings).Core(), outputs, FSharp.List(kernel), Given(blueprint));

        /// <summary>An activation.</summary>
        public Blueprint Activation(Activation activation) =>
            BlueprintModule.activation(Given(activation), Given(blueprint));

        /// <summary>Tanh(x), element-wise.</summary>
        public Blueprint Tanh() => BlueprintModule.tanh(Given(blueprint));

        /// <summary>max(x, 0), element-wise.</summary>
        public Blueprint Relu() => BlueprintModule.relu(Given(blueprint));

        /// <summary>ln(1 + eˣ), element-wise.</summary>
        public Blueprint Softplus() => BlueprintModule.softplus(Given(blueprint));

        /// <summary>x Sigmoid(x), element-wise.</summary>
        public Blueprint Silu() => BlueprintModule.silu(Given(blueprint));

        /// <summary>x Φ(x) with the normal distribution function Φ, element-wise.</summary>
        public Blueprint Gelu() => BlueprintModule.gelu(Given(blueprint));

        /// <summary>1 / (1 + e⁻ˣ), element-wise.</summary>
        public Blueprint Sigmoid() => BlueprintModule.sigmoid(Given(blueprint));

        /// <summary>Sin(x), element-wise.</summary>
        public Blueprint Sine() => BlueprintModule.sine(Given(blueprint));

        /// <summary>x ↦ x^exponent, element-wise.</summary>
        public Blueprint Power(double exponent) => BlueprintModule.power(exponent, Given(blueprint));

        /// <summary>The time as one more feature or channel, before the others.</summary>
        public Blueprint Time() => BlueprintModule.time(Given(blueprint));

        /// <summary>Drops elements in training.</summary>
        public Blueprint Dropout(double rate) => BlueprintModule.dropout(rate, Given(blueprint));

        /// <summary>Normalises the features.</summary>
        public Blueprint LayerNorm() => BlueprintModule.layerNorm(Given(blueprint));

        /// <summary>Normalises groups of channels.</summary>
        public Blueprint GroupNorm(int groups) => BlueprintModule.groupNorm(groups, Given(blueprint));

        /// <summary>Adds the cosines and sines of <paramref name="frequencies"/> random frequencies.</summary>
        public Blueprint FourierFeatures(double deviation, int frequencies) =>
            BlueprintModule.fourierFeatures(deviation, frequencies, Given(blueprint));

        /// <summary>Means over square windows of an image.</summary>
        public Blueprint AveragePool(int window, int stride) =>
            BlueprintModule.averagePool(window, stride, Given(blueprint));

        /// <summary>Maxima over square windows of an image.</summary>
        public Blueprint MaxPool(int window, int stride) => BlueprintModule.maxPool(window, stride, Given(blueprint));

        /// <summary>Means over all places: sequences and images become features.</summary>
        public Blueprint GlobalAveragePool() => BlueprintModule.globalAveragePool(Given(blueprint));

        /// <summary>Adds layers whose result is added to their input. The layers keep the width.</summary>
        public Blueprint Residual(Func<Blueprint, Blueprint> inner) =>
            BlueprintModule.residual(FSharp.Function(inner), Given(blueprint));
    }
}
