namespace NeuralDE;

/// <summary>
/// An element-wise function as data, so that its model can be compared, printed and saved.
/// </summary>
public static class ActivationExtensions
{
    extension(Activation)
    {
        /// <summary>
        /// One activation of each kind, with PyTorch's default slopes. Use Activation.Tanh,
        /// Activation.NewLeakyRelu(0.1), … for a single activation.
        /// </summary>
        public static IReadOnlyList<Activation> All => Activation.all;
    }

    extension(Activation activation)
    {
        /// <summary>The function.</summary>
        public Tensor Apply(Tensor x) => Activation.apply(Given(activation), Given(x));
    }
}

/// <summary>A sequence of layers as data, which can be traversed, printed and saved.</summary>
public static class NetworkExtensions
{
    extension(Network)
    {
        /// <summary>The network of a blueprint. The key determines its initial weights.</summary>
        public static Network Init(Key key, Blueprint blueprint) => Network.init(Given(key), Given(blueprint));
    }

    extension(Network net)
    {
        /// <summary>Applies the network to x. InputException if a layer needs the time.</summary>
        public Tensor Apply(Tensor x) => Network.apply(Given(net), Given(x));

        /// <summary>The network as a vector field: time ([]) and state to derivative.</summary>
        public Tensor Field(Tensor t, Tensor x) => Network.field(Given(net), Given(t), Given(x));

        /// <summary>
        /// Applies the network in training mode at time t: its dropout layers draw from the key, which is constant during a solve.
        /// </summary>
        public Tensor Train(Key key, Tensor t, Tensor x) => Network.train(Given(key), Given(net), Given(t), Given(x));
    }
}

/// <summary>The arguments of a custom layer.</summary>
public static class LayerCallExtensions
{
    extension(LayerCall call)
    {
        /// <summary>The time, [] in the dtype of X; null if the network got none, as in Apply.</summary>
        public Tensor? TimeOrNull => FSharp.OrNull(Given(call).Time);

        /// <summary>A separate key for the layer in training; null otherwise.</summary>
        public Key? KeyOrNull => FSharp.OrNull(Given(call).Key);
    }
}
