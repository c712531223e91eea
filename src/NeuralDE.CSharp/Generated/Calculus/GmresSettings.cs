// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Settings of GMRES, restarted: Saad and Schultz, SIAM J. Sci. Stat. Comput. 7, 1986.</summary>
public sealed record GmresSettings
{
    /// <summary>
    /// The relative tolerance: a system is solved when the norm of its residual is at most Rtol times that of the right
    /// side, default 1e-10. It is at least 32 times the rounding error of the dtype.
    /// </summary>
    public double Rtol { get; init; } = GmresOptions.defaults.Rtol;

    /// <summary>The absolute tolerance, as an alternative; default 0.</summary>
    public double Atol { get; init; } = GmresOptions.defaults.Atol;

    /// <summary>The maximum number of products with the Jacobian; default 1000.</summary>
    public int MaxIterations { get; init; } = GmresOptions.defaults.MaxIterations;

    /// <summary>The number of directions kept before a restart; default 30.</summary>
    public int Restart { get; init; } = GmresOptions.defaults.Restart;

    internal GmresOptions Core() => new(Rtol, Atol, MaxIterations, Restart);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(GmresSettings), PrintMembers);
}
