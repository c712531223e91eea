namespace NeuralDE;

/// <summary>
/// Gradient methods: how reverse mode differentiates a solve. Forward mode always differentiates the steps.
/// </summary>
public static class Gradients
{
    /// <summary>
    /// The exact derivative of the steps taken, by the state at t0 and by all values that the field captures (by
    /// times it is f there). Keeps every state, so the memory grows with the number of steps.
    /// </summary>
    public static Gradient Direct => Gradient.Direct;

    /// <summary>
    /// The same derivative as Direct; keeps states within 256 MiB and computes the steps between them again. The
    /// default.
    /// </summary>
    public static Gradient Checkpointed => Gradient.Checkpointed;

    /// <summary>
    /// The same derivative as Direct, with states within <paramref name="bytes"/> bytes. InputException unless
    /// <paramref name="bytes"/> is positive.
    /// </summary>
    public static Gradient CheckpointedWithin(long bytes) => Gradient.NewCheckpointedWithin(bytes);

    /// <summary>
    /// The continuous adjoint: solves state, adjoint and parameter integrals backwards. Constant memory; inexact, and
    /// unstable if the backward equation is unstable (contracting nonlinear flows). R. T. Q. Chen et al., Neural
    /// ordinary differential equations, NeurIPS 2018.
    /// </summary>
    public static Gradient Backsolve => Gradient.Backsolve;

    /// <summary>The continuous adjoint with separate tolerances and a separate error norm.</summary>
    public static Gradient BacksolveWith(BacksolveSettings settings) =>
        Gradient.NewBacksolveWith(Given(settings).Core());

    /// <summary>
    /// A custom gradient method, which computes one span of the backward pass: from a(T1) to a(T0).
    /// </summary>
    /// <param name="name">For messages.</param>
    /// <param name="back">
    /// Returns the adjoint at T0, like the state, and the span's contribution to the parameters' integrals, like
    /// Zero. The exact result is that of the adjoint equation: a' = −(∂f/∂y)ᵀ a backwards from T1, and q = ∫ (∂f/∂p)ᵀ
    /// a dt over the span.
    /// </param>
    /// <remarks>
    /// Make the method once. It does not support events, noise, custom steps, jumps whose times are differentiated,
    /// and jumps that are not output times.
    /// </remarks>
    public static Gradient Own(string name, Func<AdjointSpan, (StateVector Adjoint, StateVector Parameters)> back) =>
        Gradient.NewOwnGradient(new GradientMethod(Given(name), FSharp.Paired(back)));

    /// <summary>The memory limit of Checkpointed for states, in bytes: 256 MiB.</summary>
    public static long DefaultBudget => Gradient.DefaultBudget;
}

/// <summary>Settings of the backward solve of the continuous adjoint.</summary>
public sealed record BacksolveSettings
{
    /// <summary>The relative tolerance; null: that of the forward solve.</summary>
    public double? Rtol { get; init; }

    /// <summary>The absolute tolerance; null: that of the forward solve.</summary>
    public double? Atol { get; init; }

    /// <summary>BacksolveNorm.FullNorm, BacksolveNorm.Seminorm or BacksolveNorm.Of with a function.</summary>
    public BacksolveNorm Norm { get; init; } = BacksolveNorm.FullNorm;

    internal BacksolveOptions Core() => new(FSharp.Option(Rtol), FSharp.Option(Atol), Norm);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(BacksolveSettings), PrintMembers);
}

/// <summary>Error norms of the backward solve.</summary>
public static class BacksolveNormExtensions
{
    extension(BacksolveNorm)
    {
        /// <summary>
        /// A custom norm: from the scaled errors of state, adjoint and parameters to one number; a step is accepted
        /// at 1 or less.
        /// </summary>
        public static BacksolveNorm Of(Func<BacksolveError, Tensor> norm) =>
            BacksolveNorm.NewUserNorm(FSharp.Function(norm));
    }
}
