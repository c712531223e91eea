// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Settings of the iteration w ← b + (∂F/∂z) w, which converges where z ← F(z) does.</summary>
public sealed record SameIterationSettings
{
    /// <summary>
    /// The relative tolerance: a system is solved when the norm of its residual is at most Rtol times that of the right
    /// side, default 1e-10. It is at least 32 times the rounding error of the dtype.
    /// </summary>
    public double Rtol { get; init; } = SameIterationOptions.defaults.Rtol;

    /// <summary>The absolute tolerance, as an alternative; default 0.</summary>
    public double Atol { get; init; } = SameIterationOptions.defaults.Atol;

    /// <summary>The maximum number of products with the Jacobian; default 1000.</summary>
    public int MaxIterations { get; init; } = SameIterationOptions.defaults.MaxIterations;

    internal SameIterationOptions Core() => new(Rtol, Atol, MaxIterations);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(SameIterationSettings), PrintMembers);
}
