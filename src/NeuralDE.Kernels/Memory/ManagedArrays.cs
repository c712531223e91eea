using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NeuralDE.Kernels;

/// <summary>Copies between managed arrays of numbers and native memory.</summary>
internal static unsafe class ManagedArrays
{
    public static double Float64(nint source) => *(double*)source;

    public static float Float32(nint source) => *(float*)source;

    public static void CopyIn(Array source, nint target, long bytes)
    {
        fixed (byte* p = &MemoryMarshal.GetArrayDataReference(source))
            TeamCopy.Run((nint)p, target, bytes);
    }

    /// <summary>Copies a part of the array that starts at a byte offset.</summary>
    public static void CopyPart(Array source, long from, nint target, long bytes)
    {
        fixed (byte* p = &MemoryMarshal.GetArrayDataReference(source))
            RowMemory.Copy((nint)p + (nint)from, target, bytes);
    }

    public static void CopyOut(nint source, Array target, long bytes)
    {
        fixed (byte* p = &MemoryMarshal.GetArrayDataReference(target))
            RowMemory.Copy(source, (nint)p, bytes);
    }

    /// <summary>RowMemory.AllBelow for an array of int or long.</summary>
    public static bool AllBelow(Array values, long[] limits)
    {
        var type = values switch
        {
            int[] => ElementType.Int32,
            long[] => ElementType.Int64,
            _ => throw new ArgumentException($"got {values.GetType().Name}, expected integers"),
        };

        fixed (byte* p = &MemoryMarshal.GetArrayDataReference(values))
        fixed (long* q = limits)
            return RowMemory.AllBelow(type, (nint)p, values.Length, (nint)q, limits.Length);
    }

    /// <summary>float32 as float64.</summary>
    public static double[] Widen(float[] source)
    {
        var target = GC.AllocateUninitializedArray<double>(source.Length);
        var i = 0;

        for (; i <= source.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(source, i), out var low, out var high);
            low.CopyTo(target, i);
            high.CopyTo(target, i + Vector<double>.Count);
        }

        for (; i < source.Length; i++)
            target[i] = source[i];

        return target;
    }

    /// <summary>float64 rounded to float32.</summary>
    public static float[] Narrow(double[] source)
    {
        var target = GC.AllocateUninitializedArray<float>(source.Length);
        var i = 0;

        for (; i <= source.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var low = new Vector<double>(source, i);
            var high = new Vector<double>(source, i + Vector<double>.Count);
            Vector.Narrow(low, high).CopyTo(target, i);
        }

        for (; i < source.Length; i++)
            target[i] = (float)source[i];

        return target;
    }

    /// <summary>The elements of an array of any rank, in row-major order.</summary>
    public static T[] Flat<T>(Array source)
        where T : unmanaged
    {
        var target = GC.AllocateUninitializedArray<T>(source.Length);
        ref var first = ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(source));
        MemoryMarshal.CreateReadOnlySpan(ref first, source.Length).CopyTo(target);
        return target;
    }
}
