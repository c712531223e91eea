namespace NeuralDE;

/// <summary>
/// How much a compressed file may become when it is read: the larger of the two; one that becomes more is a FileException.
/// </summary>
public sealed record UnpackingSettings
{
    /// <summary>Bytes that any file may become, 268 435 456.</summary>
    public long Bytes { get; init; } = UnpackingOptions.defaults.Bytes;

    /// <summary>And the multiple of its own size, 20.</summary>
    public double Ratio { get; init; } = UnpackingOptions.defaults.Ratio;

    internal UnpackingOptions Core() => new(Bytes, Ratio);

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(UnpackingSettings), PrintMembers);
}
