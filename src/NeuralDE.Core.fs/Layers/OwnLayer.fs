namespace NeuralDE

/// <summary>What a layer of your own is given.</summary>
[<Sealed>]
type LayerCall internal (x: Tensor, time: Tensor voption, key: Key voption) =
    /// What comes from the layer before.
    member _.X = x

    /// The time, [] in the dtype of X; None where the network was not given one, as in Network.apply.
    member _.Time: Tensor option = ValueOption.toOption (time |> ValueOption.map (cast x.Dtype))

    /// A key of the layer's own in training; None otherwise.
    member _.Key: Key option = ValueOption.toOption key

/// <summary>A layer of your own: a record that implements this.</summary>
/// <remarks>
/// Its tensors are weights, found by grad, optimisers and files by the names of the record's fields; other fields are constants. Put it into a
/// network with Blueprint.own.
/// </remarks>
type OwnLayer =
    /// From the input to the output: the shapes that the layer before gives, with as many features or channels as Blueprint.own was told.
    abstract Apply: LayerCall -> Tensor

/// <summary>A layer of your own where it stands in a network.</summary>
[<NoComparison; CustomEquality>]
type OwnLayerPlace =
    {
        Layer: OwnLayer
        /// axes after the channels: 0 for features, 1 for sequences, 2 for images
        Spatial: int
        /// features or channels that it gives
        Outputs: int
    }

    override a.Equals other =
        match other with
        | :? OwnLayerPlace as b -> a.Spatial = b.Spatial && a.Outputs = b.Outputs && a.Layer.Equals b.Layer
        | _ -> false

    override a.GetHashCode() = hash (a.Spatial, a.Outputs, a.Layer.GetHashCode())
