// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Settings of Lion.</summary>
public sealed record LionSettings
{
    /// <summary>The learning rate: the change of every parameter in a step; default: 1e-4.</summary>
    public double Rate { get; init; } = LionOptions.defaults.Rate;

    /// <summary>The factor of the mean of gradients in the direction; default: 0.9.</summary>
    public double Beta1 { get; init; } = LionOptions.defaults.Beta1;

    /// <summary>The decay factor of the mean of gradients; default: 0.99.</summary>
    public double Beta2 { get; init; } = LionOptions.defaults.Beta2;

    /// <summary>Subtracts rate · weightDecay · x in each step; default: 0.</summary>
    public double WeightDecay { get; init; } = LionOptions.defaults.WeightDecay;

    internal LionOptions Core() => new(Rate, Beta1, Beta2, WeightDecay);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(LionSettings), PrintMembers);
}
