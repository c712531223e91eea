namespace NeuralDE

open System.Threading

/// How a training ended.
[<RequireQualifiedAccess>]
type TrainStatus =
    | Completed
    /// before this step
    | Cancelled of step: int
    /// after this step; the loss had not improved for as long as Train.stopEarly allows
    | StoppedEarly of step: int
    /// the loss, or its gradient, of the model that this step began with; the cause is a sentence, or ""
    | NonFinite of step: int * what: string * cause: string
    /// in the loss of this step
    | SolveFailed of step: int * failure: Failure

    /// What it means, and what to try.
    member s.Sentence =
        match s with
        | Completed -> "All steps were taken."
        | Cancelled step -> $"The training was cancelled before step {string step}."
        | StoppedEarly step -> $"The training was stopped after step {string step}: the loss no longer improved."
        | NonFinite(step, what, cause) ->
            let cause = if cause = "" then "" else cause + " "

            $"Train.run: the {what} of step {string step} is not finite; the model is the best one before it. {cause}"
            + "Lower the rate, clip gradients with Train.clip, or go on by Train.onFailure."
        | SolveFailed(step, failure) ->
            $"Train.run: the loss of step {string step} needs a solve that failed; the model is the best one before it. "
            + $"{failure.Message} Train.onFailure leaves such steps out, or makes them shorter."

/// What a running training tells of itself.
type TrainProgress =
    {
        /// from 1
        Step: int
        Steps: int
        /// before the step
        Loss: float
        /// before clipping
        GradientNorm: float
        /// steps left out so far, and steps taken again, shorter; 0 without Train.onFailure
        Skipped: int
        Shortened: int
        Seconds: float
    }

/// What a running training tells of an epoch that has ended.
type EpochProgress =
    {
        /// from 1
        Epoch: int
        /// the step that was its last, from 1
        Step: int
        /// the mean over the epoch's steps
        Loss: float
        /// the latest validation; None without Train.validate
        Validation: float option
        Seconds: float
    }

/// When a training is stopped because it no longer improves.
type EarlyStopping =
    {
        /// looks in a row without improvement after which the training stops, 10
        Patience: int
        /// by how much the lowest loss must fall to count as improvement, 0
        MinImprovement: float
        /// whether Fit.Model is the best model then, instead of the last; true
        RestoresBest: bool
    }

    static member defaults = { Patience = 10; MinImprovement = 0.0; RestoresBest = true }

/// Numbers that were taken after some of the steps; ready for Plot.lossesOf.
type TrainCurve =
    {
        /// from 1
        Steps: int[]
        Values: float[]
    }

/// A training to be run. Made by Train.start; every other function of Train answers one question.
[<NoEquality; NoComparison>]
type Training<'M> =
    {
        Model: 'M
        Optimiser: Optimiser
        Steps: int
        /// instead of steps
        Epochs: int option
        Clip: float option
        ClipValue: float option
        Validation: ('M -> float) option
        /// steps between validations; None is after each epoch
        ValidationEvery: int option
        Metrics: (string * ('M -> float)) list
        EarlyStopping: EarlyStopping option
        ShowsProgress: bool
        Reports: (TrainProgress -> unit) list
        EpochReports: (EpochProgress -> unit) list
        /// after every so many steps
        ModelReports: (int * (int -> 'M -> unit)) list
        /// every so many steps, into this file
        Checkpoint: (int * string) option
        /// at a step that cannot be taken
        OnFailure: FailurePolicy
        /// from this file
        Resume: string option
        /// whether it begins where there is no such file
        MayBegin: bool
        /// whether the file's training may be another one
        AcceptsChanges: bool
        Cancellation: CancellationToken
    }

/// What a training returns.
[<NoEquality; NoComparison>]
type Fit<'M> =
    {
        /// after the last step; where the training did not come to its end, the best
        Model: 'M
        /// the model of the lowest validation loss, or without validation of the lowest loss of a step
        Best: 'M
        /// the mean of models that Optim.averaged asks for
        Averaged: 'M option
        /// before each step, on that step's batch; NaN for a step that was left out
        Losses: float[]
        /// empty without Train.validate
        Validation: TrainCurve
        /// by name, in the order they were asked for
        Metrics: (string * TrainCurve) list
        Status: TrainStatus
        /// taken, those left out and those of a training that was resumed included
        Steps: int
        /// of them, those that were left out
        Skipped: int
        /// how often a step was taken again, shorter
        Shortened: int
        /// why the last checkpoint could not be written; None where it was, or where none was asked for
        Unsaved: FileException option
        Seconds: float
        /// what looks as if it were trained and is not: plain numbers beside the model's tensors, leaves that the loss does not
        /// depend on; and steps and checkpoints that failed
        Warnings: string[]
    }
