namespace NeuralDE

open NeuralDE.Internal.Tensor

/// <summary>A network before its weights are drawn. It knows its width, so that each layer needs to be told only what it
/// gives: Blueprint.features 2 |> Blueprint.power 3.0 |> Blueprint.linear 50 |> Blueprint.tanh |> Blueprint.linear 2.</summary>
[<NoEquality; NoComparison>]
type Blueprint =
    {
        /// features or channels of the input
        Inputs: int
        /// features or channels so far
        Outputs: int
        /// axes after the channels: 0 for features, 1 for sequences, 2 for images
        Spatial: int
        /// layers so far, the last first; each is made from a key of its own
        Layers: (Key -> Layer) list
    }

/// A network, layer by layer. InputException where a layer does not fit what comes before it.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Blueprint =
    let private start verb spatial inputs : Blueprint =
        Expect.positive verb "inputs" inputs
        { Inputs = inputs; Outputs = inputs; Spatial = spatial; Layers = [] }

    /// Of inputs [batch…; features].
    let features (inputs: int) : Blueprint = start "Blueprint.features" 0 inputs

    /// Of inputs [batch; channels; length].
    let sequences (channels: int) : Blueprint = start "Blueprint.sequences" 1 channels

    /// Of inputs [batch; channels; height; width].
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

    /// A layer that keeps the width.
    let layer (layer: Layer) (b: Blueprint) = append b.Outputs (fun _ -> layer) b

    /// A layer made from a key; it gives `outputs` features or channels.
    let layerWith (outputs: int) (make: Key -> Layer) (b: Blueprint) =
        Expect.positive "Blueprint.layerWith" "outputs" outputs
        append outputs make b

    /// <summary>A layer of your own made from a key; it gives `outputs` features or channels.</summary>
    /// <remarks>ShapeException, when the network is applied, where it gives others. InputException, when the network is made, for a
    /// function that gives null.</remarks>
    let own (outputs: int) (make: Key -> OwnLayer) (b: Blueprint) =
        Expect.positive "Blueprint.own" "outputs" outputs
        if isNull (make :> obj | null) then nullArg (nameof make)

        let place key =
            let layer = make key

            if isNull (layer :> obj | null) then
                raise (
                    InputException
                        "Blueprint.own: the function gave null, expected a layer. Return a record that implements OwnLayer."
                )

            Layer.Own { Layer = layer; Spatial = b.Spatial; Outputs = outputs }

        append outputs place b

    /// An affine map to so many features, as Linear.init makes it.
    let linear (outputs: int) (b: Blueprint) =
        Expect.positive "Blueprint.linear" "outputs" outputs
        needs "Blueprint.linear" 0 b
        append outputs (fun key -> Layer.Linear(Linear.init key b.Outputs outputs)) b

    /// As linear, with weights from an initialiser such as Init.glorot, and biases of 0.
    let linearWith (weights: Key -> int list -> Tensor) (outputs: int) (b: Blueprint) =
        Expect.positive "Blueprint.linearWith" "outputs" outputs
        needs "Blueprint.linearWith" 0 b
        append outputs (fun key -> Layer.Linear(Linear.initWith weights key b.Outputs outputs)) b

    /// A convolution of a sequence or an image to so many channels; the kernel has one extent or one for each spatial axis.
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

    /// An activation.
    let activation (activation: Activation) (b: Blueprint) = layer (Layer.Activation activation) b

    let tanh (b: Blueprint) = activation Activation.Tanh b
    let relu (b: Blueprint) = activation Activation.Relu b
    let softplus (b: Blueprint) = activation Activation.Softplus b
    let silu (b: Blueprint) = activation Activation.Silu b
    let gelu (b: Blueprint) = activation Activation.Gelu b
    let sigmoid (b: Blueprint) = activation Activation.Sigmoid b
    let sine (b: Blueprint) = activation Activation.Sine b

    /// x ↦ x^exponent, element by element.
    let power (exponent: float) (b: Blueprint) = layer (Layer.Power exponent) b

    /// The time as one more feature or channel, before the others.
    let time (b: Blueprint) = append (b.Outputs + 1) (fun _ -> Layer.Time b.Spatial) b

    /// Drops elements in training.
    let dropout (rate: float) (b: Blueprint) =
        Dropout.check "Blueprint.dropout" rate
        layer (Layer.Dropout rate) b

    /// Normalises the features.
    let layerNorm (b: Blueprint) =
        needs "Blueprint.layerNorm" 0 b
        layer (Layer.LayerNorm(LayerNorm.init [ b.Outputs ])) b

    /// Normalises groups of channels.
    let groupNorm (groups: int) (b: Blueprint) = layer (Layer.GroupNorm(GroupNorm.init groups b.Outputs)) b

    /// Cosines and sines of so many random frequencies.
    let fourierFeatures (deviation: float) (frequencies: int) (b: Blueprint) =
        needs "Blueprint.fourierFeatures" 0 b
        let make key = Layer.FourierFeatures(FourierFeatures.init deviation key b.Outputs frequencies)
        append (2 * frequencies) make b

    /// Means over windows of an image.
    let averagePool (window: int) (stride: int) (b: Blueprint) =
        needs "Blueprint.averagePool" 2 b
        layer (Layer.AveragePool2d(window, stride)) b

    /// Maxima over windows of an image.
    let maxPool (window: int) (stride: int) (b: Blueprint) =
        needs "Blueprint.maxPool" 2 b
        layer (Layer.MaxPool2d(window, stride)) b

    /// Means over all places: sequences and images become features.
    let globalAveragePool (b: Blueprint) = { layer (Layer.GlobalAveragePool b.Spatial) b with Spatial = 0 }

    /// The layers, each with weights from a key of its own.
    let internal build (key: Key) (b: Blueprint) : Layer list =
        List.rev b.Layers |> List.mapi (fun i make -> make (Key.fold i key))

    /// Layers whose result is added to their input; they keep the width.
    let residual (inner: Blueprint -> Blueprint) (b: Blueprint) =
        let inside = inner { b with Inputs = b.Outputs; Layers = [] }

        if inside.Outputs <> b.Outputs || inside.Spatial <> b.Spatial then
            raise (
                InputException
                    $"Blueprint.residual: the inner layers make {string inside.Outputs} of {string b.Outputs} features or channels, expected as many."
            )

        append b.Outputs (fun key -> Layer.Residual(build key inside)) b
