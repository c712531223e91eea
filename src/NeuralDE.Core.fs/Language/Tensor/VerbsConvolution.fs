namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Options of a convolution. A list has one entry for each spatial axis, or one entry for all of them.
type ConvOptions =
    {
        /// The distance between two positions of the kernel; default: 1.
        Stride: int list
        /// The number of zeros on both sides of the input; default: 0.
        Padding: int list
        /// The distance between neighbouring elements of the kernel; default: 1, no gaps.
        Dilation: int list
        /// The number of groups of channels; default: 1. Groups do not mix.
        Groups: int
        /// The number of rows added at the end of the result of a transposed convolution; 0 for other convolutions.
        OutputPadding: int list
    }

    /// Stride 1, no padding, dilation 1, one group.
    static member Default = { Stride = [ 1 ]; Padding = [ 0 ]; Dilation = [ 1 ]; Groups = 1; OutputPadding = [ 0 ] }

/// Convolutions and pooling of [batch; channels; length] and [batch; channels; height; width]. ShapeException for shapes that
/// do not fit, InputException for invalid options.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module ConvolutionVerbs =
    let private option verb name least axes (values: int list) =
        let all = if values.Length = 1 then List.replicate axes values.Head else values

        if all.Length <> axes || List.exists (fun v -> v < least) all then
            raise (
                InputException
                    $"{verb}: {name} is {Shape.text (List.toArray values)}, expected one or {string axes} entries of {string least} or more."
            )

        List.toArray all

    let private expected verb axes (kernel: Tensor) (x: Tensor) =
        let spatial = if axes = 1 then "length" else "height; width"
        Expect.floats verb x
        Expect.oneDtype verb [| x; kernel |]

        if x.Rank <> axes + 2 || kernel.Rank <> axes + 2 then
            Expect.misfit
                $"{verb}: got input {Expect.text x} and kernel {Expect.text kernel}, expected input [batch; channels; {spatial}] and a kernel of {string (axes + 2)} axes."

    let private grouped verb groups what n =
        Expect.positive verb "Groups" groups

        if n % groups <> 0 then
            Expect.misfit $"{verb}: {string n} {what} do not divide into {string groups} groups."

        n / groups

    /// Splits axis i into groups: [… n …] → [… groups; n / groups …].
    let private divide axis groups (x: Tensor) =
        let shape = Array.insertAt axis groups x.Dims
        shape[axis + 1] <- x.Dims[axis] / groups
        Prim.reshape shape x

    let private undivide axis (x: Tensor) =
        let shape = Array.removeAt axis x.Dims
        shape[axis] <- Shape.times "conv" x.Dims[axis] x.Dims[axis + 1]
        Prim.reshape shape x

    /// Checks the size of the result, for errors that name the verb.
    let private checkSize verb (c: Conv) outputs (kernel: Tensor) (x: Tensor) =
        let along i = Infer.convolvedIn verb c i x.Dims[i + 2] kernel.Dims[i + 2]
        Expect.made verb [| x; kernel |] (Array.append [| x.Dims[0]; outputs |] (Array.init c.Stride.Length along))

    let private notEmpty verb (kernel: Tensor) (x: Tensor) (y: Tensor) =
        if y.LongCount = 0L && x.LongCount > 0L && kernel.LongCount > 0L then
            Expect.misfit
                $"{verb}: the kernel {Expect.text kernel} does not fit into the input {Expect.text x}. Add Padding."

        y

    let private convolve verb axes (options: ConvOptions) (kernel: Tensor) (x: Tensor) =
        expected verb axes kernel x
        let groups = options.Groups
        let channels = grouped verb groups "input channels" x.Dims[1]
        grouped verb groups "output channels" kernel.Dims[0] |> ignore

        if kernel.Dims[1] <> channels then
            Expect.misfit
                $"{verb}: input {Expect.text x} has {string channels} channels in each group, the kernel {Expect.text kernel} was made for {string kernel.Dims[1]}."

        if List.exists ((<>) 0) options.OutputPadding then
            raise (InputException $"{verb}: OutputPadding is for transposed convolutions. Leave it at 0.")

        let padding = option verb "Padding" 0 axes options.Padding

        let parameters: Conv =
            { Stride = option verb "Stride" 1 axes options.Stride
              Low = padding
              High = padding
              DilateInput = Array.create axes 1
              DilateKernel = option verb "Dilation" 1 axes options.Dilation }

        checkSize verb parameters kernel.Dims[0] kernel x
        Prim.conv parameters (divide 1 groups x) (divide 0 groups kernel) |> undivide 1 |> notEmpty verb kernel x

    let private transposed verb axes (options: ConvOptions) (kernel: Tensor) (x: Tensor) =
        expected verb axes kernel x
        let groups = options.Groups
        grouped verb groups "input channels" x.Dims[1] |> ignore

        if kernel.Dims[0] <> x.Dims[1] then
            Expect.misfit
                $"{verb}: input {Expect.text x} has {string x.Dims[1]} channels, the kernel {Expect.text kernel} was made for {string kernel.Dims[0]}."

        let padding = option verb "Padding" 0 axes options.Padding
        let dilation = option verb "Dilation" 1 axes options.Dilation
        let extra = option verb "OutputPadding" 0 axes options.OutputPadding

        let low =
            Array.init axes (fun i ->
                Shape.extent verb (Infer.dilated kernel.Dims[i + 2] dilation[i]) |> ignore
                dilation[i] * (kernel.Dims[i + 2] - 1) - padding[i])

        let parameters: Conv =
            { Stride = Array.create axes 1
              Low = low
              High =
                Array.map2
                    (fun low extra -> int (min (int64 System.Int32.MaxValue) (int64 low + int64 extra)))
                    low
                    extra
              DilateInput = option verb "Stride" 1 axes options.Stride
              DilateKernel = dilation }

        checkSize verb parameters (Shape.times verb kernel.Dims[1] groups) kernel x

        let turned = // [G; I; O; K…] → [G; O; I; K…], spatial axes reversed
            divide 0 groups kernel
            |> Prim.permute (Array.append [| 0; 2; 1 |] (Array.init axes ((+) 3)))
            |> Prim.reverse (Array.init axes ((+) 3))

        Prim.conv parameters (divide 1 groups x) turned |> undivide 1 |> notEmpty verb kernel x

    /// <summary>The cross-correlation of an input [batch; channels; length] with a kernel [outputs; channels / groups;
    /// width]: [batch; outputs; length'].</summary>
    /// <param name="options">Stride, padding, dilation and groups; default: 1, 0, 1 and 1.</param>
    /// <param name="kernel">[outputs; channels / groups; width], of the dtype of x.</param>
    /// <param name="x">[batch; channels; length], floats.</param>
    /// <returns>[batch; outputs; length'].</returns>
    /// <remarks>y[o, t] = Σ kernel[o, c, k] x[c, stride t + dilation k − padding]. length' = (length + 2
    /// padding − dilation (width − 1) − 1) / stride + 1.</remarks>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not fit, the channels do not divide into the groups,
    /// or the kernel does not fit into the input.</exception>
    /// <exception cref="T:NeuralDE.InputException">An option is out of range or has another number of entries, or
    /// OutputPadding is not 0.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float, or the dtypes differ.</exception>
    let conv1d (options: ConvOptions) (kernel: Tensor) (x: Tensor) : Tensor = convolve "conv1d" 1 options kernel x

    /// <summary>The cross-correlation of an input [batch; channels; height; width] with a kernel [outputs;
    /// channels / groups; h; w]: [batch; outputs; height'; width'].</summary>
    /// <param name="options">Stride, padding, dilation and groups; default: 1, 0, 1 and 1.</param>
    /// <param name="kernel">[outputs; channels / groups; h; w], of the dtype of x.</param>
    /// <param name="x">[batch; channels; height; width], floats.</param>
    /// <returns>[batch; outputs; height'; width'], with the extents of conv1d along each axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not fit, the channels do not divide into the groups,
    /// or the kernel does not fit into the input.</exception>
    /// <exception cref="T:NeuralDE.InputException">An option is out of range or has another number of entries, or
    /// OutputPadding is not 0.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float, or the dtypes differ.</exception>
    let conv2d (options: ConvOptions) (kernel: Tensor) (x: Tensor) : Tensor = convolve "conv2d" 2 options kernel x

    /// <summary>The transpose of conv1d as a linear map: input [batch; channels; length], kernel [channels;
    /// outputs / groups; width] → [batch; outputs; length'].</summary>
    /// <param name="options">Those of the convolution that is transposed; and OutputPadding, rows added at the
    /// end.</param>
    /// <param name="kernel">[channels; outputs / groups; width], of the dtype of x.</param>
    /// <param name="x">[batch; channels; length], floats.</param>
    /// <returns>[batch; outputs; length'].</returns>
    /// <remarks>length' = (length − 1) stride − 2 padding + dilation (width − 1) + outputPadding + 1.</remarks>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not fit, the channels do not divide into the groups,
    /// or the result would be empty.</exception>
    /// <exception cref="T:NeuralDE.InputException">An option is out of range or has another number of
    /// entries.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float, or the dtypes differ.</exception>
    let convTranspose1d (options: ConvOptions) (kernel: Tensor) (x: Tensor) : Tensor =
        transposed "convTranspose1d" 1 options kernel x

    /// <summary>The transpose of conv2d as a linear map: input [batch; channels; height; width], kernel [channels;
    /// outputs / groups; h; w] → [batch; outputs; height'; width'].</summary>
    /// <param name="options">Those of the convolution that is transposed; and OutputPadding, rows added at the
    /// end.</param>
    /// <param name="kernel">[channels; outputs / groups; h; w], of the dtype of x.</param>
    /// <param name="x">[batch; channels; height; width], floats.</param>
    /// <returns>[batch; outputs; height'; width'], with the extents of convTranspose1d along each axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not fit, the channels do not divide into the groups,
    /// or the result would be empty.</exception>
    /// <exception cref="T:NeuralDE.InputException">An option is out of range or has another number of
    /// entries.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float, or the dtypes differ.</exception>
    let convTranspose2d (options: ConvOptions) (kernel: Tensor) (x: Tensor) : Tensor =
        transposed "convTranspose2d" 2 options kernel x

    // ── pooling ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// The elements of each window, along a new last axis.
    let private windows verb axes window stride (x: Tensor) =
        Expect.floats verb x
        Expect.rank verb (axes + 2) "the input" x
        Expect.positive verb "window" window
        Expect.positive verb "stride" stride

        if Seq.exists (fun n -> n < window) x.Dims[2..] then
            Expect.misfit
                $"{verb}: a window of {string window} does not fit into shape {Expect.text x}. Pad the tensor first, or use a smaller window."

        let step = Array.append [| 1; 1 |] (Array.create axes stride)

        let slice (offset: int[]) =
            let start = Array.append [| 0; 0 |] offset

            let stop axis =
                let n = x.Dims[axis]
                if axis < 2 then n else start[axis] + (n - window) / stride * stride + 1

            Prim.slice start (Array.init x.Rank stop) step x

        // one slice for each position
        if float window ** float axes > 65536.0 then
            raise (
                InputException
                    $"{verb}: got a window of {string window}, expected at most 65536 positions. To pool over whole axes use meanAlong or maxAlong."
            )

        let places = [| 0 .. window - 1 |]

        let offsets =
            if axes = 1 then
                places |> Array.map Array.singleton
            else
                Array.allPairs places places |> Array.map (fun (i, j) -> [| i; j |])

        Prim.stack x.Rank (offsets |> Array.map slice)

    let private averages verb axes window stride (x: Tensor) =
        let all = windows verb axes window stride x
        let sums = Prim.sumOver [| x.Rank |] all
        Prim.binary Div sums (Prim.fill x.Dtype sums.Dims (float all.Dims[x.Rank]))

    let private maxima verb axes window stride (x: Tensor) =
        Prim.reduce Maximum [| x.Rank |] (windows verb axes window stride x)

    /// <summary>The means of windows: [batch; channels; length] → [batch; channels;
    /// (length − window) / stride + 1].</summary>
    /// <param name="window">The length of a window, 1 to 65 536.</param>
    /// <param name="stride">The distance between the starts of two windows, 1 or more.</param>
    /// <param name="x">[batch; channels; length], floats.</param>
    /// <returns>[batch; channels; (length − window) / stride + 1].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x does not have three axes, or is shorter than the
    /// window.</exception>
    /// <exception cref="T:NeuralDE.InputException">window or stride is less than 1, or the window has more than 65 536
    /// positions.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let avgPool1d (window: int) (stride: int) (x: Tensor) : Tensor = averages "avgPool1d" 1 window stride x

    /// <summary>The means of square windows of [batch; channels; height; width].</summary>
    /// <param name="window">The height and width of a window, 1 to 256.</param>
    /// <param name="stride">The distance between the starts of two windows along both axes, 1 or more.</param>
    /// <param name="x">[batch; channels; height; width], floats.</param>
    /// <returns>[batch; channels; (height − window) / stride + 1; (width − window) / stride + 1].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x does not have four axes, or is smaller than the
    /// window.</exception>
    /// <exception cref="T:NeuralDE.InputException">window or stride is less than 1, or the window has more than 65 536
    /// positions.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let avgPool2d (window: int) (stride: int) (x: Tensor) : Tensor = averages "avgPool2d" 2 window stride x

    /// <summary>The maxima of windows: [batch; channels; length] → [batch; channels;
    /// (length − window) / stride + 1].</summary>
    /// <param name="window">The length of a window, 1 to 65 536.</param>
    /// <param name="stride">The distance between the starts of two windows, 1 or more.</param>
    /// <param name="x">[batch; channels; length], floats.</param>
    /// <returns>[batch; channels; (length − window) / stride + 1].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x does not have three axes, or is shorter than the
    /// window.</exception>
    /// <exception cref="T:NeuralDE.InputException">window or stride is less than 1, or the window has more than 65 536
    /// positions.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let maxPool1d (window: int) (stride: int) (x: Tensor) : Tensor = maxima "maxPool1d" 1 window stride x

    /// <summary>The maxima of square windows of [batch; channels; height; width].</summary>
    /// <param name="window">The height and width of a window, 1 to 256.</param>
    /// <param name="stride">The distance between the starts of two windows along both axes, 1 or more.</param>
    /// <param name="x">[batch; channels; height; width], floats.</param>
    /// <returns>[batch; channels; (height − window) / stride + 1; (width − window) / stride + 1].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x does not have four axes, or is smaller than the
    /// window.</exception>
    /// <exception cref="T:NeuralDE.InputException">window or stride is less than 1, or the window has more than 65 536
    /// positions.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let maxPool2d (window: int) (stride: int) (x: Tensor) : Tensor = maxima "maxPool2d" 2 window stride x
