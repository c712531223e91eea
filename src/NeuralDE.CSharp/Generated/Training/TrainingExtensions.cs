// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Options of a training, and its run.</summary>
public static partial class TrainingExtensions
{
    extension<M>(Training<M> training)
    {
        /// <summary>Sets the number of steps; default: 1000.</summary>
        /// <param name="n">The number of steps.</param>
        /// <returns>The training with this number of steps.</returns>
        /// <exception cref="InputException">for a negative number.</exception>
        public Training<M> Steps(int n) => TrainModule.steps(n, Given(training));

        /// <summary>Sets the number of epochs, instead of steps. Without batches an epoch is one step.</summary>
        /// <param name="n">The number of epochs.</param>
        /// <returns>The training with this number of epochs.</returns>
        /// <exception cref="InputException">for a negative number.</exception>
        public Training<M> Epochs(int n) => TrainModule.epochs(n, Given(training));

        /// <summary>
        /// Ends the training with the status Cancelled when the token is cancelled, also during a solve of a step. The
        /// fit contains the results up to there, and the training can be resumed.
        /// </summary>
        /// <param name="token">The token.</param>
        /// <returns>The training with this token.</returns>
        /// <remarks>
        /// A cancelled solve raises SolveCancelledException, an OperationCanceledException; a cancelled training
        /// returns its fit. In C# it throws a FitCancelledException, which contains the fit.
        /// </remarks>
        public Training<M> Cancel(CancellationToken token) => TrainModule.cancel(token, Given(training));

        /// <summary>
        /// Ends the training when the validation loss no longer improves, or without validation the loss of the steps.
        /// </summary>
        /// <param name="settings">The settings.</param>
        /// <returns>The training with early stopping.</returns>
        /// <exception cref="InputException">for settings out of range.</exception>
        public Training<M> StopEarlyWith(EarlyStoppingSettings settings) =>
            TrainModule.stopEarlyWith(Given(settings).Core(), Given(training));

        /// <summary>
        /// Ends the training after <paramref name="patience"/> consecutive validations without improvement, with the
        /// best model.
        /// </summary>
        /// <param name="patience">The number of validations; without validation, of steps.</param>
        /// <returns>The training with early stopping.</returns>
        /// <exception cref="InputException">unless patience is positive.</exception>
        public Training<M> StopEarly(int patience) => TrainModule.stopEarly(patience, Given(training));

        /// <summary>
        /// Sets what the training does if a step fails: a solve in its loss stops early, or the loss or its gradient is
        /// not finite. FailurePolicy.Stop (the default), FailurePolicy.NewSkip(10) or FailurePolicy.NewShrink(0.5, 10).
        /// </summary>
        /// <param name="policy">The policy.</param>
        /// <returns>The training with this policy.</returns>
        /// <remarks>A resumed training may have a different policy.</remarks>
        /// <exception cref="InputException">for numbers out of range.</exception>
        public Training<M> OnFailure(FailurePolicy policy) => TrainModule.onFailure(Given(policy), Given(training));

        /// <summary>Limits the norm of the gradient: √Σ g² over all float leaves that the optimiser updates.</summary>
        /// <param name="limit">The limit, positive.</param>
        /// <returns>The training with this limit.</returns>
        /// <exception cref="InputException">unless limit is positive and finite.</exception>
        public Training<M> Clip(double limit) => TrainModule.clip(limit, Given(training));

        /// <summary>Limits the absolute value of each component of the gradient; applied before Clip.</summary>
        /// <param name="limit">The limit, positive.</param>
        /// <returns>The training with this limit.</returns>
        /// <exception cref="InputException">unless limit is positive and finite.</exception>
        public Training<M> ClipValue(double limit) => TrainModule.clipValue(limit, Given(training));

        /// <summary>Sets a validation loss, computed after each epoch. It determines the best model.</summary>
        /// <param name="loss">
        /// From the model to one number. If a solve in it fails, it counts as NaN, which is never the best.
        /// </param>
        /// <returns>The training with this validation.</returns>
        public Training<M> Validate(Func<M, Tensor> loss) =>
            TrainModule.validate(FSharp.Function(loss), Given(training));

        /// <summary>Like Validate, with the mean of a loss over the samples of all batches of an epoch.</summary>
        /// <param name="batches">The validation data.</param>
        /// <param name="loss">From a batch and the model to one number.</param>
        /// <returns>The training with this validation.</returns>
        public Training<M> ValidateOn<B>(Batches<B> batches, Func<B, M, Tensor> loss) =>
            TrainModule.validateOn(Given(batches), FSharp.Function(loss), Given(training));

        /// <summary>Sets the number of steps between validations and between metrics, instead of one epoch.</summary>
        /// <param name="steps">The number of steps.</param>
        /// <returns>The training with this number.</returns>
        /// <exception cref="InputException">unless steps is positive.</exception>
        public Training<M> ValidateEvery(int steps) => TrainModule.validateEvery(steps, Given(training));

