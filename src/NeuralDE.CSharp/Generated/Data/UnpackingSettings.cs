// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Limits for the expansion of a compressed file.</summary>
/// <remarks>A file may expand to the larger of the two limits; reading more raises a FileException.</remarks>
public sealed record UnpackingSettings
{
    /// <summary>Bytes to which every file may expand; default: 268 435 456.</summary>
    public long Bytes { get; init; } = UnpackingOptions.defaults.Bytes;

    /// <summary>Multiple of its own size to which a file may expand; default: 20.</summary>
    public double Ratio { get; init; } = UnpackingOptions.defaults.Ratio;

    internal UnpackingOptions Core() => new(Bytes, Ratio);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(UnpackingSettings), PrintMembers);
}
