namespace NeuralDE

/// When something happens: where a number of time and state changes its sign.
[<NoEquality; NoComparison>]
type EventTrigger<'S> = internal { Value: Tensor -> 'S -> Tensor; Rising: bool; Falling: bool }

/// What happens then.
[<NoEquality; NoComparison>]
type EventAction<'S> = internal { Change: (Tensor -> 'S -> 'S) option }

/// Events, for Ode.on.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Event =
    /// <summary>Where a value of time and state falls through 0, as the solve goes.</summary>
    /// <param name="value">One float.</param>
    /// <remarks>Signs are compared four times a step and where the value turns between; two sign changes that leave no trace in that are
    /// not seen. Bound steps with Ode.dtBetween where values are quick. A value that is 0 at the start takes its sign from the first
    /// step. A value may jump over 0; the time of a jump is then a constant of differentiation. A step with a value that is NaN is
    /// shortened: where no step is short enough the solve ends with NonFinite.</remarks>
    let falling (value: Tensor -> 'S -> Tensor) : EventTrigger<'S> = { Value = value; Rising = false; Falling = true }

    /// Where a value of time and state rises through 0, as the solve goes.
    let rising (value: Tensor -> 'S -> Tensor) : EventTrigger<'S> = { Value = value; Rising = true; Falling = false }

    /// Where a value of time and state changes its sign.
    let crossing (value: Tensor -> 'S -> Tensor) : EventTrigger<'S> = { Value = value; Rising = true; Falling = true }

    /// The state is another one from there on: time and state to a state of the same shape.
    let apply (change: Tensor -> 'S -> 'S) : EventAction<'S> = { Change = Some change }

    /// The solve ends there.
    let stop<'S> : EventAction<'S> = { Change = None }
