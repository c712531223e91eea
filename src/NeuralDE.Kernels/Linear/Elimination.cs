using System;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// A = L U in place: U on and above the diagonal, L (unit diagonal) below. A factor is 0 if entry and pivot are 0, so
/// that A = L U also for a singular matrix in pivoted order. The products are subtracted from every entry in the order
/// of k, each rounded once. Blocks of eight k: their columns are eliminated as the rows of a transposed panel, then
/// their rows, then the rest.
/// </summary>
internal static unsafe class Elimination<T, S>
    where T : unmanaged
    where S : struct, IVector<S>
{
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;
    private const int Block = RowUpdates<T, S>.Block;

    /// <summary>target ← L and U of each n × n matrix, without pivoting. The arrays may be the same.</summary>
    public static void Lu(long batches, long n, nint source, nint target)
    {
        if (source != target)
            Runs.Copy((byte*)source, (byte*)target, batches * n * n * sizeof(T));

        var panel = (T*)ThreadScratch.Get(ThreadScratch.Use.Factors, Block * n * sizeof(T));

        for (long b = 0; b < batches; b++)
            Eliminate((T*)target + b * n * n, n, panel, null);
    }

    /// <summary>
    /// target ← the row order (int64) of partial pivoting: the largest |entry| of each column, the first of equals.
    /// </summary>
    public static void Pivots(long batches, long n, nint source, nint target)
    {
        var panel = (T*)ThreadScratch.Get(ThreadScratch.Use.Factors, (Block + n) * n * sizeof(T));
        T* copy = panel + Block * n;

        for (long b = 0; b < batches; b++)
        {
            var order = (long*)target + b * n;
            Movement.Iota(ElementType.Int64, n, 1, (nint)order, 0, n);
            Runs.Copy((T*)source + b * n * n, copy, n * n);
            Eliminate(copy, n, panel, order);
        }
    }

    [MethodImpl(Hot)]
    private static void Eliminate(T* a, long n, T* panel, long* order)
    {
        for (long first = 0; first < n; first += Block)
        {
            long height = n - first;
            long width = Math.Min(Block, height);
            long end = first + width;
            T* corner = a + first * n + first;
            Transposition.Run(width, height, corner, n, panel, height);

            for (long k = 0; k < width; k++)
            {
                EliminateColumn(panel, height, k);

                if (order != null)
                    Exchange(a, n, first, panel, width, k, order);
                FormFactors(panel + k * height, height, k);
            }

            Transposition.Run(height, width, panel, height, corner, n);

            if (end == n)
                return;

            for (long i = first + 1; i < end; i++)
            for (long k = first; k < i; k++)
                RowUpdates<T, S>.Subtract(a + i * n + end, n - end, a + k * n + end, a + i * n + k);

            for (long i = end; i < n; i++)
                RowUpdates<T, S>.SubtractBlock(a + i * n + end, n - end, a + first * n + end, n, a + i * n + first, 1);
        }
    }

    /// <summary>
    /// Subtracts from column k of a panel, for each earlier column c, the factors of c times entry c of column k.
    /// </summary>
    [MethodImpl(Hot)]
    private static void EliminateColumn(T* panel, long height, long k)
    {
        T* column = panel + k * height;

        for (long c = 0; c < k; c++)
            RowUpdates<T, S>.Subtract(column + c + 1, height - c - 1, panel + c * height + c + 1, column + c);
    }

    /// <summary>Divides the entries below index k of a column by the pivot at k; 0 / 0 is 0.</summary>
    [MethodImpl(Hot)]
    private static void FormFactors(T* column, long height, long k)
    {
        T* pivot = column + k;

        if (Lane<T>.First(Lane<T>.Load(pivot)) != 0)
            RowUpdates<T, S>.Divide(pivot + 1, height - k - 1, pivot);
        else
            for (long i = k + 1; i < height; i++)
            {
                var entry = Lane<T>.Load(column + i);
                bool isZero = Lane<T>.First(entry) == 0;
                Lane<T>.Store(isZero ? Lane<T>.Of(0) : entry / Lane<T>.Load(pivot), column + i);
            }
    }

    /// <summary>
    /// Swaps the row with the largest |entry| in column k of the panel, the first of equals, with row k, in the panel
    /// and in the matrix.
    /// </summary>
    [MethodImpl(Hot)]
    private static void Exchange(T* a, long n, long first, T* panel, long width, long k, long* order)
    {
        long height = n - first;
        T* column = panel + k * height;
        long best = k;
        double largest = Math.Abs(Lane<T>.First(Lane<T>.Load(column + k)));

        for (long i = k + 1; i < height; i++)
        {
            double entry = Math.Abs(Lane<T>.First(Lane<T>.Load(column + i)));

            if (entry > largest)
            {
                best = i;
                largest = entry;
            }
        }

        if (best == k)
            return;

        (order[first + k], order[first + best]) = (order[first + best], order[first + k]);
        T* row = a + (first + k) * n;
        T* other = a + (first + best) * n;

        for (long j = 0; j < n; j++)
            (row[j], other[j]) = (other[j], row[j]);

        for (long j = 0; j < width; j++, panel += height)
            (panel[k], panel[best]) = (panel[best], panel[k]);
    }
}
