using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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

    /// <summary>
    /// C[m, n] = A[m, k] B[k, n]. Strides are in elements, of any sign or 0; C has unit column stride. The sums start
    /// at 0 or at the content of C, depending on <paramref name="how"/>; <paramref name="bias"/> is a row of n that is
    /// added at the end if <paramref name="how"/> says so.
    /// </summary>
    public static void Run(
        ElementType type,
        int m,
        int n,
        int k,
        nint a,
        long aRow,
        long aColumn,
        nint b,
        long bRow,
        long bColumn,
        nint c,
        long cRow,
        nint bias,
        GemmStart how
    )
    {
        var operands = Operands(type, m, n, k, a, aRow, aColumn, b, bRow, bColumn, c, cRow, bias, how);

        if (ThreadTeam.Threads > 1 && GemmTeam.Run(type, &operands))
            return;
        Run(type, &operands);
    }

    /// <summary>The same on the calling thread only.</summary>
    public static void RunAlone(
        ElementType type,
        int m,
        int n,
        int k,
        nint a,
        long aRow,
        long aColumn,
        nint b,
        long bRow,
        long bColumn,
        nint c,
        long cRow,
        nint bias,
        GemmStart how
    )
    {
        var operands = Operands(type, m, n, k, a, aRow, aColumn, b, bRow, bColumn, c, cRow, bias, how);
        Run(type, &operands);
    }

    /// <summary>
    /// Part of a sum on the calling thread: from <paramref name="how"/>, the products of some k that belong to one group of
    /// <see cref="GemmDeep"/>.
    /// </summary>
    public static void RunPiece(
        ElementType type,
        int m,
        int n,
        int k,
        nint a,
        long aRow,
        long aColumn,
        nint b,
        long bRow,
        long bColumn,
        nint c,
        long cRow,
        GemmStart how
    )
    {
        var operands = Operands(type, m, n, k, a, aRow, aColumn, b, bRow, bColumn, c, cRow, 0, how);
        operands.IsGroup = true;
        Run(type, &operands);
    }

    /// <summary>The same with strides in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GemmOperands Operands(
        ElementType type,
        int m,
        int n,
        int k,
        nint a,
        long aRow,
        long aColumn,
        nint b,
        long bRow,
        long bColumn,
        nint c,
        long cRow,
        nint bias,
        GemmStart how
    )
    {
        int shift = type == ElementType.Float32 ? 2 : 3;
        GemmOperands operands;
        operands.M = m;
        operands.N = n;
        operands.K = k;
        operands.A = (byte*)a;
        operands.ARow = (nint)aRow << shift;
        operands.AColumn = (nint)aColumn << shift;
        operands.B = (byte*)b;
        operands.BRow = (nint)bRow << shift;
        operands.BColumn = (nint)bColumn << shift;
        operands.C = (byte*)c;
        operands.CRow = (nint)cRow << shift;
        operands.Start = how == GemmStart.Own ? operands.C : null;
        operands.StartRow = operands.CRow;
        operands.Bias = how == GemmStart.Bias ? (byte*)bias : null;
        operands.BiasRow = 0;
        operands.Places = null;
        operands.LastLanes = 0;
        operands.IsChained = false;
        operands.IsGroup = false;
        return operands;
    }

    /// <summary>Computes everything on this thread. Overwrites the operands structure.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(ElementType type, GemmOperands* operands)
    {
        if (Vector512.IsHardwareAccelerated)
            Run<Lanes512<float>, Lanes512<double>>(type, operands);
        else if (Vector256.IsHardwareAccelerated)
            Run<Lanes256<float>, Lanes256<double>>(type, operands);
        else
            Run<Lane<float>, Lane<double>>(type, operands);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Run<Floats, Doubles>(ElementType type, GemmOperands* operands)
        where Floats : struct, IVector<Floats>
        where Doubles : struct, IVector<Doubles>
    {
        if (type == ElementType.Float32)
            Run<Floats>(operands);
        else
            Run<Doubles>(operands);
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
            nint bytes = (nint)width * S.Count * S.ElementSize;
            strip.B += width * S.Count * strip.BColumn;
            strip.C += bytes;

            if (strip.Start != null)
                strip.Start += bytes;
            if (strip.Bias != null)
                strip.Bias += bytes;
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
            part.A += part.K * part.AColumn;
            part.B = b + part.K * strip->BRow;
            part.Start = part.C;
            part.StartRow = part.CRow;
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
