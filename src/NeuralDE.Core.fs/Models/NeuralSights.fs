namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// [state; g(y0)]
type internal BesideControl<'W> =
    { Weights: 'W
      Make: 'W -> Tensor -> Tensor
      Along: int option }

    interface NeuralControl with
        member c.Covariate _ y0 = c.Make c.Weights y0

        member c.Seen axis covariate state =
            ChannelAxis.beside "NeuralOde.controlled" (defaultArg c.Along axis) state covariate

/// Further inputs of fields. Make a custom control from a function of weights with ofFunction, or from a record that
/// implements NeuralControl.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module NeuralControl =
    let private itself () (y0: Tensor) = y0

    /// <summary>The field's input is [state; f(weights, y0)], along the features or channels.</summary>
    /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
    /// <param name="f">From the weights and y0 to the further inputs.</param>
    /// <returns>The part of a model.</returns>
    let ofFunction (weights: 'W) (f: 'W -> Tensor -> Tensor) : NeuralControl =
        { BesideControl.Weights = weights; Make = f; Along = None }

    /// <summary>The field's input is [state; f(weights, y0)], along an axis counted from the end: −1 is the last.</summary>
    /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
    /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
    /// <param name="f">From the weights and y0 to the further inputs.</param>
    /// <returns>The part of a model.</returns>
    /// <remarks>InputException unless the axis is negative.</remarks>
    let ofFunctionAlong (axis: int) (weights: 'W) (f: 'W -> Tensor -> Tensor) : NeuralControl =
        ChannelAxis.refuseFromFront "NeuralControl.ofFunctionAlong" axis
        { BesideControl.Weights = weights; Make = f; Along = Some axis }

    /// The field's input is [state; y0].
    let observed: NeuralControl = ofFunction () itself

    /// <summary>The field's input is [state; y0], along an axis counted from the end.</summary>
    /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
    /// <returns>The part of a model.</returns>
    /// <remarks>InputException unless the axis is negative.</remarks>
    let observedAlong (axis: int) : NeuralControl = ofFunctionAlong axis () itself

    /// <summary>The field's input is [state; g(y0)] with a network g; for images g is a convolutional network.</summary>
    /// <param name="net">The network g.</param>
    /// <returns>The part of a model.</returns>
    let ofNetwork (net: Network) : NeuralControl = ofFunction net Network.apply

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
