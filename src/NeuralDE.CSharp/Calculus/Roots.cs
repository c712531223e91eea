using Microsoft.FSharp.Core;

namespace NeuralDE;

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

public static partial class RootSolves
{
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
