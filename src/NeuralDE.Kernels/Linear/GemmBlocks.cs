using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Large products block by block of A: every strip of columns reads the block again, from the second-level cache. The block
/// is copied so that its rows lie side by side, on few pages.
/// </summary>
internal static unsafe class GemmBlocks
{
    /// <summary>Bytes of a block of A: a quarter of a second-level cache of 2 MB, half of one of 1 MB.</summary>
    private const int Block = 1 << 19;

    /// <summary>A smaller A with its rows side by side stays in the cache as it is.</summary>
    private const int Large = 1 << 20;

    /// <summary>A smaller A is read from the first-level cache however it lies.</summary>
    private const int Small = 1 << 16;

    /// <summary>Fewer strips read a copy too seldom to make up for it.</summary>
    private const int FewestStrips = 3;

    /// <summary>Whole tiles of every height: 6, 8 or 12 rows.</summary>
    private const int RowUnit = 24;

    /// <summary>Whether blocks cost less than they save; <paramref name="strips"/> says how often A is read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Pay<S>(GemmOperands* operands, int strips)
        where S : struct, IVector<S>
    {
        if (strips < FewestStrips || operands->M < 2 * RowUnit)
            return false;
        long bytes = (long)operands->M * operands->K * S.ElementSize;
        return bytes > (operands->AColumn == S.ElementSize ? Large : Small);
    }

    /// <summary>All of the product; <paramref name="packed"/>: a strip of B has to be copied.</summary>
    public static void Run<S>(GemmOperands* operands, bool packed)
        where S : struct, IVector<S>
    {
        var part = *operands;
        int depth = operands->K;

        for (int parts = (depth - 1) / Gemm.MostDepth + 1; parts > 0; parts--)
        {
            part.K = (depth - 1) / parts + 1;
            part.Bias = parts == 1 ? operands->Bias : null;
            Rows<S>(&part, packed);
            part.SkipDepth();
            depth -= part.K;
        }
    }

    /// <summary>Blocks of nearly equal height.</summary>
    private static void Rows<S>(GemmOperands* operands, bool packed)
        where S : struct, IVector<S>
    {
        nint width = ((nint)operands->K * S.ElementSize + 63) & ~63;
        int most = int.Max(1, (int)(Block / width) / RowUnit) * RowUnit;
        int left = operands->M;
        var block = *operands;

        while (left > 0)
        {
            int blocks = (left - 1) / most + 1;
            int even = ((left - 1) / blocks / RowUnit + 1) * RowUnit;
            block.M = int.Min(even, left);
            byte* a = block.A;

            block.A = ThreadScratch.Get(ThreadScratch.Use.GemmBlock, block.M * width);
            GemmPack.Run<S>(a, operands->ARow, operands->AColumn, block.M, block.K, block.A, width);
            block.ARow = width;
            block.AColumn = S.ElementSize;
            Gemm.AllStrips<S>(&block, packed);
            block.A = a;
            block.ARow = operands->ARow;
            block.SkipRows(block.M);
            left -= block.M;
        }
    }
}
