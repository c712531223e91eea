namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Families

/// Axes of features or channels, counted from the end.
module internal ChannelAxis =
    let refuseFromFront verb (axis: int) =
        if axis >= 0 then
            raise (
                InputException
                    $"{verb}: got axis {string axis}, expected one counted from the end, where −1 is the last, because a sample with its own steps has no batch axis. For 4 axes write {string (axis - 4)}."
            )

    /// The index of the axis in x.
    let index verb (axis: int) (x: Tensor) : int =
        if x.Rank + axis < 0 then
            Expect.misfit $"{verb}: got shape {Expect.text x}, expected at least {string -axis} axes."

        x.Rank + axis

    /// Whether two tensors have equal shapes except along the axis.
    let fit (axis: int) (a: Tensor) (b: Tensor) : bool =
        let others (x: Tensor) = Shape.without [| x.Rank + axis |] x.Dims
        a.Rank = b.Rank && a.Rank + axis >= 0 && Shape.same (others a) (others b)

    /// Concatenates two tensors along the axis.
    let beside verb (axis: int) (a: Tensor) (b: Tensor) : Tensor =
        if not (fit axis a b) then
            let name = if axis = -1 then "features" else "channels"
            Expect.misfit
                $"{verb}: got {Expect.text b} beside {Expect.text a}, expected equal shapes except for the {name}."

        Prim.concat (a.Rank + axis) [| a; b |]

    /// The first components along the axis, in the number of y0's.
    let first (axis: int) (y0: Tensor) (states: Tensor) : Tensor =
        Prim.range (index "NeuralOde" axis states) 0 y0.Dims[index "NeuralOde" axis y0] states

    /// A field of a pair as a field of its concatenation along the axis. The first part has the width of `like`.
    let joined (axis: int) (like: Tensor) (f: Tensor -> Tensor * Tensor -> Tensor * Tensor) (t: Tensor) (both: Tensor) =
        let index = both.Rank + axis
        let width = like.Dims[like.Rank + axis]
        let first, second = f t (Prim.range index 0 width both, Prim.range index width both.Dims[index] both)
        Prim.concat index [| first; second |]

    /// The channel axis of a network's input.
    let ofNetwork (net: Network) : int = -1 - Network.spatial net

/// y0 itself.
type internal ObservedStart =
    | ObservedStart

    interface NeuralStart with
        member _.State _ y0 = y0
        member _.Observed axis y0 states = ChannelAxis.first axis y0 states

/// [y0; 0]
type internal ZerosStart =
    {
        Dimensions: int
        /// None: the field's axis
        Along: int option
    }

    interface NeuralStart with
        member s.State axis y0 = SolveSetup.augmented "NeuralOde" (defaultArg s.Along axis) s.Dimensions y0
        member s.Observed axis y0 states = ChannelAxis.first (defaultArg s.Along axis) y0 states

/// [y0; g(y0)]
type internal BesideStart<'W> =
    { Weights: 'W
      Make: 'W -> Tensor -> Tensor
      Along: int option }

    interface NeuralStart with
        member s.State axis y0 =
            ChannelAxis.beside "NeuralOde.inputLayer" (defaultArg s.Along axis) y0 (s.Make s.Weights y0)

        member s.Observed axis y0 states = ChannelAxis.first (defaultArg s.Along axis) y0 states

/// g(y0)
type internal LiftedStart<'W> =
    { Weights: 'W
      Make: 'W -> Tensor -> Tensor
      Axis: int }

    interface NeuralStart with
        member s.State _ y0 = s.Make s.Weights y0
        member _.Observed _ _ states = states

    interface NeuralStartAxis with
        member s.Axis = s.Axis

/// <summary>Initial states of neural ODEs, computed from the observation y0. Make a custom start from a function of weights
/// with ofFunction, or from a record that implements NeuralStart.</summary>
/// <remarks>A function given here is a constant of the model: values that it captures are not trained, so pass the weights as
/// its argument.</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module NeuralStart =
    /// The initial state is y0.
    let observed: NeuralStart = ObservedStart

    /// <summary>The initial state is [y0; 0] with `dimensions` zeros, along the features or channels.</summary>
    /// <param name="dimensions">The number of zeros.</param>
    /// <returns>The start.</returns>
    /// <remarks>E. Dupont, A. Doucet, Y. W. Teh, Augmented neural ODEs, NeurIPS 2019. InputException unless `dimensions` is
    /// positive.</remarks>
    let zeros (dimensions: int) : NeuralStart =
        Expect.positive "NeuralStart.zeros" "dimensions" dimensions
        { Dimensions = dimensions; Along = None }

    /// <summary>The initial state is [y0; 0] with `dimensions` zeros, along an axis counted from the end: −1 is the
    /// last.</summary>
    /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
    /// <param name="dimensions">The number of zeros.</param>
    /// <returns>The start.</returns>
    /// <remarks>InputException unless the axis is negative and `dimensions` is positive.</remarks>
    let zerosAlong (axis: int) (dimensions: int) : NeuralStart =
        ChannelAxis.refuseFromFront "NeuralStart.zerosAlong" axis
        Expect.positive "NeuralStart.zerosAlong" "dimensions" dimensions
        { Dimensions = dimensions; Along = Some axis }

    /// <summary>The initial state is [y0; f(weights, y0)], along the features or channels.</summary>
    /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
    /// <param name="f">From the weights and y0 to components of the state.</param>
    /// <returns>The start.</returns>
    let beside (weights: 'W) (f: 'W -> Tensor -> Tensor) : NeuralStart =
        { BesideStart.Weights = weights; Make = f; Along = None }

    /// <summary>The initial state is [y0; f(weights, y0)], along an axis counted from the end.</summary>
    /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
    /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
    /// <param name="f">From the weights and y0 to components of the state.</param>
    /// <returns>The start.</returns>
    /// <remarks>InputException unless the axis is negative.</remarks>
    let besideAlong (axis: int) (weights: 'W) (f: 'W -> Tensor -> Tensor) : NeuralStart =
        ChannelAxis.refuseFromFront "NeuralStart.besideAlong" axis
        { BesideStart.Weights = weights; Make = f; Along = Some axis }

    /// <summary>The initial state is f(weights, y0). All of it is observed if the model has no readout.</summary>
    /// <param name="weights">Tensors or a tree of tensors, which are trained.</param>
    /// <param name="f">From the weights and y0 to the initial state.</param>
    /// <returns>The start.</returns>
    let ofFunction (weights: 'W) (f: 'W -> Tensor -> Tensor) : NeuralStart =
        { LiftedStart.Weights = weights; Make = f; Axis = -1 }

    /// <summary>The initial state is [y0; g(y0)] with a network g; a convolutional network adds channels.</summary>
    /// <param name="net">The network g.</param>
    /// <returns>The start.</returns>
    let inputLayer (net: Network) : NeuralStart = beside net Network.apply

    /// <summary>The initial state is g(y0) with a network g.</summary>
    /// <param name="net">The network g.</param>
    /// <returns>The start.</returns>
    let lift (net: Network) : NeuralStart =
        { LiftedStart.Weights = net; Make = Network.apply; Axis = ChannelAxis.ofNetwork net }
