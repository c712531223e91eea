namespace NeuralDE;

/// <summary>What gradient descent may be told beside its rate.</summary>
public sealed record SgdSettings
{
    /// <summary>The step's length for a gradient of 1.</summary>
    public double Rate { get; init; } = SgdOptions.defaults.Rate;

    /// <summary>The share of the past in the direction, 0.9; 0 forgets.</summary>
    public double Momentum { get; init; } = SgdOptions.defaults.Momentum;

    /// <summary>The share of a new gradient that the direction leaves out, 0.</summary>
    public double Dampening { get; init; } = SgdOptions.defaults.Dampening;

    /// <summary>Whether the step looks ahead along the direction; needs momentum and no dampening.</summary>
    public bool IsNesterov { get; init; } = SgdOptions.defaults.IsNesterov;

    /// <summary>Adds weightDecay · x to the gradient, 0.</summary>
    public double WeightDecay { get; init; } = SgdOptions.defaults.WeightDecay;

    internal SgdOptions Core() => new(Rate, Momentum, Dampening, IsNesterov, WeightDecay);

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(SgdSettings), PrintMembers);
}

/// <summary>What Adam may be told beside its rate.</summary>
public sealed record AdamSettings
{
    /// <summary>The step's length at most, about.</summary>
    public double Rate { get; init; } = AdamOptions.defaults.Rate;

    /// <summary>The share of the past in the mean of gradients, 0.9.</summary>
    public double Beta1 { get; init; } = AdamOptions.defaults.Beta1;

    /// <summary>The share of the past in the mean of their squares, 0.999.</summary>
    public double Beta2 { get; init; } = AdamOptions.defaults.Beta2;

    /// <summary>Keeps the quotient finite, 1e-8.</summary>
    public double Epsilon { get; init; } = AdamOptions.defaults.Epsilon;

    /// <summary>
    /// Shrinks x by rate · weightDecay beside the step, 0; it is no part of the gradient. Loshchilov and Hutter
    /// 2019.
    /// </summary>
    public double WeightDecay { get; init; } = AdamOptions.defaults.WeightDecay;

    /// <summary>
    /// Whether the step divides by the largest mean of squares so far instead of the latest. Reddi et al. 2018.
    /// </summary>
    public bool IsAmsGrad { get; init; } = AdamOptions.defaults.IsAmsGrad;

    internal AdamOptions Core() => new(Rate, Beta1, Beta2, Epsilon, WeightDecay, IsAmsGrad);

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(AdamSettings), PrintMembers);
}

/// <summary>What RMSprop may be told beside its rate.</summary>
public sealed record RmsPropSettings
{
    /// <summary>The step's length for a gradient of 1.</summary>
    public double Rate { get; init; } = RmsPropOptions.defaults.Rate;

    /// <summary>The share of the past in the mean of squares, 0.99.</summary>
    public double Share { get; init; } = RmsPropOptions.defaults.Share;

    /// <summary>Keeps the quotient finite, 1e-8.</summary>
    public double Epsilon { get; init; } = RmsPropOptions.defaults.Epsilon;

    /// <summary>The share of the past in the direction, 0.</summary>
    public double Momentum { get; init; } = RmsPropOptions.defaults.Momentum;

    /// <summary>Whether squares are taken around the mean of gradients. Graves 2013.</summary>
    public bool IsCentered { get; init; } = RmsPropOptions.defaults.IsCentered;

    /// <summary>Adds weightDecay · x to the gradient, 0.</summary>
    public double WeightDecay { get; init; } = RmsPropOptions.defaults.WeightDecay;

    internal RmsPropOptions Core() => new(Rate, Share, Epsilon, Momentum, IsCentered, WeightDecay);

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(RmsPropSettings), PrintMembers);
}

/// <summary>What Adagrad may be told beside its rate.</summary>
public sealed record AdagradSettings
{
    /// <summary>The step's length for a gradient of 1.</summary>
    public double Rate { get; init; } = AdagradOptions.defaults.Rate;

    /// <summary>Divides the rate by 1 + rateDecay · k at step k = 0, 1, …; 0.</summary>
    public double RateDecay { get; init; } = AdagradOptions.defaults.RateDecay;

    /// <summary>The sum of squares before the first step, 0.</summary>
    public double InitialSum { get; init; } = AdagradOptions.defaults.InitialSum;

    /// <summary>Keeps the quotient finite, 1e-10.</summary>
    public double Epsilon { get; init; } = AdagradOptions.defaults.Epsilon;

    /// <summary>Adds weightDecay · x to the gradient, 0.</summary>
    public double WeightDecay { get; init; } = AdagradOptions.defaults.WeightDecay;

    internal AdagradOptions Core() => new(Rate, RateDecay, InitialSum, Epsilon, WeightDecay);

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(AdagradSettings), PrintMembers);
}

/// <summary>What Lion may be told beside its rate.</summary>
public sealed record LionSettings
{
    /// <summary>The step's length in every parameter.</summary>
    public double Rate { get; init; } = LionOptions.defaults.Rate;

    /// <summary>The share of the past in the direction, 0.9.</summary>
    public double Beta1 { get; init; } = LionOptions.defaults.Beta1;

    /// <summary>The share of the past in the mean of gradients, 0.99.</summary>
    public double Beta2 { get; init; } = LionOptions.defaults.Beta2;

    /// <summary>Shrinks x by rate · weightDecay beside the step, 0.</summary>
    public double WeightDecay { get; init; } = LionOptions.defaults.WeightDecay;

    internal LionOptions Core() => new(Rate, Beta1, Beta2, WeightDecay);

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(LionSettings), PrintMembers);
}
