namespace NeuralDE;

/// <summary>
/// How parameters follow from gradients: x is a parameter, g its gradient. The numbers are PyTorch's for optimisers
/// of these names.
/// </summary>
public static class Optimisers
{
    /// <summary>x − rate · g</summary>
    public static Optimiser GradientDescent(double rate) => Optimiser.NewGradientDescent(rate);

    /// <summary>
    /// x − rate · b, with b ← momentum · b + g, or x − rate · (g + momentum · b) looking ahead. Sutskever et al.
    /// 2013.
    /// </summary>
    public static Optimiser Sgd(SgdSettings settings) => Optimiser.NewSgd(Given(settings).Core());

    /// <summary>
    /// x − rate · m̂ / (√v̂ + ε), with m and v the running means of g and g². Kingma and Ba 2015, algorithm 1.
    /// </summary>
    public static Optimiser Adam(double rate) => Optimiser.NewAdam(rate);

    /// <summary>Adam with a weight decay of 0.01 beside the step. Loshchilov and Hutter 2019, algorithm 2.</summary>
    public static Optimiser AdamW(double rate) => Optimiser.NewAdamW(rate);

    /// <summary>Adam with constants of your own.</summary>
    public static Optimiser AdamWith(AdamSettings settings) => Optimiser.NewAdamWith(Given(settings).Core());

    /// <summary>
    /// x − rate · g / (√v + ε), with v the running mean of g². Tieleman and Hinton 2012, lecture 6.5.
    /// </summary>
    public static Optimiser RmsProp(double rate) => Optimiser.NewRmsProp(rate);

    /// <summary>RmsProp with constants of your own.</summary>
    public static Optimiser RmsPropWith(RmsPropSettings settings) => Optimiser.NewRmsPropWith(Given(settings).Core());

    /// <summary>x − rate · g / (√s + ε), with s the sum of all g². Duchi, Hazan and Singer 2011.</summary>
    public static Optimiser Adagrad(double rate) => Optimiser.NewAdagrad(rate);

    /// <summary>Adagrad with constants of your own.</summary>
    public static Optimiser AdagradWith(AdagradSettings settings) => Optimiser.NewAdagradWith(Given(settings).Core());

    /// <summary>
    /// x − rate · sign(β₁ m + (1 − β₁) g), with m ← β₂ m + (1 − β₂) g. Chen et al. 2023, algorithm 2.
    /// </summary>
    public static Optimiser Lion(double rate) => Optimiser.NewLion(rate);

    /// <summary>Lion with constants of your own.</summary>
    public static Optimiser LionWith(LionSettings settings) => Optimiser.NewLionWith(Given(settings).Core());

    /// <summary>By a rule that you write: the equations for one leaf.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="slots">
    /// From a leaf to what is remembered of it before the first step, by name: tensors like the leaf.
    /// </param>
    /// <param name="step">To the leaf after a step, and what is remembered then: of the same names.</param>
    public static Optimiser OwnRule(
        string name,
        Func<Tensor, IEnumerable<(string Name, Tensor Slot)>> slots,
        Func<LeafStep, (Tensor X, IEnumerable<(string Name, Tensor Slot)> Slots)> step
    )
    {
        ArgumentNullException.ThrowIfNull(slots);
        ArgumentNullException.ThrowIfNull(step);
        return Optimiser.NewOwnRule(
            new OptimiserRule(
                Given(name),
                FSharp.Function((Tensor x) => FSharp.Pairs(slots(x))),
                FSharp.Function(
                    (LeafStep leaf) =>
                    {
                        var (x, remembered) = step(leaf);
                        return Tuple.Create(x, FSharp.Pairs(remembered));
                    }
                )
            )
        );
    }

    /// <summary>x stays.</summary>
    public static Optimiser Frozen => Optimiser.Frozen;
}

/// <summary>Means of the models of several steps.</summary>
public static class Averagings
{
    /// <summary>
    /// a ← share · a + (1 − share) · x after every step; after the first a = x. Polyak's average, exponentially
    /// weighted.
    /// </summary>
    public static Averaging MovingAverage(double share) => Averaging.NewMovingAverage(share);

    /// <summary>
    /// The plain mean of the models after the steps from + every, from + 2 · every, …; until then a = x. Stochastic weight
    /// averaging, Izmailov et al. 2018.
    /// </summary>
    public static Averaging PlainAverage(int from, int every) => Averaging.NewPlainAverage(from, every);
}
