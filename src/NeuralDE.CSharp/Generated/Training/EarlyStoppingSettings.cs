// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>When a training stops because it no longer improves.</summary>
public sealed record EarlyStoppingSettings
{
    /// <summary>
    /// The number of consecutive validations without improvement after which the training stops; default: 10.
    /// </summary>
    public int Patience { get; init; } = EarlyStopping.defaults.Patience;

    /// <summary>The smallest decrease of the lowest loss that counts as improvement; default: 0.</summary>
    public double MinImprovement { get; init; } = EarlyStopping.defaults.MinImprovement;

    /// <summary>Whether Fit.Model is then the best model instead of the last; default: true.</summary>
    public bool RestoresBest { get; init; } = EarlyStopping.defaults.RestoresBest;

    internal EarlyStopping Core() => new(Patience, MinImprovement, RestoresBest);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(EarlyStoppingSettings), PrintMembers);
}
