namespace NeuralDE;

/// <summary>
/// Functions from vector fields to vector fields. A field is a function of time ([]) and state to derivative.
/// </summary>
public static class Field
{
    /// <summary>x'' = a(t, x, x') as a field of pairs: (x, v)' = (v, a(t, x, v)).</summary>
    /// <remarks>
    /// A. Norcliffe et al., On second order behaviour in augmented neural ODEs, NeurIPS 2020: as a coupled system of first
    /// order its gradient is cheaper than a second-order adjoint.
    /// </remarks>
    public static Func<Tensor, (S X, S V), (S X, S V)> SecondOrder<S>(Func<Tensor, S, S, S> acceleration)
    {
        ArgumentNullException.ThrowIfNull(acceleration);
        return (t, state) => FieldModule.secondOrder(FSharp.Function(acceleration), t, state.X, state.V).ToValueTuple();
    }

    /// <summary>
    /// The equation x⁽ⁿ⁾ = f(t, [x; x'; …]), for a state of n parts concatenated along the last axis: [batch…; n d].
    /// </summary>
    /// <param name="order">n, at least 1; for 1 the field is f.</param>
    /// <param name="f">From the time and the whole state to the highest derivative, [batch…; d].</param>
    /// <returns>A field. It raises a ShapeException if the last axis of its state is not divisible by n.</returns>
    public static Func<Tensor, Tensor, Tensor> HigherOrder(int order, Func<Tensor, Tensor, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (t, state) => FieldModule.higherOrder(order, FSharp.Function(f), t, state);
    }

    /// <summary>
    /// The equation x' = f([t; x]): the time is a further feature, before the others on the last axis.
    /// </summary>
    public static Func<Tensor, Tensor, Tensor> TimeDependent(Func<Tensor, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (t, x) => FieldModule.timeDependent(FSharp.Function(f), t, x);
    }

    /// <summary>
    /// The equation x' = f(t, [x; context]): data control by a context that is known beforehand, such as x(0), and
    /// constant in time.
    /// </summary>
    /// <remarks>
    /// S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020. The context has the shape of x except along the
    /// last axis.
    /// </remarks>
    public static Func<Tensor, Tensor, Tensor> Conditioned(Tensor context, Func<Tensor, Tensor, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(f);
        return (t, x) => FieldModule.conditioned(context, FSharp.Function(f), t, x);
    }

    /// <summary>The controlled differential equation dx = g(t, x) dX(t), which is x' = g(t, x) X'(t).</summary>
    /// <param name="control">X, of [channels] or [batch; channels].</param>
    /// <param name="g">
    /// From a state [state] to [state; channels], or from [batch; state] to [batch; state; channels].
    /// </param>
    public static Func<Tensor, Tensor, Tensor> Controlled(Control control, Func<Tensor, Tensor, Tensor> g)
    {
        Given(control);
        ArgumentNullException.ThrowIfNull(g);
        return (t, x) => FieldModule.controlled(control, FSharp.Function(g), Given(t), Given(x));
    }

    /// <summary>
    /// The equation x' = f(w, t, x) with weights that follow w' = q(t, w): (x, w)' = (f(w, t, x), q(t, w)).
    /// </summary>
    /// <remarks>T. Zhang et al., ANODEV2: a coupled neural ODE framework, NeurIPS 2019.</remarks>
    public static Func<Tensor, (S X, W Weights), (S X, W Weights)> EvolvingWeights<W, S>(
        Func<Tensor, W, W> flow,
        Func<W, Tensor, S, S> f
    )
    {
        ArgumentNullException.ThrowIfNull(flow);
        ArgumentNullException.ThrowIfNull(f);
        return (t, state) =>
            FieldModule
                .evolvingWeights(FSharp.Function(flow), FSharp.Function(f), t, state.X, state.Weights)
                .ToValueTuple();
    }

    /// <summary>
    /// The flow of f backwards in time: x' = −f(t0 + t1 − t, x) leads from x(t1) to x(t0) as t goes from t0 to t1.
    /// </summary>
    public static Func<Tensor, S, S> ReverseTime<S>(double t0, double t1, Func<Tensor, S, S> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (t, x) => FieldModule.reverseTime(t0, t1, FSharp.Function(f), t, x);
    }
}
