// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Settings of RMSprop.</summary>
public sealed record RmsPropSettings
{
    /// <summary>The learning rate; default: 1e-2.</summary>
    public double Rate { get; init; } = RmsPropOptions.defaults.Rate;

    /// <summary>The decay factor of the mean of squared gradients; default: 0.99.</summary>
    public double Share { get; init; } = RmsPropOptions.defaults.Share;

    /// <summary>Keeps the quotient finite; default: 1e-8.</summary>
    public double Epsilon { get; init; } = RmsPropOptions.defaults.Epsilon;

    /// <summary>The momentum: the factor of the previous direction; default: 0.</summary>
    public double Momentum { get; init; } = RmsPropOptions.defaults.Momentum;

    /// <summary>Whether to subtract the squared mean of gradients from the mean of squares. Graves 2013.</summary>
    public bool IsCentered { get; init; } = RmsPropOptions.defaults.IsCentered;

    /// <summary>Adds weightDecay · x to the gradient; default: 0.</summary>
    public double WeightDecay { get; init; } = RmsPropOptions.defaults.WeightDecay;

    internal RmsPropOptions Core() => new(Rate, Share, Epsilon, Momentum, IsCentered, WeightDecay);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(RmsPropSettings), PrintMembers);
}
