namespace NeuralDE;

/// <summary>Training of a model, any tree, by gradients of a loss.</summary>
public static class Train
{
    /// <summary>A training of 1000 steps, to be changed by what follows.</summary>
    public static Training<M> Start<M>(M model, Optimiser optimiser) => TrainModule.start(model, optimiser);
}

/// <summary>The answers to a training's questions, and its run.</summary>
public static class TrainingExtensions
{
    extension<M>(Training<M> training)
    {
        /// <summary>The number of steps; 1000 unless said otherwise.</summary>
        public Training<M> Steps(int n) => TrainModule.steps(n, training);

        /// <summary>The length of the whole gradient at most, √Σ g² over all float leaves.</summary>
        public Training<M> Clip(double limit) => TrainModule.clip(limit, training);

        /// <summary>A line in the terminal that follows the training; nothing where the output is redirected.</summary>
        public Training<M> Progress() => TrainModule.progress(training);

        /// <summary>Calls back after every step.</summary>
        public Training<M> OnStep(Action<TrainProgress> report) =>
            TrainModule.onStep(FSharp.Function(report), training);

        /// <summary>Ends the training before the next step once the token is cancelled.</summary>
        public Training<M> Cancel(CancellationToken token) => TrainModule.cancel(token, training);

        /// <summary>Runs the training.</summary>
        /// <param name="loss">From the model to one number. It is traced once; what it captures is fixed.</param>
        /// <returns>The trained model. A loss that is not finite, a solve that fails or a cancellation is a Status.</returns>
        public Fit<M> Run(Func<M, Tensor> loss) => TrainModule.run(FSharp.Function(loss), training);
    }
}
