using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>Copies, fills, gathers and spreads of consecutive elements.</summary>
internal static unsafe class Runs
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>From this number of elements on, a memory copy is faster than a loop.</summary>
    private const int Short = 8;

    /// <summary>target[i] ← source[i]</summary>
    [MethodImpl(Inline)]
    public static void Copy<T>(T* source, T* target, long count)
        where T : unmanaged
    {
        if (count < Short)
            for (long i = 0; i < count; i++)
                target[i] = source[i];
        else
            NativeMemory.Copy(source, target, (nuint)count * (nuint)sizeof(T));
    }

    /// <summary>target[i] ← value</summary>
    [MethodImpl(Inline)]
    public static void Fill<T>(T* target, long count, T value)
        where T : unmanaged
    {
        if (count < Short)
            for (long i = 0; i < count; i++)
                target[i] = value;
        else
            FillLong(target, count, value);
    }

    [MethodImpl(Hot)]
    private static void FillLong<T>(T* target, long count, T value)
        where T : unmanaged
    {
        long i = 0;

        if (Vector256.IsHardwareAccelerated)
        {
            var values = Vector256.Create(Bytes(value));
            int lanes = Vector256<byte>.Count / sizeof(T);

            for (; i <= count - lanes; i += lanes)
                Vector256.Store(values, (ulong*)(target + i));
        }

        for (; i < count; i++)
            target[i] = value;
    }

    /// <summary>Eight bytes that repeat the element.</summary>
    [MethodImpl(Inline)]
    private static ulong Bytes<T>(T value)
        where T : unmanaged
    {
        if (sizeof(T) == 1)
            return *(byte*)&value * 0x0101_0101_0101_0101UL;
        if (sizeof(T) == 4)
            return *(uint*)&value * 0x0000_0001_0000_0001UL;
        return *(ulong*)&value;
    }

    /// <summary>target[i] ← source[i stride]</summary>
    [MethodImpl(Inline)]
    public static void Gather<T>(T* source, long stride, T* target, long count)
        where T : unmanaged
    {
        for (T* end = target + count; target < end; target++, source += stride)
            *target = *source;
    }

    /// <summary>target[i stride] ← source[i]</summary>
    [MethodImpl(Inline)]
    public static void Spread<T>(T* source, T* target, long stride, long count)
        where T : unmanaged
    {
        for (T* end = source + count; source < end; source++, target += stride)
            *target = *source;
    }

    /// <summary>
    /// target[i] ← source[i mod length]: the written part is copied after itself, twice as much each time.
    /// </summary>
    [MethodImpl(Hot)]
    public static void Repeat<T>(T* source, long length, T* target, long count)
        where T : unmanaged
    {
        // the source of each copy should stay in the L1 cache
        const int Enough = 8192;

        long filled = length < count ? length : count;
        Copy(source, target, filled);

        while (filled < count)
        {
            long whole = filled * sizeof(T) <= Enough ? filled : length * (1 + (Enough / sizeof(T) - 1) / length);
            long more = whole < filled ? whole : filled;

            if (more > count - filled)
                more = count - filled;
            Copy(target, target + filled, more);
            filled += more;
        }
    }
}
