using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace NeuralDE;

/// <summary>Layers: <c>Linear.Init(key, 2, 16)</c> makes one, <c>layer.Apply(x)</c> uses it.</summary>
public static class LayerExtensions
{
    private static FSharpFunc<Key, FSharpFunc<FSharpList<int>, Tensor>> Weights(Func<Key, int[], Tensor> weights) =>
        FSharp.Function<Key, FSharpList<int>, Tensor>((key, shape) => weights(key, [.. shape]));

    extension(Linear)
    {
        /// <summary>Weights and bias uniform in ±1/√inputs, float64: the default of PyTorch's Linear.</summary>
        public static Linear Init(Key key, int inputs, int outputs) => Linear.init(key, inputs, outputs);

        /// <summary>Weights from an initialiser such as Init.Glorot or Init.He; a bias of 0.</summary>
        public static Linear InitWith(Func<Key, int[], Tensor> weights, Key key, int inputs, int outputs) =>
            Linear.initWith(Weights(weights), key, inputs, outputs);
    }

    extension(Linear layer)
    {
        /// <summary>x W + b: [inputs] → [outputs], [batch…; inputs] → [batch…; outputs].</summary>
        /// <exception cref="ShapeException">if the last axis of x is not the layer's inputs.</exception>
        public Tensor Apply(Tensor x) => Linear.apply(layer, x);
    }

    extension(Mlp)
    {
        /// <summary>A network of these widths, inputs first and outputs last, each layer as Linear.Init makes it.</summary>
        public static Mlp Init(Key key, params ReadOnlySpan<int> sizes) => Mlp.init(key, FSharp.List(sizes));

        /// <summary>As Init, with weights from an initialiser such as Init.Glorot or Init.He and biases of 0.</summary>
        public static Mlp InitWith(Func<Key, int[], Tensor> weights, Key key, params ReadOnlySpan<int> sizes) =>
            Mlp.initWith(Weights(weights), key, FSharp.List(sizes));
    }

    extension(Mlp net)
    {
        /// <summary>The network at x, tanh between layers: [batch…; inputs] → [batch…; outputs].</summary>
        public Tensor Apply(Tensor x) => Mlp.apply(net, x);

        /// <summary>The network at x with another activation between layers, such as Softplus or Relu.</summary>
        public Tensor ApplyWith(Func<Tensor, Tensor> activation, Tensor x) =>
            Mlp.applyWith(FSharp.Function(activation), net, x);
    }
}
