using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>Selects the tile that is compiled for sizes known at run time.</summary>
internal static unsafe class GemmTiles
{
    /// <summary>
    /// The width of the widest tile for this number of rows, in vectors: four with 32 registers or two rows; eight for
    /// one row.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int MostVectors<S>(int rows)
        where S : struct, IVector<S> =>
        rows == 1 ? 8
        : rows == 2 || S.Count * S.ElementSize == 64 ? 4
        : 2;

    /// <summary>The most rows of a tile of this width: its sums and a row of B must fit into the registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int MostRows<S, Vectors>()
        where S : struct, IVector<S>
        where Vectors : unmanaged =>
        sizeof(Vectors) == 1 ? 12
        : S.Count * S.ElementSize == 64 ? 24 / sizeof(Vectors)
        : 6;

    /// <summary>All M rows, at most four vectors of columns.</summary>
    public static void Run<S, Steps>(GemmOperands* operands, int vectors)
        where S : struct, IVector<S>
        where Steps : unmanaged
    {
        if (operands->LastLanes < S.Count)
            Run<S, Constant.Two, Steps>(operands, vectors);
        else
            Run<S, Constant.One, Steps>(operands, vectors);
    }

    private static void Run<S, Partial, Steps>(GemmOperands* operands, int vectors)
        where S : struct, IVector<S>
        where Partial : unmanaged
        where Steps : unmanaged
    {
        switch (vectors)
        {
            case 1:
                RunRows<S, Constant.One, Partial, Steps>(operands);
                break;
            case 2:
                RunRows<S, Constant.Two, Partial, Steps>(operands);
                break;
            case 3:
                RunRows<S, Constant.Three, Partial, Steps>(operands);
                break;
            default:
                RunRows<S, Constant.Four, Partial, Steps>(operands);
                break;
        }
    }

    /// <summary>One row of 5 to 8 vectors.</summary>
    public static void RunRow<S>(GemmOperands* operands, int vectors)
        where S : struct, IVector<S>
    {
        if (operands->LastLanes < S.Count)
            RunRow<S, Constant.Two>(operands, vectors);
        else
            RunRow<S, Constant.One>(operands, vectors);
    }

    private static void RunRow<S, Partial>(GemmOperands* operands, int vectors)
        where S : struct, IVector<S>
        where Partial : unmanaged
    {
        switch (vectors)
        {
            case 5:
                GemmTile.RunRow<S, Constant.One, Partial>(operands);
                break;
            case 6:
                GemmTile.RunRow<S, Constant.Two, Partial>(operands);
                break;
            case 7:
                GemmTile.RunRow<S, Constant.Three, Partial>(operands);
                break;
            default:
                GemmTile.RunRow<S, Constant.Four, Partial>(operands);
                break;
        }
    }

    /// <summary>
    /// Tiles of nearly equal height: 20 rows are four times five instead of three times six plus two.
    /// </summary>
    private static void RunRows<S, Vectors, Partial, Steps>(GemmOperands* operands)
        where S : struct, IVector<S>
        where Vectors : unmanaged
        where Partial : unmanaged
        where Steps : unmanaged
    {
        int most = MostRows<S, Vectors>();
        int left = operands->M;

        if (left <= most)
        {
            RunTile<S, Vectors, Partial, Steps>(operands, left);
            return;
        }

        var tile = *operands;

        for (int tiles = (left - 1) / most + 1; tiles > 0; tiles--)
        {
            int rows = (left - 1) / tiles + 1;
            RunTile<S, Vectors, Partial, Steps>(&tile, rows);
            tile.SkipRows(rows);
            left -= rows;
        }
    }

    private static void RunTile<S, Vectors, Partial, Steps>(GemmOperands* operands, int rows)
        where S : struct, IVector<S>
        where Vectors : unmanaged
        where Partial : unmanaged
        where Steps : unmanaged
    {
        switch (rows)
        {
            case 1:
                GemmTile.Run<S, Constant.One, Vectors, Partial, Steps>(operands);
                break;
            case 2:
                GemmTile.Run<S, Constant.Two, Vectors, Partial, Steps>(operands);
                break;
            case 3:
                GemmTile.Run<S, Constant.Three, Vectors, Partial, Steps>(operands);
                break;
            case 4:
                GemmTile.Run<S, Constant.Four, Vectors, Partial, Steps>(operands);
                break;
            case 5:
                GemmTile.Run<S, Constant.Five, Vectors, Partial, Steps>(operands);
                break;
            case 6:
                GemmTile.Run<S, Constant.Six, Vectors, Partial, Steps>(operands);
                break;
            case 7:
                GemmTile.Run<S, Constant.Seven, Vectors, Partial, Steps>(operands);
                break;
            case 8:
                GemmTile.Run<S, Constant.Eight, Vectors, Partial, Steps>(operands);
                break;
            case 9:
                GemmTile.Run<S, Constant.Nine, Vectors, Partial, Steps>(operands);
                break;
            case 10:
                GemmTile.Run<S, Constant.Ten, Vectors, Partial, Steps>(operands);
                break;
            case 11:
                GemmTile.Run<S, Constant.Eleven, Vectors, Partial, Steps>(operands);
                break;
            case 12:
                GemmTile.Run<S, Constant.Twelve, Vectors, Partial, Steps>(operands);
                break;
        }
    }
}
