// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Outputs of neural ODEs. Make a custom readout from a function of weights with OfFunction, or from a record that
/// implements NeuralReadout.
/// </summary>
public static partial class NeuralReadoutExtensions
{
    extension(NeuralReadout)
    {
        /// <summary>The output is f(weights, states), for states [batch…; state] or [time; batch…; state].</summary>
        /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
        /// <param name="f">From the weights and the states to the output.</param>
        /// <returns>The part of a model.</returns>
        public static NeuralReadout OfFunction<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralReadoutModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>The output is g(states) with a network g.</summary>
        /// <param name="net">The network g.</param>
        /// <returns>The part of a model.</returns>
        public static NeuralReadout OfNetwork(Network net) => NeuralReadoutModule.ofNetwork(Given(net));
    }
}
