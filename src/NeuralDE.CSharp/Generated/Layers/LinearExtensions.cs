// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>The affine map x ↦ x W + b.</summary>
/// <remarks>
/// A tree of two tensors, so Grad, Train and Lbfgs accept it, also as a part of a record. PyTorch's Linear has the
/// transposed weight, [outputs; inputs].
/// </remarks>
public static partial class LinearExtensions
{
    extension(Linear)
    {
        /// <summary>Weights and bias uniform in ±1/√inputs, float64: the default of PyTorch's Linear.</summary>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">The number of input features.</param>
        /// <param name="outputs">The number of output features.</param>
        /// <returns>The layer.</returns>
        /// <exception cref="InputException">unless both are positive.</exception>
        public static Linear Init(Key key, int inputs, int outputs) => Linear.init(Given(key), inputs, outputs);

        /// <summary>Weights from an initialiser such as Init.Glorot or Init.He; a bias of 0.</summary>
        /// <param name="weights">From a key and a shape [inputs; outputs] to the weights.</param>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">The number of input features.</param>
        /// <param name="outputs">The number of output features.</param>
        /// <returns>The layer.</returns>
        /// <exception cref="InputException">unless both are positive.</exception>
        public static Linear InitWith(Func<Key, int[], Tensor> weights, Key key, int inputs, int outputs) =>
            Linear.initWith(FSharp.Weights(weights), Given(key), inputs, outputs);
    }

    extension(Linear layer)
    {
        /// <summary>x W + b.</summary>
        /// <param name="x">[inputs] or [batch…; inputs].</param>
        /// <returns>[outputs] or [batch…; outputs].</returns>
        /// <exception cref="ShapeException">if the last axis of x is not the layer's inputs.</exception>
        public Tensor Apply(Tensor x) => Linear.apply(Given(layer), Given(x));
    }
}
