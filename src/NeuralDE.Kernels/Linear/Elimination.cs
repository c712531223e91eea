using System;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// A = L U in place: U on and above the diagonal, L (unit diagonal) below. A factor is 0 where entry and pivot are, so that
/// A = L U for a singular matrix in pivoted order too. Every entry loses its products in the order of k, each rounded once;
/// eight k are taken together, first in their own columns and rows, then everywhere behind.
/// </summary>
internal static unsafe class Elimination<T, S>
    where T : unmanaged
    where S : struct, IVector<S>
{
    private const int Block = RowUpdates<T, S>.Block;

    /// <summary>target ← L and U of each n × n matrix, without pivoting. The two may be one.</summary>
    public static void Lu(long batches, long n, nint source, nint target)
    {
        if (source != target)
            Runs.Copy((byte*)source, (byte*)target, batches * n * n * sizeof(T));

        for (long b = 0; b < batches; b++)
            Eliminate((T*)target + b * n * n, n, null);
    }

    /// <summary>
    /// target ← the row order (int64) of elimination that takes the largest |entry| of each column, the first of equals.
    /// </summary>
    public static void Pivots(long batches, long n, nint source, nint target)
    {
        var copy = (T*)ThreadMemory.Of(n * n * sizeof(T));

        for (long b = 0; b < batches; b++)
        {
            var order = (long*)target + b * n;

            for (long i = 0; i < n; i++)
                order[i] = i;

            Runs.Copy((T*)source + b * n * n, copy, n * n);
            Eliminate(copy, n, order);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eliminate(T* a, long n, long* order)
    {
        for (long first = 0; first < n; first += Block)
        {
            long end = Math.Min(first + Block, n);

            for (long k = first; k < end; k++)
                EliminateColumn(a, n, first, k, order);

            if (end == n)
                return;

            for (long i = first; i < end; i++)
            for (long k = first; k < i; k++)
                RowUpdates<T, S>.Subtract(a + i * n + end, n - end, a + k * n + end, a + i * n + k);

            for (long i = end; i < n; i++)
                RowUpdates<T, S>.SubtractBlock(a + i * n + end, n - end, a + first * n + end, n, a + i * n + first, 1);
        }
    }

    /// <summary>
    /// Column k, which lacks the products of the columns first … k − 1: the entries of U, with an order the pivot's row into
    /// place k, and the factors below.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EliminateColumn(T* a, long n, long first, long k, long* order)
    {
        T* column = a + k;

        for (long i = first + 1; i < n; i++)
        {
            T* row = a + i * n;
            var entry = Lane<T>.Load(row + k);

            for (long j = first; j < Math.Min(i, k); j++)
                entry = Lane<T>.Fma(-Lane<T>.Load(row + j), Lane<T>.Load(column + j * n), entry);
            Lane<T>.Store(entry, row + k);
        }

        if (order != null)
            Exchange(a, n, k, order);

        var pivot = Lane<T>.Load(column + k * n);
        bool isZero = Lane<T>.First(pivot) == 0;

        for (long i = k + 1; i < n; i++)
        {
            var entry = Lane<T>.Load(column + i * n);
            var factor = isZero && Lane<T>.First(entry) == 0 ? Lane<T>.Of(0) : entry / pivot;
            Lane<T>.Store(factor, column + i * n);
        }
    }

    /// <summary>The row with the largest |entry| in column k, the first of equals, changes places with row k.</summary>
    private static void Exchange(T* a, long n, long k, long* order)
    {
        long best = k;
        double largest = Math.Abs(Lane<T>.First(Lane<T>.Load(a + k * n + k)));

        for (long i = k + 1; i < n; i++)
        {
            double entry = Math.Abs(Lane<T>.First(Lane<T>.Load(a + i * n + k)));

            if (entry > largest)
            {
                best = i;
                largest = entry;
            }
        }

        if (best == k)
            return;

        (order[k], order[best]) = (order[best], order[k]);
        T* row = a + k * n;
        T* other = a + best * n;

        for (long j = 0; j < n; j++)
            (row[j], other[j]) = (other[j], row[j]);
    }
}
