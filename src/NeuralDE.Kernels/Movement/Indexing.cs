using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>How an update is combined with the present element.</summary>
internal enum ScatterKind
{
    Add,
    Max,
    Set,
}

/// <summary>
/// Gathers and scatters rows of `width` elements by index. In every batch, the operand has `rows` rows and there are
/// `indices` indices (int32 or int64).
/// </summary>
internal static unsafe class Indexing
{
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>target[b, j, f] ← operand[b, clamp(index[b, j], 0, rows − 1), f]</summary>
    public static void Gather(
        ElementType type,
        ElementType indexType,
        long batches,
        long rows,
        long indices,
        long width,
        nint operand,
        nint index,
        nint target
    ) =>
        ElementTypes.Move(
            type.Size(),
            new GatherWork(indexType, batches, rows, indices, width, operand, index, target)
        );

    private readonly struct GatherWork(
        ElementType indexType,
        long batches,
        long rows,
        long indices,
        long width,
        nint operand,
        nint index,
        nint target
    ) : IElementWork
    {
        public void Run<T>()
            where T : unmanaged, INumber<T>
        {
            if (indexType == ElementType.Int32)
                Gather(batches, rows, indices, width, (T*)operand, (int*)index, (T*)target);
            else
                Gather(batches, rows, indices, width, (T*)operand, (long*)index, (T*)target);
        }
    }

    [MethodImpl(Hot)]
    private static void Gather<T, I>(long batches, long rows, long indices, long width, T* operand, I* index, T* target)
        where T : unmanaged, INumber<T>
        where I : unmanaged, INumber<I>
    {
        for (long b = 0; b < batches; b++, operand += rows * width)
        for (long j = 0; j < indices; j++, target += width)
        {
            long row = Math.Max(0, Math.Min(long.CreateTruncating(*index++), rows - 1));
            Runs.Copy(operand + row * width, target, width);
        }
    }

    /// <summary>
    /// target ← operand (they may be the same), then target[b, index[b, j], f] ← its combination with updates[b, j, f],
    /// for j = 0, 1, …; indices out of range are ignored. Bools: Add and Max are or.
    /// </summary>
    public static void Scatter(
        ScatterKind kind,
        ElementType type,
        ElementType indexType,
        long batches,
        long rows,
        long indices,
        long width,
        nint operand,
        nint index,
        nint updates,
        nint target
    )
    {
        if (operand != target)
            Runs.Copy((byte*)operand, (byte*)target, batches * rows * width * type.Size());

        if (kind == ScatterKind.Add)
            ElementTypes.Run(
                type,
                new ScatterWork<ElementSum>(indexType, batches, rows, indices, width, index, updates, target)
            );
        else if (kind == ScatterKind.Max)
            ElementTypes.Run(
                type,
                new ScatterWork<ElementMaximum>(indexType, batches, rows, indices, width, index, updates, target)
            );
        else
            ElementTypes.Run(
                type,
                new ScatterWork<ElementLast>(indexType, batches, rows, indices, width, index, updates, target)
            );
    }

    private readonly struct ScatterWork<J>(
        ElementType indexType,
        long batches,
        long rows,
        long indices,
        long width,
        nint index,
        nint updates,
        nint target
    ) : IElementWork
        where J : struct, IJoin
    {
        public void Run<T>()
            where T : unmanaged, INumber<T>
        {
            if (indexType == ElementType.Int32)
                Scatter<T, int, J>(batches, rows, indices, width, (int*)index, (T*)updates, (T*)target);
            else
                Scatter<T, long, J>(batches, rows, indices, width, (long*)index, (T*)updates, (T*)target);
        }
    }

    [MethodImpl(Hot)]
    private static void Scatter<T, I, J>(
        long batches,
        long rows,
        long indices,
        long width,
        I* index,
        T* updates,
        T* target
    )
        where T : unmanaged, INumber<T>
        where I : unmanaged, INumber<I>
        where J : struct, IJoin
    {
        for (long b = 0; b < batches; b++, target += rows * width)
        for (long j = 0; j < indices; j++, updates += width)
        {
            long row = long.CreateTruncating(*index++);

            if ((ulong)row < (ulong)rows)
                Joining.Into<T, J>(updates, target + row * width, width);
        }
    }
}
