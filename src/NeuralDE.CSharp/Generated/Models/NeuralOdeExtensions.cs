// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// A neural ordinary differential equation: x' = f(t, x) with a network f, the initial state, the readout, and solver
/// settings.
/// </summary>
/// <remarks>
/// A tree, which you can pass to Grad, Train and Lbfgs. Non-tensor fields are constants. Make a model with OfNetwork;
/// each other function of NeuralOde sets one option. Each part is an interface: implement it with a record, or make the
/// part from a function of weights (NeuralStart.OfFunction, NeuralField.OfFunction, …), and pass it to WithStart,
/// OfField, WithControl, WithReadout or WithDuration. R. T. Q. Chen et al., Neural ordinary differential equations,
/// NeurIPS 2018; variants by E. Dupont et al. 2019 (augmented), S. Massaroli et al. 2020 (depth-varying,
/// data-controlled, depth-adaptive), A. Norcliffe et al. 2020 (second order), T. Zhang et al. 2019 (evolving weights).
/// </remarks>
public static partial class NeuralOdeExtensions
{
    extension(NeuralOde)
    {
        /// <summary>The model x' = f(t, x) with a field f, whose weights may vary in depth.</summary>
        /// <param name="field">The field.</param>
        /// <returns>The model.</returns>
        public static NeuralOde OfField(NeuralField field) => NeuralOdeModule.ofField(Given(field));

        /// <summary>
        /// The model x' = f(t, x) with a network f. f depends on time if the network has a time layer.
        /// </summary>
        /// <param name="net">A network.</param>
        /// <returns>The model.</returns>
        public static NeuralOde OfNetwork(Network net) => NeuralOdeModule.ofNetwork(Given(net));

        /// <summary>
        /// The model x' = f(t, x) with a network f from a blueprint. The key determines the initial weights.
        /// </summary>
        /// <param name="key">Determines the initial weights.</param>
        /// <param name="blueprint">The layers of the network.</param>
        /// <returns>The model.</returns>
        public static NeuralOde Init(Key key, Blueprint blueprint) =>
            NeuralOdeModule.init(Given(key), Given(blueprint));
    }

    extension(NeuralOde model)
    {
        /// <summary>Sets the start, which computes the initial state from y0.</summary>
        /// <param name="start">The start.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde WithStart(NeuralStart start) => NeuralOdeModule.withStart(Given(start), Given(model));

        /// <summary>Sets the control: further inputs of the field.</summary>
        /// <param name="control">The control.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde WithControl(NeuralControl control) =>
            NeuralOdeModule.withControl(Given(control), Given(model));

        /// <summary>Sets the readout, which computes the output from the state.</summary>
        /// <param name="readout">The readout.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde WithReadout(NeuralReadout readout) =>
            NeuralOdeModule.withReadout(Given(readout), Given(model));

        /// <summary>
        /// Sets the duration: the time span of each sample is multiplied by a number computed from y0, and each sample
        /// has its own steps.
        /// </summary>
        /// <param name="duration">The duration.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde WithDuration(NeuralDuration duration) =>
            NeuralOdeModule.withDuration(Given(duration), Given(model));

        /// <summary>
        /// Adds <paramref name="dimensions"/> components to the state, which start at 0. The network must take and
        /// return them.
        /// </summary>
        /// <param name="dimensions">The number of components.</param>
        /// <returns>The changed model.</returns>
        /// <remarks>
        /// Features [batch…; d] become [batch…; d + <paramref name="dimensions"/>]; images [batch; channels; height;
        /// width] get <paramref name="dimensions"/> more channels. The layers of the field's network determine which of
        /// the two applies, here and wherever NeuralOde adds components. InputException unless
        /// <paramref name="dimensions"/> is positive.
        /// </remarks>
        public NeuralOde Augment(int dimensions) => NeuralOdeModule.augment(dimensions, Given(model));

        /// <summary>Like Augment, along an axis counted from the end: −1 is the last.</summary>
        /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
        /// <param name="dimensions">The number of components.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde AugmentAlong(int axis, int dimensions) =>
            NeuralOdeModule.augmentAlong(axis, dimensions, Given(model));

        /// <summary>
        /// Adds components to the state, which start at g(y0); for images g is a convolutional network.
        /// </summary>
        /// <param name="net">The network g, from y0 to the added components.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde InputLayer(Network net) => NeuralOdeModule.inputLayer(Given(net), Given(model));

        /// <summary>Like InputLayer, along an axis counted from the end.</summary>
        /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
        /// <param name="net">The network g, from y0 to the added components.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde InputLayerAlong(int axis, Network net) =>
            NeuralOdeModule.inputLayerAlong(axis, Given(net), Given(model));

        /// <summary>
        /// Sets the initial state to g(y0). Also set a readout, unless all components of the state are the output.
        /// </summary>
        /// <param name="net">The network g, from y0 to the initial state.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde Lift(Network net) => NeuralOdeModule.lift(Given(net), Given(model));

        /// <summary>
        /// Makes the model x'' = f(t, [x; x']) with initial velocity g(y0). The network takes 2 d features and returns
        /// d.
        /// </summary>
        /// <param name="velocity">The network g, from y0 to the initial velocity.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde SecondOrder(Network velocity) => NeuralOdeModule.secondOrder(Given(velocity), Given(model));

        /// <summary>
        /// Makes the model x⁽ⁿ⁾ = f(t, [x; x'; …]) for y0 of d components. All derivatives of x start at 0.
        /// </summary>
        /// <param name="order">The order n of the equation.</param>
        /// <param name="d">The number of components of y0.</param>
        /// <returns>The changed model.</returns>
        /// <remarks>InputException unless <paramref name="order"/> and <paramref name="d"/> are positive.</remarks>
        public NeuralOde HigherOrder(int order, int d) => NeuralOdeModule.higherOrder(order, d, Given(model));

