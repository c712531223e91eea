// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>How the linear systems of a root's derivatives, (∂r/∂z) w = b and (∂r/∂z)ᵀ w = b, are solved.</summary>
public static partial class RootSolves
{
    /// <summary>
    /// LU factors of the Jacobian, which takes n directional derivatives for n unknowns, in all or in one sample. O(n³)
    /// time, O(n²) memory.
    /// </summary>
    public static RootSolve<Z> Dense<Z>() => RootSolve<Z>.Dense;

    /// <summary>
    /// GMRES, by products with the Jacobian, without building the matrix: one directional derivative or pullback per
    /// iteration.
    /// </summary>
    public static RootSolve<Z> Gmres<Z>(GmresSettings settings) => RootSolve<Z>.NewGmres(Given(settings).Core());

    /// <summary>The root's own iteration, for a residual z − F(z).</summary>
    public static RootSolve<Z> SameIteration<Z>(SameIterationSettings settings) =>
        RootSolve<Z>.NewSameIteration(Given(settings).Core());
}
