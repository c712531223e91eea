using System;
using System.Runtime.InteropServices;

namespace NeuralDE.Kernels;

/// <summary>Between managed arrays of numbers and native memory.</summary>
internal static unsafe class ManagedArrays
{
    public static double Float64(nint source) => *(double*)source;

    public static float Float32(nint source) => *(float*)source;

    public static void CopyIn(Array source, nint target, long bytes)
    {
        fixed (byte* p = &MemoryMarshal.GetArrayDataReference(source))
            Rows.Copy((nint)p, target, bytes);
    }

    /// <summary>Copies from a byte of the array on.</summary>
    public static void CopyPart(Array source, long from, nint target, long bytes)
    {
        fixed (byte* p = &MemoryMarshal.GetArrayDataReference(source))
            Rows.Copy((nint)p + (nint)from, target, bytes);
    }

    public static void CopyOut(nint source, Array target, long bytes)
    {
        fixed (byte* p = &MemoryMarshal.GetArrayDataReference(target))
            Rows.Copy(source, (nint)p, bytes);
    }
}
