// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Further inputs of fields. Make a custom control from a function of weights with OfFunction, or from a record that
/// implements NeuralControl.
/// </summary>
public static partial class NeuralControlExtensions
{
    extension(NeuralControl)
    {
        /// <summary>The field's input is [state; y0].</summary>
        public static NeuralControl Observed => NeuralControlModule.observed;

        /// <summary>The field's input is [state; f(weights, y0)], along the features or channels.</summary>
        /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
        /// <param name="f">From the weights and y0 to the further inputs.</param>
        /// <returns>The part of a model.</returns>
        public static NeuralControl OfFunction<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralControlModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>
        /// The field's input is [state; f(weights, y0)], along an axis counted from the end: −1 is the last.
        /// </summary>
        /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
        /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
        /// <param name="f">From the weights and y0 to the further inputs.</param>
        /// <returns>The part of a model.</returns>
        /// <remarks>InputException unless the axis is negative.</remarks>
        public static NeuralControl OfFunctionAlong<W>(int axis, W weights, Func<W, Tensor, Tensor> f) =>
            NeuralControlModule.ofFunctionAlong(axis, weights, FSharp.Function(f));

        /// <summary>The field's input is [state; y0], along an axis counted from the end.</summary>
        /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
        /// <returns>The part of a model.</returns>
        /// <remarks>InputException unless the axis is negative.</remarks>
        public static NeuralControl ObservedAlong(int axis) => NeuralControlModule.observedAlong(axis);

        /// <summary>
        /// The field's input is [state; g(y0)] with a network g; for images g is a convolutional network.
        /// </summary>
        /// <param name="net">The network g.</param>
        /// <returns>The part of a model.</returns>
        public static NeuralControl OfNetwork(Network net) => NeuralControlModule.ofNetwork(Given(net));
    }
}
