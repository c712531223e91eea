using Microsoft.FSharp.Core;

namespace NeuralDE;

// Functions defined by an equation.
public static partial class Calculus
{
    /// <summary>
    /// The root z of residual(z, p) = 0, found by any search. Its derivatives are those of the implicit function,
    /// −(∂r/∂z)⁻¹ ∂r/∂p.
    /// </summary>
    /// <param name="search">p → z, a tree of floats of any shapes. The search itself is not differentiated.</param>
    /// <param name="residual">z, p → r, a tree like z; ∂r/∂z must be regular at the root.</param>
    /// <param name="p">The parameters of the root. Values that the residual captures are parameters too.</param>
    /// <remarks>
    /// All unknowns form one system, which a derivative solves by LU factors of ∂r/∂z; ImplicitRootWith has other
    /// methods. TreeException, ShapeException or DtypeException if the residual differs from the root in structure,
    /// shape or dtype.
    /// </remarks>
    public static Z ImplicitRoot<P, Z>(Func<P, Z> search, Func<Z, P, Z> residual, P p) =>
        ImplicitRootsModule.implicitRoot(FSharp.Function(search), FSharp.Function(residual), p);

    /// <summary>Like ImplicitRoot, with settings for the linear systems of its derivatives.</summary>
    /// <param name="settings">
    /// One system, or one for each sample; solved by LU, GMRES, the root's own iteration or a custom solver.
    /// </param>
    /// <param name="search">p → z, a tree of floats of any shapes. The search itself is not differentiated.</param>
    /// <param name="residual">z, p → r, a tree like z; ∂r/∂z must be regular at the root.</param>
    /// <param name="p">The parameters of the root. Values that the residual captures are parameters too.</param>
    /// <remarks>
    /// Derivatives of every order use the same settings. A system that is not solved to its tolerance raises a
    /// DerivativeException with the norm of the residual and the number of iterations; inside a transform at run
    /// time. With RootCoupling.PerSample a leaf is [batch; …]; samples that depend on each other, by more than 1e-6
    /// of the system (1e-3 in float32), raise a DerivativeException too. Bai, Kolter, Koltun, Deep Equilibrium
    /// Models, 2019; Blondel et al., Efficient and Modular Implicit Differentiation, 2022.
    /// </remarks>
    public static Z ImplicitRootWith<P, Z>(RootSettings<Z> settings, Func<P, Z> search, Func<Z, P, Z> residual, P p) =>
        ImplicitRootsModule.implicitRootWith(
            Given(settings).Core(),
            FSharp.Function(search),
            FSharp.Function(residual),
            p
        );
}

/// <summary>How the derivatives of a root are computed.</summary>
public sealed record RootSettings<Z>
{
    /// <summary>
    /// The unknowns that depend on each other: all of them (RootCoupling.Joint, the default), or those of one sample
    /// (RootCoupling.PerSample).
    /// </summary>
    public RootCoupling Coupling { get; init; } = RootCoupling.Joint;

    /// <summary>The method that solves linear systems; default: LU factors.</summary>
    public RootSolve<Z> Solve { get; init; } = RootSolves.Dense<Z>();

    internal RootOptions<Z> Core() => new(Given(Coupling), Given(Solve));

    /// <summary>The fields.</summary>
    public override string ToString() => Printed.Record(nameof(RootSettings<Z>), PrintMembers);
}

/// <summary>
/// How the linear systems of a root's derivatives, (∂r/∂z) w = b and (∂r/∂z)ᵀ w = b, are solved.
/// </summary>
public static class RootSolves
{
    /// <summary>
    /// LU factors of the Jacobian, which takes n directional derivatives for n unknowns, in all or in one sample.
    /// O(n³) time, O(n²) memory.
    /// </summary>
    public static RootSolve<Z> Dense<Z>() => RootSolve<Z>.Dense;

    /// <summary>
    /// GMRES, by products with the Jacobian, without building the matrix: one directional derivative or pullback per
    /// iteration. Saad and Schultz, SIAM J. Sci. Stat. Comput. 7, 1986.
    /// </summary>
    public static RootSolve<Z> Gmres<Z>(GmresSettings settings) => RootSolve<Z>.NewGmres(Given(settings).Core());

    /// <summary>The root's own iteration, for a residual z − F(z).</summary>
    public static RootSolve<Z> SameIteration<Z>(SameIterationSettings settings) =>
        RootSolve<Z>.NewSameIteration(Given(settings).Core());

    /// <summary>
    /// A custom solver: from w ↦ A w and b to the w with A w = b. It is accepted if the norm of b − A w is at most
    /// rtol times that of b.
    /// </summary>
    public static RootSolve<Z> Own<Z>(double rtol, Func<Func<Z, Z>, Z, Z> solver)
    {
        ArgumentNullException.ThrowIfNull(solver);
        Z Solve(FSharpFunc<Z, Z> apply, Z b) => solver(apply.Invoke, b);
        return RootSolve<Z>.NewOwn(rtol, FSharp.Function<FSharpFunc<Z, Z>, Z, Z>(Solve, nameof(solver)));
    }
}

/// <summary>Settings of GMRES, restarted.</summary>
public sealed record GmresSettings
{
    /// <summary>
    /// The tolerance of a system: the norm of its residual relative to that of the right side; default: 1e-10. It is at
    /// least 32 times the rounding error of the dtype.
    /// </summary>
    public double Rtol { get; init; } = GmresOptions.defaults.Rtol;

    /// <summary>The absolute tolerance, as an alternative; default: 0.</summary>
    public double Atol { get; init; } = GmresOptions.defaults.Atol;

    /// <summary>The maximum number of products with the Jacobian; default: 1000.</summary>
    public int MaxIterations { get; init; } = GmresOptions.defaults.MaxIterations;

    /// <summary>Number of directions kept before a restart; default: 30.</summary>
    public int Restart { get; init; } = GmresOptions.defaults.Restart;

    internal GmresOptions Core() => new(Rtol, Atol, MaxIterations, Restart);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(GmresSettings), PrintMembers);
}

/// <summary>Settings of the iteration w ← b + (∂F/∂z) w, which converges where z ← F(z) does.</summary>
public sealed record SameIterationSettings
{
    /// <summary>
    /// The tolerance of a system: the norm of its residual relative to that of the right side; default: 1e-10. It is at
    /// least 32 times the rounding error of the dtype.
    /// </summary>
    public double Rtol { get; init; } = SameIterationOptions.defaults.Rtol;

    /// <summary>The absolute tolerance, as an alternative; default: 0.</summary>
    public double Atol { get; init; } = SameIterationOptions.defaults.Atol;

    /// <summary>The maximum number of products with the Jacobian; default: 1000.</summary>
    public int MaxIterations { get; init; } = SameIterationOptions.defaults.MaxIterations;

    internal SameIterationOptions Core() => new(Rtol, Atol, MaxIterations);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(SameIterationSettings), PrintMembers);
}
