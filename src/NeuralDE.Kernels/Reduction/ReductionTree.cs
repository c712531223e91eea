using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// A reduction in stretches that need not be in memory at the same time. Every stretch but the last has the same number of
/// tiles of 64 elements, a power of two; <see cref="Reduction"/> reduces it alone. Joined here, the results have the bits of the
/// reduction of all elements at once: the tree of <see cref="FloatReduction{T, S, J}"/> joins 2ⁿ tiles before what is beside them.
/// A result is `width` elements: neighbours that are reduced along the same axis.
/// </summary>
internal static unsafe class ReductionTree
{
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>More stretches than 2⁴⁰ there are not.</summary>
    public const int Levels = 40;

    /// <summary>
    /// Takes the result of the next whole stretch, of which `before` came before. Levels, `width` elements each, hold what
    /// 2^level stretches gave, where the count of stretches has that bit. What lies at `value` is lost.
    /// </summary>
    public static void Push(ElementType type, ReductionKind kind, long before, nint value, nint levels, long width)
    {
        long bytes = width * type.Size();

        for (; (before & 1) != 0; before >>= 1, levels += (nint)bytes)
            Join(type, kind, levels, value, width);
        RowMemory.Copy(value, levels, bytes);
    }

    /// <summary>
    /// The result of all, after so many whole stretches. `value` holds that of the elements behind them, and then all; where
    /// nothing is behind them, what changes nothing: see <see cref="Clear"/>.
    /// </summary>
    public static void Close(ElementType type, ReductionKind kind, long stretches, nint levels, nint value, long width)
    {
        nint bytes = (nint)(width * type.Size());

        for (; stretches != 0; stretches >>= 1, levels += bytes)
            if ((stretches & 1) != 0)
                Join(type, kind, levels, value, width);
    }

    /// <summary>value[c] ← what changes no element that it is joined with</summary>
    public static void Clear(ElementType type, ReductionKind kind, nint value, long width) =>
        Reduction.Run(type, kind, 1, 0, width, value, value);

    /// <summary>value[c] ← join(level[c], value[c])</summary>
    private static void Join(ElementType type, ReductionKind kind, nint level, nint value, long width)
    {
        if (kind == ReductionKind.Sum)
            Join<ElementSum>(type, level, value, width);
        else
            Join<ElementMaximum>(type, level, value, width);
    }

    private static void Join<J>(ElementType type, nint level, nint value, long width)
        where J : struct, IJoin
    {
        switch (type)
        {
            case ElementType.Float32:
                Join<float, J>((float*)level, (float*)value, width);
                break;
            case ElementType.Float64:
                Join<double, J>((double*)level, (double*)value, width);
                break;
            case ElementType.Int32:
                Join<int, J>((int*)level, (int*)value, width);
                break;
            case ElementType.Int64:
                Join<long, J>((long*)level, (long*)value, width);
                break;
            default:
                Join<byte, J>((byte*)level, (byte*)value, width);
                break;
        }
    }

    [MethodImpl(Hot)]
    private static void Join<T, J>(T* level, T* value, long width)
        where T : unmanaged
        where J : struct, IJoin
    {
        for (long c = 0; c < width; c++)
            value[c] = J.Join(level[c], value[c]);
    }
}
