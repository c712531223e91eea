namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// g(states)
type internal NetworkReadout =
    { Net: Network }

    interface NeuralReadout with
        member r.Observe axis _ states =
            let spatial = -1 - axis

            if spatial > 0 && states.Rank > spatial + 2 then // image layers accept only one batch axis
                let before = states.Rank - 1 - spatial
                let batch = Shape.extent "NeuralOde" (Shape.size states.Dims[.. before - 1])
                let read = Network.apply r.Net (Prim.reshape (Array.append [| batch |] states.Dims[before..]) states)
                Prim.reshape (Array.append states.Dims[.. before - 1] read.Dims[1..]) read
            else
                Network.apply r.Net states

/// f(weights, states)
type internal FunctionReadout<'W> =
    { Weights: 'W
      Read: 'W -> Tensor -> Tensor }

    interface NeuralReadout with
        member r.Observe _ _ states = r.Read r.Weights states

/// Outputs of neural ODEs. Make a custom readout from a function of weights with ofFunction, or from a record that implements
/// NeuralReadout.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module NeuralReadout =
    /// <summary>The output is f(weights, states), for states [batch…; state] or [time; batch…; state].</summary>
    /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
    /// <param name="f">From the weights and the states to the output.</param>
    /// <returns>The part of a model.</returns>
    let ofFunction (weights: 'W) (f: 'W -> Tensor -> Tensor) : NeuralReadout = { Weights = weights; Read = f }

    /// <summary>The output is g(states) with a network g.</summary>
    /// <param name="net">The network g.</param>
    /// <returns>The part of a model.</returns>
    let ofNetwork (net: Network) : NeuralReadout = { Net = net }
