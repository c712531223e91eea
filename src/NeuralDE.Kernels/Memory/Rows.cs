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
}
