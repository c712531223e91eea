namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// <summary>A sequence of layers as data, which can be traversed, printed and saved.</summary>
/// <remarks>Made by Network.init from a Blueprint, or from a list of layers. BatchNorm is not a Layer, because its state is
/// explicit.</remarks>
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
                    $"{verb}: the layer {place.Layer.GetType().Name} returned null, expected a tensor. Correct its method Apply."
            )

        let axis = y.Rank - 1 - place.Spatial

        if axis < 0 || y.Dims[axis] <> place.Outputs then
            let what = if place.Spatial = 0 then "features" else "channels"
            let name = place.Layer.GetType().Name
            Expect.misfit
                $"{verb}: the layer {name} returned {Expect.text y} for {Expect.text call.X}, expected {string place.Outputs} {what}, the argument of Blueprint.own."

        y

    /// The time in the dtype of x, for a layer that adds it as a channel.
    static member private TimeFor(verb: string, time: Tensor voption, spatial: int, x: Tensor) : Tensor =
        match time with
        | ValueNone ->
            raise (
                InputException $"{verb}: got no time, but a layer of the network needs it. Use Network.field net t x."
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

    /// Applies one layer, with its separate key.
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

    /// The number of axes after the channels of the network's input: 2 for images, 1 for sequences, 0 for features. The
    /// first layer that requires a number of axes determines it.
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

    /// A single image or sequence becomes a batch of one, because some layers expect the channels on the axis after the
    /// batch.
    static member private Apply
        (verb: string, time: Tensor voption, key: Key voption, net: Network, x: Tensor)
        : Tensor =
        let spatial = Network.spatial net

        if spatial > 0 && x.Rank = spatial + 1 then
            squeeze 0 (Network.Through(verb, time, key, net.Layers, expandDims 0 x))
        else
            Network.Through(verb, time, key, net.Layers, x)

    /// <summary>The network of a blueprint.</summary>
    /// <param name="key">Determines the initial weights.</param>
    /// <param name="blueprint">The layers.</param>
    /// <returns>The network.</returns>
    static member init (key: Key) (blueprint: Blueprint) : Network = { Layers = Blueprint.build key blueprint }

    /// <summary>Applies the network.</summary>
    /// <param name="net">The network.</param>
    /// <param name="x">[batch…; features], [batch; channels; length] or [batch; channels; height; width].</param>
    /// <returns>The output of the last layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">if a layer needs the time.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">if x does not fit the first layer.</exception>
    static member apply (net: Network) (x: Tensor) : Tensor =
        Network.Apply("Network.apply", ValueNone, ValueNone, net, x)

    /// <summary>The network as a vector field: from time and state to derivative.</summary>
    /// <param name="net">The network.</param>
    /// <param name="t">The time [].</param>
    /// <param name="x">The state, as in apply.</param>
    /// <returns>The output of the last layer.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if x does not fit the first layer.</exception>
    static member field (net: Network) (t: Tensor) (x: Tensor) : Tensor =
        Network.Apply("Network.field", ValueSome t, ValueNone, net, x)

    /// <summary>Applies the network in training mode at time t.</summary>
    /// <param name="key">The source of the numbers of dropout layers. It is constant during a solve.</param>
    /// <param name="net">The network.</param>
    /// <param name="t">The time [].</param>
    /// <param name="x">The input, as in apply.</param>
    /// <returns>The output of the last layer.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if x does not fit the first layer.</exception>
    static member train (key: Key) (net: Network) (t: Tensor) (x: Tensor) : Tensor =
        Network.Apply("Network.train", ValueSome t, ValueSome key, net, x)
