namespace NeuralDE

/// A field whose weights are a function of time.
type internal DepthField<'M> =
    { Weights: Depth<'M>
      Apply: 'M -> Tensor -> Tensor -> Tensor
      Axis: int }

    interface NeuralField with
        member f.Axis = f.Axis
        member f.Slope t seen = f.Apply (f.Weights.At t) t seen

    interface DepthTimes with
        member f.Jumps =
            match f.Weights with
            | :? DepthTimes as times -> times.Jumps
            | _ -> [||]

        member f.First =
            match f.Weights with
            | :? DepthTimes as times -> times.First
            | _ -> -infinity

        member f.Last =
            match f.Weights with
            | :? DepthTimes as times -> times.Last
            | _ -> infinity

/// A field whose weights follow their own differential equation.
type internal EvolvingField<'M> =
    { Weights: 'M
      Flow: WeightFlow
      Apply: 'M -> Tensor -> Tensor -> Tensor
      Axis: int }

    interface NeuralFlow with
        member f.Axis = f.Axis
        member f.Slope t seen = f.Apply f.Weights t seen
        member f.Weights = Tree.flatten f.Weights
        member f.Flow _ weights = WeightFlow.apply f.Flow (Tree.unflatten f.Weights weights) |> Tree.flatten
        member f.SlopeWith weights t seen = f.Apply (Tree.unflatten f.Weights weights) t seen

/// <summary>Fields of neural ODEs. Make a custom field from a function of weights with ofFunction, or from a record that
/// implements NeuralField; make custom weights in depth from a record that implements Depth.</summary>
/// <remarks>A function given here is a constant of the model: values that it captures are not trained, so pass the weights as
/// its argument.</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module NeuralField =
    /// <summary>x' = f(weights at t, t, x), with the features or channels on an axis counted from the end.</summary>
    /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
    /// <param name="f">From the weights, the time [] and the state to x'.</param>
    /// <param name="weights">The weights as a function of time.</param>
    /// <returns>The field.</returns>
    /// <remarks>InputException unless the axis is negative.</remarks>
    let ofDepthAlong (axis: int) (f: 'M -> Tensor -> Tensor -> Tensor) (weights: Depth<'M>) : NeuralField =
        ChannelAxis.refuseFromFront "NeuralField.ofDepthAlong" axis
        { DepthField.Weights = weights; Apply = f; Axis = axis }

    /// <summary>x' = f(weights at t, t, x) for features [batch…; d].</summary>
    /// <param name="f">From the weights, the time [] and the state to x'.</param>
    /// <param name="weights">The weights as a function of time.</param>
    /// <returns>The field.</returns>
    let ofDepth (f: 'M -> Tensor -> Tensor -> Tensor) (weights: Depth<'M>) : NeuralField = ofDepthAlong -1 f weights

    /// <summary>x' = f(weights, t, x), with the features or channels on an axis counted from the end.</summary>
    /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
    /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
    /// <param name="f">From the weights, the time [] and the state to x'.</param>
    /// <returns>The field.</returns>
    /// <remarks>InputException unless the axis is negative.</remarks>
    let ofFunctionAlong (axis: int) (weights: 'W) (f: 'W -> Tensor -> Tensor -> Tensor) : NeuralField =
        ChannelAxis.refuseFromFront "NeuralField.ofFunctionAlong" axis
        ofDepthAlong axis f { Model = weights }

    /// <summary>x' = f(weights, t, x) for features [batch…; d].</summary>
    /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
    /// <param name="f">From the weights, the time [] and the state to x'.</param>
    /// <returns>The field.</returns>
    let ofFunction (weights: 'W) (f: 'W -> Tensor -> Tensor -> Tensor) : NeuralField = ofFunctionAlong -1 weights f

    let private ofNetwork (like: Network) (weights: Depth<Network>) =
        ofDepthAlong (ChannelAxis.ofNetwork like) Network.field weights

    /// <summary>The field of a network. It depends on time if the network has a time layer.</summary>
    /// <param name="net">A network from x to x'.</param>
    /// <returns>The field.</returns>
    let constant (net: Network) : NeuralField = ofNetwork net { Model = net }

    /// <summary>The field of a sequence of networks, each for one piece of the time span.</summary>
    /// <param name="pieces">One network for each piece.</param>
    /// <returns>The field.</returns>
    let piecewise (pieces: Piecewise<Network>) : NeuralField = ofNetwork pieces.Pieces pieces

    /// <summary>The field of a network whose weights are a spectral expansion in depth.</summary>
    /// <param name="expansion">The expansion.</param>
    /// <returns>The field.</returns>
    let galerkin (expansion: Galerkin<Network>) : NeuralField = ofNetwork expansion.Coefficients expansion

    /// <summary>The field of a network whose weights follow their own differential equation from these initial weights.
    /// perSample does not support it.</summary>
    /// <param name="weights">The initial weights.</param>
    /// <param name="flow">The differential equation of the weights.</param>
    /// <returns>The field.</returns>
    let evolving (weights: Network) (flow: WeightFlow) : NeuralField =
        { EvolvingField.Weights = weights
          Flow = flow
          Apply = Network.field
          Axis = ChannelAxis.ofNetwork weights }
