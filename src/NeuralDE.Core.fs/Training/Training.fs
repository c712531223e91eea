namespace NeuralDE

open System.Threading

/// The status of a training at its end.
[<RequireQualifiedAccess>]
type TrainStatus =
    /// All steps were taken.
    | Completed
    /// The training was cancelled before this step.
    | Cancelled of step: int
    /// The training was stopped after this step, because the loss no longer improved: Train.stopEarly.
    | StoppedEarly of step: int
    /// The loss or its gradient was not finite in this step; the cause is a sentence, or "".
    | NonFinite of step: int * what: string * cause: string
    /// A solve in the loss of this step failed.
    | SolveFailed of step: int * failure: Failure

    /// The meaning of the status, and advice.
    member s.Sentence =
        match s with
        | Completed -> "All steps were taken."
        | Cancelled step -> $"The training was cancelled before step {string step}."
        | StoppedEarly step -> $"The training was stopped after step {string step}: the loss no longer improved."
        | NonFinite(step, what, cause) ->
            let cause = if cause = "" then "" else cause + " "

            $"Train.run: the {what} of step {string step} is not finite; the model is the best one before it. {cause}"
            + "Lower the learning rate, clip gradients with Train.clip, or continue with Train.onFailure."
        | SolveFailed(step, failure) ->
            $"Train.run: a solve in the loss of step {string step} failed; the model is the best one before it. "
            + $"{failure.Message} Train.onFailure can skip such steps, or shrink the update."

/// The progress of a running training, after each step.
type TrainProgress =
    {
        /// the number of the step, from 1
        Step: int
        /// the number of all steps
        Steps: int
        /// the loss before the step
        Loss: float
        /// the norm of the gradient before clipping
        GradientNorm: float
        /// the number of skipped steps so far; 0 without Train.onFailure
        Skipped: int
        /// how many updates were shrunk so far; 0 without Train.onFailure
        Shortened: int
        /// the time since the start
        Seconds: float
    }

/// The progress of a running training, after each epoch.
type EpochProgress =
    {
        /// the number of the epoch, from 1
        Epoch: int
        /// the number of its last step, from 1
        Step: int
        /// the mean loss of its steps
        Loss: float
        /// the latest validation loss; None without Train.validate
        Validation: float option
        /// the time since the start
        Seconds: float
    }

/// When a training stops because it no longer improves.
type EarlyStopping =
    {
        /// the number of consecutive validations without improvement after which the training stops; default: 10
        Patience: int
        /// the smallest decrease of the lowest loss that counts as improvement; default: 0
        MinImprovement: float
        /// whether Fit.Model is then the best model instead of the last; default: true
        RestoresBest: bool
    }

    /// The default settings.
    static member defaults = { Patience = 10; MinImprovement = 0.0; RestoresBest = true }

/// Values computed after some of the steps, for Plot.lossesOf.
type TrainCurve =
    {
        /// the numbers of the steps, from 1
        Steps: int[]
        /// the value after each of them
        Values: float[]
    }

/// A training and its options. Made by Train.start; each further function of Train sets one option.
[<NoEquality; NoComparison>]
type Training<'M> =
    {
        /// the initial model
        Model: 'M
        /// the optimiser
        Optimiser: Optimiser
        /// the number of steps
        Steps: int
        /// the number of epochs, instead of steps
        Epochs: int option
        /// the limit of the gradient's norm
        Clip: float option
        /// the limit of each component of the gradient
        ClipValue: float option
        /// the validation loss of a model
        Validation: ('M -> float) option
        /// the number of steps between validations; None: one epoch
        ValidationEvery: int option
        /// names and functions of metrics
        Metrics: (string * ('M -> float)) list
        /// when the training stops because it no longer improves
        EarlyStopping: EarlyStopping option
        /// whether to show the progress in the terminal
        ShowsProgress: bool
        /// called after every step
        Reports: (TrainProgress -> unit) list
        /// called after every epoch
        EpochReports: (EpochProgress -> unit) list
        /// numbers of steps, and functions called after that many steps with step and model
        ModelReports: (int * (int -> 'M -> unit)) list
        /// the number of steps between checkpoints, and their file
        Checkpoint: (int * string) option
        /// what the training does if a step fails
        OnFailure: FailurePolicy
        /// the file to resume from
        Resume: string option
        /// whether the training starts from the beginning if there is no such file
        MayBegin: bool
        /// whether the file may be of a training with other settings
        AcceptsChanges: bool
        /// ends the training when it is cancelled
        Cancellation: CancellationToken
        /// the processes that share each batch
        Distribution: Distribution option
    }

/// The result of a training.
[<NoEquality; NoComparison>]
type Fit<'M> =
    {
        /// the model after the last step; the best model if the training did not reach its end
        Model: 'M
        /// the model with the lowest validation loss; without validation, with the lowest loss of a step
        Best: 'M
        /// the mean of models; None without Optim.averaged
        Averaged: 'M option
        /// the loss before each step, on its batch; NaN for a skipped step
        Losses: float[]
        /// the validation losses; empty without Train.validate
        Validation: TrainCurve
        /// the metrics by name, in the order of the calls of Train.metric
        Metrics: (string * TrainCurve) list
        /// why the training ended
        Status: TrainStatus
        /// the number of steps, including skipped ones and those before a resume
        Steps: int
        /// the number of skipped steps
        Skipped: int
        /// how often an update was shrunk
        Shortened: int
        /// why the last checkpoint could not be written; None if it was written, or without checkpoints
        Unsaved: FileException option
        /// the duration, including that before a resume
        Seconds: float
        /// parts of the model that are not trained: plain numbers, and leaves that the loss does not depend on; failed steps
        /// and checkpoints
        Warnings: string[]
    }
