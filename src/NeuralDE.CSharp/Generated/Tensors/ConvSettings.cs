// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Options of a convolution. A list has one entry for each spatial axis, or one entry for all of them.
/// </summary>
public sealed record ConvSettings
{
    /// <summary>The distance between two positions of the kernel; default: 1.</summary>
    public IReadOnlyList<int> Stride { get; init; } = ConvOptions.Default.Stride;

    /// <summary>The number of zeros on both sides of the input; default: 0.</summary>
    public IReadOnlyList<int> Padding { get; init; } = ConvOptions.Default.Padding;

    /// <summary>The distance between neighbouring elements of the kernel; default: 1, no gaps.</summary>
    public IReadOnlyList<int> Dilation { get; init; } = ConvOptions.Default.Dilation;

    /// <summary>The number of groups of channels; default: 1. Groups do not mix.</summary>
    public int Groups { get; init; } = ConvOptions.Default.Groups;

    /// <summary>
    /// The number of rows added at the end of the result of a transposed convolution; 0 for other convolutions.
    /// </summary>
    public IReadOnlyList<int> OutputPadding { get; init; } = ConvOptions.Default.OutputPadding;

    internal ConvOptions Core() =>
        new(FSharp.List(Stride), FSharp.List(Padding), FSharp.List(Dilation), Groups, FSharp.List(OutputPadding));

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(ConvSettings), PrintMembers);
}
