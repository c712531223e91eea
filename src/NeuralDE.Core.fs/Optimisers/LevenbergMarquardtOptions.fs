namespace NeuralDE

open System.Threading

/// The status of a least-squares fit at its end.
[<RequireQualifiedAccess>]
type LevenbergMarquardtStatus =
    /// No column of the Jacobian has a larger cosine with the residuals than GradientTolerance; or no step decreases the
    /// loss any more, and the minimum is within 1/1000 of the parameters' standard errors.
    | Converged
    /// The last step, or its decrease of the loss, is smaller than its tolerance, relatively.
    | Settled
    /// The number of iterations reached its limit.
    | MaxIterations
    /// No step decreases the loss, however short.
    | NoLowerStep
    /// The residuals or their derivatives are not finite at the initial model.
    | NonFinite
    /// The fit was cancelled.
    | Cancelled

    /// The meaning of the status, and advice.
    member s.Sentence =
        match s with
        | Converged ->
            "The residuals are orthogonal to the Jacobian within GradientTolerance, or within their rounding errors."
        | Settled -> "Steps no longer change the model or the loss by more than their tolerances."
        | MaxIterations -> "The number of iterations reached its limit. Raise MaxIterations."
        | NoLowerStep ->
            "No step decreases the loss, however short. The loss has reached its rounding error or the tolerance of a solve inside it, or the residuals have a jump."
        | NonFinite ->
            "The residuals or their derivatives are not finite at the initial model. Use another initial model."
        | Cancelled -> "The fit was cancelled."

/// Damping strategies: the size of the damping and its change from step to step.
type Damping =
    /// Changes smoothly with the ratio of actual and predicted decrease. Nielsen 1999.
    | Nielsen
    /// Divided by the factor after a step that decreases the loss, multiplied by it otherwise. Marquardt 1963.
    | Marquardt of factor: float
    /// No damping: the Gauss–Newton method, which halves a step until it decreases the loss.
    | Undamped

/// The method that solves the equations of a step.
[<RequireQualifiedAccess>]
type LeastSquaresSolve =
    /// QR factors of the Jacobian: the smaller number of n directional derivatives or m pullbacks per step
    | Factors
    /// conjugate gradients with products of the Jacobian, which is never stored: for many parameters
    | ConjugateGradients
    /// Factors for up to 500 parameters, otherwise ConjugateGradients
    | Automatic

/// Settings of a least-squares fit.
type LevenbergMarquardtOptions =
    {
        /// the damping strategy; default: Nielsen
        Damping: Damping
        /// the damping of the first step, relative to the squared lengths of the columns of the Jacobian; default: 1e-3
        InitialDamping: float
        /// the method that solves the equations of a step; default: Automatic
        Solve: LeastSquaresSolve
        /// the maximum number of iterations; default: 100
        MaxIterations: int
        /// Converged when no cosine between the residuals and a column of the Jacobian is larger; default: 1e-10
        GradientTolerance: float
        /// Settled when the relative decrease of the loss in a step is smaller; default: 1e-14
        LossTolerance: float
        /// Settled when a step is shorter, relative to the parameters; default: 1e-10
        StepTolerance: float
        /// ends the fit before the next step when it is cancelled
        Cancellation: CancellationToken
    }

    /// The default settings.
    static member defaults =
        { Damping = Nielsen
          InitialDamping = 1e-3
          Solve = LeastSquaresSolve.Automatic
          MaxIterations = 100
          GradientTolerance = 1e-10
          LossTolerance = 1e-14
          StepTolerance = 1e-10
          Cancellation = CancellationToken.None }

/// The progress of a running fit, after each iteration.
[<NoEquality; NoComparison>]
type LevenbergMarquardtProgress<'M> =
    {
        /// the number of the iteration, from 1
        Iteration: int
        /// ½ Σ r² after the iteration
        Loss: float
        /// the damping of the accepted step; 0 for Undamped
        Damping: float
        /// the model after the iteration
        Model: 'M
    }

/// The result of a least-squares fit.
[<NoEquality; NoComparison>]
type LevenbergMarquardtFit<'M> =
    {
        /// the model with the lowest loss found
        Model: 'M
        /// ½ Σ r²
        Loss: float
        /// the largest absolute component of Jᵀr
        GradientNorm: float
        /// the number of accepted steps
        Iterations: int
        /// the number of evaluations of the residuals
        Evaluations: int
        /// why the fit ended
        Status: LevenbergMarquardtStatus
        /// the losses at the initial model and after each iteration
        Losses: float[]
        /// parts of the model that are not fitted: plain numbers
        Warnings: string[]
    }
