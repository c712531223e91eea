namespace NeuralDE;

/// <summary>Reports to an IProgress, such as one of a window, which takes them on its own thread.</summary>
public static class ProgressExtensions
{
    extension<M>(Training<M> training)
    {
        /// <summary>Reports after every step.</summary>
        public Training<M> OnStep(IProgress<TrainProgress> progress) =>
            TrainModule.onStep(FSharp.Function<TrainProgress>(Given(progress).Report), Given(training));

        /// <summary>Reports after every epoch.</summary>
        public Training<M> OnEpoch(IProgress<EpochProgress> progress) =>
            TrainModule.onEpoch(FSharp.Function<EpochProgress>(Given(progress).Report), Given(training));
    }

    extension<E, S>(Problem<E, S> problem)
    {
        /// <summary>
        /// Reports at the start and after every step; never inside a transform, where the solve is a part of another
        /// function.
        /// </summary>
        public Problem<E, S> Progress(IProgress<SolveProgress> progress) =>
            ProblemVerbs.progress(FSharp.Function<SolveProgress>(Given(progress).Report), Given(problem));
    }

    extension(Lbfgs)
    {
        /// <summary>As Minimise, with settings, and a report after each iteration.</summary>
        /// <exception cref="FitCancelledException{F}">
        /// once the token of the settings is cancelled, with the fit so far.
        /// </exception>
        public static LbfgsFit<M> MinimiseWith<M>(
            LbfgsSettings settings,
            IProgress<LbfgsProgress<M>> progress,
            Func<M, Tensor> loss,
            M model
        ) => Lbfgs.MinimiseWith(settings, Given(progress).Report, loss, model);
    }

    extension(LevenbergMarquardt)
    {
        /// <summary>As Minimise, with settings, and a report after each iteration.</summary>
        /// <exception cref="FitCancelledException{F}">
        /// once the token of the settings is cancelled, with the fit so far.
        /// </exception>
        public static LevenbergMarquardtFit<M> MinimiseWith<M>(
            LevenbergMarquardtSettings settings,
            IProgress<LevenbergMarquardtProgress<M>> progress,
            Func<M, Tensor> residuals,
            M model
        ) => LevenbergMarquardt.MinimiseWith(settings, Given(progress).Report, residuals, model);
    }
}