        /// <summary>
        /// Adds a metric: a number computed from the model at every validation, or when one would be. Fit.Metrics has
        /// it by this name.
        /// </summary>
        /// <param name="name">The name.</param>
        /// <param name="measure">From the model to one number.</param>
        /// <returns>The training with this metric.</returns>
        /// <exception cref="InputException">for a name that another metric has.</exception>
        public Training<M> Metric(string name, Func<M, Tensor> measure) =>
            TrainModule.metric(Given(name), FSharp.Function(measure), Given(training));

        /// <summary>Calls back after every step.</summary>
        /// <param name="report">Gets the progress.</param>
        /// <returns>The training with this callback.</returns>
        public Training<M> OnStep(Action<TrainProgress> report) =>
            TrainModule.onStep(FSharp.Function(report), Given(training));

        /// <summary>Calls back after every epoch.</summary>
        /// <param name="report">Gets the progress.</param>
        /// <returns>The training with this callback.</returns>
        public Training<M> OnEpoch(Action<EpochProgress> report) =>
            TrainModule.onEpoch(FSharp.Function(report), Given(training));

        /// <summary>Calls back with the step and the model after every <paramref name="every"/> steps.</summary>
        /// <param name="every">The number of steps between calls.</param>
        /// <param name="report">Gets the step, from 1, and the model.</param>
        /// <returns>The training with this callback.</returns>
        /// <exception cref="InputException">unless every is positive.</exception>
        public Training<M> OnModel(int every, Action<int, M> report) =>
            TrainModule.onModel(every, FSharp.Function(report), Given(training));

        /// <summary>
        /// Shows the progress of the training on a line of the terminal; nothing if the output is redirected.
        /// </summary>
        /// <returns>The training with a line of progress.</returns>
        public Training<M> Progress() => TrainModule.progress(Given(training));

        /// <summary>
        /// Saves the training in a file after every <paramref name="steps"/> steps and at its end: model, optimiser,
        /// best model, losses, the counts of early stopping. The file is replaced atomically, so an interrupted write
        /// keeps the previous file.
        /// </summary>
        /// <param name="steps">The number of steps between checkpoints.</param>
        /// <param name="path">The file.</param>
        /// <returns>The training with checkpoints.</returns>
        /// <remarks>
        /// If the file cannot be written at all, the run raises a FileException before the first step. If a later write
        /// fails, such as on a full disk, the training continues and tries again at the next checkpoint;
        /// Fit.UnsavedOrNull and Fit.Warnings report it. If a callback or the loss raises an exception, the file is
        /// written once more with the steps taken, and the exception reaches the caller of Run.
        /// </remarks>
        /// <exception cref="InputException">unless steps is positive.</exception>
        public Training<M> CheckpointEvery(int steps, string path) =>
            TrainModule.checkpointEvery(steps, Given(path), Given(training));

        /// <summary>
        /// Resumes the training from a file of CheckpointEvery, with the same bits as without an interruption. Model,
        /// optimiser, clipping, batches, validation, metrics and loss must be the same as before; the number of steps,
        /// hooks, early stopping and the failure policy may change.
        /// </summary>
        /// <param name="path">The file.</param>
        /// <returns>The training, to be run.</returns>
        /// <remarks>
        /// The run raises a FileException if there is no such file, and for a file of a different training, with the
        /// list of differences. Losses are compared by their graphs and captured numbers, so another version of the
        /// library may refuse the file.
        /// </remarks>
        public Training<M> Resume(string path) => TrainModule.resume(Given(path), Given(training));

        /// <summary>
        /// Like Resume, but starts from the beginning if there is no such file: for programs that are restarted.
        /// </summary>
        /// <param name="path">The file.</param>
        /// <returns>The training, to be run.</returns>
        public Training<M> ResumeIfThere(string path) => TrainModule.resumeIfThere(Given(path), Given(training));

        /// <summary>
        /// Lets Resume continue with new settings, such as another learning rate, optimiser or loss. Only the model's
        /// tensors must be the same as in the file.
        /// </summary>
        /// <returns>The training, to be run.</returns>
        /// <remarks>
        /// The state of a different optimiser is reset. If batches, validation, loss or the model's non-tensor fields
        /// have changed, the best model and early stopping are reset, too.
        /// </remarks>
        public Training<M> AcceptChanges() => TrainModule.acceptChanges(Given(training));

