using System.Numerics;

namespace NeuralDE.Kernels;

/// <summary>Dense linear algebra on contiguous batches of matrices; float32 is computed in float32.</summary>
internal static class Factors
{
    /// <summary>target ← the lower Cholesky factor of each n × n matrix.</summary>
    public static void Cholesky(ElementType type, long batches, long n, nint source, nint target) =>
        Widest.Run(type, new CholeskyWork(batches, n, source, target));

    private readonly struct CholeskyWork(long batches, long n, nint source, nint target) : IVectorWork
    {
        public void Run<T, S>()
            where T : unmanaged, INumber<T>
            where S : struct, IVector<S> => Cholesky<T, S>.Run(batches, n, source, target);
    }

    /// <summary>
    /// x ← the solution of T x = b, or Tᵀ x = b; T: [batches; n; n]; b and x: [batches; n; m], may be the same.
    /// </summary>
    public static void TriangularSolve(
        ElementType type,
        bool lower,
        bool transpose,
        bool unit,
        long batches,
        long n,
        long m,
        nint triangle,
        nint b,
        nint x
    ) => Widest.Run(type, new SolveWork(lower, transpose, unit, batches, n, m, triangle, b, x));

    private readonly struct SolveWork(
        bool lower,
        bool transpose,
        bool unit,
        long batches,
        long n,
        long m,
        nint triangle,
        nint b,
        nint x
    ) : IVectorWork
    {
        public void Run<T, S>()
            where T : unmanaged, INumber<T>
            where S : struct, IVector<S>
        {
            if (m == 1)
                TriangularSolve<T, Lane<T>>.Run(lower, transpose, unit, batches, n, m, triangle, b, x);
            else
                TriangularSolve<T, S>.Run(lower, transpose, unit, batches, n, m, triangle, b, x);
        }
    }

    /// <summary>target ← L (unit diagonal, below) and U of each of the n × n matrices, without pivoting.</summary>
    public static void Lu(ElementType type, long batches, long n, nint source, nint target) =>
        Widest.Run(type, new LuWork(batches, n, source, target));

    private readonly struct LuWork(long batches, long n, nint source, nint target) : IVectorWork
    {
        public void Run<T, S>()
            where T : unmanaged, INumber<T>
            where S : struct, IVector<S> => Elimination<T, S>.Lu(batches, n, source, target);
    }

    /// <summary>target ← the row order (int64 [batches; n]) chosen by partial pivoting.</summary>
    public static void Pivots(ElementType type, long batches, long n, nint source, nint target) =>
        Widest.Run(type, new PivotWork(batches, n, source, target));

    private readonly struct PivotWork(long batches, long n, nint source, nint target) : IVectorWork
    {
        public void Run<T, S>()
            where T : unmanaged, INumber<T>
            where S : struct, IVector<S> => Elimination<T, S>.Pivots(batches, n, source, target);
    }
}
