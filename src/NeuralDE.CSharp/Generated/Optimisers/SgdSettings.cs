// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Settings of gradient descent.</summary>
public sealed record SgdSettings
{
    /// <summary>The learning rate; default: 1e-2.</summary>
    public double Rate { get; init; } = SgdOptions.defaults.Rate;

    /// <summary>The momentum: the factor of the previous direction; default: 0.9; 0: no momentum.</summary>
    public double Momentum { get; init; } = SgdOptions.defaults.Momentum;

    /// <summary>The fraction of a new gradient that is not added to the direction; default: 0.</summary>
    public double Dampening { get; init; } = SgdOptions.defaults.Dampening;

    /// <summary>Whether to use Nesterov momentum; it needs momentum and no dampening.</summary>
    public bool IsNesterov { get; init; } = SgdOptions.defaults.IsNesterov;

    /// <summary>Adds weightDecay · x to the gradient; default: 0.</summary>
    public double WeightDecay { get; init; } = SgdOptions.defaults.WeightDecay;

    internal SgdOptions Core() => new(Rate, Momentum, Dampening, IsNesterov, WeightDecay);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(SgdSettings), PrintMembers);
}