        /// <summary>
        /// Trains with several processes. Each batch is divided into 8 parts of consecutive samples, and the processes
        /// compute the losses and gradients of the parts; the loss of the batch is their mean. All processes have the
        /// same model at every step, with the same bits for 1, 2, 4 or 8 processes.
        /// </summary>
        /// <param name="group">The processes, such as Mpi.World of NeuralDE.Mpi.</param>
        /// <returns>The training with these processes.</returns>
        /// <remarks>
        /// For losses that are means over samples, of which each depends on its own sample: the mean over a batch is
        /// then the mean over its parts. A loss that joins samples, by batch normalisation or by common steps of a
        /// solve (instead of PerSample), joins those of a part. Keys of Batches.WithKey differ by part. The first
        /// process shows progress and writes checkpoints; the others read the same file to resume. Callbacks run in all
        /// processes. A cancellation in one process ends all of them after the step. An exception in one process ends
        /// all of them. The bits depend on the number of parts.
        /// </remarks>
        /// <exception cref="InputException">
        /// unless the number of processes is 1, 2, 4 or 8; by Run, unless the batch size is a multiple of 8.
        /// </exception>
        public Training<M> Distributed(ProcessGroup group) => TrainModule.distributed(Given(group), Given(training));

        /// <summary>Like Distributed, with another number of parts.</summary>
        /// <param name="parts">The parts of each batch, a power of two: the largest number of processes.</param>
        /// <param name="group">The processes.</param>
        /// <returns>The training with these processes.</returns>
        /// <exception cref="InputException">
        /// unless parts and the number of processes are powers of two, parts not the smaller one.
        /// </exception>
        public Training<M> DistributedIn(int parts, ProcessGroup group) =>
            TrainModule.distributedIn(parts, Given(group), Given(training));

        /// <summary>
        /// Like DistributedIn, for losses that are sums over samples: the loss of a batch is the sum over its parts.
        /// </summary>
        /// <param name="parts">The parts of each batch, a power of two: the largest number of processes.</param>
        /// <param name="group">The processes.</param>
        /// <returns>The training with these processes.</returns>
        /// <exception cref="InputException">
        /// unless parts and the number of processes are powers of two, parts not the smaller one.
        /// </exception>
        public Training<M> DistributedSums(int parts, ProcessGroup group) =>
            TrainModule.distributedSums(parts, Given(group), Given(training));

        /// <summary>Runs the training on batches, one batch in each step.</summary>
        /// <param name="batches">Such as Batches.OfTree(32, (inputs, targets)).Shuffle(key).</param>
        /// <param name="loss">
        /// From a batch and the model to one number. It is traced for full batches, and for a smaller last one. Values
        /// that it captures are constants.
        /// </param>
        /// <returns>
        /// The trained model. A non-finite loss, a failed solve and a cancellation are reported as its Status.
        /// </returns>
        /// <exception cref="InputException">for a loss that does not depend on the model.</exception>
        /// <exception cref="FileException">for a checkpoint that cannot be read or written at the start.</exception>
        /// <exception cref="FitCancelledException{F}">once the token is cancelled, with the fit so far.</exception>
        public Fit<M> RunOn<B>(Batches<B> batches, Func<B, M, Tensor> loss) =>
            Cancelling.OrThrow(TrainModule.runOn(Given(batches), FSharp.Function(loss), Given(training)), training);

        /// <summary>Like RunOn, for models that contain more than parameters, such as running statistics.</summary>
        /// <param name="batches">One batch in each step.</param>
        /// <param name="loss">
        /// Returns a number and the model, with new values in the leaves that it updates itself; gradients update the
        /// others.
        /// </param>
        /// <returns>
        /// The trained model. A non-finite loss, a failed solve and a cancellation are reported as its Status.
        /// </returns>
        /// <exception cref="InputException">for a loss that does not depend on the model.</exception>
        /// <exception cref="TreeException">if the returned model has another structure.</exception>
        /// <exception cref="FileException">for a checkpoint that cannot be read or written at the start.</exception>
        /// <exception cref="FitCancelledException{F}">once the token is cancelled, with the fit so far.</exception>
        public Fit<M> RunUpdating<B>(Batches<B> batches, Func<B, M, (Tensor, M)> loss) =>
            Cancelling.OrThrow(TrainModule.runUpdating(Given(batches), FSharp.Paired(loss), Given(training)), training);

        /// <summary>Runs the training on one loss, the same in every step.</summary>
        /// <param name="loss">From the model to one number. Values that it captures are constants.</param>
        /// <returns>
        /// The trained model. A non-finite loss, a failed solve and a cancellation are reported as its Status.
        /// </returns>
        /// <exception cref="InputException">for a loss that does not depend on the model.</exception>
        /// <exception cref="FileException">for a checkpoint that cannot be read or written at the start.</exception>
        /// <exception cref="FitCancelledException{F}">once the token is cancelled, with the fit so far.</exception>
        public Fit<M> Run(Func<M, Tensor> loss) =>
            Cancelling.OrThrow(TrainModule.run(FSharp.Function(loss), Given(training)), training);
    }
}
