namespace NeuralDE;

/// <summary>Minimises a smooth loss of any tree by the limited-memory BFGS method.</summary>
/// <remarks>
/// Nocedal and Wright, Numerical Optimization (2006), algorithms 7.4 and 7.5, with their line search for the strong
/// Wolfe conditions. The loss is traced once. If it is not finite, or its solve fails, steps become shorter.
/// </remarks>
public static class Lbfgs
{
    /// <summary>Minimises a loss, starting from a model, and returns the model with the lowest loss.</summary>
    /// <param name="loss">
    /// From the model to one number. It is traced once; values that it captures are constants.
    /// </param>
    /// <param name="model">
    /// The initial model. Float leaves are parameters; integers, bools and keys are constants.
    /// </param>
    public static LbfgsFit<M> Minimise<M>(Func<M, Tensor> loss, M model) =>
        LbfgsModule.minimise(FSharp.Function(loss), model);

    /// <summary>As Minimise, with settings, and a call after each iteration.</summary>
    /// <exception cref="FitCancelledException{F}">once the token of the settings is cancelled, with the fit so far.</exception>
    public static LbfgsFit<M> MinimiseWith<M>(
        LbfgsSettings settings,
        Action<LbfgsProgress<M>> report,
        Func<M, Tensor> loss,
        M model
    ) =>
        Cancelling.OrThrow(
            LbfgsModule.minimiseWith(Given(settings).Core(), FSharp.Function(report), FSharp.Function(loss), model),
            settings.Cancellation
        );
}

/// <summary>Settings of L-BFGS.</summary>
public sealed record LbfgsSettings
{
    /// <summary>The number of steps that the approximate Hessian remembers; default: 10.</summary>
    public int History { get; init; } = LbfgsOptions.defaults.History;

    /// <summary>The maximum number of iterations; default: 200.</summary>
    public int MaxIterations { get; init; } = LbfgsOptions.defaults.MaxIterations;

    /// <summary>Converged when no component of the gradient is larger; default: 1e-8.</summary>
    public double GradientTolerance { get; init; } = LbfgsOptions.defaults.GradientTolerance;

    /// <summary>Settled when the relative decrease of the loss in an iteration is smaller; default: 1e-9.</summary>
    public double LossTolerance { get; init; } = LbfgsOptions.defaults.LossTolerance;

    /// <summary>
    /// The largest change of the parameters in the first trial along a gradient; default: 1. Later trials start at
    /// the full step.
    /// </summary>
    public double FirstStep { get; init; } = LbfgsOptions.defaults.FirstStep;

    /// <summary>c₁ of the Wolfe conditions; default: 1e-4.</summary>
    public double Armijo { get; init; } = LbfgsOptions.defaults.Armijo;

    /// <summary>c₂ of the Wolfe conditions; default: 0.9.</summary>
    public double Curvature { get; init; } = LbfgsOptions.defaults.Curvature;

    /// <summary>The maximum number of evaluations of a line search; default: 25.</summary>
    public int MaxTrials { get; init; } = LbfgsOptions.defaults.MaxTrials;

    /// <summary>Ends the minimisation before the next evaluation when it is cancelled.</summary>
    public CancellationToken Cancellation { get; init; }

    internal LbfgsOptions Core() =>
        new(
            History,
            MaxIterations,
            GradientTolerance,
            LossTolerance,
            FirstStep,
            Armijo,
            Curvature,
            MaxTrials,
            Cancellation
        );

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(LbfgsSettings), PrintMembers);
}
