namespace NeuralDE;

/// <summary>Ordinary differential equations.</summary>
public static class Ode
{
    /// <summary>The problem dy/dt = f(t, y) from y(t0) = y0 to t1.</summary>
    /// <param name="f">
    /// The field: from time ([], in the dtype of the state) and state to derivative. It gets the whole state,
    /// including a batch, unless PerSample is used.
    /// </param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors, such as a record.</param>
    /// <param name="t0">The start time.</param>
    /// <param name="t1">The end time; it may be smaller than t0 or equal to it.</param>
    public static Problem<AnyOde, S> Problem<S>(Func<Tensor, S, S> f, S y0, double t0, double t1) =>
        OdeVerbs.problem(FSharp.Function(f), y0, t0, t1);

    /// <summary>
    /// The problem dy/dt = f(t, y) from y(t0) = y0 to t1, with tensors as times, which can be differentiated.
    /// </summary>
    /// <param name="f">The field: from time ([], in the dtype of the state) and state to derivative.</param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors.</param>
    /// <param name="t0">The start time: a tensor [], or [batch] with PerSample.</param>
    /// <param name="t1">The end time, likewise; it may be smaller than t0 or equal to it.</param>
    public static Problem<AnyOde, S> Problem<S>(Func<Tensor, S, S> f, S y0, Tensor t0, Tensor t1) =>
        OdeVerbs.problem(FSharp.Function(f), y0, Given(t0), Given(t1));
}
