namespace NeuralDE;

/// <summary>
/// How a kernel moves over its input. A list has one entry for each spatial axis, or one for all of them.
/// </summary>
public sealed record ConvSettings
{
    /// <summary>Steps between places of the kernel; 1.</summary>
    public IReadOnlyList<int> Stride { get; init; } = ConvOptions.Default.Stride;

    /// <summary>Zeros on both sides of the input; 0.</summary>
    public IReadOnlyList<int> Padding { get; init; } = ConvOptions.Default.Padding;

    /// <summary>Distance between neighbours of the kernel: 1 leaves no gaps.</summary>
    public IReadOnlyList<int> Dilation { get; init; } = ConvOptions.Default.Dilation;

    /// <summary>Channels are divided into so many groups that do not mix; 1.</summary>
    public int Groups { get; init; } = ConvOptions.Default.Groups;

    /// <summary>Rows added at the end of a transposed convolution's result; 0 for others.</summary>
    public IReadOnlyList<int> OutputPadding { get; init; } = ConvOptions.Default.OutputPadding;

    internal ConvOptions Core() =>
        new(FSharp.List(Stride), FSharp.List(Padding), FSharp.List(Dilation), Groups, FSharp.List(OutputPadding));

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(ConvSettings), PrintMembers);
}
