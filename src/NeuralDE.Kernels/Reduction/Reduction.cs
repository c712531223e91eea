using System.Numerics;
using System.Runtime.CompilerServices;

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
        if (type is ElementType.Float32 or ElementType.Float64)
            Widest.Run(type, new FloatWork<J>(outer, count, inner, source, target));
        else
            ElementTypes.Run(type, new IntegerWork<J>(outer, count, inner, source, target));
    }

    private readonly struct FloatWork<J>(long outer, long count, long inner, nint source, nint target) : IVectorWork
        where J : struct, IJoin
    {
        public void Run<T, S>()
            where T : unmanaged, INumber<T>
            where S : struct, IVector<S> => FloatReduction<T, S, J>.Run(outer, count, inner, source, target);
    }

    private readonly struct IntegerWork<J>(long outer, long count, long inner, nint source, nint target) : IElementWork
        where J : struct, IJoin
    {
        public void Run<T>()
            where T : unmanaged, INumber<T> => Integers<T, J>(outer, count, inner, (T*)source, (T*)target);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Integers<T, J>(long outer, long count, long inner, T* source, T* target)
        where T : unmanaged, INumber<T>
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
