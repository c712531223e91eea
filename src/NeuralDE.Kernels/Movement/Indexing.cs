using System;
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
    )
    {
        switch (type.Size())
        {
            case 1:
                Gather<byte>(indexType, batches, rows, indices, width, (byte*)operand, index, (byte*)target);
                break;
            case 4:
                Gather<uint>(indexType, batches, rows, indices, width, (uint*)operand, index, (uint*)target);
                break;
            default:
                Gather<ulong>(indexType, batches, rows, indices, width, (ulong*)operand, index, (ulong*)target);
                break;
        }
    }

    private static void Gather<T>(
        ElementType indexType,
        long batches,
        long rows,
        long indices,
        long width,
        T* operand,
        nint index,
        T* target
    )
        where T : unmanaged
    {
        if (indexType == ElementType.Int32)
            Gather(batches, rows, indices, width, operand, (int*)index, target);
        else
            Gather(batches, rows, indices, width, operand, (long*)index, target);
    }

    [MethodImpl(Hot)]
    private static void Gather<T, I>(long batches, long rows, long indices, long width, T* operand, I* index, T* target)
        where T : unmanaged
        where I : unmanaged
    {
        for (long b = 0; b < batches; b++, operand += rows * width)
        for (long j = 0; j < indices; j++, target += width)
        {
            long row = Math.Max(0, Math.Min(Integer(index++), rows - 1));
            Runs.Copy(operand + row * width, target, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Integer<I>(I* index)
        where I : unmanaged => sizeof(I) == 4 ? *(int*)index : *(long*)index;

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

        switch (kind)
        {
            case ScatterKind.Add:
                Scatter<ElementSum>(type, indexType, batches, rows, indices, width, index, updates, target);
                break;
            case ScatterKind.Max:
                Scatter<ElementMaximum>(type, indexType, batches, rows, indices, width, index, updates, target);
                break;
            default:
                Scatter<ElementLast>(type, indexType, batches, rows, indices, width, index, updates, target);
                break;
        }
    }

    private static void Scatter<J>(
        ElementType type,
        ElementType indexType,
        long batches,
        long rows,
        long indices,
        long width,
        nint index,
        nint updates,
        nint target
    )
        where J : struct, IJoin
    {
        switch (type)
        {
            case ElementType.Float32:
                Scatter<float, J>(indexType, batches, rows, indices, width, index, (float*)updates, (float*)target);
                break;
            case ElementType.Float64:
                Scatter<double, J>(indexType, batches, rows, indices, width, index, (double*)updates, (double*)target);
                break;
            case ElementType.Int32:
                Scatter<int, J>(indexType, batches, rows, indices, width, index, (int*)updates, (int*)target);
                break;
            case ElementType.Int64:
                Scatter<long, J>(indexType, batches, rows, indices, width, index, (long*)updates, (long*)target);
                break;
            default:
                Scatter<byte, J>(indexType, batches, rows, indices, width, index, (byte*)updates, (byte*)target);
                break;
        }
    }

    private static void Scatter<T, J>(
        ElementType indexType,
        long batches,
        long rows,
        long indices,
        long width,
        nint index,
        T* updates,
        T* target
    )
        where T : unmanaged
        where J : struct, IJoin
    {
        if (indexType == ElementType.Int32)
            Scatter<T, int, J>(batches, rows, indices, width, (int*)index, updates, target);
        else
            Scatter<T, long, J>(batches, rows, indices, width, (long*)index, updates, target);
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
        where T : unmanaged
        where I : unmanaged
        where J : struct, IJoin
    {
        for (long b = 0; b < batches; b++, target += rows * width)
        for (long j = 0; j < indices; j++, updates += width)
        {
            long row = Integer(index++);

            if ((ulong)row < (ulong)rows)
                Joining.Into<T, J>(updates, target + row * width, width);
        }
    }
}
