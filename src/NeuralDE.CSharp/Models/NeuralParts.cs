namespace NeuralDE;

/// <summary>
/// Starts of neural ODEs: how a state is made of what is observed. A new one is a function of weights here, or a record
/// that implements NeuralStart.
/// </summary>
public static class NeuralStartExtensions
{
    extension(NeuralStart)
    {
        /// <summary>y0 as it is.</summary>
        public static NeuralStart AsObserved => NeuralStartModule.observed;

        /// <summary>[y0; 0]: `dimensions` zeros more along the features or channels.</summary>
        public static NeuralStart Zeros(int dimensions) => NeuralStartModule.zeros(dimensions);

        /// <summary>[y0; 0] along an axis counted from the end: −1 is the last.</summary>
        public static NeuralStart ZerosAlong(int axis, int dimensions) =>
            NeuralStartModule.zerosAlong(axis, dimensions);

        /// <summary>[y0; f(weights, y0)] along the features or channels.</summary>
        public static NeuralStart Beside<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralStartModule.beside(weights, FSharp.Function(f));

        /// <summary>[y0; f(weights, y0)] along an axis counted from the end.</summary>
        public static NeuralStart BesideAlong<W>(int axis, W weights, Func<W, Tensor, Tensor> f) =>
            NeuralStartModule.besideAlong(axis, weights, FSharp.Function(f));

        /// <summary>f(weights, y0), all of which is observed where the model has no readout.</summary>
        public static NeuralStart OfFunction<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralStartModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>[y0; g(y0)] of a network: a convolution gives more channels.</summary>
        public static NeuralStart InputLayer(Network net) => NeuralStartModule.inputLayer(Given(net));

        /// <summary>g(y0) of a network.</summary>
        public static NeuralStart Lift(Network net) => NeuralStartModule.lift(Given(net));
    }
}

/// <summary>
/// Fields of neural ODEs. A new one is a function of weights here, or a record that implements NeuralField; new weights
/// in depth are a record that implements Depth.
/// </summary>
public static class NeuralFieldExtensions
{
    extension(NeuralField)
    {
        /// <summary>x' = f(weights at t, t, x) of features [batch…; d].</summary>
        public static NeuralField OfDepth<M>(Func<M, Tensor, Tensor, Tensor> f, Depth<M> weights) =>
            NeuralFieldModule.ofDepth(FSharp.Function(f), Given(weights));

        /// <summary>
        /// x' = f(weights at t, t, x), with the features or channels on an axis counted from the end.
        /// </summary>
        public static NeuralField OfDepthAlong<M>(int axis, Func<M, Tensor, Tensor, Tensor> f, Depth<M> weights) =>
            NeuralFieldModule.ofDepthAlong(axis, FSharp.Function(f), Given(weights));

        /// <summary>x' = f(weights, t, x) of features [batch…; d].</summary>
        public static NeuralField OfFunction<W>(W weights, Func<W, Tensor, Tensor, Tensor> f) =>
            NeuralFieldModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>x' = f(weights, t, x), with the features or channels on an axis counted from the end.</summary>
        public static NeuralField OfFunctionAlong<W>(int axis, W weights, Func<W, Tensor, Tensor, Tensor> f) =>
            NeuralFieldModule.ofFunctionAlong(axis, weights, FSharp.Function(f));

        /// <summary>A network, which sees the time if it has a layer for it.</summary>
        public static NeuralField Constant(Network net) => NeuralFieldModule.constant(Given(net));

        /// <summary>Networks one after the other.</summary>
        public static NeuralField Piecewise(Piecewise<Network> pieces) => NeuralFieldModule.piecewise(Given(pieces));

        /// <summary>A network whose weights are a spectral expansion in depth.</summary>
        public static NeuralField Galerkin(Galerkin<Network> expansion) => NeuralFieldModule.galerkin(Given(expansion));

        /// <summary>
        /// A network whose weights are a state of their own, and start from these. Not for PerSample.
        /// </summary>
        public static NeuralField Evolving(Network weights, WeightFlow flow) =>
            NeuralFieldModule.evolving(Given(weights), Given(flow));
    }
}

/// <summary>
/// What fields see besides the state. A new one is a function of weights here, or a record that implements
/// NeuralControl.
/// </summary>
public static class NeuralControlExtensions
{
    extension(NeuralControl)
    {
        /// <summary>[state; y0].</summary>
        public static NeuralControl Observed => NeuralControlModule.observed;

        /// <summary>[state; y0] along an axis counted from the end.</summary>
        public static NeuralControl ObservedAlong(int axis) => NeuralControlModule.observedAlong(axis);

        /// <summary>[state; f(weights, y0)] along the features or channels.</summary>
        public static NeuralControl OfFunction<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralControlModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>[state; f(weights, y0)] along an axis counted from the end: −1 is the last.</summary>
        public static NeuralControl OfFunctionAlong<W>(int axis, W weights, Func<W, Tensor, Tensor> f) =>
            NeuralControlModule.ofFunctionAlong(axis, weights, FSharp.Function(f));

        /// <summary>[state; g(y0)] of a network: of images by a convolution.</summary>
        public static NeuralControl OfNetwork(Network net) => NeuralControlModule.ofNetwork(Given(net));
    }
}

/// <summary>
/// What is observed of states. A new one is a function of weights here, or a record that implements NeuralReadout.
/// </summary>
public static class NeuralReadoutExtensions
{
    extension(NeuralReadout)
    {
        /// <summary>f(weights, states), of states [batch…; state] or [time; batch…; state].</summary>
        public static NeuralReadout OfFunction<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralReadoutModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>g(states) of a network.</summary>
        public static NeuralReadout OfNetwork(Network net) => NeuralReadoutModule.ofNetwork(Given(net));
    }
}

/// <summary>
/// How long the solves of samples are. A new one is a function of weights here, or a record that implements
/// NeuralDuration.
/// </summary>
public static class NeuralDurationExtensions
{
    extension(NeuralDuration)
    {
        /// <summary>Spans multiplied by f(weights, y0), [batch], which must be above 0.</summary>
        public static NeuralDuration OfFunction<W>(W weights, Func<W, Tensor, Tensor> f) =>
            NeuralDurationModule.ofFunction(weights, FSharp.Function(f));

        /// <summary>Spans multiplied by softplus(g(y0)) of a network from y0 to [batch; 1].</summary>
        /// <remarks>
        /// A stretch of time keeps the order of a flow on the line, so alone it makes a field no more expressive: give
        /// the network the time or control.
        /// </remarks>
        public static NeuralDuration OfNetwork(Network net) => NeuralDurationModule.ofNetwork(Given(net));
    }
}