        /// <summary>Data control: the input of the network is [state; y0] at all times.</summary>
        /// <returns>The changed model.</returns>
        public NeuralOde Controlled() => NeuralOdeModule.controlled(Given(model));

        /// <summary>Like Controlled, with [state; y0] along an axis counted from the end.</summary>
        /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde ControlledAlong(int axis) => NeuralOdeModule.controlledAlong(axis, Given(model));

        /// <summary>
        /// Data control: the input of the network is [state; g(y0)] at all times; for images g is a convolutional
        /// network.
        /// </summary>
        /// <param name="net">The network g, from y0 to the further inputs.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde ControlledBy(Network net) => NeuralOdeModule.controlledBy(Given(net), Given(model));

        /// <summary>Sets a network as readout, from the state to the output.</summary>
        /// <param name="net">The network, from the state to the output.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde Readout(Network net) => NeuralOdeModule.readout(Given(net), Given(model));

        /// <summary>
        /// Multiplies the time span of each sample by softplus(g(y0)). Each sample has its own steps.
        /// </summary>
        /// <param name="net">The network g, from y0 to [batch; 1].</param>
        /// <returns>The changed model.</returns>
        public NeuralOde AdaptiveDepth(Network net) => NeuralOdeModule.adaptiveDepth(Given(net), Given(model));

        /// <summary>Sets the method; default: Tsit5.</summary>
        /// <param name="solver">The method.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde Using(Solver<AnyOde> solver) => NeuralOdeModule.@using(Given(solver), Given(model));

        /// <summary>
        /// Sets a method that is chosen at run time. InputException for a method that is not for ordinary equations.
        /// </summary>
        /// <param name="method">The method.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde UsingMethod(Method method) => NeuralOdeModule.usingMethod(Given(method), Given(model));

        /// <summary>
        /// Sets the tolerances: a step is accepted if its error is at most atol + rtol |y|; default: 1e-6 and 1e-9.
        /// InputException for negative tolerances.
        /// </summary>
        /// <param name="rtol">The relative tolerance.</param>
        /// <param name="atol">The absolute tolerance.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde Tolerance(double rtol, double atol) => NeuralOdeModule.tolerance(rtol, atol, Given(model));

        /// <summary>Sets the maximum number of steps of a solve; default: 100 000.</summary>
        /// <param name="n">The number of steps.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde MaxSteps(int n) => NeuralOdeModule.maxSteps(n, Given(model));

        /// <summary>Sets constant steps of size dt. InputException unless dt is positive.</summary>
        /// <param name="dt">The step size.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde Dt(double dt) => NeuralOdeModule.dt(dt, Given(model));

        /// <summary>Sets the gradient method of reverse mode; default: Gradients.Checkpointed.</summary>
        /// <param name="method">The gradient method.</param>
        /// <returns>The changed model.</returns>
        public NeuralOde Gradient(Gradient method) => NeuralOdeModule.gradient(Given(method), Given(model));

        /// <summary>Gives each sample of a batch [batch; d] its own steps.</summary>
        /// <returns>The changed model.</returns>
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
        /// <param name="y0">[d] or [batch…; d]; for a network of images [batch; channels; height; width].</param>
        /// <param name="times">[time], in order.</param>
        /// <returns>[time; batch…; state].</returns>
        public Tensor States(Tensor y0, Tensor times) => NeuralOdeModule.states(Given(model), Given(y0), Given(times));

        /// <summary>
        /// The output at t1 of a solve from y0 at t0. With tensors as times it can be differentiated by them.
        /// </summary>
        /// <param name="y0">[d] or [batch…; d]; for a network of images [batch; channels; height; width].</param>
        /// <param name="t0">The start time: a number or a tensor [].</param>
        /// <param name="t1">The end time: a number or a tensor [].</param>
        /// <returns>[d] or [batch…; d], where the readout may change the last axis; images likewise.</returns>
        /// <exception cref="SolveException">if the solve fails.</exception>
        public Tensor Final(Tensor y0, double t0, double t1) => NeuralOdeModule.final(Given(model), Given(y0), t0, t1);

        /// <summary>
        /// The output at t1 of a solve from y0 at t0. With tensors as times it can be differentiated by them.
        /// </summary>
        /// <param name="y0">[d] or [batch…; d]; for a network of images [batch; channels; height; width].</param>
        /// <param name="t0">The start time: a number or a tensor [].</param>
        /// <param name="t1">The end time: a number or a tensor [].</param>
        /// <returns>[d] or [batch…; d], where the readout may change the last axis; images likewise.</returns>
        /// <exception cref="SolveException">if the solve fails.</exception>
        public Tensor Final(Tensor y0, Tensor t0, Tensor t1) =>
            NeuralOdeModule.final(Given(model), Given(y0), Given(t0), Given(t1));

        /// <summary>Further inputs of the field; null: the field's input is the state.</summary>
        public NeuralControl? ControlOrNull => FSharp.OrNull(Given(model).Control);

        /// <summary>
        /// From the state to the output; null: the start decides, usually its first components, or all of a lifted
        /// state.
        /// </summary>
        public NeuralReadout? ReadoutOrNull => FSharp.OrNull(Given(model).Readout);

        /// <summary>The factors of the samples' time spans; null: all samples have the same span.</summary>
        public NeuralDuration? DurationOrNull => FSharp.OrNull(Given(model).Duration);
    }
}
