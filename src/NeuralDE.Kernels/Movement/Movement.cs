using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Moves elements between contiguous memory and a strided view: broadcasts, permutations, slices and reversals read the
/// view; concatenation, padding and slice assignment write it. Strides are in elements, of any sign or 0.
/// </summary>
internal static unsafe class Movement
{
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>
    /// target[i] ← element first + i of the view in row-major order, 0 ≤ i &lt; count. The view's extents and strides
    /// are `rank` longs each; its element (0, …, 0) is at source.
    /// </summary>
    public static void Copy(
        int elementSize,
        int rank,
        nint extents,
        nint strides,
        nint source,
        nint target,
        long first,
        long count
    ) => Walk<RowReader>(elementSize, rank, extents, strides, source, target, first, count);

    /// <summary>target[r columns + c] ← source[r rowStride + c columnStride]</summary>
    public static void CopyRectangle(
        int elementSize,
        long rows,
        long columns,
        long rowStride,
        long columnStride,
        nint source,
        nint target
    ) => ElementTypes.Move(elementSize, new RectangleWork(rows, columns, rowStride, columnStride, source, target));

    private readonly struct RectangleWork(
        long rows,
        long columns,
        long rowStride,
        long columnStride,
        nint source,
        nint target
    ) : IElementWork
    {
        public void Run<T>()
            where T : unmanaged, INumber<T> =>
            RowReader.Move(rows, columns, rowStride, columnStride, (T*)source, (T*)target);
    }

    /// <summary>
    /// Element first + i of the view in row-major order ← source[i], 0 ≤ i &lt; count. The view's element (0, …, 0) is
    /// at target.
    /// </summary>
    public static void Place(
        int elementSize,
        int rank,
        nint extents,
        nint strides,
        nint source,
        nint target,
        long first,
        long count
    ) => Walk<RowWriter>(elementSize, rank, extents, strides, target, source, first, count);

    /// <summary>target[i] ← the element with these bits.</summary>
    public static void Fill(int elementSize, nint target, long count, long bits)
    {
        switch (elementSize)
        {
            case 1:
                Runs.Fill((byte*)target, count, (byte)bits);
                break;
            case 4:
                Runs.Fill((uint*)target, count, (uint)bits);
                break;
            default:
                Runs.Fill((ulong*)target, count, (ulong)bits);
                break;
        }
    }

    private static void Walk<M>(
        int elementSize,
        int rank,
        nint extents,
        nint strides,
        nint view,
        nint dense,
        long first,
        long count
    )
        where M : struct, IRowMover =>
        ElementTypes.Move(elementSize, new WalkWork<M>(rank, extents, strides, view, dense, first, count));

    private readonly struct WalkWork<M>(
        int rank,
        nint extents,
        nint strides,
        nint view,
        nint dense,
        long first,
        long count
    ) : IElementWork
        where M : struct, IRowMover
    {
        public void Run<T>()
            where T : unmanaged, INumber<T> =>
            Walk<T, M>(rank, (long*)extents, (long*)strides, (T*)view, (T*)dense, first, count);
    }

    /// <summary>
    /// Divides the elements first … first + count − 1 into rectangles of whole rows of the last two axes and parts of
    /// rows. Divisions are computed once at the start and once per rectangle.
    /// </summary>
    [MethodImpl(Hot)]
    private static void Walk<T, M>(int rank, long* extents, long* strides, T* view, T* dense, long first, long count)
        where T : unmanaged
        where M : struct, IRowMover
    {
        if (count <= 0)
            return;

        if (rank == 0)
        {
            M.Move(1, 1, 0, 1, view, dense);
            return;
        }

        int last = rank - 1;
        long columns = extents[last];
        long* index = stackalloc long[rank];

        for (int axis = last; axis >= 0; axis--)
        {
            (first, index[axis]) = Math.DivRem(first, extents[axis]);
            view += index[axis] * strides[axis];
        }

        while (true)
        {
            long rows = 1;
            long width = Math.Min(columns - index[last], count);

            if (width == columns && rank > 1)
                rows = Math.Min(extents[last - 1] - index[last - 1], count / columns);
            M.Move(rows, width, rank > 1 ? strides[last - 1] : 0, strides[last], view, dense);
            count -= rows * width;

            if (count == 0)
                return;

            // the start of the next row, with a carry into the axes before the last two
            dense += rows * width;
            view += rows * strides[last - 1] - index[last] * strides[last];
            index[last] = 0;
            index[last - 1] += rows;

            for (int axis = last - 1; index[axis] == extents[axis]; axis--)
            {
                view += strides[axis - 1] - extents[axis] * strides[axis];
                index[axis] = 0;
                index[axis - 1]++;
            }
        }
    }

    /// <summary>
    /// target[i] ← ⌊(first + i) / inner⌋ mod extent, 0 ≤ i &lt; count: the indices along one axis of an array with
    /// `inner` elements per index.
    /// </summary>
    public static void Iota(ElementType type, long extent, long inner, nint target, long first, long count) =>
        ElementTypes.Run(type, new IotaWork(extent, inner, target, first, count));

    private readonly struct IotaWork(long extent, long inner, nint target, long first, long count) : IElementWork
    {
        public void Run<T>()
            where T : unmanaged, INumber<T> => Iota(extent, inner, (T*)target, first, count);
    }

    [MethodImpl(Hot)]
    private static void Iota<T>(long extent, long inner, T* target, long first, long count)
        where T : unmanaged, INumber<T>
    {
        if (count <= 0)
            return;

        var (run, within) = Math.DivRem(first, inner);
        long value = run % extent;

        for (T* end = target + count; target < end; )
        {
            long length = Math.Min(inner - within, end - target);
            // bools are 0 and 1
            var element = typeof(T) == typeof(byte) && value != 0 ? T.One : T.CreateTruncating(value);
            Runs.Fill(target, length, element);
            target += length;
            within = 0;
            value = value + 1 == extent ? 0 : value + 1;
        }
    }
}
