// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Lengths of the solves of samples. Make a custom duration from a function of weights with OfFunction, or from a
/// record that implements NeuralDuration.
/// </summary>
public static partial class NeuralDurationExtensions
{
    extension(NeuralDuration)
    {
        /// <summary>Time spans are multiplied by f(weights, y0), [batch], which must be positive.</summary>
        /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
        /// <param name="f">From the weights and y0 to one factor for each sample.</param>
        /// <returns>The part of a model.</returns>
        public static NeuralDuration OfFunction<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralDurationModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>Time spans are multiplied by softplus(g(y0)) with a network g from y0 to [batch; 1].</summary>
        /// <param name="net">The network g.</param>
        /// <returns>The part of a model.</returns>
        /// <remarks>
        /// S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020: depth-adaptive. In one dimension, scaling the
        /// time keeps the order of points, so it does not make the model more expressive by itself: give the network
        /// the time (Blueprint.Time) or a control.
        /// </remarks>
        public static NeuralDuration OfNetwork(Network net) => NeuralDurationModule.ofNetwork(Given(net));
    }
}
