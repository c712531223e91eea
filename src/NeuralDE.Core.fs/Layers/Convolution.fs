namespace NeuralDE

open System
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// Common parts of convolution layers of one and two axes.
module internal ConvolutionLayer =
    /// One extent for each spatial axis; a single entry is repeated.
    let kernel verb axes (extents: int list) =
        let all = if extents.Length = 1 then List.replicate axes extents.Head else extents

        if all.Length <> axes || List.exists (fun n -> n < 1) all then
            raise (InputException $"{verb}: got kernel {extents}, expected one or {string axes} extents of 1 or more.")

        all

    let private divided verb groups what n =
        Expect.positive verb what n

        if n % groups <> 0 then
            raise (InputException $"{verb}: {string n} {what} do not divide into {string groups} groups.")

        n / groups

    /// Kernel and bias. An initialiser gets [inputs of a group; outputs; extents…]; the result is [first; second; extents…].
    let make verb isTransposed weights bias (options: ConvOptions) (key: Key) inputs outputs (extents: int list) =
        Expect.positive verb "Groups" options.Groups
        let ofInputs = divided verb options.Groups "inputs" inputs
        let ofOutputs = divided verb options.Groups "outputs" outputs
        let forWeight, forBias = Key.split key

        let kernel: Tensor =
            if isTransposed then
                weights forWeight (inputs :: ofOutputs :: extents)
            else
                weights forWeight (ofInputs :: outputs :: extents) |> swapAxes 0 1

        let fan = List.fold (*) (if isTransposed then ofOutputs else ofInputs) extents
        kernel, bias fan forBias

    /// PyTorch's default: kernel and bias uniform in ±1/√n for the n terms of an output.
    let initial verb isTransposed options key inputs outputs extents =
        let bound fan = 1.0 / Math.Sqrt(float fan)

        let weights key (shape: int list) =
            // PyTorch counts the second axis of its kernel
            let fan = List.fold (*) (if isTransposed then shape[1] else shape[0]) shape[2..]
            Init.uniform (bound fan) key shape

        make
            verb
            isTransposed
            weights
            (fun fan key -> Init.uniform (bound fan) key [ outputs ])
            options
            key
            inputs
            outputs
            extents

    let from verb isTransposed weights options key inputs outputs extents =
        make verb isTransposed weights (fun _ _ -> zeros [ outputs ]) options key inputs outputs extents

    /// A single sample becomes a batch of one. The bias is added to every position of its channel.
    let apply axes (convolve: Tensor -> Tensor) (bias: Tensor option) (x: Tensor) =
        let biased (y: Tensor) =
            match bias with
            | Some bias -> y + LayerInput.perChannel y bias
            | None -> y

        if x.Rank = axes + 1 then
            expandDims 0 x |> convolve |> biased |> squeeze 0
        else
            convolve x |> biased

    /// Like apply to the input with the time as a further channel before its own channels. The time channel has the same
    /// value at all positions, so its convolution with ones is computed once and multiplied by the time; the input is not
    /// copied.
    let applyTimed axes (convolve: Tensor -> Tensor -> Tensor) (kernel: Tensor) bias (time: Tensor) (x: Tensor) =
        let ofTime, own = Prim.range 1 0 1 kernel, Prim.range 1 1 kernel.Dims[1] kernel
        let places = x.Dims[x.Rank - axes ..]
        let ones = Prim.fill x.Dtype (Array.append [| 1; 1 |] places) 1.0
        let perPlace = time * squeeze 0 (convolve ofTime ones)

        let perPlace =
            match bias with
            | Some bias -> perPlace + LayerInput.perChannel (expandDims 0 perPlace) bias
            | None -> perPlace

        apply axes (convolve own) None x + perPlace

/// Cross-correlation along one axis plus a bias, as PyTorch's Conv1d.
type Conv1d =
    {
        /// [outputs; inputs / groups; width]
        Kernel: Tensor
        /// [outputs]; None: no bias
        Bias: Tensor option
        /// stride, padding, dilation and groups
        Options: ConvOptions
    }

    /// <summary>Kernel and bias uniform in ±1/√(inputs / groups · width): PyTorch's default.</summary>
    /// <param name="options">Stride, padding, dilation, groups; ConvOptions.Default.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="width">The width of the kernel.</param>
    /// <returns>The layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">for numbers that are not positive, and for channels that do not divide
    /// into the groups.</exception>
    static member init (options: ConvOptions) (key: Key) (inputs: int) (outputs: int) (width: int) : Conv1d =
        let extents = ConvolutionLayer.kernel "Conv1d.init" 1 [ width ]
        let kernel, bias = ConvolutionLayer.initial "Conv1d.init" false options key inputs outputs extents
        { Kernel = kernel; Bias = Some bias; Options = options }

    /// <summary>A kernel from an initialiser such as Init.he; a bias of 0.</summary>
    /// <param name="weights">From a key and a shape [inputs / groups; outputs; width] to the kernel.</param>
    /// <param name="options">Stride, padding, dilation, groups; ConvOptions.Default.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="width">The width of the kernel.</param>
    /// <returns>The layer.</returns>
    static member initWith
        weights
        (options: ConvOptions)
        (key: Key)
        (inputs: int)
        (outputs: int)
        (width: int)
        : Conv1d =
        let extents = ConvolutionLayer.kernel "Conv1d.initWith" 1 [ width ]
        let kernel, bias = ConvolutionLayer.from "Conv1d.initWith" false weights options key inputs outputs extents
        { Kernel = kernel; Bias = Some bias; Options = options }

    /// <summary>The cross-correlation of x with the kernel, plus the bias.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">[batch; inputs; length] or [inputs; length].</param>
    /// <returns>[batch; outputs; length'] or [outputs; length'], with length' as in conv1d.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member apply (layer: Conv1d) (x: Tensor) : Tensor =
        ConvolutionLayer.apply 1 (conv1d layer.Options layer.Kernel) layer.Bias x

