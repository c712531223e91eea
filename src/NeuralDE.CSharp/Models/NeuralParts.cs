namespace NeuralDE;

/// <summary>
/// Initial states of neural ODEs, computed from the observation y0. Make a custom start from a function of weights
/// with OfFunction, or from a record that implements NeuralStart.
/// </summary>
/// <remarks>
/// A function given here is a constant of the model: values that it captures are not trained, so pass the weights as
/// its argument.
/// </remarks>
public static class NeuralStartExtensions
{
    extension(NeuralStart)
    {
        /// <summary>The initial state is y0.</summary>
        public static NeuralStart AsObserved => NeuralStartModule.observed;

        /// <summary>
        /// The initial state is [y0; 0] with <paramref name="dimensions"/> zeros, along the features or channels.
        /// </summary>
        /// <remarks>
        /// E. Dupont, A. Doucet, Y. W. Teh, Augmented neural ODEs, NeurIPS 2019. InputException unless <paramref
        /// name="dimensions"/> is positive.
        /// </remarks>
        public static NeuralStart Zeros(int dimensions) => NeuralStartModule.zeros(dimensions);

        /// <summary>
        /// The initial state is [y0; 0] with <paramref name="dimensions"/> zeros, along an axis counted from the end:
        /// −1 is the last.
        /// </summary>
        /// <remarks>
        /// InputException unless the axis is negative and <paramref name="dimensions"/> is positive.
        /// </remarks>
        public static NeuralStart ZerosAlong(int axis, int dimensions) =>
            NeuralStartModule.zerosAlong(axis, dimensions);

        /// <summary>The initial state is [y0; f(weights, y0)], along the features or channels.</summary>
        public static NeuralStart Beside<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralStartModule.beside(weights, FSharp.Function(f));

        /// <summary>The initial state is [y0; f(weights, y0)], along an axis counted from the end.</summary>
        /// <remarks>InputException unless the axis is negative.</remarks>
        public static NeuralStart BesideAlong<W>(int axis, W weights, Func<W, Tensor, Tensor> f) =>
            NeuralStartModule.besideAlong(axis, weights, FSharp.Function(f));

        /// <summary>The initial state is f(weights, y0). All of it is observed if the model has no readout.</summary>
        public static NeuralStart OfFunction<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralStartModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>
        /// The initial state is [y0; g(y0)] with a network g; a convolutional network adds channels.
        /// </summary>
        public static NeuralStart InputLayer(Network net) => NeuralStartModule.inputLayer(Given(net));

        /// <summary>The initial state is g(y0) with a network g.</summary>
        public static NeuralStart Lift(Network net) => NeuralStartModule.lift(Given(net));
    }
}

/// <summary>
/// Fields of neural ODEs. Make a custom field from a function of weights with OfFunction, or from a record that
/// implements NeuralField; make custom weights in depth from a record that implements Depth.
/// </summary>
/// <remarks>
/// A function given here is a constant of the model: values that it captures are not trained, so pass the weights as
/// its argument.
/// </remarks>
public static class NeuralFieldExtensions
{
    extension(NeuralField)
    {
        /// <summary>x' = f(weights at t, t, x) for features [batch…; d].</summary>
        public static NeuralField OfDepth<M>(Func<M, Tensor, Tensor, Tensor> f, Depth<M> weights) =>
            NeuralFieldModule.ofDepth(FSharp.Function(f), Given(weights));

        /// <summary>
        /// x' = f(weights at t, t, x), with the features or channels on an axis counted from the end.
        /// </summary>
        /// <remarks>InputException unless the axis is negative.</remarks>
        public static NeuralField OfDepthAlong<M>(int axis, Func<M, Tensor, Tensor, Tensor> f, Depth<M> weights) =>
            NeuralFieldModule.ofDepthAlong(axis, FSharp.Function(f), Given(weights));

