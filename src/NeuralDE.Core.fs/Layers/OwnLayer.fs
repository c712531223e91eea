namespace NeuralDE

/// The arguments of a custom layer.
[<Sealed>]
type LayerCall internal (x: Tensor, time: Tensor voption, key: Key voption) =
    /// The output of the layer before.
    member _.X = x

    /// The time, [] in the dtype of X; None if the network got no time, as in Network.apply.
    member _.Time: Tensor option = ValueOption.toOption (time |> ValueOption.map (cast x.Dtype))

    /// A separate key for the layer in training; None otherwise.
    member _.Key: Key option = ValueOption.toOption key

/// <summary>A custom layer: a record that implements this interface.</summary>
/// <remarks>
/// Its tensors are weights. grad, optimisers and files find them by the names of the record's fields; other fields are
/// constants. Add it to a network with Blueprint.own.
/// </remarks>
type OwnLayer =
    /// From the input to the output. The input has the shape that the layer before returns; the output has the number of
    /// features or channels given to Blueprint.own.
    abstract Apply: LayerCall -> Tensor

/// A custom layer and its position in a network.
[<NoComparison; CustomEquality>]
type OwnLayerPlace =
    {
        /// the layer
        Layer: OwnLayer
        /// the number of axes after the channels: 0 for features, 1 for sequences, 2 for images
        Spatial: int
        /// the number of features or channels that it returns
        Outputs: int
    }

    override a.Equals other =
        match other with
        | :? OwnLayerPlace as b -> a.Spatial = b.Spatial && a.Outputs = b.Outputs && a.Layer.Equals b.Layer
        | _ -> false

    override a.GetHashCode() = hash (a.Spatial, a.Outputs, a.Layer.GetHashCode())
