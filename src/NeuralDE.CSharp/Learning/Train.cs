namespace NeuralDE;

/// <summary>Training of a model, any tree, by gradients of a loss.</summary>
public static class Train
{
    /// <summary>A training of 1000 steps. Further methods set its options.</summary>
    public static Training<M> Start<M>(M model, Optimiser optimiser) => TrainModule.start(model, Given(optimiser));
}

/// <summary>Options of a training, and its run.</summary>
public static class TrainingExtensions
{
    extension<M>(Training<M> training)
    {
        /// <summary>Sets the number of steps; default: 1000.</summary>
        public Training<M> Steps(int n) => TrainModule.steps(n, Given(training));

        /// <summary>Sets the number of epochs, instead of steps. Without batches an epoch is one step.</summary>
        public Training<M> Epochs(int n) => TrainModule.epochs(n, Given(training));

        /// <summary>
        /// Ends the training once the token is cancelled, in the middle of a step's solve too: it throws a
        /// FitCancelledException, an OperationCanceledException, with the fit so far.
        /// </summary>
        public Training<M> Cancel(CancellationToken token) => TrainModule.cancel(token, Given(training));

        /// <summary>
        /// Ends the training when the validation loss no longer improves, or without validation the loss of the
        /// steps.
        /// </summary>
        public Training<M> StopEarlyWith(EarlyStoppingSettings settings) =>
            TrainModule.stopEarlyWith(Given(settings).Core(), Given(training));

        /// <summary>
        /// Ends the training after <paramref name="patience"/> consecutive validations without improvement, with the
        /// best model.
        /// </summary>
        public Training<M> StopEarly(int patience) => TrainModule.stopEarly(patience, Given(training));

        /// <summary>
        /// Sets what the training does if a step fails: a solve in its loss stops early, or the loss or its gradient is not
        /// finite. FailurePolicy.Stop (the default), FailurePolicy.NewSkip(10) or FailurePolicy.NewShrink(0.5, 10).
        /// </summary>
        /// <remarks>A resumed training may have a different policy.</remarks>
        public Training<M> OnFailure(FailurePolicy policy) => TrainModule.onFailure(Given(policy), Given(training));

        /// <summary>
        /// Limits the norm of the gradient: √Σ g² over all float leaves that the optimiser updates.
        /// </summary>
        public Training<M> Clip(double limit) => TrainModule.clip(limit, Given(training));

        /// <summary>Limits the absolute value of each component of the gradient; applied before Clip.</summary>
        public Training<M> ClipValue(double limit) => TrainModule.clipValue(limit, Given(training));

        /// <summary>
        /// Sets a validation loss, from the model to one number, computed after each epoch. It determines the best
        /// model.
        /// </summary>
        public Training<M> Validate(Func<M, Tensor> loss) =>
            TrainModule.validate(FSharp.Function(loss), Given(training));

        /// <summary>Like Validate, with the mean of a loss over the samples of all batches of an epoch.</summary>
        public Training<M> ValidateOn<B>(Batches<B> batches, Func<B, M, Tensor> loss) =>
            TrainModule.validateOn(Given(batches), FSharp.Function(loss), Given(training));

        /// <summary>Sets the number of steps between validations and between metrics, instead of one epoch.</summary>
        public Training<M> ValidateEvery(int steps) => TrainModule.validateEvery(steps, Given(training));

        /// <summary>
        /// Adds a metric: a number computed from the model at every validation, or when one would be. Fit.Metrics has
        /// it by this name.
        /// </summary>
        public Training<M> Metric(string name, Func<M, Tensor> measure) =>
            TrainModule.metric(Given(name), FSharp.Function(measure), Given(training));

        /// <summary>Calls back after every step.</summary>
        public Training<M> OnStep(Action<TrainProgress> report) =>
            TrainModule.onStep(FSharp.Function(report), Given(training));

        /// <summary>Calls back after every epoch.</summary>
        public Training<M> OnEpoch(Action<EpochProgress> report) =>
            TrainModule.onEpoch(FSharp.Function(report), Given(training));

        /// <summary>Calls back with the step and the model after every <paramref name="every"/> steps.</summary>
        public Training<M> OnModel(int every, Action<int, M> report) =>
            TrainModule.onModel(every, FSharp.Function(report), Given(training));

