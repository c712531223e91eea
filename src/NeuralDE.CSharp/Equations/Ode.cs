namespace NeuralDE;

/// <summary>Ordinary differential equations: a problem, a few answers, a solve.</summary>
public static class Ode
{
    /// <summary>dy/dt = f(t, y) from y(t0) = y0 to t1.</summary>
    /// <param name="f">
    /// The field: time (0-d, in the state's dtype) and state to derivative. It sees the whole state, batch
    /// included, unless PerSample is asked for.
    /// </param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors, such as a record of yours.</param>
    /// <param name="t0">The start.</param>
    /// <param name="t1">The end; may be smaller than t0, and equal to it.</param>
    public static Problem<AnyOde, S> Problem<S>(Func<Tensor, S, S> f, S y0, double t0, double t1) =>
        OdeVerbs.problem(FSharp.Function(f), y0, t0, t1);

    /// <summary>
    /// dy/dt = f(t, y) from y(t0) = y0 to t1, with times that are tensors, to differentiate with respect to them.
    /// </summary>
    /// <param name="f">The field: time (0-d, in the state's dtype) and state to derivative.</param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors.</param>
    /// <param name="t0">A scalar tensor, or [batch] with PerSample; a plain number becomes one.</param>
    /// <param name="t1">Likewise; may be smaller than t0, and equal to it.</param>
    public static Problem<AnyOde, S> Problem<S>(Func<Tensor, S, S> f, S y0, Tensor t0, Tensor t1) =>
        OdeVerbs.problem(FSharp.Function(f), y0, Given(t0), Given(t1));
}
