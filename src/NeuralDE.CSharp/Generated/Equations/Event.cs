// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Events, for Problem.On: a trigger and an action.</summary>
/// <remarks>
/// Write the types of a lambda, as in <c>Event.Falling((Tensor t, Tensor y) =&gt; y[0])</c>, and the type of the state
/// if the compiler cannot infer it, as in <c>Event.Stop&lt;Tensor&gt;()</c>. Otherwise the compiler reports CS0411.
/// </remarks>
public static partial class Event
{
    /// <summary>Triggers where a value of time and state falls through 0, in the direction of the solve.</summary>
    /// <param name="value">From time and state to one float.</param>
    /// <returns>The trigger.</returns>
    /// <remarks>
    /// Signs are compared four times in a step, and at turning points of the value between; two sign changes that are
    /// visible in neither are missed. If the value changes fast, limit the steps with Problem.DtBetween. If the value
    /// is 0 at the start, its sign is that within the first step. The value may jump over 0; the time of such an event
    /// is a constant of differentiation. A step in which a value is NaN is shortened; if no step is short enough, the
    /// solve ends with NonFinite.
    /// </remarks>
    public static EventTrigger<S> Falling<S>(Func<Tensor, S, Tensor> value) =>
        EventModule.falling(FSharp.Function(value));

    /// <summary>
    /// Triggers where a value of time and state rises through 0, in the direction of the solve. See Falling.
    /// </summary>
    /// <param name="value">From time and state to one float.</param>
    /// <returns>The trigger.</returns>
    public static EventTrigger<S> Rising<S>(Func<Tensor, S, Tensor> value) =>
        EventModule.rising(FSharp.Function(value));

    /// <summary>Triggers where a value of time and state changes its sign. See Falling.</summary>
    /// <param name="value">From time and state to one float.</param>
    /// <returns>The trigger.</returns>
    public static EventTrigger<S> Crossing<S>(Func<Tensor, S, Tensor> value) =>
        EventModule.crossing(FSharp.Function(value));

    /// <summary>Replaces the state at the event.</summary>
    /// <param name="change">From time and state to a state of the same shape.</param>
    /// <returns>The action.</returns>
    public static EventAction<S> Apply<S>(Func<Tensor, S, S> change) => EventModule.apply(FSharp.Function(change));

    /// <summary>Ends the solve at the event.</summary>
    public static EventAction<S> Stop<S>() => EventModule.stop<S>();
}
