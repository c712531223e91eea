namespace NeuralDE;

public static partial class NeuralOdeExtensions
{
    extension(NeuralOde)
    {
        /// <summary>
        /// A builder of a model with <paramref name="dim"/> observed components:
        /// <c>NeuralOde.Of(dim: 2).Field(f =&gt; f.Linear(50).Tanh().Linear(2)).Build(seed: 42)</c>.
        /// </summary>
        public static NeuralOdeBuilder Of(int dim) => new(dim);
    }

    extension(NeuralOde model)
    {
        /// <summary>The solver statistics of a solve from t0 to t1: steps, evaluations of the network, …</summary>
        public Stats Stats(Tensor y0, double t0, double t1) => NeuralOdeModule.stats(Given(model), Given(y0), t0, t1);

        /// <summary>
        /// Trains the model to predict observations from the first of them. The loss is the mean squared error.
        /// </summary>
        /// <param name="times">[time], in order.</param>
        /// <param name="states">The observations at these times: [time; d] or [time; batch…; d].</param>
        /// <param name="train">
        /// The optimiser, then further options: <c>train =&gt; train.Adam(1e-2).Steps(2000).Clip(1.0)</c>.
        /// </param>
        /// <returns>
        /// The trained model. A non-finite loss, a failed solve and a cancellation are reported as its Status.
        /// </returns>
        /// <exception cref="FitCancelledException{F}">once the token of Cancel is cancelled, with the fit so far.</exception>
        public Fit<NeuralOde> Fit(
            Tensor times,
            Tensor states,
            Func<TrainingStart<NeuralOde>, Training<NeuralOde>> train
        )
        {
            ArgumentNullException.ThrowIfNull(times);
            ArgumentNullException.ThrowIfNull(states);
            return Given(train)(new TrainingStart<NeuralOde>(Given(model)))
                .Run(candidate => Verbs.Mean(Verbs.Square(candidate.Predict(states[0], times) - states)));
        }

        /// <summary>Saves the model in a safetensors file. Replaces an existing file.</summary>
        public void Save(string path) => CheckpointModule.save(Given(path), Given(model));

        /// <summary>
        /// Returns this model with the numbers of a file that Save wrote. FileException, with the paths of tensors
        /// that do not fit.
        /// </summary>
        public NeuralOde Load(string path) => CheckpointModule.load(Given(path), Given(model));
    }
}
