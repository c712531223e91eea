namespace NeuralDE;

/// <summary>
/// Neural ordinary differential equations: x' = f(t, x) with a network f, the initial state, the readout, and solver
/// settings.
/// </summary>
public static class NeuralOdeExtensions
{
    extension(NeuralOde)
    {
        /// <summary>The model x' = f(t, x) with a field f, whose weights may vary in depth.</summary>
        public static NeuralOde OfField(NeuralField field) => NeuralOdeModule.ofField(Given(field));

        /// <summary>
        /// The model x' = f(t, x) with a network f. f depends on time if the network has a time layer.
        /// </summary>
        public static NeuralOde OfNetwork(Network net) => NeuralOdeModule.ofNetwork(Given(net));

        /// <summary>
        /// The model x' = f(t, x) with a network f from a blueprint. The key determines the initial weights.
        /// </summary>
        public static NeuralOde Init(Key key, Blueprint blueprint) =>
            NeuralOdeModule.init(Given(key), Given(blueprint));

        /// <summary>
        /// A builder of a model with <paramref name="dim"/> observed components:
        /// <c>NeuralOde.Of(dim: 2).Field(f =&gt; f.Linear(50).Tanh().Linear(2)).Build(seed: 42)</c>.
        /// </summary>
        public static NeuralOdeBuilder Of(int dim) => new(dim);
    }

    extension(NeuralOde model)
    {
        /// <summary>Further inputs of the field; null: the field's input is the state.</summary>
        public NeuralControl? ControlOrNull => FSharp.OrNull(Given(model).Control);

        /// <summary>The readout; null: the start determines the output.</summary>
        public NeuralReadout? ReadoutOrNull => FSharp.OrNull(Given(model).Readout);

        /// <summary>The factors of the samples' time spans; null: all samples have the same span.</summary>
        public NeuralDuration? DurationOrNull => FSharp.OrNull(Given(model).Duration);

        /// <summary>Sets the start, which computes the initial state from y0.</summary>
        public NeuralOde WithStart(NeuralStart start) => NeuralOdeModule.withStart(Given(start), Given(model));

        /// <summary>Sets the control: further inputs of the field.</summary>
        public NeuralOde WithControl(NeuralControl control) =>
            NeuralOdeModule.withControl(Given(control), Given(model));

        /// <summary>Sets the readout, which computes the output from the state.</summary>
        public NeuralOde WithReadout(NeuralReadout readout) =>
            NeuralOdeModule.withReadout(Given(readout), Given(model));

        /// <summary>
        /// Sets the duration: the time span of each sample is multiplied by a number computed from y0, and each
        /// sample has its own steps.
        /// </summary>
        public NeuralOde WithDuration(NeuralDuration duration) =>
            NeuralOdeModule.withDuration(Given(duration), Given(model));

        /// <summary>
        /// Adds <paramref name="dimensions"/> components to the state, which start at 0. The network must take and
        /// return them.
        /// </summary>
        /// <remarks>
        /// Features [batch…; d] become [batch…; d + <paramref name="dimensions"/>]; images [batch; channels; height;
        /// width] get <paramref name="dimensions"/> more channels. The layers of the field's network determine which
        /// of the two applies, here and wherever NeuralOde adds components. InputException unless <paramref
        /// name="dimensions"/> is positive.
        /// </remarks>
        public NeuralOde Augment(int dimensions) => NeuralOdeModule.augment(dimensions, Given(model));

        /// <summary>Like Augment, along an axis counted from the end: −1 is the last.</summary>
        public NeuralOde AugmentAlong(int axis, int dimensions) =>
            NeuralOdeModule.augmentAlong(axis, dimensions, Given(model));

        /// <summary>
        /// Adds components to the state, which start at g(y0); for images g is a convolutional network.
        /// </summary>
        public NeuralOde InputLayer(Network net) => NeuralOdeModule.inputLayer(Given(net), Given(model));

        /// <summary>Like InputLayer, along an axis counted from the end.</summary>
        public NeuralOde InputLayerAlong(int axis, Network net) =>
            NeuralOdeModule.inputLayerAlong(axis, Given(net), Given(model));

        /// <summary>
        /// Sets the initial state to g(y0). Also set a readout, unless all components of the state are the output.
        /// </summary>
        public NeuralOde Lift(Network net) => NeuralOdeModule.lift(Given(net), Given(model));

        /// <summary>
        /// Makes the model x'' = f(t, [x; x']) with initial velocity g(y0). The network takes 2 d features and
        /// returns d.
        /// </summary>
        public NeuralOde SecondOrder(Network velocity) => NeuralOdeModule.secondOrder(Given(velocity), Given(model));

