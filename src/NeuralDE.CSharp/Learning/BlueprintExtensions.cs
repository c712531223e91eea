namespace NeuralDE;

/// <summary>A network, layer by layer. InputException where a layer does not fit what comes before it.</summary>
public static class BlueprintExtensions
{
    extension(Blueprint)
    {
        /// <summary>Of inputs [batch…; features].</summary>
        public static Blueprint Features(int inputs) => BlueprintModule.features(inputs);

        /// <summary>Of inputs [batch; channels; length].</summary>
        public static Blueprint Sequences(int channels) => BlueprintModule.sequences(channels);

        /// <summary>Of inputs [batch; channels; height; width].</summary>
        public static Blueprint Images(int channels) => BlueprintModule.images(channels);
    }

    extension(Blueprint blueprint)
    {
        /// <summary>
        /// A layer of your own made from a key; it gives `outputs` features or channels. ShapeException, when the network is
        /// applied, where it gives others.
        /// </summary>
        public Blueprint Own(int outputs, Func<Key, OwnLayer> make) =>
            BlueprintModule.own(outputs, FSharp.Function(make), Given(blueprint));

        /// <summary>A layer that keeps the width.</summary>
        public Blueprint Layer(Layer layer) => BlueprintModule.layer(Given(layer), Given(blueprint));

        /// <summary>A layer made from a key; it gives `outputs` features or channels.</summary>
        public Blueprint LayerWith(int outputs, Func<Key, Layer> make) =>
            BlueprintModule.layerWith(outputs, FSharp.Function(make), Given(blueprint));

        /// <summary>An affine map to so many features, as Linear.Init makes it.</summary>
        public Blueprint Linear(int outputs) => BlueprintModule.linear(outputs, Given(blueprint));

        /// <summary>As Linear, with weights from an initialiser such as Init.Glorot, and biases of 0.</summary>
        public Blueprint LinearWith(Func<Key, int[], Tensor> weights, int outputs) =>
            BlueprintModule.linearWith(FSharp.Weights(weights), outputs, Given(blueprint));

        /// <summary>
        /// A convolution of a sequence or an image to so many channels; the kernel has one extent or one for each
        /// spatial axis.
        /// </summary>
        public Blueprint Conv(ConvSettings settings, int outputs, params ReadOnlySpan<int> kernel) =>
            BlueprintModule.conv(Given(settings).Core(), outputs, FSharp.List(kernel), Given(blueprint));

        /// <summary>An activation.</summary>
        public Blueprint Activation(Activation activation) =>
            BlueprintModule.activation(Given(activation), Given(blueprint));

        /// <summary>Tanh(x), element by element.</summary>
        public Blueprint Tanh() => BlueprintModule.tanh(Given(blueprint));

        /// <summary>max(x, 0), element by element.</summary>
        public Blueprint Relu() => BlueprintModule.relu(Given(blueprint));

        /// <summary>ln(1 + eˣ), element by element.</summary>
        public Blueprint Softplus() => BlueprintModule.softplus(Given(blueprint));

        /// <summary>x Sigmoid(x), element by element.</summary>
        public Blueprint Silu() => BlueprintModule.silu(Given(blueprint));

        /// <summary>x Φ(x) with the normal distribution's Φ, element by element.</summary>
        public Blueprint Gelu() => BlueprintModule.gelu(Given(blueprint));

        /// <summary>1 / (1 + e⁻ˣ), element by element.</summary>
        public Blueprint Sigmoid() => BlueprintModule.sigmoid(Given(blueprint));

        /// <summary>Sin(x), element by element.</summary>
        public Blueprint Sine() => BlueprintModule.sine(Given(blueprint));

        /// <summary>x ↦ x^exponent, element by element.</summary>
        public Blueprint Power(double exponent) => BlueprintModule.power(exponent, Given(blueprint));

        /// <summary>The time as one more feature or channel, before the others.</summary>
        public Blueprint Time() => BlueprintModule.time(Given(blueprint));

        /// <summary>Drops elements in training.</summary>
        public Blueprint Dropout(double rate) => BlueprintModule.dropout(rate, Given(blueprint));

        /// <summary>Normalises the features.</summary>
        public Blueprint LayerNorm() => BlueprintModule.layerNorm(Given(blueprint));

        /// <summary>Normalises groups of channels.</summary>
        public Blueprint GroupNorm(int groups) => BlueprintModule.groupNorm(groups, Given(blueprint));

        /// <summary>Cosines and sines of so many random frequencies.</summary>
        public Blueprint FourierFeatures(double deviation, int frequencies) =>
            BlueprintModule.fourierFeatures(deviation, frequencies, Given(blueprint));

        /// <summary>Means over square windows of an image.</summary>
        public Blueprint AveragePool(int window, int stride) =>
            BlueprintModule.averagePool(window, stride, Given(blueprint));

        /// <summary>Maxima over square windows of an image.</summary>
        public Blueprint MaxPool(int window, int stride) => BlueprintModule.maxPool(window, stride, Given(blueprint));

        /// <summary>Means over all places: sequences and images become features.</summary>
        public Blueprint GlobalAveragePool() => BlueprintModule.globalAveragePool(Given(blueprint));

        /// <summary>Layers whose result is added to their input; they keep the width.</summary>
        public Blueprint Residual(Func<Blueprint, Blueprint> inner) =>
            BlueprintModule.residual(FSharp.Function(inner), Given(blueprint));
    }
}
