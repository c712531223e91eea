namespace NeuralDE

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
