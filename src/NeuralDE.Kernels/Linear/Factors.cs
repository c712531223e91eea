using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>Dense linear algebra on contiguous batches of matrices; float32 is computed in float32.</summary>
internal static class Factors
{
    /// <summary>target ← the lower Cholesky factor of each n × n matrix.</summary>
    public static void Cholesky(ElementType type, long batches, long n, nint source, nint target)
    {
        if (type == ElementType.Float32)
            Cholesky<float>(batches, n, source, target);
        else
            Cholesky<double>(batches, n, source, target);
    }

    private static void Cholesky<T>(long batches, long n, nint source, nint target)
        where T : unmanaged
    {
        if (Vector512.IsHardwareAccelerated)
            Cholesky<T, Lanes512<T>>.Run(batches, n, source, target);
        else if (Vector256.IsHardwareAccelerated)
            Cholesky<T, Lanes256<T>>.Run(batches, n, source, target);
        else
            Cholesky<T, Lane<T>>.Run(batches, n, source, target);
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
    )
    {
        if (type == ElementType.Float32)
            TriangularSolve<float>(lower, transpose, unit, batches, n, m, triangle, b, x);
        else
            TriangularSolve<double>(lower, transpose, unit, batches, n, m, triangle, b, x);
    }

    private static void TriangularSolve<T>(
        bool lower,
        bool transpose,
        bool unit,
        long batches,
        long n,
        long m,
        nint triangle,
        nint b,
        nint x
    )
        where T : unmanaged
    {
        if (m == 1)
            TriangularSolve<T, Lane<T>>.Run(lower, transpose, unit, batches, n, m, triangle, b, x);
        else if (Vector512.IsHardwareAccelerated)
            TriangularSolve<T, Lanes512<T>>.Run(lower, transpose, unit, batches, n, m, triangle, b, x);
        else if (Vector256.IsHardwareAccelerated)
            TriangularSolve<T, Lanes256<T>>.Run(lower, transpose, unit, batches, n, m, triangle, b, x);
        else
            TriangularSolve<T, Lane<T>>.Run(lower, transpose, unit, batches, n, m, triangle, b, x);
    }

    /// <summary>target ← L (unit diagonal, below) and U of each of the n × n matrices, without pivoting.</summary>
    public static void Lu(ElementType type, long batches, long n, nint source, nint target)
    {
        if (type == ElementType.Float32)
            Lu<float>(batches, n, source, target);
        else
            Lu<double>(batches, n, source, target);
    }

    private static void Lu<T>(long batches, long n, nint source, nint target)
        where T : unmanaged
    {
        if (Vector512.IsHardwareAccelerated)
            Elimination<T, Lanes512<T>>.Lu(batches, n, source, target);
        else if (Vector256.IsHardwareAccelerated)
            Elimination<T, Lanes256<T>>.Lu(batches, n, source, target);
        else
            Elimination<T, Lane<T>>.Lu(batches, n, source, target);
    }

    /// <summary>target ← the row order (int64 [batches; n]) chosen by partial pivoting.</summary>
    public static void Pivots(ElementType type, long batches, long n, nint source, nint target)
    {
        if (type == ElementType.Float32)
            Pivots<float>(batches, n, source, target);
        else
            Pivots<double>(batches, n, source, target);
    }

    private static void Pivots<T>(long batches, long n, nint source, nint target)
        where T : unmanaged
    {
        if (Vector512.IsHardwareAccelerated)
            Elimination<T, Lanes512<T>>.Pivots(batches, n, source, target);
        else if (Vector256.IsHardwareAccelerated)
            Elimination<T, Lanes256<T>>.Pivots(batches, n, source, target);
        else
            Elimination<T, Lane<T>>.Pivots(batches, n, source, target);
    }
}
