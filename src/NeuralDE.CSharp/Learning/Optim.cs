namespace NeuralDE;

/// <summary>Optimisers as pure functions: (gradient, state, model) to (model, state). They run inside Compile, too.</summary>
public static class Optim
{
    /// <summary>The state before the first step.</summary>
    public static OptimState<M> Init<M>(Optimiser optimiser, M model) => OptimModule.init(optimiser, model);

    /// <summary>One step.</summary>
    /// <param name="optimiser">As it was given to Init.</param>
    /// <param name="gradient">∂loss/∂model, a tree like the model.</param>
    /// <param name="state">What the optimiser remembers.</param>
    /// <param name="model">Float leaves move; integers, bools and keys stay.</param>
    /// <returns>The next model and state. TreeException if the trees differ.</returns>
    public static (M Model, OptimState<M> State) Step<M>(
        Optimiser optimiser,
        M gradient,
        OptimState<M> state,
        M model
    ) => OptimModule.step(optimiser, gradient, state, model).ToValueTuple();

    /// <summary>√Σ g² over all float leaves of a tree: one number, float64.</summary>
    public static Tensor GlobalNorm<M>(M tree) => OptimModule.globalNorm(tree);

    /// <summary>The gradient times min(1, limit / GlobalNorm): of length <paramref name="limit"/> at most.</summary>
    public static M Clip<M>(double limit, M gradient) => OptimModule.clip(limit, gradient);
}

/// <summary>How parameters follow from gradients.</summary>
public static class Optimisers
{
    /// <summary>x − rate · g</summary>
    public static Optimiser GradientDescent(double rate) => Optimiser.NewGradientDescent(rate);

    /// <summary>x − rate · m̂ / (√v̂ + ε), with m and v the running means of g and g². Kingma and Ba 2015, algorithm 1.</summary>
    public static Optimiser Adam(double rate) => Optimiser.NewAdam(rate);

    /// <summary>Adam with constants of one's own.</summary>
    public static Optimiser AdamWith(AdamSettings settings) => Optimiser.NewAdamWith(settings.Core());
}

/// <summary>What Adam may be told beside its rate.</summary>
public sealed record AdamSettings
{
    /// <summary>The step's length at most, about; 1e-3.</summary>
    public double Rate { get; init; } = AdamOptions.defaults.Rate;

    /// <summary>The share of the past in the mean of gradients, 0.9.</summary>
    public double Beta1 { get; init; } = AdamOptions.defaults.Beta1;

    /// <summary>The share of the past in the mean of their squares, 0.999.</summary>
    public double Beta2 { get; init; } = AdamOptions.defaults.Beta2;

    /// <summary>Keeps the quotient finite, 1e-8.</summary>
    public double Epsilon { get; init; } = AdamOptions.defaults.Epsilon;

    internal AdamOptions Core() => new(Rate, Beta1, Beta2, Epsilon);
}
