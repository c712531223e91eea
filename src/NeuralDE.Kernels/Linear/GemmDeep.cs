using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>
/// Products with long sums, such as the gradient of a layer's weights, a sum over the batch. An element is the sum of a few
/// groups of neighbouring k, ((g₀ + g₁) + g₂) + …, and a group is what <see cref="Gemm"/> makes of its part of the sum.
/// Threads compute different groups: each reads the rows of A and B that it has written itself. The number of groups depends
/// on k only, so the bits of an element still depend only on its own row and column. Shorter chains also lose fewer digits.
/// </summary>
internal static unsafe class GemmDeep
{
    /// <summary>Shorter sums are one group; from here on there are two, so that two threads can share them.</summary>
    private const int Least = 256;

    /// <summary>
    /// The usual length of a group: with shorter ones, threads would spend more time on adding groups than they save.
    /// </summary>
    private const int Length = 256;
    private const int MostGroups = 16;

    /// <summary>Bytes of the groups of a product that are computed by several threads.</summary>
    private const long MostBytes = 8 << 20;

    /// <summary>Bytes of one group that is added to the groups before it.</summary>
    private const long BlockBytes = 4 << 20;

    public static bool Is(int depth) => depth >= Least;

    /// <summary>A power of two up to 16.</summary>
    public static int Groups(int depth) =>
        depth < Least ? 1 : Math.Clamp(1 << BitOperations.Log2((uint)(depth / Length)), 2, MostGroups);

    /// <summary>The first k of a group.</summary>
    public static int First(int depth, int group) => (int)((long)depth * group / Groups(depth));

    private static GemmOperands Group(GemmOperands* operands, int group)
    {
        int first = First(operands->K, group);
        var part = *operands;
        part.K = First(operands->K, group + 1) - first;
        part.A += first * operands->AColumn;
        part.B += first * operands->BRow;
        part.Bias = null;
        part.IsGroup = true;

        if (group > 0)
            part.Start = null;
        return part;
    }

    /// <summary>All groups one after another, some rows at a time.</summary>
    public static void Run<S>(GemmOperands* operands)
        where S : struct, IVector<S>
    {
        long row = (long)operands->N * S.ElementSize;
        int most = int.Max(24, (int)long.Min(operands->M, BlockBytes / row / 24 * 24));
        var block = *operands;

        for (int left = operands->M; left > 0; left -= most)
        {
            block.M = int.Min(most, left);
            Block<S>(&block);
            block.A += block.M * block.ARow;
            block.C += block.M * block.CRow;

            if (block.Start != null)
                block.Start += block.M * block.StartRow;
            if (block.Bias != null)
                block.Bias += block.M * block.BiasRow;
        }
    }

    private static void Block<S>(GemmOperands* operands)
        where S : struct, IVector<S>
    {
        int groups = Groups(operands->K);
        nint row = (nint)operands->N * S.ElementSize;

        for (int group = 0; group < groups; group++)
        {
            var part = Group(operands, group);
            bool isThin = GemmThin.Is(&part);

            if (group == 0)
                Gemm.Run<S>(&part);
            else if (!isThin && part.K <= Gemm.MostDepth && part.M > Gemm.FewRows)
            {
                // added where the sum is stored
                part.Bias = part.C;
                part.BiasRow = part.CRow;
                Gemm.Run<S>(&part);
            }
            else
            {
                part.C = ThreadScratch.Get(ThreadScratch.Use.GemmGroup, part.M * row);
                part.CRow = row;
                Gemm.Run<S>(&part);

                for (int i = 0; i < part.M; i++)
                    Add<S>(part.C + i * row, 0, 1, operands->C + i * operands->CRow, operands->N);
            }
        }

        if (operands->Bias != null)
            for (int i = 0; i < operands->M; i++)
                Add<S>(operands->Bias + i * operands->BiasRow, 0, 1, operands->C + i * operands->CRow, operands->N);
    }

    /// <summary>target[j] ← ((target[j] + sources[0][j]) + sources[1][j]) + …, with this step between the sources</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<S>(byte* sources, nint step, int count, byte* target, int width)
        where S : struct, IVector<S>
    {
        int j = 0;

        for (; j <= width - S.Count; j += S.Count, target += S.Count * S.ElementSize)
        {
            var sum = S.Load(target);
            byte* source = sources + (nint)j * S.ElementSize;

            for (int s = 0; s < count; s++, source += step)
                sum += S.Load(source);
            S.Store(sum, target);
        }

        if (j < width)
        {
            var sum = S.LoadFirst(target, width - j);
            byte* source = sources + (nint)j * S.ElementSize;

            for (int s = 0; s < count; s++, source += step)
                sum += S.LoadFirst(source, width - j);
            S.StoreFirst(sum, target, width - j);
        }
    }

