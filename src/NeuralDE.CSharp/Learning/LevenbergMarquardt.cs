namespace NeuralDE;

/// <summary>Nonlinear least squares: the model, any tree, of least ½ Σ r², for residuals r.</summary>
public static class LevenbergMarquardt
{
    /// <summary>As Minimise, with settings, and a call after each iteration.</summary>
    public static LevenbergMarquardtFit<M> MinimiseWith<M>(
        LevenbergMarquardtSettings settings,
        Action<LevenbergMarquardtProgress<M>> report,
        Func<M, Tensor> residuals,
        M model
    ) =>
        LevenbergMarquardtModule.minimiseWith(
            Given(settings).Core(),
            FSharp.Function(report),
            FSharp.Function(residuals),
            model
        );

    /// <summary>The model near this one of least ½ Σ r².</summary>
    /// <param name="residuals">From the model to a tensor of any shape, smooth. What it captures is fixed.</param>
    /// <param name="model">Where to start. Integer, bool and key leaves stay as they are.</param>
    /// <remarks>Failure is a status. Raises only what the residuals themselves raise for shapes and types.</remarks>
    public static LevenbergMarquardtFit<M> Minimise<M>(Func<M, Tensor> residuals, M model) =>
        LevenbergMarquardtModule.minimise(FSharp.Function(residuals), model);

    /// <summary>
    /// The covariance of a fit's parameters to first order, σ² (JᵀJ)⁻¹ with σ² = Σ r² / (m − n): [n; n].
    /// </summary>
    /// <remarks>
    /// Rows and columns are the float leaves' elements in order; standard errors are the roots of the diagonal.
    /// InputException for fewer residuals than parameters, or as many, and for parameters that are not identifiable:
    /// where the residuals depend on a product of two alone, the message names both.
    /// </remarks>
    public static Tensor Covariance<M>(Func<M, Tensor> residuals, M model) =>
        LevenbergMarquardtModule.covariance(FSharp.Function(residuals), model);
}

/// <summary>What a least-squares fit may be told.</summary>
public sealed record LevenbergMarquardtSettings
{
    /// <summary>
    /// How strongly a step is held back: Damping.Nielsen, Damping.NewMarquardt(10.0) or Damping.Undamped.
    /// </summary>
    public Damping Damping { get; init; } = LevenbergMarquardtOptions.defaults.Damping;

    /// <summary>
    /// The damping of the first step, relative to the squared lengths of the Jacobian's columns, 1e-3.
    /// </summary>
    public double InitialDamping { get; init; } = LevenbergMarquardtOptions.defaults.InitialDamping;

    /// <summary>How the equations of a step are solved; by factors for up to 500 parameters.</summary>
    public LeastSquaresSolve Solve { get; init; } = LevenbergMarquardtOptions.defaults.Solve;

    /// <summary>The most iterations, 100.</summary>
    public int MaxIterations { get; init; } = LevenbergMarquardtOptions.defaults.MaxIterations;

    /// <summary>Converged when no cosine between the residuals and a column of the Jacobian is larger, 1e-10.</summary>
    public double GradientTolerance { get; init; } = LevenbergMarquardtOptions.defaults.GradientTolerance;

    /// <summary>Settled when a step lowers the loss by less, relatively, 1e-14.</summary>
    public double LossTolerance { get; init; } = LevenbergMarquardtOptions.defaults.LossTolerance;

    /// <summary>Settled when a step is shorter, relative to the parameters, 1e-10.</summary>
    public double StepTolerance { get; init; } = LevenbergMarquardtOptions.defaults.StepTolerance;

    /// <summary>Ends the fit before the next step once it is cancelled.</summary>
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

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(LevenbergMarquardtSettings), PrintMembers);
}
