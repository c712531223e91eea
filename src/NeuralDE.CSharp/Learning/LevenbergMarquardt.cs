namespace NeuralDE;

/// <summary>Nonlinear least squares: the model, any tree, that minimises ½ Σ r² for residuals r.</summary>
public static class LevenbergMarquardt
{
    /// <summary>As Minimise, with settings, and a call after each iteration.</summary>
    /// <exception cref="FitCancelledException{F}">once the token of the settings is cancelled, with the fit so far.</exception>
    public static LevenbergMarquardtFit<M> MinimiseWith<M>(
        LevenbergMarquardtSettings settings,
        Action<LevenbergMarquardtProgress<M>> report,
        Func<M, Tensor> residuals,
        M model
    ) =>
        Cancelling.OrThrow(
            LevenbergMarquardtModule.minimiseWith(
                Given(settings).Core(),
                FSharp.Function(report),
                FSharp.Function(residuals),
                model
            ),
            settings.Cancellation
        );

    /// <summary>Minimises ½ Σ r², starting from a model.</summary>
    /// <param name="residuals">
    /// From the model to a tensor of any shape; smooth. Values that it captures are constants.
    /// </param>
    /// <param name="model">The initial model. Integer, bool and key leaves are constants.</param>
    /// <remarks>A failure is a status. It raises only the exceptions of the residuals for shapes and types.</remarks>
    public static LevenbergMarquardtFit<M> Minimise<M>(Func<M, Tensor> residuals, M model) =>
        LevenbergMarquardtModule.minimise(FSharp.Function(residuals), model);

    /// <summary>
    /// The covariance of the parameters of a fit to first order, σ² (JᵀJ)⁻¹ with σ² = Σ r² / (m − n): [n; n].
    /// </summary>
    /// <remarks>
    /// Rows and columns are the elements of the float leaves in order; standard errors are the square roots of the
    /// diagonal. InputException unless there are more residuals than parameters, and for parameters that are not
    /// identifiable: if the residuals depend only on the product of two parameters, the message names both.
    /// </remarks>
    public static Tensor Covariance<M>(Func<M, Tensor> residuals, M model) =>
        LevenbergMarquardtModule.covariance(FSharp.Function(residuals), model);
}

/// <summary>Settings of a least-squares fit.</summary>
public sealed record LevenbergMarquardtSettings
{
    /// <summary>The damping strategy: Damping.Nielsen, Damping.NewMarquardt(10.0) or Damping.Undamped.</summary>
    public Damping Damping { get; init; } = LevenbergMarquardtOptions.defaults.Damping;

    /// <summary>
    /// The damping of the first step, relative to the squared lengths of the columns of the Jacobian; default: 1e-3.
    /// </summary>
    public double InitialDamping { get; init; } = LevenbergMarquardtOptions.defaults.InitialDamping;

    /// <summary>
    /// The method that solves the equations of a step; default: by factors for up to 500 parameters.
    /// </summary>
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
