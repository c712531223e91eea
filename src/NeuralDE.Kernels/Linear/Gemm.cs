using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Matrix products of float32 and float64. Every element of the result is one chain of fused multiply-adds in the order
/// of k, from its initial value (four chains if there are few columns: <see cref="GemmThin"/>; several sums if k is long:
/// <see cref="GemmDeep"/>). Its bits therefore depend only on its own row, column and initial value: not on blocking,
/// strides, alignment, neighbours or the number of threads.
/// </summary>
internal static unsafe class Gemm
{
    /// <summary>The most products summed before C is stored: a strip of B then stays in the L2 cache.</summary>
    public const int MostDepth = 384;

    /// <summary>
    /// The same if B is packed for a few rows only: the packed part is then read again from the L1 cache.
    /// </summary>
    private const int MostDepthForFewRows = 64;

    /// <summary>Products of at most this many rows use MostDepthForFewRows.</summary>
    public const int FewRows = 4;

    private const int Page = 4096;

    /// <summary>Computes the product, on all threads if that pays. Overwrites the operands structure.</summary>
    public static void Run(ElementType type, ref GemmOperands operands)
    {
        fixed (GemmOperands* product = &operands)
            if (ThreadTeam.Threads == 1 || !GemmTeam.Run(type, product))
                Run(type, product);
    }

    /// <summary>The same on the calling thread only.</summary>
    public static void RunAlone(ElementType type, ref GemmOperands operands)
    {
        fixed (GemmOperands* product = &operands)
            Run(type, product);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(ElementType type, GemmOperands* operands) => Widest.Run(type, new Work(operands));

    private readonly struct Work(GemmOperands* operands) : IVectorWork
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Run<T, S>()
            where T : unmanaged, INumber<T>
            where S : struct, IVector<S> => Gemm.Run<S>(operands);
    }

    public static void Run<S>(GemmOperands* operands)
        where S : struct, IVector<S>
    {
        if (operands->M == 0 || operands->N == 0)
            return;

        if (!operands->IsGroup && GemmDeep.Is(operands->K))
            GemmDeep.Run<S>(operands);
        else if (GemmThin.Is(operands))
            GemmThin.RunNarrow<S>(operands);
        else
            Chained<S>(operands);
    }

    /// <summary>Computes one chain per element.</summary>
    public static void Chained<S>(GemmOperands* operands)
        where S : struct, IVector<S>
    {
        // a single column has no neighbours in a vector
        if (operands->N == 1)
            operands->BColumn = S.ElementSize;
        bool packed = operands->BColumn != S.ElementSize || IsFar(operands);

        if (packed && operands->M == 1 && operands->N <= GemmSwap.FewColumns)
        {
            GemmSwap.Row<S>(operands);
            return;
        }

        if (operands->ARow == S.ElementSize && operands->M > 1 && GemmSwap.Pays<S>(operands))
        {
            GemmSwap.Run<S>(operands);
            return;
        }

        Strips<S>(operands, packed);
    }

    /// <summary>
    /// Whether the rows of B are on separate pages, where they share few cache sets, and are read often.
    /// </summary>
    private static bool IsFar(GemmOperands* operands) => nint.Abs(operands->BRow) >= Page && operands->M >= 64;

    private static void Strips<S>(GemmOperands* operands, bool packed)
        where S : struct, IVector<S>
    {
        int wide = GemmTiles.MostVectors<S>(operands->M) * S.Count;

        if (GemmBlocks.Pay<S>(operands, (operands->N - 1) / wide + 1))
            GemmBlocks.Run<S>(operands, packed);
        else
            AllStrips<S>(operands, packed);
    }

    /// <summary>
    /// Strips of columns as wide as a tile, so that a strip of B stays in the cache for all rows of A.
    /// </summary>
    public static void AllStrips<S>(GemmOperands* operands, bool packed)
        where S : struct, IVector<S>
    {
        int vectors = (operands->N - 1) / S.Count + 1;
        int lastLanes = operands->N - (vectors - 1) * S.Count;
        int most = GemmTiles.MostVectors<S>(operands->M);

        if (vectors <= most)
        {
            operands->LastLanes = lastLanes;
            Strip<S>(operands, vectors, packed);
            return;
        }

        var strip = *operands;

        for (int strips = (vectors + most - 1) / most; strips > 0; strips--)
        {
            int width = (vectors + strips - 1) / strips;
            strip.N = strips == 1 ? (width - 1) * S.Count + lastLanes : width * S.Count;
            strip.LastLanes = strips == 1 ? lastLanes : S.Count;
            Strip<S>(&strip, width, packed);
            strip.SkipColumns(width * S.Count, S.ElementSize);
            vectors -= width;
        }
    }

    private static void Strip<S>(GemmOperands* strip, int vectors, bool packed)
        where S : struct, IVector<S>
    {
        int depth = strip->K;

        if (depth <= MostDepth && !packed)
        {
            Rows<S>(strip, vectors);
            return;
        }

        var part = *strip;
        nint width = (nint)vectors * S.Count * S.ElementSize;
        int most = packed && strip->M <= FewRows ? MostDepthForFewRows : MostDepth;

        for (int parts = int.Max(1, (depth - 1) / most + 1); parts > 0; parts--)
        {
            part.K = depth == 0 ? 0 : (depth - 1) / parts + 1;
            part.Bias = parts == 1 ? strip->Bias : null;
            byte* b = part.B;

            if (packed)
            {
                part.B = ThreadScratch.Get(ThreadScratch.Use.GemmPanel, part.K * width);
                GemmPack.Run<S>(b, strip->BRow, part.BColumn, part.K, part.N, part.B, width);
                part.BRow = width;
            }

            Rows<S>(&part, vectors);
            part.B = b;
            part.BRow = strip->BRow;
            part.SkipDepth();
            depth -= part.K;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rows<S>(GemmOperands* operands, int vectors)
        where S : struct, IVector<S>
    {
        if (vectors > 4)
            GemmTiles.RunRow<S>(operands, vectors);
        else
            GemmTiles.Run<S, Constant.One>(operands, vectors);
    }
}
