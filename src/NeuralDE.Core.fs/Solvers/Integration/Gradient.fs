namespace NeuralDE

open NeuralDE.Internal.Tensor

/// The scaled errors of a backward solve, for a custom norm: one tensor for each leaf.
type BacksolveError = { State: Tensor list; Adjoint: Tensor list; Parameters: Tensor list }

/// The error norm that controls the steps of a backward solve. Custom norms are equal if they are the same function object.
[<CustomEquality; NoComparison>]
type BacksolveNorm =
    /// The largest root mean square over the leaves of state, adjoint and parameters.
    | FullNorm
    /// State and adjoint only, because the integrals of the parameters do not affect other values. Fewer steps.
    /// P. Kidger, R. T. Q. Chen, T. Lyons, "Hey, that's not an ODE": faster ODE adjoints via seminorms, ICML 2021.
    | Seminorm
    /// A custom norm: from the scaled errors to one number; a step is accepted at 1 or less.
    | UserNorm of (BacksolveError -> Tensor)

    override a.Equals other =
        match a, other with
        | FullNorm, (:? BacksolveNorm as FullNorm)
        | Seminorm, (:? BacksolveNorm as Seminorm) -> true
        | UserNorm f, (:? BacksolveNorm as UserNorm g) -> obj.ReferenceEquals(f, g)
        | (FullNorm | Seminorm | UserNorm _), _ -> false

    override a.GetHashCode() =
        match a with
        | FullNorm -> 0
        | Seminorm -> 1
        | UserNorm f -> LanguagePrimitives.PhysicalHash f

/// Options of the backward solve of the continuous adjoint.
[<NoComparison>]
type BacksolveOptions =
    {
        /// the relative tolerance; None: that of the forward solve
        Rtol: float option
        /// the absolute tolerance; None: that of the forward solve
        Atol: float option
        /// the error norm
        Norm: BacksolveNorm
    }

/// <summary>A part of a solve for a gradient method: from one output time back to the previous one, or to t0.</summary>
/// <remarks>
/// The library has the states at both ends. A method computes the states between them again if it needs them. If an output
/// time is t0, t1 or another output time, the span has length 0, T0 = T1: a division by T1 − T0 is then 0/0.
/// </remarks>
[<Sealed>]
type AdjointSpan
    internal
    (
        times: struct (Tensor * Tensor),
        states: struct (StateVector * StateVector),
        adjoint: StateVector,
        integrals: StateVector,
        field: Tensor -> StateVector -> StateVector,
        pull: Tensor -> StateVector -> StateVector -> StateVector * StateVector
    ) =
    let struct (early, late) = times
    let struct (y0, y1) = states

    /// The end nearer to t0 of the solve, where the adjoint is computed. float64 [].
    member _.T0 = early

    /// The end nearer to t1 of the solve, where the adjoint is known.
    member _.T1 = late

    /// The state at T0.
    member _.Y0 = y0

    /// The state at T1.
    member _.Y1 = y1

    /// a = ∂L/∂y at T1, like the state.
    member _.Adjoint = adjoint

    /// Zeros for each float tensor that the field captured: the initial values of the integrals of the parameters.
    member _.Zero = integrals

    /// <summary>f(t, y).</summary>
    /// <param name="t">A time [].</param>
    /// <param name="y">A vector like the state.</param>
    /// <returns>The derivative, like the state.</returns>
    member _.Field(t: Tensor, y: StateVector) : StateVector =
        if isNull (t :> obj | null) then nullArg (nameof t)
        if isNull (y :> obj | null) then nullArg (nameof y)
        Expect.rank "AdjointSpan.Field" 0 "the time" t
        field t y

    /// <summary>The vector-Jacobian products at (t, y): (∂f/∂y)ᵀ a and (∂f/∂p)ᵀ a.</summary>
    /// <param name="t">A time [].</param>
    /// <param name="y">A vector like the state.</param>
    /// <param name="a">A cotangent, like the state.</param>
    /// <returns>A vector like the state, and one like Zero.</returns>
    member _.Pull(t: Tensor, y: StateVector, a: StateVector) : StateVector * StateVector =
        if isNull (t :> obj | null) then nullArg (nameof t)
        if isNull (y :> obj | null) then nullArg (nameof y)
        if isNull (a :> obj | null) then nullArg (nameof a)
        Expect.rank "AdjointSpan.Pull" 0 "the time" t
        pull t y a

/// <summary>A custom gradient method, which computes one span of the backward pass: from a(T1) to a(T0).</summary>
/// <remarks>
/// The exact result is that of the adjoint equation: a' = −(∂f/∂y)ᵀ a backwards from T1, and q = ∫ (∂f/∂p)ᵀ a dt over the
/// span. The library adds ∂L/∂y at output times, and the derivatives by t0, t1 and output times. Make the method once;
/// methods are equal if they are the same object. It may capture numbers, but not an argument of a function that is being
/// differentiated, batched or compiled: InputException. It does not support events, noise, custom steps, and jumps whose
/// times are differentiated. A jump at a fixed time must be an output time, so that a span ends there.
/// </remarks>
[<ReferenceEquality>]
type GradientMethod =
    {
        /// the name, for messages
        Name: string
        /// From a span to the adjoint at T0, like the state, and the span's contribution to the integrals of the parameters,
        /// like Zero.
        Back: AdjointSpan -> StateVector * StateVector
    }

/// Gradient methods: how reverse mode differentiates a solve. Forward mode always differentiates the steps.
[<NoComparison>]
type Gradient =
    /// The exact derivative of the steps taken, by the state at t0 and by all values that the field captures (by times it is
    /// f there). Keeps every state, so the memory grows with the number of steps; and the results of the field's products and
    /// convolutions within 256 MiB.
    | Direct
    /// The same derivative as Direct; keeps states and controls of steps within 256 MiB and computes the steps between them
    /// again. Half of it keeps the results of products and convolutions, so that fewer steps are computed again. The default.
    | Checkpointed
    /// The same derivative as Direct, with states and controls of steps within `bytes` bytes, at least those of two steps. A
    /// solve raises InputException unless `bytes` is positive.
    | CheckpointedWithin of bytes: int64
    /// The continuous adjoint: solves state, adjoint and parameter integrals backwards. Constant memory; inexact, and
    /// unstable if the backward equation is unstable (contracting nonlinear flows). R. T. Q. Chen et al., Neural ordinary
    /// differential equations, NeurIPS 2018.
    | Backsolve
    /// The continuous adjoint with separate tolerances and a separate error norm.
    | BacksolveWith of BacksolveOptions
    /// A custom gradient method.
    | OwnGradient of GradientMethod

    /// for messages
    member internal g.Name =
        match g with
        | Direct -> "Direct"
        | Checkpointed -> "Checkpointed"
        | CheckpointedWithin _ -> "CheckpointedWithin"
        | Backsolve
        | BacksolveWith _ -> "Backsolve"
        | OwnGradient m -> m.Name

    /// The memory limit of Checkpointed, in bytes: 256 MiB.
    static member DefaultBudget = 268435456L
