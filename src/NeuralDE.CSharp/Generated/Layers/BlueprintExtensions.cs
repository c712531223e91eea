// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Networks, layer by layer. InputException for a layer that does not fit the layer before it.</summary>
public static partial class BlueprintExtensions
{
    extension(Blueprint)
    {
        /// <summary>Starts a network with inputs [batch…; features].</summary>
        /// <param name="inputs">The number of features.</param>
        /// <returns>A blueprint without layers.</returns>
        /// <exception cref="InputException">unless inputs is positive.</exception>
        public static Blueprint Features(int inputs) => BlueprintModule.features(inputs);

        /// <summary>Starts a network with inputs [batch; channels; length].</summary>
        /// <param name="channels">The number of channels.</param>
        /// <returns>A blueprint without layers.</returns>
        /// <exception cref="InputException">unless channels is positive.</exception>
        public static Blueprint Sequences(int channels) => BlueprintModule.sequences(channels);

        /// <summary>Starts a network with inputs [batch; channels; height; width].</summary>
        /// <param name="channels">The number of channels.</param>
        /// <returns>A blueprint without layers.</returns>
        /// <exception cref="InputException">unless channels is positive.</exception>
        public static Blueprint Images(int channels) => BlueprintModule.images(channels);
    }

    extension(Blueprint blueprint)
    {
        /// <summary>Adds a layer that keeps the number of features or channels.</summary>
        /// <param name="layer">The layer.</param>
        /// <returns>The blueprint with this layer.</returns>
        public Blueprint Layer(Layer layer) => BlueprintModule.layer(Given(layer), Given(blueprint));

        /// <summary>
        /// Adds a layer, made from a key, that returns <paramref name="outputs"/> features or channels.
        /// </summary>
        /// <param name="outputs">The number of features or channels.</param>
        /// <param name="make">From a key to the layer.</param>
        /// <returns>The blueprint with this layer.</returns>
        /// <exception cref="InputException">unless outputs is positive.</exception>
        public Blueprint LayerWith(int outputs, Func<Key, Layer> make) =>
            BlueprintModule.layerWith(outputs, FSharp.Function(make), Given(blueprint));

        /// <summary>
        /// Adds a custom layer, made from a key, that returns <paramref name="outputs"/> features or channels.
        /// </summary>
        /// <param name="outputs">
        /// The number of features or channels. If the layer returns another number, applying the network raises a
        /// ShapeException.
        /// </param>
        /// <param name="make">
        /// From a key to the layer. If it returns null, making the network raises an InputException.
        /// </param>
        /// <returns>The blueprint with this layer.</returns>
        /// <exception cref="InputException">unless outputs is positive.</exception>
        public Blueprint Own(int outputs, Func<Key, OwnLayer> make) =>
            BlueprintModule.own(outputs, FSharp.Function(make), Given(blueprint));

        /// <summary>Adds a linear layer, initialised as by Linear.Init.</summary>
        /// <param name="outputs">The number of features that it returns.</param>
        /// <returns>The blueprint with this layer.</returns>
        /// <exception cref="InputException">unless outputs is positive, and after channels.</exception>
        public Blueprint Linear(int outputs) => BlueprintModule.linear(outputs, Given(blueprint));

        /// <summary>Like Linear, with weights from an initialiser such as Init.Glorot, and biases 0.</summary>
        /// <param name="weights">From a key and a shape [inputs; outputs] to the weights.</param>
        /// <param name="outputs">The number of features that it returns.</param>
        /// <returns>The blueprint with this layer.</returns>
        /// <exception cref="InputException">unless outputs is positive, and after channels.</exception>
        public Blueprint LinearWith(Func<Key, int[], Tensor> weights, int outputs) =>
            BlueprintModule.linearWith(FSharp.Weights(weights), outputs, Given(blueprint));

        /// <summary>Adds a convolution of a sequence or an image.</summary>
        /// <param name="settings">Stride, padding, dilation and groups.</param>
        /// <param name="outputs">The number of channels that it returns.</param>
        /// <param name="kernel">One extent, or one for each spatial axis.</param>
        /// <returns>The blueprint with this layer.</returns>
        /// <exception cref="InputException">for extents that are not positive, and after features.</exception>
        public Blueprint Conv(ConvSettings settings, int outputs, params ReadOnlySpan<int> kernel) =>
            BlueprintModule.conv(Given(settings).Core(), outputs, FSharp.List(kernel), Given(blueprint));

        /// <summary>Adds an activation.</summary>
        /// <param name="activation">The element-wise function.</param>
        /// <returns>The blueprint with this layer.</returns>
        public Blueprint Activation(Activation activation) =>
            BlueprintModule.activation(Given(activation), Given(blueprint));

        /// <summary>tanh(x), element-wise.</summary>
        /// <returns>The blueprint with this layer.</returns>
        public Blueprint Tanh() => BlueprintModule.tanh(Given(blueprint));