        /// <summary>x' = f(weights, t, x) for features [batch…; d].</summary>
        public static NeuralField OfFunction<W>(W weights, Func<W, Tensor, Tensor, Tensor> f) =>
            NeuralFieldModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>x' = f(weights, t, x), with the features or channels on an axis counted from the end.</summary>
        /// <remarks>InputException unless the axis is negative.</remarks>
        public static NeuralField OfFunctionAlong<W>(int axis, W weights, Func<W, Tensor, Tensor, Tensor> f) =>
            NeuralFieldModule.ofFunctionAlong(axis, weights, FSharp.Function(f));

        /// <summary>The field of a network. It depends on time if the network has a time layer.</summary>
        public static NeuralField Constant(Network net) => NeuralFieldModule.constant(Given(net));

        /// <summary>The field of a sequence of networks, each for one piece of the time span.</summary>
        public static NeuralField Piecewise(Piecewise<Network> pieces) => NeuralFieldModule.piecewise(Given(pieces));

        /// <summary>The field of a network whose weights are a spectral expansion in depth.</summary>
        public static NeuralField Galerkin(Galerkin<Network> expansion) => NeuralFieldModule.galerkin(Given(expansion));

        /// <summary>
        /// The field of a network whose weights follow their own differential equation from these initial weights.
        /// PerSample does not support it.
        /// </summary>
        public static NeuralField Evolving(Network weights, WeightFlow flow) =>
            NeuralFieldModule.evolving(Given(weights), Given(flow));
    }
}

/// <summary>
/// Further inputs of fields. Make a custom control from a function of weights with OfFunction, or from a record that
/// implements NeuralControl.
/// </summary>
public static class NeuralControlExtensions
{
    extension(NeuralControl)
    {
        /// <summary>The field's input is [state; y0].</summary>
        public static NeuralControl Observed => NeuralControlModule.observed;

        /// <summary>The field's input is [state; y0], along an axis counted from the end.</summary>
        /// <remarks>InputException unless the axis is negative.</remarks>
        public static NeuralControl ObservedAlong(int axis) => NeuralControlModule.observedAlong(axis);

        /// <summary>The field's input is [state; f(weights, y0)], along the features or channels.</summary>
        public static NeuralControl OfFunction<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralControlModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>
        /// The field's input is [state; f(weights, y0)], along an axis counted from the end: −1 is the last.
        /// </summary>
        /// <remarks>InputException unless the axis is negative.</remarks>
        public static NeuralControl OfFunctionAlong<W>(int axis, W weights, Func<W, Tensor, Tensor> f) =>
            NeuralControlModule.ofFunctionAlong(axis, weights, FSharp.Function(f));

        /// <summary>
        /// The field's input is [state; g(y0)] with a network g; for images g is a convolutional network.
        /// </summary>
        public static NeuralControl OfNetwork(Network net) => NeuralControlModule.ofNetwork(Given(net));
    }
}

/// <summary>
/// Outputs of neural ODEs. Make a custom readout from a function of weights with OfFunction, or from a record that
/// implements NeuralReadout.
/// </summary>
public static class NeuralReadoutExtensions
{
    extension(NeuralReadout)
    {
        /// <summary>The output is f(weights, states), for states [batch…; state] or [time; batch…; state].</summary>
        public static NeuralReadout OfFunction<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralReadoutModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>The output is g(states) with a network g.</summary>
        public static NeuralReadout OfNetwork(Network net) => NeuralReadoutModule.ofNetwork(Given(net));
    }
}

/// <summary>
/// Lengths of the solves of samples. Make a custom duration from a function of weights with OfFunction, or from a
/// record that implements NeuralDuration.
/// </summary>
public static class NeuralDurationExtensions
{
    extension(NeuralDuration)
    {
        /// <summary>Time spans are multiplied by f(weights, y0), [batch], which must be positive.</summary>
        public static NeuralDuration OfFunction<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralDurationModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>Time spans are multiplied by softplus(g(y0)) with a network g from y0 to [batch; 1].</summary>
        /// <remarks>
        /// S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020: depth-adaptive. In one dimension, scaling the
        /// time keeps the order of points, so it does not make the model more expressive by itself: give the network
        /// the time (Time of a blueprint) or a control.
        /// </remarks>
        public static NeuralDuration OfNetwork(Network net) => NeuralDurationModule.ofNetwork(Given(net));
    }
}
