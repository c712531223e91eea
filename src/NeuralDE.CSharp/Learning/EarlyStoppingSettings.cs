namespace NeuralDE;

/// <summary>When a training is stopped because it no longer improves.</summary>
public sealed record EarlyStoppingSettings
{
    /// <summary>Looks in a row without improvement after which the training stops, 10.</summary>
    public int Patience { get; init; } = EarlyStopping.defaults.Patience;

    /// <summary>By how much the lowest loss must fall to count as improvement, 0.</summary>
    public double MinImprovement { get; init; } = EarlyStopping.defaults.MinImprovement;

    /// <summary>Whether Fit.Model is the best model then, instead of the last; true.</summary>
    public bool RestoresBest { get; init; } = EarlyStopping.defaults.RestoresBest;

    internal EarlyStopping Core() => new(Patience, MinImprovement, RestoresBest);

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(EarlyStoppingSettings), PrintMembers);
}
