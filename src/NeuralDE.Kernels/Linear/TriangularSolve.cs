using System;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// x with T x = b (transpose: Tᵀ x = b) by substitution: x[i] = (b[i] − Σ T[i, j] x[j]) / T[i, i] over the solved
/// unknowns j, in the order in which they were solved. Only the lower (otherwise the upper) triangle of T is read, and
/// the diagonal only if it does not count as 1.
/// </summary>
internal static unsafe class TriangularSolve<T, S>
    where T : unmanaged
    where S : struct, IVector<S>
{
    private const int Block = RowUpdates<T, S>.Block;

    /// <summary>T: [batches; n; n]; b and x: [batches; n; m]; b and x may be the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
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
        if (b != x)
            Runs.Copy((byte*)b, (byte*)x, batches * n * m * sizeof(T));

        // the order in which the unknowns are solved: downwards, or from the last row upwards
        bool down = lower != transpose;
        long sign = down ? 1 : -1;
        long start = down ? 0 : n - 1;
        long row = sign * (transpose ? 1 : n);
        long column = sign * (transpose ? n : 1);

        for (long batch = 0; batch < batches; batch++)
        {
            T* t = (T*)triangle + batch * n * n + start * (n + 1);
            Solve(unit, n, m, t, row, column, (T*)x + batch * n * m + start * m, sign * m);
        }
    }

    /// <summary>Entry i, j of the matrix is at t[i row + j column], row i of the unknowns at x[i step].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Solve(bool unit, long n, long m, T* t, long row, long column, T* x, long step)
    {
        for (long first = 0; first < n; first += Block)
        {
            long end = Math.Min(first + Block, n);

            for (long i = first; i < end; i++)
            {
                for (long j = first; j < i; j++)
                    RowUpdates<T, S>.Subtract(x + i * step, m, x + j * step, t + i * row + j * column);

                if (!unit)
                    RowUpdates<T, S>.Divide(x + i * step, m, t + i * (row + column));
            }

            for (long i = end; i < n; i++)
                RowUpdates<T, S>.SubtractBlock(
                    x + i * step,
                    m,
                    x + first * step,
                    step,
                    t + i * row + first * column,
                    column
                );
        }
    }
}
