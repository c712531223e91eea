// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>
    /// The cross-correlation of an input [batch; channels; length] with a kernel [outputs; channels / groups; width]:
    /// [batch; outputs; length'].
    /// </summary>
    /// <remarks>
    /// y[o, t] = Σ kernel[o, c, k] x[c, stride t + dilation k − padding]. length' = (length + 2 padding − dilation
    /// (width − 1) − 1) / stride + 1. The F# name is conv1d; in C# Conv1d is the layer.
    /// </remarks>
    public static Tensor Convolve1d(Tensor x, Tensor kernel, ConvSettings? settings = null) =>
        ConvolutionVerbsModule.conv1d((settings ?? new ConvSettings()).Core(), Given(kernel), Given(x));

    /// <summary>
    /// The cross-correlation of an input [batch; channels; height; width] with a kernel [outputs; channels / groups; h;
    /// w]: [batch; outputs; height'; width'].
    /// </summary>
    /// <remarks>The F# name is conv2d; in C# Conv2d is the layer.</remarks>
    public static Tensor Convolve2d(Tensor x, Tensor kernel, ConvSettings? settings = null) =>
        ConvolutionVerbsModule.conv2d((settings ?? new ConvSettings()).Core(), Given(kernel), Given(x));

    /// <summary>
    /// The transpose of Convolve1d as a linear map: input [batch; channels; length], kernel [channels; outputs /
    /// groups; width] → [batch; outputs; length'].
    /// </summary>
    /// <remarks>
    /// length' = (length − 1) stride − 2 padding + dilation (width − 1) + outputPadding + 1. The F# name is
    /// convTranspose1d; in C# ConvTranspose1d is the layer.
    /// </remarks>
    public static Tensor ConvolveTranspose1d(Tensor x, Tensor kernel, ConvSettings? settings = null) =>
        ConvolutionVerbsModule.convTranspose1d((settings ?? new ConvSettings()).Core(), Given(kernel), Given(x));

    /// <summary>
    /// The transpose of Convolve2d as a linear map: input [batch; channels; height; width], kernel [channels; outputs /
    /// groups; h; w] → [batch; outputs; height'; width'].
    /// </summary>
    /// <remarks>The F# name is convTranspose2d; in C# ConvTranspose2d is the layer.</remarks>
    public static Tensor ConvolveTranspose2d(Tensor x, Tensor kernel, ConvSettings? settings = null) =>
        ConvolutionVerbsModule.convTranspose2d((settings ?? new ConvSettings()).Core(), Given(kernel), Given(x));

    /// <summary>
    /// The means of windows: [batch; channels; length] → [batch; channels; (length − window) / stride + 1].
    /// </summary>
    public static Tensor AvgPool1d(Tensor x, int window, int stride) =>
        ConvolutionVerbsModule.avgPool1d(window, stride, Given(x));

    /// <summary>The means of square windows of [batch; channels; height; width].</summary>
    public static Tensor AvgPool2d(Tensor x, int window, int stride) =>
        ConvolutionVerbsModule.avgPool2d(window, stride, Given(x));

    /// <summary>
    /// The maxima of windows: [batch; channels; length] → [batch; channels; (length − window) / stride + 1].
    /// </summary>
    public static Tensor MaxPool1d(Tensor x, int window, int stride) =>
        ConvolutionVerbsModule.maxPool1d(window, stride, Given(x));

    /// <summary>The maxima of square windows of [batch; channels; height; width].</summary>
    public static Tensor MaxPool2d(Tensor x, int window, int stride) =>
        ConvolutionVerbsModule.maxPool2d(window, stride, Given(x));
}
