// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Functions from vector fields to vector fields. A field is a function of time ([]) and state to derivative.
/// </summary>
public static partial class Field
{
    /// <summary>
    /// The equation x⁽ⁿ⁾ = f(t, [x; x'; …]), for a state of n parts concatenated along the last axis.
    /// </summary>
    /// <param name="order">n, at least 1; for 1 the field is f.</param>
    /// <param name="f">From the time and the whole state to the highest derivative, [batch…; d].</param>
    /// <returns>A function of t and state: the derivative of the state, [batch…; n d].</returns>
    /// <exception cref="ShapeException">if the last axis of the state is not divisible by n.</exception>
    public static Func<Tensor, Tensor, Tensor> HigherOrder(int order, Func<Tensor, Tensor, Tensor> f)
    {
        Given(f);
        return (t, state) => FieldModule.higherOrder(order, FSharp.Function(f), Given(t), Given(state));
    }

    /// <summary>
    /// The equation x' = f([t; x]): the time is a further feature, before the others on the last axis.
    /// </summary>
    /// <param name="f">From [batch…; 1 + d] to [batch…; d].</param>
    /// <returns>A function of t and x: the derivative of the state, [batch…; d].</returns>
    public static Func<Tensor, Tensor, Tensor> TimeDependent(Func<Tensor, Tensor> f)
    {
        Given(f);
        return (t, x) => FieldModule.timeDependent(FSharp.Function(f), Given(t), Given(x));
    }

    /// <summary>
    /// The equation x' = f(t, [x; context]): data control by a context that is known beforehand, such as x(0), and
    /// constant in time.
    /// </summary>
    /// <param name="context">A tensor with the shape of x except along the last axis.</param>
    /// <param name="f">From the time and [batch…; d + c] to [batch…; d].</param>
    /// <returns>A function of t and x: the derivative of the state, [batch…; d].</returns>
    /// <remarks>S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020.</remarks>
    /// <exception cref="ShapeException">if context and state differ on another axis than the last.</exception>
    public static Func<Tensor, Tensor, Tensor> Conditioned(Tensor context, Func<Tensor, Tensor, Tensor> f)
    {
        Given(context);
        Given(f);
        return (t, x) => FieldModule.conditioned(Given(context), FSharp.Function(f), Given(t), Given(x));
    }

    /// <summary>The controlled differential equation dx = g(t, x) dX(t), which is x' = g(t, x) X'(t).</summary>
    /// <param name="control">X, of [channels] or [batch; channels].</param>
    /// <param name="g">
    /// From a state [state] to [state; channels], or from [batch; state] to [batch; state; channels].
    /// </param>
    /// <returns>A function of t and x: the derivative, like the state.</returns>
    /// <remarks>
    /// Set the kinks of the path by Problem.JumpAt. P. Kidger, J. Morrill, J. Foster, T. Lyons, Neural controlled
    /// differential equations for irregular time series, NeurIPS 2020.
    /// </remarks>
    /// <exception cref="ShapeException">if g does not fit the state and the path.</exception>
    public static Func<Tensor, Tensor, Tensor> Controlled(Control control, Func<Tensor, Tensor, Tensor> g)
    {
        Given(control);
        Given(g);
        return (t, x) => FieldModule.controlled(Given(control), FSharp.Function(g), Given(t), Given(x));
    }

    /// <summary>
    /// The flow of f backwards in time: x' = −f(t0 + t1 − t, x) leads from x(t1) to x(t0) as t goes from t0 to t1.
    /// </summary>
    /// <param name="t0">The start of the span.</param>
    /// <param name="t1">The end of the span.</param>
    /// <param name="f">The field.</param>
    /// <returns>A function of t and x: the derivative, a tree like x.</returns>
    public static Func<Tensor, S, S> ReverseTime<S>(double t0, double t1, Func<Tensor, S, S> f)
    {
        Given(f);
        return (t, x) => FieldModule.reverseTime(t0, t1, FSharp.Function(f), Given(t), x);
    }
}
