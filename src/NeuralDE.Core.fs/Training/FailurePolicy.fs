namespace NeuralDE

/// <summary>
/// What a training does if a step fails: a solve in its loss stops early, or the loss or its gradient is not finite.
/// </summary>
/// <remarks>
/// With every policy Fit.Best is the best model with a finite loss; a training that ends at a failure returns that model.
/// Fit.Skipped and Fit.Shortened count the failed steps, Fit.Warnings lists the failures.
/// </remarks>
[<RequireQualifiedAccess>]
type FailurePolicy =
    /// The training ends with the status SolveFailed or NonFinite. The default.
    | Stop
    /// Leaves the model unchanged and continues with the next batch; Fit.Losses has NaN for the step. If more than `inARow`
    /// consecutive steps fail, the training ends before the first of them, with its status. Train.run has one batch, so its
    /// first failure ends the training.
    | Skip of inARow: int
    /// Undoes the last update, applies `factor` times of it, and tries the batch again, like the line search of L-BFGS. If this
    /// fails more than `inARow` times in a row, or if there is no last update, the training ends with the status. Costs one
    /// copy of the model per step.
    | Shrink of factor: float * inARow: int

    /// Raises InputException for numbers out of range.
    member internal p.Check(verb: string) =
        let inARow (n: int) =
            if n < 1 then
                raise (InputException $"{verb}: got {string n} failures in a row, expected 1 or more.")

        match p with
        | Stop -> ()
        | Skip n -> inARow n
        | Shrink(factor, n) ->
            if not (factor > 0.0 && factor < 1.0) then
                raise (InputException $"{verb}: got the factor {string factor}, expected a number between 0 and 1.")

            inARow n
