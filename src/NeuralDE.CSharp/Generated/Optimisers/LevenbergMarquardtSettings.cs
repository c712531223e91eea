// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Settings of a least-squares fit.</summary>
public sealed record LevenbergMarquardtSettings
{
    /// <summary>
    /// The damping strategy: Damping.Nielsen (the default), Damping.NewMarquardt(10.0) or Damping.Undamped.
    /// </summary>
    public Damping Damping { get; init; } = LevenbergMarquardtOptions.defaults.Damping;

    /// <summary>
    /// The damping of the first step, relative to the squared lengths of the columns of the Jacobian; default: 1e-3.
    /// </summary>
    public double InitialDamping { get; init; } = LevenbergMarquardtOptions.defaults.InitialDamping;

    /// <summary>The method that solves the equations of a step; default: LeastSquaresSolve.Automatic.</summary>
    public LeastSquaresSolve Solve { get; init; } = LevenbergMarquardtOptions.defaults.Solve;

    /// <summary>The maximum number of iterations; default: 100.</summary>
    public int MaxIterations { get; init; } = LevenbergMarquardtOptions.defaults.MaxIterations;

    /// <summary>
    /// Converged when no cosine between the residuals and a column of the Jacobian is larger; default: 1e-10.
    /// </summary>
    public double GradientTolerance { get; init; } = LevenbergMarquardtOptions.defaults.GradientTolerance;

    /// <summary>Settled when the relative decrease of the loss in a step is smaller; default: 1e-14.</summary>
    public double LossTolerance { get; init; } = LevenbergMarquardtOptions.defaults.LossTolerance;

    /// <summary>Settled when a step is shorter, relative to the parameters; default: 1e-10.</summary>
    public double StepTolerance { get; init; } = LevenbergMarquardtOptions.defaults.StepTolerance;

    /// <summary>Ends the fit before the next step when it is cancelled.</summary>
    public CancellationToken Cancellation { get; init; }

    internal LevenbergMarquardtOptions Core() =>
        new(
            Damping,
            InitialDamping,
            Solve,
            MaxIterations,
            GradientTolerance,
            LossTolerance,
            StepTolerance,
            Cancellation
        );

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(LevenbergMarquardtSettings), PrintMembers);
}
