namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// <summary>Layers one after the other, as data: it can be walked, printed and saved.</summary>
/// <remarks>Made by Network.init from a Blueprint, or as a list of layers. BatchNorm is no Layer, since its state is explicit.</remarks>
type Network =
    {
        /// from the input to the output
        Layers: Layer list
    }

    static member private OfOwn(verb: string, place: OwnLayerPlace, call: LayerCall) : Tensor =
        let y = place.Layer.Apply call

        if isNull (y :> obj | null) then
            raise (
                InputException
                    $"{verb}: the layer {place.Layer.GetType().Name} gave null, expected a tensor. Return what Apply computes of X."
            )

        let axis = y.Rank - 1 - place.Spatial

        if axis < 0 || y.Dims[axis] <> place.Outputs then
            let what = if place.Spatial = 0 then "features" else "channels"
            let name = place.Layer.GetType().Name
            Expect.misfit
                $"{verb}: the layer {name} gave {Expect.text y} for {Expect.text call.X}, expected {string place.Outputs} {what} as Blueprint.own was told."

        y

    /// The time as a number of x's type, for a layer that puts it before the channels.
    static member private TimeFor(verb: string, time: Tensor voption, spatial: int, x: Tensor) : Tensor =
        match time with
        | ValueNone ->
            raise (
                InputException
                    $"{verb}: the network has a layer that sees the time. Give it, as in Network.field net t x."
            )
        | ValueSome t ->
            if x.Rank < spatial + 1 then
                Expect.misfit
                    $"{verb}: got shape {Expect.text x}, expected channels and {string spatial} spatial axes after them."

            cast x.Dtype t

    static member private WithTime(verb: string, time: Tensor voption, spatial: int, x: Tensor) : Tensor =
        let t = Network.TimeFor(verb, time, spatial, x)
        let axis = x.Rank - 1 - spatial
        let shape = Array.copy x.Dims
        shape[axis] <- 1
        concatAlong axis [ broadcastTo (List.ofArray shape) t; x ]

    /// One layer; the key is its own.
    static member private OfLayer
        (verb: string, time: Tensor voption, key: Key voption, layer: Layer, x: Tensor)
        : Tensor =
        match layer with
        | Layer.Linear layer -> Linear.apply layer x
        | Layer.Conv1d layer -> Conv1d.apply layer x
        | Layer.Conv2d layer -> Conv2d.apply layer x
        | Layer.ConvTranspose1d layer -> ConvTranspose1d.apply layer x
        | Layer.ConvTranspose2d layer -> ConvTranspose2d.apply layer x
        | Layer.LayerNorm layer -> LayerNorm.apply layer x
        | Layer.GroupNorm layer -> GroupNorm.apply layer x
        | Layer.FourierFeatures layer -> FourierFeatures.apply layer x
        | Layer.Activation activation -> Activation.apply activation x
        | Layer.Power exponent -> x ** exponent
        | Layer.Time spatial -> Network.WithTime(verb, time, spatial, x)
        | Layer.Dropout rate ->
            match key with
            | ValueSome key -> Dropout.apply rate key x
            | ValueNone -> x
        | Layer.AveragePool2d(window, stride) -> avgPool2d window stride x
        | Layer.MaxPool2d(window, stride) -> maxPool2d window stride x
        | Layer.GlobalAveragePool spatial ->
            Expect.rankAtLeast verb (spatial + 1) x
            let kept = x.Dims[.. x.Rank - 1 - spatial]
            let places = Shape.extent verb (Shape.size x.Dims[x.Rank - spatial ..])
            meanAlong -1 (Prim.reshape (Array.append kept [| places |]) x)
        | Layer.Flatten ->
            Expect.rankAtLeast verb 1 x
            Prim.reshape [| x.Dims[0]; Shape.extent verb (Shape.size x.Dims[1..]) |] x
        | Layer.Residual layers -> x + Network.Through(verb, time, key, layers, x)
        | Layer.Own place -> Network.OfOwn(verb, place, LayerCall(x, time, key))

    static member private Through
        (verb: string, time: Tensor voption, key: Key voption, layers: Layer list, x: Tensor)
        : Tensor =
        let keyOf index = key |> ValueOption.map (Key.fold index)

        let rec through (layers: (int * Layer) list) (x: Tensor) : Tensor =
            match layers with
            | [] -> x
            | (_, Layer.Time 2) :: (_, Layer.Conv2d layer) :: rest when layer.Options.Groups = 1 ->
                let convolve, t = conv2d layer.Options, Network.TimeFor(verb, time, 2, x)
                ConvolutionLayer.applyTimed 2 convolve layer.Kernel layer.Bias t x |> through rest
            | (index, layer) :: rest -> through rest (Network.OfLayer(verb, time, keyOf index, layer, x))

        through (List.indexed layers) x

    /// Axes after the channels of what the network takes: 2 for images, 1 for sequences, 0 for features. The first layer that
    /// tells decides.
    static member internal spatial(net: Network) : int =
        let rec first (layers: Layer list) =
            layers
            |> List.tryPick (fun layer ->
                match layer with
                | Layer.Conv2d _
                | Layer.ConvTranspose2d _
                | Layer.AveragePool2d _
                | Layer.MaxPool2d _ -> Some 2
                | Layer.Conv1d _
                | Layer.ConvTranspose1d _ -> Some 1
                | Layer.Time spatial
                | Layer.GlobalAveragePool spatial -> Some spatial
                | Layer.Own place -> Some place.Spatial
                | Layer.Linear _
                | Layer.LayerNorm _
                | Layer.FourierFeatures _
                | Layer.Flatten -> Some 0
                | Layer.Residual layers -> first layers
                | Layer.GroupNorm _
                | Layer.Activation _
                | Layer.Power _
                | Layer.Dropout _ -> None)

        first net.Layers |> Option.defaultValue 0

    /// A single image or sequence is a batch of one: some layers take the axis after the batch for the channels.
    static member private Apply
        (verb: string, time: Tensor voption, key: Key voption, net: Network, x: Tensor)
        : Tensor =
        let spatial = Network.spatial net

        if spatial > 0 && x.Rank = spatial + 1 then
            squeeze 0 (Network.Through(verb, time, key, net.Layers, expandDims 0 x))
        else
            Network.Through(verb, time, key, net.Layers, x)

    /// <summary>The network of a blueprint, with weights drawn from a key.</summary>
    static member init (key: Key) (blueprint: Blueprint) : Network = { Layers = Blueprint.build key blueprint }

    /// <summary>The network at x. InputException if one of its layers sees the time.</summary>
    static member apply (net: Network) (x: Tensor) : Tensor =
        Network.Apply("Network.apply", ValueNone, ValueNone, net, x)

    /// <summary>The network as a vector field: time (0-d) and state to derivative.</summary>
    static member field (net: Network) (t: Tensor) (x: Tensor) : Tensor =
        Network.Apply("Network.field", ValueSome t, ValueNone, net, x)

    /// <summary>The network in training at time t: its dropout layers draw from the key, which a solve holds fixed.</summary>
    static member train (key: Key) (net: Network) (t: Tensor) (x: Tensor) : Tensor =
        Network.Apply("Network.train", ValueSome t, ValueSome key, net, x)
