using System;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// L with L Lᵀ = A for a symmetric positive definite A, of which only the lower triangle is read; zeros above the
/// diagonal. It is computed as the upper factor U = Lᵀ, whose rows are contiguous in memory:
///   U[k, k] = √A[k, k],  U[k, j] = A[k, j] / U[k, k],  then A[i, j] ← A[i, j] − U[k, i] U[k, j] for i, j &gt; k,
/// eight k at a time. A pivot that is not positive fills its row of U and all later rows with NaN.
/// </summary>
internal static unsafe class Cholesky<T, S>
    where T : unmanaged
    where S : struct, IVector<S>
{
    private const int Block = RowUpdates<T, S>.Block;

    /// <summary>Factors the n × n matrices one after another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(long batches, long n, nint source, nint target)
    {
        if (n == 0)
            return;

        var upper = (T*)ThreadScratch.Get(ThreadScratch.Use.Factors, n * n * sizeof(T));

        for (long b = 0; b < batches; b++)
        {
            T* a = (T*)source + b * n * n;
            T* l = (T*)target + b * n * n;
            Transposition.Run(n, n, a, n, upper, n);
            Factor(upper, n);
            Transposition.Run(n, n, upper, n, l, n);

            for (long i = 0; i < n; i++)
                Runs.Fill(l + i * n + i + 1, n - i - 1, default(T));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Factor(T* u, long n)
    {
        for (long first = 0; first < n; first += Block)
        {
            long end = Math.Min(first + Block, n);

            for (long k = first; k < end; k++)
            {
                T* row = u + k * n + k;

                for (long above = first; above < k; above++)
                    RowUpdates<T, S>.Subtract(row, n - k, u + above * n + k, u + above * n + k);

                var pivot = Lane<T>.Load(row);
                var root = Lane<T>.First(pivot) > 0 ? Lane<T>.Sqrt(pivot) : Lane<T>.Of(double.NaN);
                Lane<T>.Store(root, row);
                RowUpdates<T, S>.Divide(row + 1, n - k - 1, row);
            }

            for (long i = end; i < n; i++)
            {
                T* column = u + first * n + i;
                RowUpdates<T, S>.SubtractBlock(u + i * n + i, n - i, column, n, column, n);
            }
        }
    }
}
