// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Differences that a load ignores; default: none.</summary>
public sealed record CheckpointSettings
{
    /// <summary>Ignores differences of static fields, cases and lengths; those of the given tree stay.</summary>
    public bool IgnoreStatics { get; init; } = CheckpointOptions.defaults.IgnoreStatics;

    /// <summary>Converts between float32 and float64: numbers get the dtypes of the given tree.</summary>
    public bool CastFloats { get; init; } = CheckpointOptions.defaults.CastFloats;

    /// <summary>
    /// Keeps the numbers of leaves that the file lacks, and ignores tensors of the file that are not used.
    /// </summary>
    public bool Partial { get; init; } = CheckpointOptions.defaults.Partial;

    internal CheckpointOptions Core() => new(IgnoreStatics, CastFloats, Partial);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(CheckpointSettings), PrintMembers);
}
