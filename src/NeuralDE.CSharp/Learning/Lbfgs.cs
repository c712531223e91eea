namespace NeuralDE;

/// <summary>Minimisation of a smooth loss over any tree by the limited-memory BFGS method.</summary>
/// <remarks>
/// Nocedal and Wright, Numerical Optimization (2006), algorithms 7.4 and 7.5, with their line search for the strong Wolfe
/// conditions. The loss is traced once. Where it is not finite, or where its solve stops short, steps become shorter.
/// </remarks>
public static class Lbfgs
{
    /// <summary>The model of the lowest loss found from this one.</summary>
    /// <param name="loss">From the model to one number. It is traced once; what it captures is fixed.</param>
    /// <param name="model">Where to start; float leaves move, integers, bools and keys stay.</param>
    public static LbfgsFit<M> Minimise<M>(Func<M, Tensor> loss, M model) =>
        LbfgsModule.minimise(FSharp.Function(loss), model);

    /// <summary>As Minimise, with settings, and a call after each iteration.</summary>
    public static LbfgsFit<M> MinimiseWith<M>(
        LbfgsSettings settings,
        Action<LbfgsProgress<M>> report,
        Func<M, Tensor> loss,
        M model
    ) => LbfgsModule.minimiseWith(Given(settings).Core(), FSharp.Function(report), FSharp.Function(loss), model);
}

/// <summary>What a minimisation may be told.</summary>
public sealed record LbfgsSettings
{
    /// <summary>Steps that the approximate Hessian remembers, 10.</summary>
    public int History { get; init; } = LbfgsOptions.defaults.History;

    /// <summary>The most iterations, 200.</summary>
    public int MaxIterations { get; init; } = LbfgsOptions.defaults.MaxIterations;

    /// <summary>Converged when no component of the gradient is larger, 1e-8.</summary>
    public double GradientTolerance { get; init; } = LbfgsOptions.defaults.GradientTolerance;

    /// <summary>Settled when an iteration lowers the loss by less, relatively, 1e-9.</summary>
    public double LossTolerance { get; init; } = LbfgsOptions.defaults.LossTolerance;

    /// <summary>
    /// How far the first trial along a gradient moves the parameters at most, 1; later trials start at the full
    /// step.
    /// </summary>
    public double FirstStep { get; init; } = LbfgsOptions.defaults.FirstStep;

    /// <summary>c₁ of the Wolfe conditions, 1e-4.</summary>
    public double Armijo { get; init; } = LbfgsOptions.defaults.Armijo;

    /// <summary>c₂ of the Wolfe conditions, 0.9.</summary>
    public double Curvature { get; init; } = LbfgsOptions.defaults.Curvature;

    /// <summary>Evaluations that a line search may take, 25.</summary>
    public int MaxTrials { get; init; } = LbfgsOptions.defaults.MaxTrials;

    /// <summary>Ends the minimisation before the next evaluation once it is cancelled.</summary>
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

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(LbfgsSettings), PrintMembers);
}
