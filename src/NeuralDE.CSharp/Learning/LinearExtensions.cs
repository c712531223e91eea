namespace NeuralDE;

/// <summary>The affine map x ↦ x W + b.</summary>
public static class LinearExtensions
{
    extension(Linear)
    {
        /// <summary>Weights and bias uniform in ±1/√inputs, float64: the default of PyTorch's Linear.</summary>
        public static Linear Init(Key key, int inputs, int outputs) => Linear.init(Given(key), inputs, outputs);

        /// <summary>Weights from an initialiser such as Init.Glorot or Init.He; a bias of 0.</summary>
        public static Linear InitWith(Func<Key, int[], Tensor> weights, Key key, int inputs, int outputs) =>
            Linear.initWith(FSharp.Weights(weights), Given(key), inputs, outputs);
    }

    extension(Linear layer)
    {
        /// <summary>x W + b: [inputs] → [outputs], [batch…; inputs] → [batch…; outputs].</summary>
        /// <remarks>ShapeException if the last axis of x is not the layer's inputs.</remarks>
        public Tensor Apply(Tensor x) => Linear.apply(Given(layer), Given(x));
    }
}

/// <summary>Linear layers with an activation between them, none after the last.</summary>
public static class MlpExtensions
{
    extension(Mlp)
    {
        /// <summary>
        /// A tanh network of these widths, inputs first and outputs last, each layer as Linear.Init makes it.
        /// </summary>
        public static Mlp Init(Key key, params ReadOnlySpan<int> sizes) => Mlp.init(Given(key), FSharp.List(sizes));

        /// <summary>As Init, with weights from an initialiser such as Init.Glorot or Init.He and biases of 0.</summary>
        public static Mlp InitWith(Func<Key, int[], Tensor> weights, Key key, params ReadOnlySpan<int> sizes) =>
            Mlp.initWith(FSharp.Weights(weights), Given(key), FSharp.List(sizes));
    }

    extension(Mlp net)
    {
        /// <summary>
        /// The same weights with another activation: <c>Mlp.Init(key, 2, 16, 2).WithActivation(Activation.Softplus)</c>.
        /// </summary>
        public Mlp WithActivation(Activation activation) => Mlp.withActivation(Given(activation), Given(net));

        /// <summary>The network at x, its activation between layers: [batch…; inputs] → [batch…; outputs].</summary>
        public Tensor Apply(Tensor x) => Mlp.apply(Given(net), Given(x));

        /// <summary>The network at x with another function between layers.</summary>
        public Tensor ApplyWith(Func<Tensor, Tensor> activation, Tensor x) =>
            Mlp.applyWith(FSharp.Function(activation), Given(net), Given(x));
    }
}
