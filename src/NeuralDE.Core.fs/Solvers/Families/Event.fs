namespace NeuralDE

/// The condition of an event: a function of time and state changes its sign.
[<NoEquality; NoComparison>]
type EventTrigger<'S> = internal { Value: Tensor -> 'S -> Tensor; Rising: bool; Falling: bool }

/// The action of an event: a change of the state, or the end of the solve.
[<NoEquality; NoComparison>]
type EventAction<'S> = internal { Change: (Tensor -> 'S -> 'S) option }

/// Events, for Ode.on: a trigger and an action.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Event =
    /// <summary>Triggers where a value of time and state falls through 0, in the direction of the solve.</summary>
    /// <param name="value">From time and state to one float.</param>
    /// <returns>The trigger.</returns>
    /// <remarks>Signs are compared four times in a step, and at turning points of the value between; two sign changes that
    /// are visible in neither are missed. If the value changes fast, limit the steps with Ode.dtBetween. If the value is 0
    /// at the start, its sign is that within the first step. The value may jump over 0; the time of such an event is a
    /// constant of differentiation. A step in which a value is NaN is shortened; if no step is short enough, the solve ends
    /// with NonFinite.</remarks>
    let falling (value: Tensor -> 'S -> Tensor) : EventTrigger<'S> = { Value = value; Rising = false; Falling = true }

    /// <summary>Triggers where a value of time and state rises through 0, in the direction of the solve. See
    /// falling.</summary>
    /// <param name="value">From time and state to one float.</param>
    /// <returns>The trigger.</returns>
    let rising (value: Tensor -> 'S -> Tensor) : EventTrigger<'S> = { Value = value; Rising = true; Falling = false }

    /// <summary>Triggers where a value of time and state changes its sign. See falling.</summary>
    /// <param name="value">From time and state to one float.</param>
    /// <returns>The trigger.</returns>
    let crossing (value: Tensor -> 'S -> Tensor) : EventTrigger<'S> = { Value = value; Rising = true; Falling = true }

    /// <summary>Replaces the state at the event.</summary>
    /// <param name="change">From time and state to a state of the same shape.</param>
    /// <returns>The action.</returns>
    let apply (change: Tensor -> 'S -> 'S) : EventAction<'S> = { Change = Some change }

    /// Ends the solve at the event.
    let stop<'S> : EventAction<'S> = { Change = None }
