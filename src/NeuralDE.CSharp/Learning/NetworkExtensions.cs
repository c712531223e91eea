namespace NeuralDE;

/// <summary>
/// A function applied to each element, as data: a model that holds one can be compared, printed and saved.
/// </summary>
public static class ActivationExtensions
{
    extension(Activation)
    {
        /// <summary>
        /// One of each, with slopes as PyTorch's defaults. Activation.Tanh, Activation.NewLeakyRelu(0.1), … are
        /// single ones.
        /// </summary>
        public static IReadOnlyList<Activation> All => Activation.all;
    }

    extension(Activation activation)
    {
        /// <summary>The function.</summary>
        public Tensor Apply(Tensor x) => Activation.apply(Given(activation), Given(x));
    }
}

/// <summary>Layers one after the other, as data: it can be walked, printed and saved.</summary>
public static class NetworkExtensions
{
    extension(Network)
    {
        /// <summary>The network of a blueprint, with weights drawn from a key.</summary>
        public static Network Init(Key key, Blueprint blueprint) => Network.init(Given(key), Given(blueprint));
    }

    extension(Network net)
    {
        /// <summary>The network at x. InputException if one of its layers sees the time.</summary>
        public Tensor Apply(Tensor x) => Network.apply(Given(net), Given(x));

        /// <summary>The network as a vector field: time (0-d) and state to derivative.</summary>
        public Tensor Field(Tensor t, Tensor x) => Network.field(Given(net), Given(t), Given(x));

        /// <summary>
        /// The network in training at time t: its dropout layers draw from the key, which a solve holds fixed.
        /// </summary>
        public Tensor Train(Key key, Tensor t, Tensor x) => Network.train(Given(key), Given(net), Given(t), Given(x));
    }
}

/// <summary>What a layer of your own is given.</summary>
public static class LayerCallExtensions
{
    extension(LayerCall call)
    {
        /// <summary>The time, [] in the dtype of X; null where the network was not given one, as in Apply.</summary>
        public Tensor? TimeOrNull => FSharp.OrNull(Given(call).Time);

        /// <summary>A key of the layer's own in training; null otherwise.</summary>
        public Key? KeyOrNull => FSharp.OrNull(Given(call).Key);
    }
}