        /// <summary>
        /// Makes the model x⁽ⁿ⁾ = f(t, [x; x'; …]) for y0 of d components. All derivatives of x start at 0.
        /// </summary>
        /// <param name="order">The order n of the equation.</param>
        /// <param name="d">The number of components of y0.</param>
        /// <remarks>InputException unless <paramref name="order"/> and <paramref name="d"/> are positive.</remarks>
        public NeuralOde HigherOrder(int order, int d) => NeuralOdeModule.higherOrder(order, d, Given(model));

        /// <summary>Data control: the input of the network is [state; y0] at all times.</summary>
        public NeuralOde Controlled() => NeuralOdeModule.controlled(Given(model));

        /// <summary>Like Controlled, with [state; y0] along an axis counted from the end.</summary>
        public NeuralOde ControlledAlong(int axis) => NeuralOdeModule.controlledAlong(axis, Given(model));

        /// <summary>
        /// Data control: the input of the network is [state; g(y0)] at all times; for images g is a convolutional
        /// network.
        /// </summary>
        public NeuralOde ControlledBy(Network net) => NeuralOdeModule.controlledBy(Given(net), Given(model));

        /// <summary>Sets a network as readout, from the state to the output.</summary>
        public NeuralOde Readout(Network net) => NeuralOdeModule.readout(Given(net), Given(model));

        /// <summary>
        /// Multiplies the time span of each sample by softplus(g(y0)). Each sample has its own steps.
        /// </summary>
        public NeuralOde AdaptiveDepth(Network net) => NeuralOdeModule.adaptiveDepth(Given(net), Given(model));

        /// <summary>Sets the method; default: Tsit5.</summary>
        public NeuralOde Using(Solver<AnyOde> solver) => NeuralOdeModule.@using(Given(solver), Given(model));

        /// <summary>
        /// Sets a method that is chosen at run time. InputException for a method that is not for ordinary equations.
        /// </summary>
        public NeuralOde UsingMethod(Method method) => NeuralOdeModule.usingMethod(Given(method), Given(model));

        /// <summary>
        /// Sets the tolerances: a step is accepted if its error is at most atol + rtol |y|; default: 1e-6 and 1e-9.
        /// InputException for negative tolerances.
        /// </summary>
        public NeuralOde Tolerance(double rtol, double atol) => NeuralOdeModule.tolerance(rtol, atol, Given(model));

        /// <summary>Sets the maximum number of steps of a solve; default: 100 000.</summary>
        public NeuralOde MaxSteps(int n) => NeuralOdeModule.maxSteps(n, Given(model));

        /// <summary>Sets constant steps of size dt. InputException unless dt is positive.</summary>
        public NeuralOde Dt(double dt) => NeuralOdeModule.dt(dt, Given(model));

        /// <summary>Sets the gradient method of reverse mode; default: Gradients.Checkpointed.</summary>
        public NeuralOde Gradient(Gradient method) => NeuralOdeModule.gradient(Given(method), Given(model));

        /// <summary>Gives each sample of a batch [batch; d] its own steps.</summary>
        public NeuralOde PerSample() => NeuralOdeModule.perSample(Given(model));

        /// <summary>The output at given times. The solve starts from y0 at the first of them.</summary>
        /// <param name="y0">[d] or [batch…; d]; for a network of images [batch; channels; height; width].</param>
        /// <param name="times">[time], in order.</param>
        /// <returns>
        /// [time; d] or [time; batch…; d], where the readout may change the last axis; images likewise.
        /// </returns>
        /// <remarks>
        /// SolveException if the solve fails; ShapeException for other shapes; InputException if the model has a
        /// duration: use Final.
        /// </remarks>
        public Tensor Predict(Tensor y0, Tensor times) =>
            NeuralOdeModule.predict(Given(model), Given(y0), Given(times));

        /// <summary>The whole state at given times, including added components: [time; batch…; state].</summary>
        public Tensor States(Tensor y0, Tensor times) => NeuralOdeModule.states(Given(model), Given(y0), Given(times));

        /// <summary>The output at t1 of a solve from y0 at t0: [d] or [batch…; d].</summary>
        public Tensor Final(Tensor y0, double t0, double t1) => NeuralOdeModule.final(Given(model), Given(y0), t0, t1);

        /// <summary>
        /// The output at t1 of a solve from y0 at t0, differentiable by the times: [d] or [batch…; d].
        /// </summary>
        public Tensor Final(Tensor y0, Tensor t0, Tensor t1) =>
            NeuralOdeModule.final(Given(model), Given(y0), Given(t0), Given(t1));

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

/// <summary>How a model solves its equation.</summary>
public static class OdeSettingsExtensions
{
    extension(OdeSettings settings)
    {
        /// <summary>Applies the settings to a problem.</summary>
        public Problem<AnyOde, S> Apply<S>(Problem<AnyOde, S> problem) =>
            OdeSettings.apply(Given(settings), Given(problem));
    }
}