        /// <summary>
        /// Shows the progress of the training on a line of the terminal; nothing if the output is redirected.
        /// </summary>
        public Training<M> Progress() => TrainModule.progress(Given(training));

        /// <summary>
        /// Saves the training in a file after every <paramref name="steps"/> steps and at its end: model, optimiser, best
        /// model, losses, the counts of early stopping. The file is replaced atomically, so an interrupted write keeps the
        /// previous file.
        /// </summary>
        /// <remarks>
        /// A place where no file can be written is a FileException before the first step. A write that fails later, as on
        /// a full disk, ends nothing: the training goes on, tries again at the next turn, and UnsavedOrNull and Warnings of
        /// the fit tell.
        /// </remarks>
        public Training<M> CheckpointEvery(int steps, string path) =>
            TrainModule.checkpointEvery(steps, Given(path), Given(training));

        /// <summary>
        /// Resumes the training from a file of CheckpointEvery, with the same bits as without an interruption. Model,
        /// optimiser, clipping, batches, validation, metrics and loss must be the same as before; the number of steps, hooks,
        /// early stopping and the failure policy may change.
        /// </summary>
        /// <remarks>
        /// The run raises a FileException if there is no such file, and for a file of a different training, with the list of
        /// differences.
        /// </remarks>
        public Training<M> Resume(string path) => TrainModule.resume(Given(path), Given(training));

        /// <summary>
        /// Like Resume, but starts from the beginning if there is no such file: for programs that are restarted.
        /// </summary>
        public Training<M> ResumeIfThere(string path) => TrainModule.resumeIfThere(Given(path), Given(training));

        /// <summary>
        /// Lets Resume continue with new settings, such as another learning rate, optimiser or loss. Only the model's
        /// tensors must be the same as in the file.
        /// </summary>
        public Training<M> AcceptChanges() => TrainModule.acceptChanges(Given(training));

        /// <summary>Runs the training on batches, one batch in each step.</summary>
        /// <param name="batches">Such as <c>Batches.OfTree(32, (inputs, targets)).Shuffle(key)</c>.</param>
        /// <param name="loss">
        /// From a batch and the model to one number. It is traced for full batches, and for a smaller last one.
        /// </param>
        public Fit<M> RunOn<B>(Batches<B> batches, Func<B, M, Tensor> loss) =>
            Cancelling.OrThrow(TrainModule.runOn(Given(batches), FSharp.Function(loss), Given(training)), training);

        /// <summary>Like RunOn, for models that contain more than parameters, such as running statistics.</summary>
        /// <param name="batches">One batch in each step.</param>
        /// <param name="loss">
        /// Returns a number and the model, with new values in the leaves that it updates itself; gradients update the
        /// others.
        /// </param>
        public Fit<M> RunUpdating<B>(Batches<B> batches, Func<B, M, (Tensor, M)> loss) =>
            Cancelling.OrThrow(TrainModule.runUpdating(Given(batches), FSharp.Paired(loss), Given(training)), training);

        /// <summary>Runs the training on one loss, the same in every step.</summary>
        /// <param name="loss">From the model to one number. Values that it captures are constants.</param>
        /// <returns>
        /// The trained model. A non-finite loss, a failed solve and a cancellation are reported as its Status.
        /// </returns>
        /// <exception cref="FitCancelledException{F}">once the token of Cancel is cancelled, with the fit so far.</exception>
        public Fit<M> Run(Func<M, Tensor> loss) =>
            Cancelling.OrThrow(TrainModule.run(FSharp.Function(loss), Given(training)), training);
    }
}

/// <summary>Optional results of a training, with null if there is none.</summary>
public static class FitExtensions
{
    extension<M>(Fit<M> fit)
    {
        /// <summary>
        /// The mean of models that an averaged optimiser keeps; null without one (the default value for a struct).
        /// </summary>
        public M? AveragedOrNull => FSharp.OrNull(Given(fit).Averaged);

        /// <summary>
        /// Why the last checkpoint could not be written; null where it was, or where none was asked for.
        /// </summary>
        public FileException? UnsavedOrNull => FSharp.OrNull(Given(fit).Unsaved);
    }

    extension(EpochProgress progress)
    {
        /// <summary>The latest validation loss; null without Validate.</summary>
        public double? ValidationOrNull => FSharp.ValueOrNull(Given(progress).Validation);
    }
}
