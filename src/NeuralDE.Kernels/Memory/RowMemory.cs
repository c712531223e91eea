using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NeuralDE.Kernels;

/// <summary>Copies and flags of rows: the operations of a plan's loop between two iterations.</summary>
internal static unsafe class RowMemory
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(nint source, nint target, long bytes)
    {
        // most copies are small
        if (bytes <= 64)
        {
            while (bytes >= 8)
            {
                *(long*)target = *(long*)source;
                source += 8;
                target += 8;
                bytes -= 8;
            }

            while (bytes > 0)
            {
                *(byte*)target = *(byte*)source;
                source++;
                target++;
                bytes--;
            }
        }
        else
            NativeMemory.Copy((void*)source, (void*)target, (nuint)bytes);
    }

    public static void Clear(nint target, long bytes) => NativeMemory.Clear((void*)target, (nuint)bytes);

    /// <summary>Copies the marked rows.</summary>
    public static void Blend(nint flags, long rows, long bytes, nint source, nint target)
    {
        for (long i = 0; i < rows; i++)
            if (((byte*)flags)[i] != 0)
                Copy(source + (nint)(i * bytes), target + (nint)(i * bytes), bytes);
    }

    /// <summary>Fills the rows that are not marked with zeros.</summary>
    public static void ClearOthers(nint flags, long rows, long bytes, nint target)
    {
        for (long i = 0; i < rows; i++)
            if (((byte*)flags)[i] == 0)
                Clear(target + (nint)(i * bytes), bytes);
    }

    /// <summary>target = a and b.</summary>
    public static void And(nint a, nint b, nint target, long rows)
    {
        long i = 0;

        for (; i <= rows - 8; i += 8)
            *(ulong*)(target + (nint)i) = *(ulong*)(a + (nint)i) & *(ulong*)(b + (nint)i);

        for (; i < rows; i++)
            ((byte*)target)[i] = (byte)(((byte*)a)[i] & ((byte*)b)[i]);
    }

    public static bool Any(nint flags, long rows)
    {
        long i = 0;

        for (; i <= rows - 8; i += 8)
            if (*(ulong*)(flags + (nint)i) != 0)
                return true;

        for (; i < rows; i++)
            if (((byte*)flags)[i] != 0)
                return true;
        return false;
    }

    public static bool All(nint flags, long rows)
    {
        for (long i = 0; i < rows; i++)
            if (((byte*)flags)[i] == 0)
                return false;
        return true;
    }

    /// <summary>
    /// Whether every integer (int32 or int64) of each row is in 0 .. limit − 1 of its row (int64; −1: no limit).
    /// </summary>
    public static bool AllBelow(ElementType type, nint values, long count, nint limits, long rows)
    {
        long width = rows == 0 ? 0 : count / rows;

        for (long i = 0; i < rows; i++)
        {
            long limit = ((long*)limits)[i];

            if (limit == -1)
                continue;

            bool isBelow =
                type == ElementType.Int32
                    ? AllBelow((int*)values + i * width, width, (int)Math.Min(limit - 1, int.MaxValue))
                    : AllBelow((long*)values + i * width, width, limit - 1);

            if (!isBelow)
                return false;
        }

        return true;
    }

    /// <summary>
    /// The sign bit of v | (limit − 1 − v) is set if v is negative or at least the limit; the subtractions cannot
    /// overflow.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // otherwise the vector loop runs unoptimised until tiered compilation replaces it
    private static bool AllBelow<T>(T* values, long count, T last)
        where T : unmanaged, IBinaryInteger<T>
    {
        var lasts = new Vector<T>(last);
        var signs = Vector<T>.Zero;
        long i = 0;

        for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
        {
            var v = Vector.Load(values + i);
            signs |= v | (lasts - v);
        }

        var sign = T.Zero;

        for (; i < count; i++)
            sign |= values[i] | (last - values[i]);

        return !T.IsNegative(sign) && Vector.GreaterThanOrEqualAll(signs, Vector<T>.Zero);
    }
}
