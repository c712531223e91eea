using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>Moves a rectangle between a strided view and contiguous rows.</summary>
internal unsafe interface IRowMover
{
    static abstract void Move<T>(long rows, long columns, long rowStride, long columnStride, T* view, T* dense)
        where T : unmanaged;
}

/// <summary>dense[r columns + c] ← view[r rowStride + c columnStride]</summary>
internal readonly unsafe struct RowReader : IRowMover
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Move<T>(long rows, long columns, long rowStride, long columnStride, T* view, T* dense)
        where T : unmanaged
    {
        if (columnStride == 1 && rowStride == 0)
            Runs.Repeat(view, columns, dense, rows * columns);
        else if (columnStride == 1)
            for (long r = 0; r < rows; r++, view += rowStride, dense += columns)
                Runs.Copy(view, dense, columns);
        else if (columnStride == 0)
            for (long r = 0; r < rows; r++, view += rowStride, dense += columns)
                Runs.Fill(dense, columns, *view);
        else if (rowStride == 1 && rows >= Transposition.Fewest)
            Transposition.Run(rows, columns, view, columnStride, dense, columns);
        else
            for (long r = 0; r < rows; r++, view += rowStride, dense += columns)
                Runs.Gather(view, columnStride, dense, columns);
    }
}

/// <summary>view[r rowStride + c columnStride] ← dense[r columns + c]</summary>
internal readonly unsafe struct RowWriter : IRowMover
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Move<T>(long rows, long columns, long rowStride, long columnStride, T* view, T* dense)
        where T : unmanaged
    {
        if (columnStride == 1)
            for (long r = 0; r < rows; r++, view += rowStride, dense += columns)
                Runs.Copy(dense, view, columns);
        else if (rowStride == 1 && rows >= Transposition.Fewest)
            Transposition.Run(columns, rows, dense, columns, view, columnStride);
        else
            for (long r = 0; r < rows; r++, view += rowStride, dense += columns)
                Runs.Spread(dense, view, columnStride, columns);
    }
}