        /// <summary>max(x, 0), element-wise.</summary>
        /// <returns>The blueprint with this layer.</returns>
        public Blueprint Relu() => BlueprintModule.relu(Given(blueprint));

        /// <summary>ln(1 + eˣ), element-wise.</summary>
        /// <returns>The blueprint with this layer.</returns>
        public Blueprint Softplus() => BlueprintModule.softplus(Given(blueprint));

        /// <summary>x sigmoid(x), element-wise.</summary>
        /// <returns>The blueprint with this layer.</returns>
        public Blueprint Silu() => BlueprintModule.silu(Given(blueprint));

        /// <summary>x Φ(x) with the normal distribution function Φ, element-wise.</summary>
        /// <returns>The blueprint with this layer.</returns>
        public Blueprint Gelu() => BlueprintModule.gelu(Given(blueprint));

        /// <summary>1 / (1 + e⁻ˣ), element-wise.</summary>
        /// <returns>The blueprint with this layer.</returns>
        public Blueprint Sigmoid() => BlueprintModule.sigmoid(Given(blueprint));

        /// <summary>sin(x), element-wise.</summary>
        /// <returns>The blueprint with this layer.</returns>
        public Blueprint Sine() => BlueprintModule.sine(Given(blueprint));

        /// <summary>x ↦ x^exponent, element-wise.</summary>
        /// <param name="exponent">The exponent.</param>
        /// <returns>The blueprint with this layer.</returns>
        public Blueprint Power(double exponent) => BlueprintModule.power(exponent, Given(blueprint));

        /// <summary>Adds the time as one more feature or channel, before the others.</summary>
        /// <returns>The blueprint with this layer.</returns>
        public Blueprint Time() => BlueprintModule.time(Given(blueprint));

        /// <summary>Adds dropout: in training it sets random elements to 0; otherwise it is the identity.</summary>
        /// <param name="rate">The fraction of elements to drop, from 0 to below 1.</param>
        /// <returns>The blueprint with this layer.</returns>
        /// <exception cref="InputException">unless 0 ≤ rate &lt; 1.</exception>
        public Blueprint Dropout(double rate) => BlueprintModule.dropout(rate, Given(blueprint));

        /// <summary>Normalises the features of each sample.</summary>
        /// <returns>The blueprint with this layer.</returns>
        /// <exception cref="InputException">after channels.</exception>
        public Blueprint LayerNorm() => BlueprintModule.layerNorm(Given(blueprint));

        /// <summary>Normalises groups of channels of each sample.</summary>
        /// <param name="groups">The number of groups, which divides the number of channels.</param>
        /// <returns>The blueprint with this layer.</returns>
        /// <exception cref="InputException">if the channels do not divide into the groups.</exception>
        public Blueprint GroupNorm(int groups) => BlueprintModule.groupNorm(groups, Given(blueprint));

        /// <summary>Adds the cosines and sines of random frequencies: d features become 2 · frequencies.</summary>
        /// <param name="deviation">The standard deviation of the frequencies, in periods per unit.</param>
        /// <param name="frequencies">The number of frequencies.</param>
        /// <returns>The blueprint with this layer.</returns>
        /// <exception cref="InputException">after channels.</exception>
        public Blueprint FourierFeatures(double deviation, int frequencies) =>
            BlueprintModule.fourierFeatures(deviation, frequencies, Given(blueprint));

        /// <summary>Means over square windows of an image.</summary>
        /// <param name="window">Height and width of a window.</param>
        /// <param name="stride">The distance between windows.</param>
        /// <returns>The blueprint with this layer.</returns>
        /// <exception cref="InputException">unless the input is an image.</exception>
        public Blueprint AveragePool(int window, int stride) =>
            BlueprintModule.averagePool(window, stride, Given(blueprint));

        /// <summary>Maxima over square windows of an image.</summary>
        /// <param name="window">Height and width of a window.</param>
        /// <param name="stride">The distance between windows.</param>
        /// <returns>The blueprint with this layer.</returns>
        /// <exception cref="InputException">unless the input is an image.</exception>
        public Blueprint MaxPool(int window, int stride) => BlueprintModule.maxPool(window, stride, Given(blueprint));

        /// <summary>Means over all spatial positions: sequences and images become features.</summary>
        /// <returns>The blueprint with this layer.</returns>
        public Blueprint GlobalAveragePool() => BlueprintModule.globalAveragePool(Given(blueprint));

        /// <summary>Adds layers whose result is added to their input. The layers keep the width.</summary>
        /// <param name="inner">Adds the inner layers to a blueprint.</param>
        /// <returns>The blueprint with this layer.</returns>
        /// <exception cref="InputException">if the inner layers change the width.</exception>
        public Blueprint Residual(Func<Blueprint, Blueprint> inner) =>
            BlueprintModule.residual(FSharp.Function(inner), Given(blueprint));
    }
}
