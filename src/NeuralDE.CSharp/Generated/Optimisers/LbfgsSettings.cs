// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

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
    /// The largest change of the parameters in the first trial along a gradient; default: 1; later trials start at the
    /// full step.
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
