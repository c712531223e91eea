// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Initial states of neural ODEs, computed from the observation y0. Make a custom start from a function of weights with
/// OfFunction, or from a record that implements NeuralStart.
/// </summary>
/// <remarks>
/// A function given here is a constant of the model: values that it captures are not trained, so pass the weights as
/// its argument.
/// </remarks>
public static partial class NeuralStartExtensions
{
    extension(NeuralStart)
    {
        /// <summary>The initial state is y0.</summary>
        public static NeuralStart AsObserved => NeuralStartModule.observed;

        /// <summary>
        /// The initial state is [y0; 0] with <paramref name="dimensions"/> zeros, along the features or channels.
        /// </summary>
        /// <param name="dimensions">The number of zeros.</param>
        /// <returns>The start.</returns>
        /// <remarks>
        /// E. Dupont, A. Doucet, Y. W. Teh, Augmented neural ODEs, NeurIPS 2019. InputException unless
        /// <paramref name="dimensions"/> is positive.
        /// </remarks>
        public static NeuralStart Zeros(int dimensions) => NeuralStartModule.zeros(dimensions);

        /// <summary>
        /// The initial state is [y0; 0] with <paramref name="dimensions"/> zeros, along an axis counted from the end:
        /// −1 is the last.
        /// </summary>
        /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
        /// <param name="dimensions">The number of zeros.</param>
        /// <returns>The start.</returns>
        /// <remarks>InputException unless the axis is negative and <paramref name="dimensions"/> is positive.</remarks>
        public static NeuralStart ZerosAlong(int axis, int dimensions) =>
            NeuralStartModule.zerosAlong(axis, dimensions);

        /// <summary>The initial state is [y0; f(weights, y0)], along the features or channels.</summary>
        /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
        /// <param name="f">From the weights and y0 to components of the state.</param>
        /// <returns>The start.</returns>
        public static NeuralStart Beside<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralStartModule.beside(weights, FSharp.Function(f));

        /// <summary>The initial state is [y0; f(weights, y0)], along an axis counted from the end.</summary>
        /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
        /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
        /// <param name="f">From the weights and y0 to components of the state.</param>
        /// <returns>The start.</returns>
        /// <remarks>InputException unless the axis is negative.</remarks>
        public static NeuralStart BesideAlong<W>(int axis, W weights, Func<W, Tensor, Tensor> f) =>
            NeuralStartModule.besideAlong(axis, weights, FSharp.Function(f));

        /// <summary>The initial state is f(weights, y0). All of it is observed if the model has no readout.</summary>
        /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
        /// <param name="f">From the weights and y0 to the initial state.</param>
        /// <returns>The start.</returns>
        public static NeuralStart OfFunction<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralStartModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>The initial state is [y0; g(y0)] with a network g; a convolutional network adds channels.</summary>
        /// <param name="net">The network g.</param>
        /// <returns>The start.</returns>
        public static NeuralStart InputLayer(Network net) => NeuralStartModule.inputLayer(Given(net));

        /// <summary>The initial state is g(y0) with a network g.</summary>
        /// <param name="net">The network g.</param>
        /// <returns>The start.</returns>
        public static NeuralStart Lift(Network net) => NeuralStartModule.lift(Given(net));
    }
}
