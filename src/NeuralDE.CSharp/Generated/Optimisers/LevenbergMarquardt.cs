// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Nonlinear least squares: the model, any tree, that minimises ½ Σ r² for residuals r.</summary>
/// <remarks>
/// Levenberg 1944 and Marquardt 1963, after Madsen, Nielsen and Tingleff, Methods for Non-Linear Least Squares Problems
/// (2004), algorithm 3.16. It needs no line search. Near a good fit it converges as fast as Newton's method, without
/// second derivatives. If the residuals are not finite, or their solve fails, steps become shorter.
/// </remarks>
public static partial class LevenbergMarquardt
{
    /// <summary>Like Minimise, with settings, and a call after each iteration.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="report">Called after each iteration.</param>
    /// <param name="residuals">
    /// From the model to a tensor of any shape; smooth. Values that it captures are constants.
    /// </param>
    /// <param name="model">
    /// The initial model. Float leaves are parameters; integers, bools and keys are constants.
    /// </param>
    /// <returns>The model with the lowest loss found, and the status.</returns>
    /// <exception cref="InputException">
    /// for settings out of range, and for residuals that do not depend on the model.
    /// </exception>
    /// <exception cref="TreeException">for a model without float leaves.</exception>
    /// <exception cref="FitCancelledException{F}">once the token is cancelled, with the fit so far.</exception>
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
    /// <param name="model">
    /// The initial model. Float leaves are parameters; integers, bools and keys are constants.
    /// </param>
    /// <returns>
    /// The model with the lowest loss found, and the status: a failure is a status, not an exception.
    /// </returns>
    /// <exception cref="InputException">for residuals that do not depend on the model.</exception>
    /// <exception cref="TreeException">for a model without float leaves.</exception>
    public static LevenbergMarquardtFit<M> Minimise<M>(Func<M, Tensor> residuals, M model) =>
        LevenbergMarquardtModule.minimise(FSharp.Function(residuals), model);

    /// <summary>
    /// The covariance of the parameters of a fit to first order, σ² (JᵀJ)⁻¹ with σ² = Σ r² / (m − n).
    /// </summary>
    /// <param name="residuals">The residuals that were fitted.</param>
    /// <param name="model">The fitted model.</param>
    /// <returns>
    /// [n; n]. Rows and columns are the elements of the float leaves in order; standard errors are the square roots of
    /// the diagonal.
    /// </returns>
    /// <exception cref="InputException">
    /// unless there are more residuals than parameters, and for parameters that are not identifiable: if the residuals
    /// depend only on the product of two parameters, the message names both.
    /// </exception>
    /// <exception cref="TreeException">for a model without float leaves.</exception>
    public static Tensor Covariance<M>(Func<M, Tensor> residuals, M model) =>
        LevenbergMarquardtModule.covariance(FSharp.Function(residuals), model);
}
