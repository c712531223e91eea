namespace NeuralDE

open NeuralDE.Internal.Tensor

/// The scaled errors of a backward solve, for a norm of your own: one tensor for each leaf.
type BacksolveError = { State: Tensor list; Adjoint: Tensor list; Parameters: Tensor list }

/// What steers the steps of a backward solve. Norms of your own are equal if they are the same function object.
[<CustomEquality; NoComparison>]
type BacksolveNorm =
    /// The largest root mean square over the leaves of state, adjoint and parameters.
    | FullNorm
    /// State and adjoint only: the parameters' integrals feed back on nothing. Fewer steps.
    /// P. Kidger, R. T. Q. Chen, T. Lyons, "Hey, that's not an ODE": faster ODE adjoints via seminorms, ICML 2021.
    | Seminorm
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

[<NoComparison>]
type BacksolveOptions =
    {
        /// None: as the forward solve
        Rtol: float option
        Atol: float option
        Norm: BacksolveNorm
    }

/// <summary>A part of a solve that a gradient method goes back over: from one output time to the one before, or to t0.</summary>
/// <remarks>
/// The library has the states at both ends. What it needs from between, a method computes again. A span has no length, T0 = T1, where an
/// output time is t0, t1 or another output time: a division by T1 − T0 is 0/0 there.
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

    /// The end nearer to the solve's t0: where the adjoint is wanted. float64 [].
    member _.T0 = early

    /// The end nearer to the solve's t1: where the adjoint is known.
    member _.T1 = late

    /// The states at both ends.
    member _.Y0 = y0

    member _.Y1 = y1

    /// a = ∂L/∂y at T1, like the state.
    member _.Adjoint = adjoint

    /// 0 for each float tensor that the field captured: what the parameters' integrals begin with.
    member _.Zero = integrals

    /// f(t, y)
    member _.Field(t: Tensor, y: StateVector) : StateVector =
        if isNull (t :> obj | null) then nullArg (nameof t)
        if isNull (y :> obj | null) then nullArg (nameof y)
        Expect.rank "AdjointSpan.Field" 0 "the time" t
        field t y

    /// <summary>(∂f/∂y)ᵀ a, like the state, and (∂f/∂p)ᵀ a, like Zero, at (t, y).</summary>
    member _.Pull(t: Tensor, y: StateVector, a: StateVector) : StateVector * StateVector =
        if isNull (t :> obj | null) then nullArg (nameof t)
        if isNull (y :> obj | null) then nullArg (nameof y)
        if isNull (a :> obj | null) then nullArg (nameof a)
        Expect.rank "AdjointSpan.Pull" 0 "the time" t
        pull t y a

/// <summary>A way of your own to differentiate a solve in reverse: over one span, from a(T1) to a(T0).</summary>
/// <remarks>
/// The exact answer is the adjoint equation's: with a' = −(∂f/∂y)ᵀ a backwards from T1, a(T0) and q = ∫ (∂f/∂p)ᵀ a dt over the span.
/// The library adds ∂L/∂y at output times, and the derivatives of t0, t1 and output times. Make the method once; methods are equal if they
/// are the same object. It may capture numbers, but no argument of a function that is being differentiated, batched or compiled:
/// InputException. Not with events, noise, steps of your own, or jumps whose times are differentiated. A jump at a fixed time
/// must be an output time, so that a span ends there.
/// </remarks>
[<ReferenceEquality>]
type GradientMethod =
    {
        /// for messages
        Name: string
        /// To the adjoint at T0, like the state, and what the span adds to the parameters' integrals, like Zero.
        Back: AdjointSpan -> StateVector * StateVector
    }

/// How a solve is differentiated in reverse. Forward mode always differentiates the steps.
[<NoComparison>]
type Gradient =
    /// Exact derivative of the steps taken, in the state at t0 and all that the field captures (in times it is f there); keeps every
    /// state. The memory grows with the number of steps.
    | Direct
    /// The same numbers; keeps states within 256 MiB and computes again what lies between. The default.
    | Checkpointed
    /// The same numbers, within so many bytes.
    | CheckpointedWithin of bytes: int64
    /// The continuous adjoint: solves state, adjoint and parameter integrals backwards. Constant memory; inexact, and unstable where the
    /// backward equation is (contracting nonlinear flows). R. T. Q. Chen et al., Neural ordinary differential equations, NeurIPS 2018.
    | Backsolve
    | BacksolveWith of BacksolveOptions
    /// A way back of your own.
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

    /// 256 MiB.
    static member DefaultBudget = 268435456L
