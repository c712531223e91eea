namespace NeuralDE;

/// <summary>
/// Neural ordinary differential equations: x' = f(t, x) with a network f, the start and the read-out around it, and
/// how it is solved.
/// </summary>
public static class NeuralOdeExtensions
{
    extension(NeuralOde)
    {
        /// <summary>x' = f(t, x) of a field whose weights may vary in depth.</summary>
        public static NeuralOde OfField(NeuralField field) => NeuralOdeModule.ofField(Given(field));

        /// <summary>x' = f(t, x) of a network, which sees the time if it has a layer for it.</summary>
        public static NeuralOde OfNetwork(Network net) => NeuralOdeModule.ofNetwork(Given(net));

        /// <summary>The same from a blueprint, with weights drawn from a key.</summary>
        public static NeuralOde Init(Key key, Blueprint blueprint) =>
            NeuralOdeModule.init(Given(key), Given(blueprint));

        /// <summary>
        /// A model of d observed components in the making: <c>NeuralOde.Of(dim: 2).Field(f =&gt; f.Linear(50).Tanh().Linear(2)).Build(seed: 42)</c>.
        /// </summary>
        public static NeuralOdeBuilder Of(int dim) => new(dim);
    }

    extension(NeuralOde model)
    {
        /// <summary>What the field sees besides the state; null: nothing.</summary>
        public NeuralControl? ControlOrNull => FSharp.OrNull(Given(model).Control);

        /// <summary>What is observed of the state; null: what the start says.</summary>
        public NeuralReadout? ReadoutOrNull => FSharp.OrNull(Given(model).Readout);

        /// <summary>What stretches the time of a sample; null: the span is the same for all.</summary>
        public NeuralDuration? DurationOrNull => FSharp.OrNull(Given(model).Duration);

        /// <summary>Another start: how the state is made of y0.</summary>
        public NeuralOde WithStart(NeuralStart start) => NeuralOdeModule.withStart(Given(start), Given(model));

        /// <summary>What the field sees besides the state.</summary>
        public NeuralOde WithControl(NeuralControl control) =>
            NeuralOdeModule.withControl(Given(control), Given(model));

        /// <summary>What is observed of the state.</summary>
        public NeuralOde WithReadout(NeuralReadout readout) =>
            NeuralOdeModule.withReadout(Given(readout), Given(model));

        /// <summary>
        /// Each sample has an end of its own: its span is multiplied by a number made of y0, and it has its own steps.
        /// </summary>
        public NeuralOde WithDuration(NeuralDuration duration) =>
            NeuralOdeModule.withDuration(Given(duration), Given(model));

        /// <summary>
        /// So many more components of the state, 0 at the start; the network must take and give them.
        /// </summary>
        /// <remarks>
        /// Features [batch…; d] become [batch…; d + n], images [batch; channels; height; width] get n more channels: the
        /// layers of the field's network tell which they are. The same goes for all that is added to a state.
        /// </remarks>
        public NeuralOde Augment(int dimensions) => NeuralOdeModule.augment(dimensions, Given(model));

        /// <summary>As Augment, along an axis counted from the end: −1 is the last.</summary>
        public NeuralOde AugmentAlong(int axis, int dimensions) =>
            NeuralOdeModule.augmentAlong(axis, dimensions, Given(model));

        /// <summary>More components of the state, g(y0) at the start: of images by a convolution.</summary>
        public NeuralOde InputLayer(Network net) => NeuralOdeModule.inputLayer(Given(net), Given(model));

        /// <summary>As InputLayer, along an axis counted from the end.</summary>
        public NeuralOde InputLayerAlong(int axis, Network net) =>
            NeuralOdeModule.inputLayerAlong(axis, Given(net), Given(model));

        /// <summary>
        /// Another state, g(y0) at the start; give a readout, too, where its components are not what is observed.
        /// </summary>
        public NeuralOde Lift(Network net) => NeuralOdeModule.lift(Given(net), Given(model));

        /// <summary>
        /// x'' = f(t, [x; x']) with the velocity g(y0) at the start: the network takes 2 d features and gives d.
        /// </summary>
        public NeuralOde SecondOrder(Network velocity) => NeuralOdeModule.secondOrder(Given(velocity), Given(model));

        /// <summary>x⁽ⁿ⁾ = f(t, [x; x'; …]) with derivatives that start at 0, for y0 of d components.</summary>
        public NeuralOde HigherOrder(int order, int d) => NeuralOdeModule.higherOrder(order, d, Given(model));

        /// <summary>The network sees [state; y0] at all times: data control.</summary>
        public NeuralOde Controlled() => NeuralOdeModule.controlled(Given(model));

