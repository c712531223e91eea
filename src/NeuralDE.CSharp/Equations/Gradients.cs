namespace NeuralDE;

/// <summary>How a solve is differentiated in reverse. Forward mode always differentiates the steps.</summary>
public static class Gradients
{
    /// <summary>
    /// Exact derivative of the steps taken, in the state at t0 and all that the field captures (in times it is f there); keeps
    /// every state. The memory grows with the number of steps.
    /// </summary>
    public static Gradient Direct => Gradient.Direct;

    /// <summary>
    /// The same numbers; keeps states within 256 MiB and computes again what lies between. The default.
    /// </summary>
    public static Gradient Checkpointed => Gradient.Checkpointed;

    /// <summary>The same numbers, within so many bytes.</summary>
    public static Gradient CheckpointedWithin(long bytes) => Gradient.NewCheckpointedWithin(bytes);

    /// <summary>
    /// The continuous adjoint: solves state, adjoint and parameter integrals backwards. Constant memory; inexact, and unstable
    /// where the backward equation is (contracting nonlinear flows). R. T. Q. Chen et al., Neural ordinary differential
    /// equations, NeurIPS 2018.
    /// </summary>
    public static Gradient Backsolve => Gradient.Backsolve;

    /// <summary>The continuous adjoint with tolerances and an error norm of its own.</summary>
    public static Gradient BacksolveWith(BacksolveSettings settings) =>
        Gradient.NewBacksolveWith(Given(settings).Core());

    /// <summary>A way of your own to differentiate a solve in reverse, over one span from a(T1) to a(T0).</summary>
    /// <param name="name">For messages.</param>
    /// <param name="back">
    /// To the adjoint at T0, like the state, and what the span adds to the parameters' integrals, like Zero. The exact answer is the
    /// adjoint equation's: a' = −(∂f/∂y)ᵀ a backwards from T1, and q = ∫ (∂f/∂p)ᵀ a dt over the span.
    /// </param>
    /// <remarks>
    /// Make the method once. Not with events, noise, steps of your own, jumps whose times are differentiated, or jumps that are no
    /// output times.
    /// </remarks>
    public static Gradient Own(string name, Func<AdjointSpan, (StateVector Adjoint, StateVector Parameters)> back) =>
        Gradient.NewOwnGradient(new GradientMethod(Given(name), FSharp.Paired(back)));

    /// <summary>The bytes within which Checkpointed keeps states: 256 MiB.</summary>
    public static long DefaultBudget => Gradient.DefaultBudget;
}

/// <summary>What steers the backward solve of the continuous adjoint.</summary>
public sealed record BacksolveSettings
{
    /// <summary>The relative tolerance; null: as the forward solve.</summary>
    public double? Rtol { get; init; }

    /// <summary>The absolute tolerance; null: as the forward solve.</summary>
    public double? Atol { get; init; }

    /// <summary>BacksolveNorm.FullNorm, BacksolveNorm.Seminorm or BacksolveNorm.Of a function.</summary>
    public BacksolveNorm Norm { get; init; } = BacksolveNorm.FullNorm;

    internal BacksolveOptions Core() => new(FSharp.Option(Rtol), FSharp.Option(Atol), Norm);

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(BacksolveSettings), PrintMembers);
}

/// <summary>Error norms of the backward solve.</summary>
public static class BacksolveNormExtensions
{
    extension(BacksolveNorm)
    {
        /// <summary>
        /// A norm of your own: from the scaled errors of state, adjoint and parameters to one number; a step is
        /// accepted at 1 or less.
        /// </summary>
        public static BacksolveNorm Of(Func<BacksolveError, Tensor> norm) =>
            BacksolveNorm.NewUserNorm(FSharp.Function(norm));
    }
}