    /// <summary>Whether threads should compute groups: k runs along the rows of A and B, or there are few elements.</summary>
    public static bool PaysForThreads(ElementType type, GemmOperands* operands, int parts)
    {
        int groups = Groups(operands->K);

        if (groups < 2 || groups * (long)operands->M * operands->N * type.Size() > MostBytes)
            return false;
        bool byRows = operands->AColumn > operands->ARow && operands->BRow >= operands->BColumn;
        return byRows || operands->M < parts * GemmTeam.RowUnit;
    }

    /// <summary>The first group lies in the result, the others behind each other.</summary>
    private struct GroupJob : ITeamJob
    {
        public ElementType Type;
        public GemmOperands Operands;
        public byte* Sums;

        public readonly void Run(int part)
        {
            var whole = Operands;
            var group = Group(&whole, part);

            if (part > 0)
            {
                nint row = (nint)whole.N * Type.Size();
                group.C = Sums + (part - 1) * whole.M * row;
                group.CRow = row;
            }

            Gemm.Run(Type, &group);
        }
    }

    /// <summary>Adds the other groups to the result, for some rows.</summary>
    private struct SumJob : ITeamJob
    {
        public ElementType Type;
        public GemmOperands Operands;
        public byte* Sums;
        public int Rows;

        public readonly void Run(int part)
        {
            nint row = (nint)Operands.N * Type.Size();
            nint step = Operands.M * row;
            int first = part * Rows;
            int rows = int.Min(Rows, Operands.M - first);
            // one long row if the rows of the result lie side by side
            bool isWhole = Operands.CRow == row && rows <= int.MaxValue / Operands.N;
            int width = isWhole ? rows * Operands.N : Operands.N;
            int others = Groups(Operands.K) - 1;

            for (int i = first; i < first + (isWhole ? 1 : rows); i++)
                Plus(Type, Sums + i * row, step, others, Operands.C + i * Operands.CRow, width);

            if (Operands.Bias != null)
                for (int i = first; i < first + rows; i++)
                    Plus(Type, Operands.Bias + i * Operands.BiasRow, 0, 1, Operands.C + i * Operands.CRow, Operands.N);
        }
    }

    private static void Plus(ElementType type, byte* sources, nint step, int count, byte* target, int width)
    {
        if (Vector512.IsHardwareAccelerated)
            Plus<Lanes512<float>, Lanes512<double>>(type, sources, step, count, target, width);
        else if (Vector256.IsHardwareAccelerated)
            Plus<Lanes256<float>, Lanes256<double>>(type, sources, step, count, target, width);
        else
            Plus<Lane<float>, Lane<double>>(type, sources, step, count, target, width);
    }

    private static void Plus<Floats, Doubles>(
        ElementType type,
        byte* sources,
        nint step,
        int count,
        byte* target,
        int width
    )
        where Floats : struct, IVector<Floats>
        where Doubles : struct, IVector<Doubles>
    {
        if (type == ElementType.Float32)
            Add<Floats>(sources, step, count, target, width);
        else
            Add<Doubles>(sources, step, count, target, width);
    }

    /// <summary>target[i, j] ← target[i, j] + source[i, j]; the steps from row to row are in bytes.</summary>
    public static void AddRows(
        ElementType type,
        int rows,
        int columns,
        nint source,
        long sourceRow,
        nint target,
        long targetRow
    )
    {
        for (int i = 0; i < rows; i++)
            Plus(type, (byte*)source + i * sourceRow, 0, 1, (byte*)target + i * targetRow, columns);
    }

    /// <summary>The same on all threads.</summary>
    public static void RunOnTeam(ElementType type, GemmOperands* operands, long nanoseconds)
    {
        int groups = Groups(operands->K);
        long elements = (long)operands->M * operands->N;
        GroupJob job;
        job.Type = type;
        job.Operands = *operands;
        job.Sums = ThreadScratch.Get(ThreadScratch.Use.GemmGroups, (groups - 1) * elements * type.Size());
        ThreadTeam.Run(groups, job, nanoseconds);

        SumJob sum;
        sum.Type = type;
        sum.Operands = *operands;
        sum.Sums = job.Sums;
        // about 8 additions a nanosecond
        long adding = groups * elements / 8;
        int parts = int.Min(operands->M, ThreadTeam.Parts(adding));
        sum.Rows = (operands->M - 1) / parts + 1;
        ThreadTeam.Run((operands->M - 1) / sum.Rows + 1, sum, adding);
    }
}