        /// <summary>As Controlled, [state; y0] along an axis counted from the end.</summary>
        public NeuralOde ControlledAlong(int axis) => NeuralOdeModule.controlledAlong(axis, Given(model));

        /// <summary>The network sees [state; g(y0)] at all times: of images by a convolution.</summary>
        public NeuralOde ControlledBy(Network net) => NeuralOdeModule.controlledBy(Given(net), Given(model));

        /// <summary>A network from the state to what is observed.</summary>
        public NeuralOde Readout(Network net) => NeuralOdeModule.readout(Given(net), Given(model));

        /// <summary>
        /// Each sample has an end of its own: its span is multiplied by softplus(g(y0)), and it has its own steps.
        /// </summary>
        public NeuralOde AdaptiveDepth(Network net) => NeuralOdeModule.adaptiveDepth(Given(net), Given(model));

        /// <summary>The method; Tsit5 unless said otherwise.</summary>
        public NeuralOde Using(Solver<AnyOde> solver) => NeuralOdeModule.@using(Given(solver), Given(model));

        /// <summary>
        /// A method chosen when the program runs. InputException for one that is not for ordinary equations.
        /// </summary>
        public NeuralOde UsingMethod(Method method) => NeuralOdeModule.usingMethod(Given(method), Given(model));

        /// <summary>As Tolerance of a problem; 1e-6 and 1e-9 unless said otherwise.</summary>
        public NeuralOde Tolerance(double rtol, double atol) => NeuralOdeModule.tolerance(rtol, atol, Given(model));

        /// <summary>Steps of constant length.</summary>
        public NeuralOde Dt(double dt) => NeuralOdeModule.dt(dt, Given(model));

        /// <summary>How reverse mode goes through the solve; Checkpointed unless said otherwise.</summary>
        public NeuralOde Gradient(Gradient method) => NeuralOdeModule.gradient(Given(method), Given(model));

        /// <summary>Each sample of a batch [batch; d] has its own steps.</summary>
        public NeuralOde PerSample() => NeuralOdeModule.perSample(Given(model));

        /// <summary>What is observed at times, from y0 at the first of them.</summary>
        /// <param name="y0">[d] or [batch…; d].</param>
        /// <param name="times">[time], in order.</param>
        /// <returns>[time; d] or [time; batch…; d], whatever the readout makes of the last axis.</returns>
        public Tensor Predict(Tensor y0, Tensor times) =>
            NeuralOdeModule.predict(Given(model), Given(y0), Given(times));

        /// <summary>The whole state at times, what was added included: [time; batch…; state].</summary>
        public Tensor States(Tensor y0, Tensor times) => NeuralOdeModule.states(Given(model), Given(y0), Given(times));

        /// <summary>What is observed at t1, from y0 at t0: [d] or [batch…; d].</summary>
        public Tensor Final(Tensor y0, double t0, double t1) => NeuralOdeModule.final(Given(model), Given(y0), t0, t1);

        /// <summary>What is observed at t1, from y0 at t0, differentiable in the times: [d] or [batch…; d].</summary>
        public Tensor Final(Tensor y0, Tensor t0, Tensor t1) =>
            NeuralOdeModule.final(Given(model), Given(y0), Given(t0), Given(t1));

        /// <summary>What a solve from t0 to t1 costs: steps and evaluations of the network.</summary>
        public Stats Stats(Tensor y0, double t0, double t1) => NeuralOdeModule.stats(Given(model), Given(y0), t0, t1);

        /// <summary>
        /// Trains the model to predict states from the first of them: the loss is the mean of squared differences.
        /// </summary>
        /// <param name="times">[time], in order.</param>
        /// <param name="states">What was observed at these times: [time; d] or [time; batch…; d].</param>
        /// <param name="train">
        /// The optimiser first, then what differs from the defaults: <c>train =&gt; train.Adam(1e-2).Steps(2000).Clip(1.0)</c>.
        /// </param>
        /// <returns>
        /// The trained model. A loss that is not finite, a solve that fails or a cancellation is a Status.
        /// </returns>
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

        /// <summary>Writes the model to a safetensors file, in place of one that may be there.</summary>
        public void Save(string path) => CheckpointModule.save(Given(path), Given(model));

        /// <summary>
        /// This model with the numbers of a file that Save wrote; FileException names by path whatever does not
        /// fit.
        /// </summary>
        public NeuralOde Load(string path) => CheckpointModule.load(Given(path), Given(model));
    }
}

/// <summary>How a model's equation is solved.</summary>
public static class OdeSettingsExtensions
{
    extension(OdeSettings settings)
    {
        /// <summary>The problem, solved by these settings.</summary>
        public Problem<AnyOde, S> Apply<S>(Problem<AnyOde, S> problem) =>
            OdeSettings.apply(Given(settings), Given(problem));
    }
}
