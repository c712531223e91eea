// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Ordinary differential equations.</summary>
public static partial class Ode
{
    /// <summary>The problem dy/dt = f(t, y) from y(t0) = y0 to t1.</summary>
    /// <param name="f">
    /// The field: from time ([], in the dtype of the state) and state to derivative. It gets the whole state, including
    /// a batch, unless PerSample is used.
    /// </param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors, such as a record.</param>
    /// <param name="t0">
    /// The start time: a number, or a tensor [] that can be differentiated, or [batch] with PerSample.
    /// </param>
    /// <param name="t1">The end time, likewise; it may be smaller than t0 or equal to it.</param>
    /// <returns>A problem with default options: Tsit5, adaptive steps, tolerances 1e-6 and 1e-9.</returns>
    /// <remarks>
    /// The derivative of y(t1) by t1 is f(t1, y(t1)). The derivative by t0 is that of a shift of the start, −f(t0, y0),
    /// propagated to t1. These are derivatives of the equation; they differ from a difference quotient of the computed
    /// numbers by about the tolerance.
    /// </remarks>
    /// <exception cref="InputException">for a time that is not finite, and for other types of times.</exception>
    public static Problem<AnyOde, S> Problem<S>(Func<Tensor, S, S> f, S y0, double t0, double t1) =>
        OdeVerbs.problem(FSharp.Function(f), y0, t0, t1);

    /// <summary>The problem dy/dt = f(t, y) from y(t0) = y0 to t1.</summary>
    /// <param name="f">
    /// The field: from time ([], in the dtype of the state) and state to derivative. It gets the whole state, including
    /// a batch, unless PerSample is used.
    /// </param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors, such as a record.</param>
    /// <param name="t0">
    /// The start time: a number, or a tensor [] that can be differentiated, or [batch] with PerSample.
    /// </param>
    /// <param name="t1">The end time, likewise; it may be smaller than t0 or equal to it.</param>
    /// <returns>A problem with default options: Tsit5, adaptive steps, tolerances 1e-6 and 1e-9.</returns>
    /// <remarks>
    /// The derivative of y(t1) by t1 is f(t1, y(t1)). The derivative by t0 is that of a shift of the start, −f(t0, y0),
    /// propagated to t1. These are derivatives of the equation; they differ from a difference quotient of the computed
    /// numbers by about the tolerance.
    /// </remarks>
    /// <exception cref="InputException">for a time that is not finite, and for other types of times.</exception>
    public static Problem<AnyOde, S> Problem<S>(Func<Tensor, S, S> f, S y0, Tensor t0, Tensor t1) =>
        OdeVerbs.problem(FSharp.Function(f), y0, Given(t0), Given(t1));
}
