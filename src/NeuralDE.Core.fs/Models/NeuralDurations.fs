namespace NeuralDE

open NeuralDE.Internal.Tensor

/// softplus(g(y0))
type internal NetworkDuration =
    { Net: Network }

    interface NeuralDuration with
        member d.Stretch y0 =
            let stretch = softplus (Network.apply d.Net y0)

            if stretch.Rank <> 2 || stretch.Dims[1] <> 1 then
                Expect.misfit
                    $"NeuralOde.adaptiveDepth: the duration's network returned {Expect.text stretch}, expected [batch; 1]."

            Prim.reshape [| stretch.Dims[0] |] stretch

/// f(weights, y0)
type internal FunctionDuration<'W> =
    { Weights: 'W
      Length: 'W -> Tensor -> Tensor }

    interface NeuralDuration with
        member d.Stretch y0 = d.Length d.Weights y0

/// Lengths of the solves of samples. Make a custom duration from a function of weights with ofFunction, or from a record that
/// implements NeuralDuration.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module NeuralDuration =
    /// <summary>Time spans are multiplied by f(weights, y0), [batch], which must be positive.</summary>
    /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
    /// <param name="f">From the weights and y0 to one factor for each sample.</param>
    /// <returns>The part of a model.</returns>
    let ofFunction (weights: 'W) (f: 'W -> Tensor -> Tensor) : NeuralDuration = { Weights = weights; Length = f }

    /// <summary>Time spans are multiplied by softplus(g(y0)) with a network g from y0 to [batch; 1].</summary>
    /// <param name="net">The network g.</param>
    /// <returns>The part of a model.</returns>
    /// <remarks>S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020: depth-adaptive. In one dimension, scaling the time
    /// keeps the order of points, so it does not make the model more expressive by itself: give the network the time
    /// (Blueprint.time) or a control.</remarks>
    let ofNetwork (net: Network) : NeuralDuration = { Net = net }
