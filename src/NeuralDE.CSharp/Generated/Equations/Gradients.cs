// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Gradient methods: how reverse mode differentiates a solve. Forward mode always differentiates the steps.
/// </summary>
public static partial class Gradients
{
    /// <summary>
    /// The exact derivative of the steps taken, by the state at t0 and by all values that the field captures (by times
    /// it is f there). Keeps every state, so the memory grows with the number of steps; and the results of the field's
    /// products and convolutions within 256 MiB.
    /// </summary>
    public static Gradient Direct => Gradient.Direct;

    /// <summary>
    /// The same derivative as Direct; keeps states and controls of steps within 256 MiB and computes the steps between
    /// them again. Half of it keeps the results of products and convolutions, so that fewer steps are computed again.
    /// The default.
    /// </summary>
    public static Gradient Checkpointed => Gradient.Checkpointed;

    /// <summary>
    /// The same derivative as Direct, with states and controls of steps within <paramref name="bytes"/> bytes, at least
    /// those of two steps. A solve raises InputException unless <paramref name="bytes"/> is positive.
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
}
