namespace NeuralDE

open NeuralDE.Internal.Tensor

/// <summary>A network without weights. It knows its width, so each layer only states its number of outputs:
/// Blueprint.features 2 |> Blueprint.power 3.0 |> Blueprint.linear 50 |> Blueprint.tanh |> Blueprint.linear 2.</summary>
[<NoEquality; NoComparison>]
type Blueprint =
    {
        /// the number of features or channels of the input
        Inputs: int
        /// the number of features or channels after the last layer
        Outputs: int
        /// the number of axes after the channels: 0 for features, 1 for sequences, 2 for images
        Spatial: int
        /// the layers, last first; each is made from a separate key
        Layers: (Key -> Layer) list
    }

/// Networks, layer by layer. InputException for a layer that does not fit the layer before it.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Blueprint =
    let private start verb spatial inputs : Blueprint =
        Expect.positive verb "inputs" inputs
        { Inputs = inputs; Outputs = inputs; Spatial = spatial; Layers = [] }

    /// <summary>Starts a network with inputs [batch…; features].</summary>
    /// <param name="inputs">The number of features.</param>
    /// <returns>A blueprint without layers.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless inputs is positive.</exception>
    let features (inputs: int) : Blueprint = start "Blueprint.features" 0 inputs

    /// <summary>Starts a network with inputs [batch; channels; length].</summary>
    /// <param name="channels">The number of channels.</param>
    /// <returns>A blueprint without layers.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless channels is positive.</exception>
    let sequences (channels: int) : Blueprint = start "Blueprint.sequences" 1 channels

    /// <summary>Starts a network with inputs [batch; channels; height; width].</summary>
    /// <param name="channels">The number of channels.</param>
    /// <returns>A blueprint without layers.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless channels is positive.</exception>
    let images (channels: int) : Blueprint = start "Blueprint.images" 2 channels

    let private needs verb spatial (b: Blueprint) =
        let text n =
            match n with
            | 0 -> "features"
            | 1 -> "sequences"
            | _ -> "images"

        if b.Spatial <> spatial then
            raise (InputException $"{verb}: got a network of {text b.Spatial} here, expected {text spatial}.")

    let private append outputs layer (b: Blueprint) = { b with Outputs = outputs; Layers = layer :: b.Layers }

    /// <summary>Adds a layer that keeps the number of features or channels.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    let layer (layer: Layer) (b: Blueprint) = append b.Outputs (fun _ -> layer) b

    /// <summary>Adds a layer, made from a key, that returns `outputs` features or channels.</summary>
    /// <param name="outputs">The number of features or channels.</param>
    /// <param name="make">From a key to the layer.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless outputs is positive.</exception>
    let layerWith (outputs: int) (make: Key -> Layer) (b: Blueprint) =
        Expect.positive "Blueprint.layerWith" "outputs" outputs
        append outputs make b

    /// <summary>Adds a custom layer, made from a key, that returns `outputs` features or channels.</summary>
    /// <param name="outputs">The number of features or channels. If the layer returns another number, applying the network
    /// raises a ShapeException.</param>
    /// <param name="make">From a key to the layer. If it returns null, making the network raises an InputException.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless outputs is positive.</exception>
    let own (outputs: int) (make: Key -> OwnLayer) (b: Blueprint) =
        Expect.positive "Blueprint.own" "outputs" outputs
        if isNull (make :> obj | null) then nullArg (nameof make)

        let place key =
            let layer = make key

            if isNull (layer :> obj | null) then
                raise (
                    InputException
                        "Blueprint.own: the function returned null, expected a layer. Return a record that implements OwnLayer."
                )

            Layer.Own { Layer = layer; Spatial = b.Spatial; Outputs = outputs }

        append outputs place b

    /// <summary>Adds a linear layer, initialised as by Linear.init.</summary>
    /// <param name="outputs">The number of features that it returns.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless outputs is positive, and after channels.</exception>
    let linear (outputs: int) (b: Blueprint) =
        Expect.positive "Blueprint.linear" "outputs" outputs
        needs "Blueprint.linear" 0 b
        append outputs (fun key -> Layer.Linear(Linear.init key b.Outputs outputs)) b

    /// <summary>Like linear, with weights from an initialiser such as Init.glorot, and biases 0.</summary>
    /// <param name="weights">From a key and a shape [inputs; outputs] to the weights.</param>
    /// <param name="outputs">The number of features that it returns.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless outputs is positive, and after channels.</exception>
    let linearWith (weights: Key -> int list -> Tensor) (outputs: int) (b: Blueprint) =
        Expect.positive "Blueprint.linearWith" "outputs" outputs
        needs "Blueprint.linearWith" 0 b
        append outputs (fun key -> Layer.Linear(Linear.initWith weights key b.Outputs outputs)) b

    /// <summary>Adds a convolution of a sequence or an image.</summary>
    /// <param name="options">Stride, padding, dilation and groups; ConvOptions.Default.</param>
    /// <param name="outputs">The number of channels that it returns.</param>
    /// <param name="kernel">One extent, or one for each spatial axis.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">for extents that are not positive, and after features.</exception>
    let conv (options: ConvOptions) (outputs: int) (kernel: int list) (b: Blueprint) =
        Expect.positive "Blueprint.conv" "outputs" outputs
        let inputs = b.Outputs

        match b.Spatial with
        | 1 ->
            let extents = ConvolutionLayer.kernel "Blueprint.conv" 1 kernel
            append outputs (fun key -> Layer.Conv1d(Conv1d.init options key inputs outputs extents.Head)) b
        | 2 ->
            let extents = ConvolutionLayer.kernel "Blueprint.conv" 2 kernel
            append outputs (fun key -> Layer.Conv2d(Conv2d.init options key inputs outputs extents)) b
        | _ -> raise (InputException "Blueprint.conv: got a network of features here, expected sequences or images.")

    /// <summary>Adds an activation.</summary>
    /// <param name="activation">The element-wise function.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    let activation (activation: Activation) (b: Blueprint) = layer (Layer.Activation activation) b

    /// <summary>tanh(x), element-wise.</summary>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    let tanh (b: Blueprint) = activation Activation.Tanh b

    /// <summary>max(x, 0), element-wise.</summary>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    let relu (b: Blueprint) = activation Activation.Relu b

    /// <summary>ln(1 + eˣ), element-wise.</summary>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    let softplus (b: Blueprint) = activation Activation.Softplus b

    /// <summary>x sigmoid(x), element-wise.</summary>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    let silu (b: Blueprint) = activation Activation.Silu b

    /// <summary>x Φ(x) with the normal distribution function Φ, element-wise.</summary>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    let gelu (b: Blueprint) = activation Activation.Gelu b

    /// <summary>1 / (1 + e⁻ˣ), element-wise.</summary>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    let sigmoid (b: Blueprint) = activation Activation.Sigmoid b

    /// <summary>sin(x), element-wise.</summary>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    let sine (b: Blueprint) = activation Activation.Sine b

    /// <summary>x ↦ x^exponent, element-wise.</summary>
    /// <param name="exponent">The exponent.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    let power (exponent: float) (b: Blueprint) = layer (Layer.Power exponent) b

    /// <summary>Adds the time as one more feature or channel, before the others.</summary>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    let time (b: Blueprint) = append (b.Outputs + 1) (fun _ -> Layer.Time b.Spatial) b

    /// <summary>Adds dropout: in training it sets random elements to 0; otherwise it is the identity.</summary>
    /// <param name="rate">The fraction of elements to drop, from 0 to below 1.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless 0 ≤ rate &lt; 1.</exception>
    let dropout (rate: float) (b: Blueprint) =
        Dropout.check "Blueprint.dropout" rate
        layer (Layer.Dropout rate) b

    /// <summary>Normalises the features of each sample.</summary>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">after channels.</exception>
    let layerNorm (b: Blueprint) =
        needs "Blueprint.layerNorm" 0 b
        layer (Layer.LayerNorm(LayerNorm.init [ b.Outputs ])) b

    /// <summary>Normalises groups of channels of each sample.</summary>
    /// <param name="groups">The number of groups, which divides the number of channels.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">if the channels do not divide into the groups.</exception>
    let groupNorm (groups: int) (b: Blueprint) = layer (Layer.GroupNorm(GroupNorm.init groups b.Outputs)) b

    /// <summary>Adds the cosines and sines of random frequencies: d features become 2 · frequencies.</summary>
    /// <param name="deviation">The standard deviation of the frequencies, in periods per unit.</param>
    /// <param name="frequencies">The number of frequencies.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">after channels.</exception>
    let fourierFeatures (deviation: float) (frequencies: int) (b: Blueprint) =
        needs "Blueprint.fourierFeatures" 0 b
        let make key = Layer.FourierFeatures(FourierFeatures.init deviation key b.Outputs frequencies)
        append (2 * frequencies) make b

    /// <summary>Means over square windows of an image.</summary>
    /// <param name="window">Height and width of a window.</param>
    /// <param name="stride">The distance between windows.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless the input is an image.</exception>
    let averagePool (window: int) (stride: int) (b: Blueprint) =
        needs "Blueprint.averagePool" 2 b
        layer (Layer.AveragePool2d(window, stride)) b

    /// <summary>Maxima over square windows of an image.</summary>
    /// <param name="window">Height and width of a window.</param>
    /// <param name="stride">The distance between windows.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless the input is an image.</exception>
    let maxPool (window: int) (stride: int) (b: Blueprint) =
        needs "Blueprint.maxPool" 2 b
        layer (Layer.MaxPool2d(window, stride)) b

    /// <summary>Means over all spatial positions: sequences and images become features.</summary>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    let globalAveragePool (b: Blueprint) = { layer (Layer.GlobalAveragePool b.Spatial) b with Spatial = 0 }

    /// The layers, each with weights from a separate key.
    let internal build (key: Key) (b: Blueprint) : Layer list =
        List.rev b.Layers |> List.mapi (fun i make -> make (Key.fold i key))

    /// <summary>Adds layers whose result is added to their input. The layers keep the width.</summary>
    /// <param name="inner">Adds the inner layers to a blueprint.</param>
    /// <param name="b">The layers before it.</param>
    /// <returns>The blueprint with this layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">if the inner layers change the width.</exception>
    let residual (inner: Blueprint -> Blueprint) (b: Blueprint) =
        let inside = inner { b with Inputs = b.Outputs; Layers = [] }

        if inside.Outputs <> b.Outputs || inside.Spatial <> b.Spatial then
            raise (
                InputException
                    $"Blueprint.residual: the inner layers map {string b.Outputs} features or channels to {string inside.Outputs}, expected the same number."
            )

        append b.Outputs (fun key -> Layer.Residual(build key inside)) b
