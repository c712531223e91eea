using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NeuralDE.Kernels;

/// <summary>Copies and flags of rows: what the loops of a plan do between two iterations.</summary>
internal static unsafe class Rows
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(nint source, nint target, long bytes)
    {
        // small copies are most copies
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

    /// <summary>Copies the rows that are marked.</summary>
    public static void Blend(nint flags, long rows, long bytes, nint source, nint target)
    {
        for (long i = 0; i < rows; i++)
            if (((byte*)flags)[i] != 0)
                Copy(source + (nint)(i * bytes), target + (nint)(i * bytes), bytes);
    }

    /// <summary>Zeros in the rows that are not marked.</summary>
    public static void ClearOthers(nint flags, long rows, long bytes, nint target)
    {
        for (long i = 0; i < rows; i++)
            if (((byte*)flags)[i] == 0)
                Clear(target + (nint)(i * bytes), bytes);
    }

    /// <summary>target = a and b.</summary>
    public static void And(nint a, nint b, nint target, long rows)
    {
        for (long i = 0; i < rows; i++)
            ((byte*)target)[i] = (byte)(((byte*)a)[i] & ((byte*)b)[i]);
    }

    public static bool Any(nint flags, long rows)
    {
        for (long i = 0; i < rows; i++)
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
    /// Whether every integer (int32 or int64) of each row lies from 0 to below the row's limit (int64; −1: there is none).
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
                    ? AllBelow((uint*)values + i * width, width, (uint)Math.Min(limit, int.MaxValue + 1L))
                    : AllBelow((ulong*)values + i * width, width, (ulong)limit);

            if (!isBelow)
                return false;
        }

        return true;
    }

    /// <summary>A negative integer is a large one without its sign.</summary>
    private static bool AllBelow<T>(T* values, long count, T limit)
        where T : unmanaged, INumber<T>
    {
        var limits = new Vector<T>(limit);
        long i = 0;

        for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
            if (Vector.GreaterThanOrEqualAny(Vector.Load(values + i), limits))
                return false;

        for (; i < count; i++)
            if (values[i] >= limit)
                return false;

        return true;
    }
}
