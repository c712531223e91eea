using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

internal enum ReductionKind
{
    /// <summary>Integers wrap; 0 if empty.</summary>
    Sum,

    /// <summary>NaN if any element is NaN; max(−0, 0) = 0; for bools, or.</summary>
    Maximum,
}

/// <summary>Reduces the middle axis of a contiguous array [outer; count; inner].</summary>
internal static unsafe class Reduction
{
    /// <summary>target[o, i] ← the sum or the maximum of source[o, j, i] over j</summary>
    public static void Run(
        ElementType type,
        ReductionKind kind,
        long outer,
        long count,
        long inner,
        nint source,
        nint target
    )
    {
        if (kind == ReductionKind.Sum)
            Run<ElementSum>(type, outer, count, inner, source, target);
        else
            Run<ElementMaximum>(type, outer, count, inner, source, target);
    }

    private static void Run<J>(ElementType type, long outer, long count, long inner, nint source, nint target)
        where J : struct, IJoin
    {
        switch (type)
        {
            case ElementType.Float32:
                Floats<float, J>(outer, count, inner, source, target);
                break;
            case ElementType.Float64:
                Floats<double, J>(outer, count, inner, source, target);
                break;
            case ElementType.Int32:
                Integers<int, J>(outer, count, inner, (int*)source, (int*)target);
                break;
            case ElementType.Int64:
                Integers<long, J>(outer, count, inner, (long*)source, (long*)target);
                break;
            default:
                Integers<byte, J>(outer, count, inner, (byte*)source, (byte*)target);
                break;
        }
    }

    private static void Floats<T, J>(long outer, long count, long inner, nint source, nint target)
        where T : unmanaged
        where J : struct, IJoin
    {
        if (Vector512.IsHardwareAccelerated)
            FloatReduction<T, Lanes512<T>, J>.Run(outer, count, inner, source, target);
        else if (Vector256.IsHardwareAccelerated)
            FloatReduction<T, Lanes256<T>, J>.Run(outer, count, inner, source, target);
        else
            FloatReduction<T, Lane<T>, J>.Run(outer, count, inner, source, target);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Integers<T, J>(long outer, long count, long inner, T* source, T* target)
        where T : unmanaged
        where J : struct, IJoin
    {
        for (long o = 0; o < outer; o++, source += count * inner, target += inner)
            if (inner == 1)
                *target = Joining.All<T, J>(source, count);
            else
            {
                Runs.Fill(target, inner, J.Neutral<T>());

                for (long j = 0; j < count; j++)
                    Joining.Into<T, J>(source + j * inner, target, inner);
            }
    }
}
