namespace NeuralDE;

/// <summary>Events, for On of a problem: when something happens, and what.</summary>
/// <remarks>
/// Write the types of a lambda, as in <c>Event.Falling((Tensor t, Tensor y) =&gt; y[0])</c>, and the state's where nothing else says
/// it, as in <c>Event.Stop&lt;Tensor&gt;()</c>. Otherwise the compiler says CS0411.
/// </remarks>
public static class Event
{
    /// <summary>Where a value of time and state falls through 0, as the solve goes.</summary>
    /// <param name="value">One float.</param>
    /// <remarks>
    /// Signs are compared four times a step and where the value turns between; two sign changes that leave no trace in that
    /// are not seen. Bound steps with DtBetween where values are quick. A value that is 0 at the start takes its sign from
    /// the first step. A value may jump over 0; the time of a jump is then a constant of differentiation. A step with a value
    /// that is NaN is shortened.
    /// </remarks>
    public static EventTrigger<S> Falling<S>(Func<Tensor, S, Tensor> value) =>
        EventModule.falling(FSharp.Function(value));

    /// <summary>Where a value of time and state rises through 0, as the solve goes.</summary>
    public static EventTrigger<S> Rising<S>(Func<Tensor, S, Tensor> value) =>
        EventModule.rising(FSharp.Function(value));

    /// <summary>Where a value of time and state changes its sign.</summary>
    public static EventTrigger<S> Crossing<S>(Func<Tensor, S, Tensor> value) =>
        EventModule.crossing(FSharp.Function(value));

    /// <summary>The state is another one from there on: time and state to a state of the same shape.</summary>
    public static EventAction<S> Apply<S>(Func<Tensor, S, S> change) => EventModule.apply(FSharp.Function(change));

    /// <summary>The solve ends there.</summary>
    public static EventAction<S> Stop<S>() => EventModule.stop<S>();
}
