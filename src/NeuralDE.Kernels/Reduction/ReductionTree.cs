using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// A reduction in stretches that need not be in memory at the same time. All stretches except the last have the same
/// number of tiles of 64 elements, a power of two; <see cref="Reduction"/> reduces each stretch. Joined here, the
/// results have the same bits as one reduction of all elements, because the tree of <see cref="FloatReduction{T, S,
/// J}"/> joins 2ⁿ adjacent tiles before it joins their neighbours. A result has `width` elements, which are reduced
/// along the same axis.
/// </summary>
internal static unsafe class ReductionTree
{
    /// <summary>There are at most 2⁴⁰ stretches.</summary>
    public const int Levels = 40;

    /// <summary>
    /// Adds the result of the next whole stretch, after `before` earlier ones. Level l, of `width` elements, holds the
    /// result of 2ˡ stretches if the number of stretches has that bit. Overwrites `value`.
    /// </summary>
    public static void Push(ElementType type, ReductionKind kind, long before, nint value, nint levels, long width)
    {
        long bytes = width * type.Size();

        for (; (before & 1) != 0; before >>= 1, levels += (nint)bytes)
            Join(type, kind, levels, value, width);
        RowMemory.Copy(value, levels, bytes);
    }

    /// <summary>
    /// Combines everything after this number of whole stretches. On entry, `value` is the result of the elements after
    /// them, or neutral if there are none (see <see cref="Clear"/>); on return, the result of all elements.
    /// </summary>
    public static void Close(ElementType type, ReductionKind kind, long stretches, nint levels, nint value, long width)
    {
        nint bytes = (nint)(width * type.Size());

        for (; stretches != 0; stretches >>= 1, levels += bytes)
            if ((stretches & 1) != 0)
                Join(type, kind, levels, value, width);
    }

    /// <summary>value[c] ← the neutral element</summary>
    public static void Clear(ElementType type, ReductionKind kind, nint value, long width) =>
        Reduction.Run(type, kind, 1, 0, width, value, value);

    /// <summary>value[c] ← join(level[c], value[c])</summary>
    private static void Join(ElementType type, ReductionKind kind, nint level, nint value, long width)
    {
        if (kind == ReductionKind.Sum)
            ElementTypes.Run(type, new JoinWork<ElementSum>(level, value, width));
        else
            ElementTypes.Run(type, new JoinWork<ElementMaximum>(level, value, width));
    }

    private readonly struct JoinWork<J>(nint level, nint value, long width) : IElementWork
        where J : struct, IJoin
    {
        public void Run<T>()
            where T : unmanaged, INumber<T> => Join<T, J>((T*)level, (T*)value, width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Join<T, J>(T* level, T* value, long width)
        where T : unmanaged, INumber<T>
        where J : struct, IJoin
    {
        for (long c = 0; c < width; c++)
            value[c] = J.Join(level[c], value[c]);
    }
}
