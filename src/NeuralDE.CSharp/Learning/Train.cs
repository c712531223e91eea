namespace NeuralDE;

/// <summary>Training of a model, any tree, by gradients of a loss.</summary>
public static class Train
{
    /// <summary>A training of 1000 steps, to be changed by what follows.</summary>
    public static Training<M> Start<M>(M model, Optimiser optimiser) => TrainModule.start(model, Given(optimiser));
}

/// <summary>The answers to a training's questions, and its run.</summary>
public static class TrainingExtensions
{
    extension<M>(Training<M> training)
    {
        /// <summary>The number of steps; 1000 unless said otherwise.</summary>
        public Training<M> Steps(int n) => TrainModule.steps(n, Given(training));

        /// <summary>The number of epochs, instead of steps; without batches an epoch is one step.</summary>
        public Training<M> Epochs(int n) => TrainModule.epochs(n, Given(training));

        /// <summary>Ends the training before the next step once the token is cancelled.</summary>
        public Training<M> Cancel(CancellationToken token) => TrainModule.cancel(token, Given(training));

        /// <summary>
        /// Ends the training when the validation loss, or without validation the loss of each step, no longer
        /// improves.
        /// </summary>
        public Training<M> StopEarlyWith(EarlyStoppingSettings settings) =>
            TrainModule.stopEarlyWith(Given(settings).Core(), Given(training));

        /// <summary>Ends the training after so many looks in a row without improvement, with the best model.</summary>
        public Training<M> StopEarly(int patience) => TrainModule.stopEarly(patience, Given(training));

        /// <summary>
        /// The length of the whole gradient at most, √Σ g² over all float leaves that the optimiser moves.
        /// </summary>
        public Training<M> Clip(double limit) => TrainModule.clip(limit, Given(training));

        /// <summary>The size of each component of the gradient at most; comes before Clip.</summary>
        public Training<M> ClipValue(double limit) => TrainModule.clipValue(limit, Given(training));

        /// <summary>
        /// Another loss, from the model to one number, taken after each epoch: it decides which model is the best.
        /// </summary>
        public Training<M> Validate(Func<M, Tensor> loss) =>
            TrainModule.validate(FSharp.Function(loss), Given(training));

        /// <summary>As Validate, by the mean of a loss over the samples of all batches of an epoch.</summary>
        public Training<M> ValidateOn<B>(Batches<B> batches, Func<B, M, Tensor> loss) =>
            TrainModule.validateOn(Given(batches), FSharp.Function(loss), Given(training));

        /// <summary>The steps between validations and between metrics, instead of an epoch.</summary>
        public Training<M> ValidateEvery(int steps) => TrainModule.validateEvery(steps, Given(training));

        /// <summary>
        /// A number of the model, taken when a validation is or would be: Fit.Metrics has it by this name.
        /// </summary>
        public Training<M> Metric(string name, Func<M, Tensor> measure) =>
            TrainModule.metric(Given(name), FSharp.Function(measure), Given(training));

        /// <summary>Calls back after every step.</summary>
        public Training<M> OnStep(Action<TrainProgress> report) =>
            TrainModule.onStep(FSharp.Function(report), Given(training));

        /// <summary>Calls back after every epoch.</summary>
        public Training<M> OnEpoch(Action<EpochProgress> report) =>
            TrainModule.onEpoch(FSharp.Function(report), Given(training));

        /// <summary>Calls back with the step and the model after every so many steps.</summary>
        public Training<M> OnModel(int every, Action<int, M> report) =>
            TrainModule.onModel(every, FSharp.Function(report), Given(training));

        /// <summary>A line in the terminal that follows the training; nothing where the output is redirected.</summary>
        public Training<M> Progress() => TrainModule.progress(Given(training));

        /// <summary>
        /// Writes the training into a file after every so many steps, and at its end: model, optimiser, the best
        /// model, losses, what early stopping counts. The file is replaced as a whole, so an interrupted write
        /// leaves the last one.
        /// </summary>
        public Training<M> CheckpointEvery(int steps, string path) =>
            TrainModule.checkpointEvery(steps, Given(path), Given(training));

        /// <summary>
        /// Goes on from a file of CheckpointEvery, bit for bit as if the training had not stopped; from the
        /// beginning where there is no such file yet. Model, optimiser, batches and metrics are to be given as they
        /// were.
        /// </summary>
        /// <remarks>FileException, when it runs, for a file of another training.</remarks>
        public Training<M> Resume(string path) => TrainModule.resume(Given(path), Given(training));

        /// <summary>Runs the training on batches, one a step.</summary>
        /// <param name="batches">Such as <c>Batches.OfTree(32, (inputs, targets)).Shuffle(key)</c>.</param>
        /// <param name="loss">
        /// From a batch and the model to one number. It is traced for full batches, and for a smaller last one.
        /// </param>
        public Fit<M> RunOn<B>(Batches<B> batches, Func<B, M, Tensor> loss) =>
            TrainModule.runOn(Given(batches), FSharp.Function(loss), Given(training));

        /// <summary>As RunOn, for models that hold more than parameters, such as running statistics.</summary>
        /// <param name="batches">One a step.</param>
        /// <param name="loss">
        /// Returns the model beside the number, with other values in the leaves that it keeps up to date itself;
        /// gradients move the rest.
        /// </param>
        public Fit<M> RunUpdating<B>(Batches<B> batches, Func<B, M, (Tensor, M)> loss) =>
            TrainModule.runUpdating(Given(batches), FSharp.Paired(loss), Given(training));

        /// <summary>Runs the training on one loss, the same at every step.</summary>
        /// <param name="loss">From the model to one number. What it captures is fixed.</param>
        /// <returns>
        /// The trained model. A loss that is not finite, a solve that fails or a cancellation is a Status.
        /// </returns>
        public Fit<M> Run(Func<M, Tensor> loss) => TrainModule.run(FSharp.Function(loss), Given(training));
    }
}

/// <summary>What a training returns and tells, with null for what there is not.</summary>
public static class FitExtensions
{
    extension<M>(Fit<M> fit)
    {
        /// <summary>
        /// The mean of models that an averaged optimiser keeps; null without one (of a struct its default).
        /// </summary>
        public M? AveragedOrNull => FSharp.OrNull(Given(fit).Averaged);
    }

    extension(EpochProgress progress)
    {
        /// <summary>The latest validation loss; null without Validate.</summary>
        public double? ValidationOrNull => FSharp.ValueOrNull(Given(progress).Validation);
    }
}
