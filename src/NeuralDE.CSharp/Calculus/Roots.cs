using Microsoft.FSharp.Core;

namespace NeuralDE;

// Functions that are given by an equation.
public static partial class Calculus
{
    /// <summary>
    /// z with residual(z, p) = 0, found by any search; its derivatives are the implicit function's, −(∂r/∂z)⁻¹
    /// ∂r/∂p.
    /// </summary>
    /// <param name="search">p → z, a tree of floats of any shapes; how it searches is not differentiated.</param>
    /// <param name="residual">z, p → r, a tree like z; ∂r/∂z must be regular at the root.</param>
    /// <param name="p">What the root depends on. What the residual captures counts too.</param>
    /// <remarks>
    /// All unknowns are one system, and a derivative solves it by LU factors of ∂r/∂z: ImplicitRootWith knows other
    /// ways. TreeException, ShapeException or DtypeException where the residual is not like the root.
    /// </remarks>
    public static Z ImplicitRoot<P, Z>(Func<P, Z> search, Func<Z, P, Z> residual, P p) =>
        ImplicitRootsModule.implicitRoot(FSharp.Function(search), FSharp.Function(residual), p);

    /// <summary>As ImplicitRoot, with the way in which derivatives solve their linear systems.</summary>
    /// <param name="settings">
    /// One system or one for each sample; by LU, GMRES, the root's own iteration or your own solver.
    /// </param>
    /// <param name="search">p → z, a tree of floats of any shapes; how it searches is not differentiated.</param>
    /// <param name="residual">z, p → r, a tree like z; ∂r/∂z must be regular at the root.</param>
    /// <param name="p">What the root depends on. What the residual captures counts too.</param>
    /// <remarks>
    /// Derivatives of every order are solved alike. A system that is not solved to its tolerance is a
    /// DerivativeException with the residual's norm and the number of iterations, inside a transform when it runs. With
    /// RootCoupling.PerSample a leaf is [batch; …], and samples that depend on each other, by more than 1e-6 of the
    /// system (1e-3 in float32), are a DerivativeException too. Bai, Kolter, Koltun, Deep Equilibrium Models, 2019;
    /// Blondel et al., Efficient and Modular Implicit Differentiation, 2022.
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
    /// <summary>Which unknowns depend on each other: RootCoupling.Joint, all of them, or RootCoupling.PerSample.</summary>
    public RootCoupling Coupling { get; init; } = RootCoupling.Joint;

    /// <summary>How linear systems are solved; by LU factors.</summary>
    public RootSolve<Z> Solve { get; init; } = RootSolves.Dense<Z>();

    internal RootOptions<Z> Core() => new(Given(Coupling), Given(Solve));

    /// <summary>Its fields.</summary>
    public override string ToString() => Printed.Record(nameof(RootSettings<Z>), PrintMembers);
}

/// <summary>
/// How the linear systems of a root's derivatives, (∂r/∂z) w = b and (∂r/∂z)ᵀ w = b, are solved.
/// </summary>
public static class RootSolves
{
    /// <summary>
    /// By LU factors of the Jacobian, made of n directional derivatives: n unknowns in all, or in a sample. O(n³) time,
    /// O(n²) memory.
    /// </summary>
    public static RootSolve<Z> Dense<Z>() => RootSolve<Z>.Dense;

    /// <summary>
    /// By products with the Jacobian, which is never formed: one directional derivative or pullback an iteration. Saad
    /// and Schultz, SIAM J. Sci. Stat. Comput. 7, 1986.
    /// </summary>
    public static RootSolve<Z> Gmres<Z>(GmresSettings settings) => RootSolve<Z>.NewGmres(Given(settings).Core());

    /// <summary>By the root's own iteration, for a residual z − F(z).</summary>
    public static RootSolve<Z> SameIteration<Z>(SameIterationSettings settings) =>
        RootSolve<Z>.NewSameIteration(Given(settings).Core());

    /// <summary>
    /// By a function of w ↦ A w and b that returns w with A w = b. Accepted where the norm of b − A w is at most rtol
    /// times that of b.
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
    /// A system is solved when its residual's norm is at most this part of the right side's, 1e-10. Below 32 roundings
    /// of the element type, those count.
    /// </summary>
    public double Rtol { get; init; } = GmresOptions.defaults.Rtol;

    /// <summary>Or at most this, 0.</summary>
    public double Atol { get; init; } = GmresOptions.defaults.Atol;

    /// <summary>Products with the Jacobian, 1000.</summary>
    public int MaxIterations { get; init; } = GmresOptions.defaults.MaxIterations;

    /// <summary>Directions kept before it starts again from what it has, 30.</summary>
    public int Restart { get; init; } = GmresOptions.defaults.Restart;

    internal GmresOptions Core() => new(Rtol, Atol, MaxIterations, Restart);

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(GmresSettings), PrintMembers);
}

/// <summary>Settings of the iteration w ← b + (∂F/∂z) w, which converges where z ← F(z) does.</summary>
public sealed record SameIterationSettings
{
    /// <summary>
    /// A system is solved when its residual's norm is at most this part of the right side's, 1e-10. Below 32 roundings
    /// of the element type, those count.
    /// </summary>
    public double Rtol { get; init; } = SameIterationOptions.defaults.Rtol;

    /// <summary>Or at most this, 0.</summary>
    public double Atol { get; init; } = SameIterationOptions.defaults.Atol;

    /// <summary>Products with the Jacobian, 1000.</summary>
    public int MaxIterations { get; init; } = SameIterationOptions.defaults.MaxIterations;

    internal SameIterationOptions Core() => new(Rtol, Atol, MaxIterations);

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(SameIterationSettings), PrintMembers);
}
