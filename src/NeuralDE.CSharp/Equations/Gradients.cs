namespace NeuralDE;

public static partial class Gradients
{
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
