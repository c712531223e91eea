// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Settings of Adam.</summary>
public sealed record AdamSettings
{
    /// <summary>The learning rate; default: 1e-3.</summary>
    public double Rate { get; init; } = AdamOptions.defaults.Rate;

    /// <summary>The decay factor of the mean of gradients; default: 0.9.</summary>
    public double Beta1 { get; init; } = AdamOptions.defaults.Beta1;

    /// <summary>The decay factor of the mean of squared gradients; default: 0.999.</summary>
    public double Beta2 { get; init; } = AdamOptions.defaults.Beta2;

    /// <summary>Keeps the quotient finite; default: 1e-8.</summary>
    public double Epsilon { get; init; } = AdamOptions.defaults.Epsilon;

    /// <summary>
    /// Decoupled weight decay: subtracts rate · weightDecay · x in each step, separately from the gradient; default: 0.
    /// Loshchilov and Hutter 2019.
    /// </summary>
    public double WeightDecay { get; init; } = AdamOptions.defaults.WeightDecay;

    /// <summary>
    /// Whether to divide by the largest mean of squares so far instead of the latest (AMSGrad). Reddi et al. 2018.
    /// </summary>
    public bool IsAmsGrad { get; init; } = AdamOptions.defaults.IsAmsGrad;

    internal AdamOptions Core() => new(Rate, Beta1, Beta2, Epsilon, WeightDecay, IsAmsGrad);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(AdamSettings), PrintMembers);
}
