namespace NeuralDE

open System

/// <summary>
/// What a training does at a step that cannot be taken: a solve in its loss stops short, or the loss or its gradient is not
/// finite.
/// </summary>
/// <remarks>
/// Whatever it does, nothing is lost: Fit.Best, and the model of a training that ended so, is the best one whose loss was known.
/// Fit.Skipped, Fit.Shortened and Fit.Warnings tell what was done.
/// </remarks>
[<RequireQualifiedAccess>]
type FailurePolicy =
    /// The training ends there, with the status SolveFailed or NonFinite. The default: a batch is never left out unasked.
    | Stop
    /// The model stays as it is, and the next batch is taken; the step's loss is NaN in Fit.Losses. When more than so many steps
    /// in a row fail, the training ends before the first of them, with its status. Where every step has the same loss, as in
    /// Train.run, there is nothing to skip to, and the first failure ends it.
    | Skip of inARow: int
    /// The last step is taken back and made `factor` times as long, and the batch is tried again from there, as L-BFGS does
    /// within its line search. When it fails more often than that, with no step between that went well at once, or when there
    /// is no last step, the training ends with the status. Costs a copy of the model a step.
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
