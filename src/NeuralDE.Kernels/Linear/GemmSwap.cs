namespace NeuralDE.Kernels;

/// <summary>Cᵀ = Bᵀ Aᵀ: puts the rows of A into the lanes, for results with few columns.</summary>
internal static unsafe class GemmSwap
{
    /// <summary>The number of rows of A processed at a time.</summary>
    private const int MostRows = 512;

    /// <summary>For one row, up to this many columns cost less than packing them.</summary>
    public const int FewColumns = 8;

    /// <summary>
    /// A product of one row whose B would have to be packed, as a product of n rows and one column. A row of C is a
    /// column with adjacent rows.
    /// </summary>
    public static void Row<S>(GemmOperands* operands)
        where S : struct, IVector<S>
    {
        var swapped = Transposed(operands);
        swapped.BColumn = S.ElementSize;
        swapped.CRow = S.ElementSize;
        swapped.StartRow = S.ElementSize;
        swapped.BiasRow = S.ElementSize;
        Gemm.Chained<S>(&swapped);
    }

    /// <summary>Whether the saved multiply-adds outweigh transposing the result; the rows of A are adjacent.</summary>
    public static bool Pays<S>(GemmOperands* operands)
        where S : struct, IVector<S>
    {
        long m = operands->M;
        long n = operands->N;
        long own = m * ((n + S.Count - 1) / S.Count);
        long swapped = n * ((m + S.Count - 1) / S.Count);
        long turning = 4 * m * n;
        return (own - swapped) * operands->K > turning;
    }

    public static void Run<S>(GemmOperands* operands)
        where S : struct, IVector<S>
    {
        var swapped = Transposed(operands);
        int m = operands->M;
        int n = operands->N;
        nint row = (nint)int.Min(m, MostRows) * S.ElementSize;
        byte* sums = ThreadScratch.Get(ThreadScratch.Use.GemmTransposed, n * row);
        byte* bias = operands->Bias == null ? null : ThreadScratch.Get(ThreadScratch.Use.GemmBias, n * row);
        var rest = *operands;

        for (long first = 0; first < m; first += MostRows)
        {
            int rows = (int)long.Min(MostRows, m - first);

            if (rest.Start != null)
                GemmTurn.Gather<S>(rest.Start, S.ElementSize, rest.StartRow, n, rows, sums, row);
            if (rest.Bias != null)
                GemmTurn.Gather<S>(rest.Bias, S.ElementSize, rest.BiasRow, n, rows, bias, row);
            swapped.N = rows;
            swapped.B = rest.A;
            swapped.C = sums;
            swapped.CRow = row;
            swapped.Start = rest.Start == null ? null : sums;
            swapped.StartRow = row;
            swapped.Bias = bias;
            swapped.BiasRow = row;
            var part = swapped;
            Gemm.Chained<S>(&part);
            GemmTurn.Gather<S>(sums, S.ElementSize, row, rows, n, rest.C, rest.CRow);
            rest.SkipRows(rows);
        }
    }

    private static GemmOperands Transposed(GemmOperands* operands)
    {
        var swapped = *operands;
        swapped.M = operands->N;
        swapped.N = operands->M;
        swapped.A = operands->B;
        swapped.ARow = operands->BColumn;
        swapped.AColumn = operands->BRow;
        swapped.B = operands->A;
        swapped.BRow = operands->AColumn;
        swapped.BColumn = operands->ARow;
        return swapped;
    }
}
