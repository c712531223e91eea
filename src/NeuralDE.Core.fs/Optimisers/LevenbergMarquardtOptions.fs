namespace NeuralDE

open System.Threading

/// How a least-squares fit ended.
[<RequireQualifiedAccess>]
type LevenbergMarquardtStatus =
    /// no column of the Jacobian has a larger cosine with the residuals than GradientTolerance; or no step lowers the loss any
    /// more, and the minimum is within 1/1000 of the parameters' standard errors
    | Converged
    /// the last step, or the loss that it saves, is smaller than its tolerance, relatively
    | Settled
    | MaxIterations
    /// no step lowers the loss, however short
    | NoLowerStep
    /// the residuals or their derivatives are not finite at the initial model
    | NonFinite
    | Cancelled

    /// What it means, and what to try.
    member s.Sentence =
        match s with
        | Converged ->
            "The residuals are as orthogonal to the Jacobian as asked for, or as their rounding errors allow."
        | Settled -> "Steps no longer change the model or the loss by more than their tolerances."
        | MaxIterations -> "The number of iterations reached its limit. Raise MaxIterations."
        | NoLowerStep ->
            "No step lowers the loss, however short. The loss has reached its rounding error or the tolerance of a solve inside it, or the residuals have a jump."
        | NonFinite -> "The residuals or their derivatives are not finite at the initial model. Start somewhere else."
        | Cancelled -> "The fit was cancelled."

/// How strongly a step is held back, and how that changes from step to step.
type Damping =
    /// Smoothly by how well the step was predicted. Nielsen 1999.
    | Nielsen
    /// Divided by the factor after a step that lowers the loss, times it after one that does not. Marquardt 1963.
    | Marquardt of factor: float
    /// Not at all: Gauss and Newton's method, halving a step until it lowers the loss.
    | Undamped

/// How the equations of a step are solved.
[<RequireQualifiedAccess>]
type LeastSquaresSolve =
    /// by factors of the Jacobian: n directional derivatives or m pullbacks a step, whichever are fewer
    | Factors
    /// by conjugate gradients on products with the Jacobian, which is never formed: for many parameters
    | ConjugateGradients
    /// factors for up to 500 parameters
    | Automatic

/// What a least-squares fit may be told.
type LevenbergMarquardtOptions =
    {
        Damping: Damping
        /// of the first step, relative to the squared lengths of the Jacobian's columns, 1e-3
        InitialDamping: float
        Solve: LeastSquaresSolve
        /// 100
        MaxIterations: int
        /// Converged when no cosine between the residuals and a column of the Jacobian is larger, 1e-10
        GradientTolerance: float
        /// Settled when a step lowers the loss by less, relatively, 1e-14
        LossTolerance: float
        /// Settled when a step is shorter, relative to the parameters, 1e-10
        StepTolerance: float
        Cancellation: CancellationToken
    }

    static member defaults =
        { Damping = Nielsen
          InitialDamping = 1e-3
          Solve = LeastSquaresSolve.Automatic
          MaxIterations = 100
          GradientTolerance = 1e-10
          LossTolerance = 1e-14
          StepTolerance = 1e-10
          Cancellation = CancellationToken.None }

/// What a running fit tells of itself after each iteration.
[<NoEquality; NoComparison>]
type LevenbergMarquardtProgress<'M> =
    {
        /// from 1
        Iteration: int
        /// ½ Σ r²
        Loss: float
        /// of the step that was taken; 0 undamped
        Damping: float
        Model: 'M
    }

/// What a least-squares fit returns.
[<NoEquality; NoComparison>]
type LevenbergMarquardtFit<'M> =
    {
        /// the one with the lowest loss found
        Model: 'M
        /// ½ Σ r²
        Loss: float
        /// the largest component of Jᵀr
        GradientNorm: float
        /// steps that lowered the loss
        Iterations: int
        /// of the residuals
        Evaluations: int
        Status: LevenbergMarquardtStatus
        /// at the initial model and after each iteration
        Losses: float[]
        /// what looks as if it were fitted and is not: plain numbers beside the model's tensors
        Warnings: string[]
    }
