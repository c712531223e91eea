// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Linear layers with an activation between them; no activation after the last.</summary>
public static partial class MlpExtensions
{
    extension(Mlp)
    {
        /// <summary>A tanh network, each layer as Linear.Init makes it.</summary>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="sizes">The widths: inputs first, outputs last.</param>
        /// <returns>The network.</returns>
        /// <exception cref="InputException">for fewer than two sizes, and for one that is not positive.</exception>
        public static Mlp Init(Key key, params ReadOnlySpan<int> sizes) => Mlp.init(Given(key), FSharp.List(sizes));

        /// <summary>Like Init, with weights from an initialiser such as Init.Glorot or Init.He, and biases 0.</summary>
        /// <param name="weights">From a key and a shape [inputs; outputs] to the weights.</param>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="sizes">The widths: inputs first, outputs last.</param>
        /// <returns>The network.</returns>
        /// <exception cref="InputException">for fewer than two sizes, and for one that is not positive.</exception>
        public static Mlp InitWith(Func<Key, int[], Tensor> weights, Key key, params ReadOnlySpan<int> sizes) =>
            Mlp.initWith(FSharp.Weights(weights), Given(key), FSharp.List(sizes));
    }

    extension(Mlp net)
    {
        /// <summary>
        /// The same weights with another activation: Mlp.Init(key, 2, 16, 2).WithActivation(Activation.Softplus).
        /// </summary>
        /// <param name="activation">The function between layers.</param>
        /// <returns>The network with this activation.</returns>
        public Mlp WithActivation(Activation activation) => Mlp.withActivation(Given(activation), Given(net));

        /// <summary>Applies the network.</summary>
        /// <param name="x">[batch…; inputs].</param>
        /// <returns>[batch…; outputs].</returns>
        /// <exception cref="ShapeException">for another number of features.</exception>
        public Tensor Apply(Tensor x) => Mlp.apply(Given(net), Given(x));

        /// <summary>Applies the network with another function between layers.</summary>
        /// <param name="activation">The function.</param>
        /// <param name="x">[batch…; inputs].</param>
        /// <returns>[batch…; outputs].</returns>
        /// <exception cref="ShapeException">for another number of features.</exception>
        public Tensor ApplyWith(Func<Tensor, Tensor> activation, Tensor x) =>
            Mlp.applyWith(FSharp.Function(activation), Given(net), Given(x));
    }
}
