namespace NeuralDE;

/// <summary>Settings of gradient descent.</summary>
public sealed record SgdSettings
{
    /// <summary>The learning rate.</summary>
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

/// <summary>Settings of Adam.</summary>
public sealed record AdamSettings
{
    /// <summary>The learning rate.</summary>
    public double Rate { get; init; } = AdamOptions.defaults.Rate;

    /// <summary>The decay factor of the mean of gradients; default: 0.9.</summary>
    public double Beta1 { get; init; } = AdamOptions.defaults.Beta1;

    /// <summary>The decay factor of the mean of squared gradients; default: 0.999.</summary>
    public double Beta2 { get; init; } = AdamOptions.defaults.Beta2;

    /// <summary>Keeps the quotient finite; default: 1e-8.</summary>
    public double Epsilon { get; init; } = AdamOptions.defaults.Epsilon;

    /// <summary>
    /// Decoupled weight decay: subtracts rate · weightDecay · x in each step, separately from the gradient; default:
    /// 0. Loshchilov and Hutter 2019.
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

/// <summary>Settings of RMSprop.</summary>
public sealed record RmsPropSettings
{
    /// <summary>The learning rate.</summary>
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

/// <summary>Settings of Adagrad.</summary>
public sealed record AdagradSettings
{
    /// <summary>The learning rate.</summary>
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

/// <summary>Settings of Lion.</summary>
public sealed record LionSettings
{
    /// <summary>The learning rate: the change of every parameter in a step.</summary>
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
