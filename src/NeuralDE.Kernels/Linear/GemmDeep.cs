using System;
using System.Numerics;
using System.Runtime.CompilerServices;

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
            block.SkipRows(block.M);
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
                AddRows<S>(part.M, part.N, part.C, row, operands->C, operands->CRow);
            }
        }

        if (operands->Bias != null)
            AddRows<S>(operands->M, operands->N, operands->Bias, operands->BiasRow, operands->C, operands->CRow);
    }

    /// <summary>target[i, j] ← target[i, j] + source[i, j]; the steps from row to row are in bytes.</summary>
    private static void AddRows<S>(int rows, int columns, byte* source, nint sourceRow, byte* target, nint targetRow)
        where S : struct, IVector<S>
    {
        for (int i = 0; i < rows; i++)
            Add<S>(source + i * sourceRow, 0, 1, target + i * targetRow, columns);
    }

    /// <summary>The same for two matrices by their strides in elements, with unit column stride.</summary>
    public static void AddRows(ElementType type, int rows, int columns, Matrix source, Matrix target) =>
        Widest.Run(type, new Adding(rows, columns, source, target));

    private readonly struct Adding(int rows, int columns, Matrix source, Matrix target) : IVectorWork
    {
        public void Run<T, S>()
            where T : unmanaged, INumber<T>
            where S : struct, IVector<S> =>
            AddRows<S>(
                rows,
                columns,
                (byte*)source.At,
                (nint)source.Row * sizeof(T),
                (byte*)target.At,
                (nint)target.Row * sizeof(T)
            );
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
    private readonly struct GroupJob(ElementType type, GemmOperands operands, nint sums) : ITeamJob
    {
        public void Run(int part)
        {
            var whole = operands;
            var group = Group(&whole, part);

            if (part > 0)
            {
                nint row = (nint)whole.N * type.Size();
                group.C = (byte*)sums + (part - 1) * whole.M * row;
                group.CRow = row;
            }

            Gemm.Run(type, &group);
        }
    }

    /// <summary>Adds the other groups, and the bias, to the rows of the result.</summary>
    private readonly struct SumJob(ElementType type, GemmOperands operands, nint sums) : IRangeJob
    {
        public void Run(long first, long last)
        {
            var rows = operands;
            rows.SkipRows((int)first);
            rows.M = (int)(last - first);
            Widest.Run(type, new Summing(&rows, sums + (nint)first * rows.N * type.Size(), operands.M));
        }
    }

    /// <summary>The same for all rows of a part; each group has this number of rows.</summary>
    private readonly struct Summing(GemmOperands* operands, nint sums, int groupRows) : IVectorWork
    {
        public void Run<T, S>()
            where T : unmanaged, INumber<T>
            where S : struct, IVector<S>
        {
            nint row = (nint)operands->N * S.ElementSize;
            // one long row if the rows of the result lie side by side
            bool isWhole = operands->CRow == row && operands->M <= int.MaxValue / operands->N;
            int rows = isWhole ? 1 : operands->M;
            int width = isWhole ? operands->M * operands->N : operands->N;
            int others = Groups(operands->K) - 1;

            for (int i = 0; i < rows; i++)
                Add<S>((byte*)sums + i * row, groupRows * row, others, operands->C + i * operands->CRow, width);

            if (operands->Bias != null)
                AddRows<S>(operands->M, operands->N, operands->Bias, operands->BiasRow, operands->C, operands->CRow);
        }
    }

    /// <summary>The same on all threads.</summary>
    public static void RunOnTeam(ElementType type, GemmOperands* operands, long nanoseconds)
    {
        int groups = Groups(operands->K);
        long elements = (long)operands->M * operands->N;
        long bytes = (groups - 1) * elements * type.Size();
        nint sums = ThreadScratch.Address(ThreadScratch.Use.GemmGroups, bytes);
        ThreadTeam.Run(groups, new GroupJob(type, *operands, sums), nanoseconds);
        // about 8 additions a nanosecond
        long adding = groups * elements / 8;
        RangeTeam.Run(operands->M, ThreadTeam.Parts(adding), 1, new SumJob(type, *operands, sums), adding);
    }
}
