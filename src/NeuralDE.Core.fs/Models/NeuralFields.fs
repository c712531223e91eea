namespace NeuralDE

open NeuralDE.Compiler

/// A field of weights that are a function of time.
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

/// A field of weights that evolve by a law of their own.
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

/// <summary>Fields of neural ODEs. A new one is a function of weights here, or a record that implements NeuralField; new weights
/// in depth are a record that implements Depth.</summary>
/// <remarks>A function given here is a constant of the model: what it captures is not trained, so give it its weights.</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module NeuralField =
    /// <summary>x' = f (weights at t) t x, with the features or channels on an axis counted from the end.</summary>
    let ofDepthAlong (axis: int) (f: 'M -> Tensor -> Tensor -> Tensor) (weights: Depth<'M>) : NeuralField =
        ChannelAxis.refuseFromFront "NeuralField.ofDepthAlong" axis
        { DepthField.Weights = weights; Apply = f; Axis = axis }

    /// <summary>x' = f (weights at t) t x of features [batch…; d].</summary>
    let ofDepth (f: 'M -> Tensor -> Tensor -> Tensor) (weights: Depth<'M>) : NeuralField = ofDepthAlong -1 f weights

    /// <summary>x' = f weights t x, with the features or channels on an axis counted from the end.</summary>
    let ofFunctionAlong (axis: int) (weights: 'W) (f: 'W -> Tensor -> Tensor -> Tensor) : NeuralField =
        ChannelAxis.refuseFromFront "NeuralField.ofFunctionAlong" axis
        ofDepthAlong axis f { Model = weights }

    /// <summary>x' = f weights t x of features [batch…; d].</summary>
    let ofFunction (weights: 'W) (f: 'W -> Tensor -> Tensor -> Tensor) : NeuralField = ofFunctionAlong -1 weights f

    let private ofNetwork (like: Network) (weights: Depth<Network>) =
        ofDepthAlong (ChannelAxis.ofNetwork like) Network.field weights

    /// <summary>A network, which sees the time if it has a layer for it.</summary>
    let constant (net: Network) : NeuralField = ofNetwork net { Model = net }

    /// <summary>Networks one after the other.</summary>
    let piecewise (pieces: Piecewise<Network>) : NeuralField = ofNetwork pieces.Pieces pieces

    /// <summary>A network whose weights are a spectral expansion in depth.</summary>
    let galerkin (expansion: Galerkin<Network>) : NeuralField = ofNetwork expansion.Coefficients expansion

    /// <summary>A network whose weights are a state of their own, and start from these. Not for perSample.</summary>
    let evolving (weights: Network) (flow: WeightFlow) : NeuralField =
        { EvolvingField.Weights = weights
          Flow = flow
          Apply = Network.field
          Axis = ChannelAxis.ofNetwork weights }