/// Cross-correlation along two axes plus a bias, as PyTorch's Conv2d.
type Conv2d =
    {
        /// [outputs; inputs / groups; height; width]
        Kernel: Tensor
        /// [outputs]; None: no bias
        Bias: Tensor option
        /// stride, padding, dilation and groups
        Options: ConvOptions
    }

    /// <summary>Kernel and bias uniform in ±1/√(inputs / groups · height · width): PyTorch's default.</summary>
    /// <param name="options">Stride, padding, dilation, groups; ConvOptions.Default.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="kernel">[ height; width ], or one number for both.</param>
    /// <returns>The layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">for numbers that are not positive, and for channels that do not divide
    /// into the groups.</exception>
    static member init (options: ConvOptions) (key: Key) (inputs: int) (outputs: int) (kernel: int list) : Conv2d =
        let extents = ConvolutionLayer.kernel "Conv2d.init" 2 kernel
        let kernel, bias = ConvolutionLayer.initial "Conv2d.init" false options key inputs outputs extents
        { Kernel = kernel; Bias = Some bias; Options = options }

    /// <summary>A kernel from an initialiser such as Init.he; a bias of 0.</summary>
    /// <param name="weights">From a key and a shape [inputs / groups; outputs; height; width] to the kernel.</param>
    /// <param name="options">Stride, padding, dilation, groups; ConvOptions.Default.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="kernel">[ height; width ], or one number for both.</param>
    /// <returns>The layer.</returns>
    static member initWith weights (options: ConvOptions) (key: Key) (inputs: int) (outputs: int) kernel : Conv2d =
        let extents = ConvolutionLayer.kernel "Conv2d.initWith" 2 kernel
        let kernel, bias = ConvolutionLayer.from "Conv2d.initWith" false weights options key inputs outputs extents
        { Kernel = kernel; Bias = Some bias; Options = options }

    /// <summary>The cross-correlation of x with the kernel, plus the bias.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">[batch; inputs; height; width] or [inputs; height; width].</param>
    /// <returns>[batch; outputs; height'; width'] or [outputs; height'; width'].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member apply (layer: Conv2d) (x: Tensor) : Tensor =
        ConvolutionLayer.apply 2 (conv2d layer.Options layer.Kernel) layer.Bias x

/// The transpose of a convolution along one axis, plus a bias, as PyTorch's ConvTranspose1d.
type ConvTranspose1d =
    {
        /// [inputs; outputs / groups; width]
        Kernel: Tensor
        /// [outputs]; None: no bias
        Bias: Tensor option
        /// stride, padding, dilation and groups
        Options: ConvOptions
    }

    /// <summary>Kernel and bias uniform in ±1/√(outputs / groups · width): PyTorch's default.</summary>
    /// <param name="options">Stride, padding, dilation, groups; ConvOptions.Default.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="width">The width of the kernel.</param>
    /// <returns>The layer.</returns>
    static member init (options: ConvOptions) (key: Key) (inputs: int) (outputs: int) (width: int) : ConvTranspose1d =
        let extents = ConvolutionLayer.kernel "ConvTranspose1d.init" 1 [ width ]
        let kernel, bias = ConvolutionLayer.initial "ConvTranspose1d.init" true options key inputs outputs extents
        { Kernel = kernel; Bias = Some bias; Options = options }

    /// <summary>The transposed convolution of x with the kernel, plus the bias.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">[batch; inputs; length] or [inputs; length].</param>
    /// <returns>[batch; outputs; length'] or [outputs; length'], with length' as in convTranspose1d.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member apply (layer: ConvTranspose1d) (x: Tensor) : Tensor =
        ConvolutionLayer.apply 1 (convTranspose1d layer.Options layer.Kernel) layer.Bias x

/// The transpose of a convolution along two axes, plus a bias, as PyTorch's ConvTranspose2d.
type ConvTranspose2d =
    {
        /// [inputs; outputs / groups; height; width]
        Kernel: Tensor
        /// [outputs]; None: no bias
        Bias: Tensor option
        /// stride, padding, dilation and groups
        Options: ConvOptions
    }

    /// <summary>Kernel and bias uniform in ±1/√(outputs / groups · height · width): PyTorch's default.</summary>
    /// <param name="options">Stride, padding, dilation, groups; ConvOptions.Default.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="kernel">[ height; width ], or one number for both.</param>
    /// <returns>The layer.</returns>
    static member init
        (options: ConvOptions)
        (key: Key)
        (inputs: int)
        (outputs: int)
        (kernel: int list)
        : ConvTranspose2d =
        let extents = ConvolutionLayer.kernel "ConvTranspose2d.init" 2 kernel
        let kernel, bias = ConvolutionLayer.initial "ConvTranspose2d.init" true options key inputs outputs extents
        { Kernel = kernel; Bias = Some bias; Options = options }

    /// <summary>The transposed convolution of x with the kernel, plus the bias.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">[batch; inputs; height; width] or [inputs; height; width].</param>
    /// <returns>[batch; outputs; height'; width'] or [outputs; height'; width'].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member apply (layer: ConvTranspose2d) (x: Tensor) : Tensor =
        ConvolutionLayer.apply 2 (convTranspose2d layer.Options layer.Kernel) layer.Bias x
