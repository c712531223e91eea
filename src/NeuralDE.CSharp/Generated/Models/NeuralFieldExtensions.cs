// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Fields of neural ODEs. Make a custom field from a function of weights with OfFunction, or from a record that
/// implements NeuralField; make custom weights in depth from a record that implements Depth.
/// </summary>
/// <remarks>
/// A function given here is a constant of the model: values that it captures are not trained, so pass the weights as
/// its argument.
/// </remarks>
public static partial class NeuralFieldExtensions
{
    extension(NeuralField)
    {
        /// <summary>
        /// x' = f(weights at t, t, x), with the features or channels on an axis counted from the end.
        /// </summary>
        /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
        /// <param name="f">From the weights, the time [] and the state to x'.</param>
        /// <param name="weights">The weights as a function of time.</param>
        /// <returns>The field.</returns>
        /// <remarks>InputException unless the axis is negative.</remarks>
        public static NeuralField OfDepthAlong<M>(int axis, Func<M, Tensor, Tensor, Tensor> f, Depth<M> weights) =>
            NeuralFieldModule.ofDepthAlong(axis, FSharp.Function(f), Given(weights));

        /// <summary>x' = f(weights at t, t, x) for features [batch…; d].</summary>
        /// <param name="f">From the weights, the time [] and the state to x'.</param>
        /// <param name="weights">The weights as a function of time.</param>
        /// <returns>The field.</returns>
        public static NeuralField OfDepth<M>(Func<M, Tensor, Tensor, Tensor> f, Depth<M> weights) =>
            NeuralFieldModule.ofDepth(FSharp.Function(f), Given(weights));

        /// <summary>x' = f(weights, t, x), with the features or channels on an axis counted from the end.</summary>
        /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
        /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
        /// <param name="f">From the weights, the time [] and the state to x'.</param>
        /// <returns>The field.</returns>
        /// <remarks>InputException unless the axis is negative.</remarks>
        public static NeuralField OfFunctionAlong<W>(int axis, W weights, Func<W, Tensor, Tensor, Tensor> f) =>
            NeuralFieldModule.ofFunctionAlong(axis, weights, FSharp.Function(f));

        /// <summary>x' = f(weights, t, x) for features [batch…; d].</summary>
        /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
        /// <param name="f">From the weights, the time [] and the state to x'.</param>
        /// <returns>The field.</returns>
        public static NeuralField OfFunction<W>(W weights, Func<W, Tensor, Tensor, Tensor> f) =>
            NeuralFieldModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>The field of a network. It depends on time if the network has a time layer.</summary>
        /// <param name="net">A network from x to x'.</param>
        /// <returns>The field.</returns>
        public static NeuralField Constant(Network net) => NeuralFieldModule.constant(Given(net));

        /// <summary>The field of a sequence of networks, each for one piece of the time span.</summary>
        /// <param name="pieces">One network for each piece.</param>
        /// <returns>The field.</returns>
        public static NeuralField Piecewise(Piecewise<Network> pieces) => NeuralFieldModule.piecewise(Given(pieces));

        /// <summary>The field of a network whose weights are a spectral expansion in depth.</summary>
        /// <param name="expansion">The expansion.</param>
        /// <returns>The field.</returns>
        public static NeuralField Galerkin(Galerkin<Network> expansion) => NeuralFieldModule.galerkin(Given(expansion));

        /// <summary>
        /// The field of a network whose weights follow their own differential equation from these initial weights.
        /// PerSample does not support it.
        /// </summary>
        /// <param name="weights">The initial weights.</param>
        /// <param name="flow">The differential equation of the weights.</param>
        /// <returns>The field.</returns>
        public static NeuralField Evolving(Network weights, WeightFlow flow) =>
            NeuralFieldModule.evolving(Given(weights), Given(flow));
    }
}
