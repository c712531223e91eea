// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Settings of Adagrad.</summary>
public sealed record AdagradSettings
{
    /// <summary>The learning rate; default: 1e-2.</summary>
    public double Rate { get; init; } = AdagradOptions.defaults.Rate;

    /// <summary>Divides the learning rate by 1 + rateDecay · k at step k = 0, 1, …; default: 0.</summary>
    public double RateDecay { get; init; } = AdagradOptions.defaults.RateDecay;

    /// <summary>The sum of squares before the first step; default: 0.</summary>
    public double InitialSum { get; init; } = AdagradOptions.defaults.InitialSum;

    /// <summary>Keeps the quotient finite; default: 1e-10.</summary>
    public double Epsilon { get; init; } = AdagradOptions.defaults.Epsilon;

    /// <summary>Adds weightDecay · x to the gradient; default: 0.</summary>
    public double WeightDecay { get; init; } = AdagradOptions.defaults.WeightDecay;

    internal AdagradOptions Core() => new(Rate, RateDecay, InitialSum, Epsilon, WeightDecay);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(AdagradSettings), PrintMembers);
}
