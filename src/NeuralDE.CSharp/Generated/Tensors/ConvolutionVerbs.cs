// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>
    /// The cross-correlation of an input [batch; channels; length] with a kernel [outputs; channels / groups; width]:
    /// [batch; outputs; length'].
    /// </summary>
    /// <param name="x">[batch; channels; length], floats.</param>
    /// <param name="kernel">[outputs; channels / groups; width], of the dtype of x.</param>
    /// <param name="settings">Stride, padding, dilation and groups; default: 1, 0, 1 and 1.</param>
    /// <returns>[batch; outputs; length'].</returns>
    /// <remarks>
    /// y[o, t] = Σ kernel[o, c, k] x[c, stride t + dilation k − padding]. length' = (length + 2 padding − dilation
    /// (width − 1) − 1) / stride + 1. The F# name is conv1d; in C# Conv1d is the layer.
    /// </remarks>
    /// <exception cref="ShapeException">
    /// The shapes do not fit, the channels do not divide into the groups, or the kernel does not fit into the input.
    /// </exception>
    /// <exception cref="InputException">
    /// An option is out of range or has another number of entries, or OutputPadding is not 0.
    /// </exception>
    /// <exception cref="DtypeException">x is not a float, or the dtypes differ.</exception>
    public static Tensor Convolve1d(Tensor x, Tensor kernel, ConvSettings? settings = null) =>
        ConvolutionVerbsModule.conv1d((settings ?? new ConvSettings()).Core(), Given(kernel), Given(x));

    /// <summary>
    /// The cross-correlation of an input [batch; channels; height; width] with a kernel [outputs; channels / groups; h;
    /// w]: [batch; outputs; height'; width'].
    /// </summary>
    /// <param name="x">[batch; channels; height; width], floats.</param>
    /// <param name="kernel">[outputs; channels / groups; h; w], of the dtype of x.</param>
    /// <param name="settings">Stride, padding, dilation and groups; default: 1, 0, 1 and 1.</param>
    /// <returns>[batch; outputs; height'; width'], with the extents of Convolve1d along each axis.</returns>
    /// <remarks>The F# name is conv2d; in C# Conv2d is the layer.</remarks>
    /// <exception cref="ShapeException">
    /// The shapes do not fit, the channels do not divide into the groups, or the kernel does not fit into the input.
    /// </exception>
    /// <exception cref="InputException">
    /// An option is out of range or has another number of entries, or OutputPadding is not 0.
    /// </exception>
    /// <exception cref="DtypeException">x is not a float, or the dtypes differ.</exception>
    public static Tensor Convolve2d(Tensor x, Tensor kernel, ConvSettings? settings = null) =>
        ConvolutionVerbsModule.conv2d((settings ?? new ConvSettings()).Core(), Given(kernel), Given(x));

    /// <summary>
    /// The transpose of Convolve1d as a linear map: input [batch; channels; length], kernel [channels; outputs /
    /// groups; width] → [batch; outputs; length'].
    /// </summary>
    /// <param name="x">[batch; channels; length], floats.</param>
    /// <param name="kernel">[channels; outputs / groups; width], of the dtype of x.</param>
    /// <param name="settings">
    /// Those of the convolution that is transposed; and OutputPadding, rows added at the end.
    /// </param>
    /// <returns>[batch; outputs; length'].</returns>
    /// <remarks>
    /// length' = (length − 1) stride − 2 padding + dilation (width − 1) + outputPadding + 1. The F# name is
    /// convTranspose1d; in C# ConvTranspose1d is the layer.
    /// </remarks>
    /// <exception cref="ShapeException">
    /// The shapes do not fit, the channels do not divide into the groups, or the result would be empty.
    /// </exception>
    /// <exception cref="InputException">An option is out of range or has another number of entries.</exception>
    /// <exception cref="DtypeException">x is not a float, or the dtypes differ.</exception>
    public static Tensor ConvolveTranspose1d(Tensor x, Tensor kernel, ConvSettings? settings = null) =>
        ConvolutionVerbsModule.convTranspose1d((settings ?? new ConvSettings()).Core(), Given(kernel), Given(x));

    /// <summary>
    /// The transpose of Convolve2d as a linear map: input [batch; channels; height; width], kernel [channels; outputs /
    /// groups; h; w] → [batch; outputs; height'; width'].
    /// </summary>
    /// <param name="x">[batch; channels; height; width], floats.</param>
    /// <param name="kernel">[channels; outputs / groups; h; w], of the dtype of x.</param>
    /// <param name="settings">
    /// Those of the convolution that is transposed; and OutputPadding, rows added at the end.
    /// </param>
    /// <returns>[batch; outputs; height'; width'], with the extents of ConvolveTranspose1d along each axis.</returns>
    /// <remarks>The F# name is convTranspose2d; in C# ConvTranspose2d is the layer.</remarks>
    /// <exception cref="ShapeException">
    /// The shapes do not fit, the channels do not divide into the groups, or the result would be empty.
    /// </exception>
    /// <exception cref="InputException">An option is out of range or has another number of entries.</exception>
    /// <exception cref="DtypeException">x is not a float, or the dtypes differ.</exception>
    public static Tensor ConvolveTranspose2d(Tensor x, Tensor kernel, ConvSettings? settings = null) =>
        ConvolutionVerbsModule.convTranspose2d((settings ?? new ConvSettings()).Core(), Given(kernel), Given(x));

    /// <summary>
    /// The means of windows: [batch; channels; length] → [batch; channels; (length − window) / stride + 1].
    /// </summary>
    /// <param name="x">[batch; channels; length], floats.</param>
    /// <param name="window">The length of a window, 1 to 65 536.</param>
    /// <param name="stride">The distance between the starts of two windows, 1 or more.</param>
    /// <returns>[batch; channels; (length − window) / stride + 1].</returns>
    /// <exception cref="ShapeException">x does not have three axes, or is shorter than the window.</exception>
    /// <exception cref="InputException">
    /// window or stride is less than 1, or the window has more than 65 536 positions.
    /// </exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor AvgPool1d(Tensor x, int window, int stride) =>
        ConvolutionVerbsModule.avgPool1d(window, stride, Given(x));

    /// <summary>The means of square windows of [batch; channels; height; width].</summary>
    /// <param name="x">[batch; channels; height; width], floats.</param>
    /// <param name="window">The height and width of a window, 1 to 256.</param>
    /// <param name="stride">The distance between the starts of two windows along both axes, 1 or more.</param>
    /// <returns>[batch; channels; (height − window) / stride + 1; (width − window) / stride + 1].</returns>
    /// <exception cref="ShapeException">x does not have four axes, or is smaller than the window.</exception>
    /// <exception cref="InputException">
    /// window or stride is less than 1, or the window has more than 65 536 positions.
    /// </exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor AvgPool2d(Tensor x, int window, int stride) =>
        ConvolutionVerbsModule.avgPool2d(window, stride, Given(x));

    /// <summary>
    /// The maxima of windows: [batch; channels; length] → [batch; channels; (length − window) / stride + 1].
    /// </summary>
    /// <param name="x">[batch; channels; length], floats.</param>
    /// <param name="window">The length of a window, 1 to 65 536.</param>
    /// <param name="stride">The distance between the starts of two windows, 1 or more.</param>
    /// <returns>[batch; channels; (length − window) / stride + 1].</returns>
    /// <exception cref="ShapeException">x does not have three axes, or is shorter than the window.</exception>
    /// <exception cref="InputException">
    /// window or stride is less than 1, or the window has more than 65 536 positions.
    /// </exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor MaxPool1d(Tensor x, int window, int stride) =>
        ConvolutionVerbsModule.maxPool1d(window, stride, Given(x));

    /// <summary>The maxima of square windows of [batch; channels; height; width].</summary>
    /// <param name="x">[batch; channels; height; width], floats.</param>
    /// <param name="window">The height and width of a window, 1 to 256.</param>
    /// <param name="stride">The distance between the starts of two windows along both axes, 1 or more.</param>
    /// <returns>[batch; channels; (height − window) / stride + 1; (width − window) / stride + 1].</returns>
    /// <exception cref="ShapeException">x does not have four axes, or is smaller than the window.</exception>
    /// <exception cref="InputException">
    /// window or stride is less than 1, or the window has more than 65 536 positions.
    /// </exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor MaxPool2d(Tensor x, int window, int stride) =>
        ConvolutionVerbsModule.maxPool2d(window, stride, Given(x));
}
