using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>Casts of elements from one type to another.</summary>
internal static unsafe class ElementCast
{
    private const MethodImplOptions Loop = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;

    /// <summary>
    /// Integers wrap; numbers to floats round once; floats to integers truncate and saturate at the ends of the integer
    /// type.
    /// </summary>
    [MethodImpl(Loop)]
    private static void Numbers<T, R>(T* a, bool aSingle, R* target, long count)
        where T : unmanaged, INumber<T>
        where R : unmanaged, INumber<R>
    {
        var x = *a;

        for (long i = 0; i < count; i++)
        {
            if (!aSingle)
                x = a[i];
            target[i] = IsFloat<T>() ? R.CreateSaturating(x) : R.CreateTruncating(x);
        }
    }

    [MethodImpl(Loop)]
    private static void Bools<T>(T* a, bool aSingle, byte* target, long count)
        where T : unmanaged, INumber<T>
    {
        var x = *a;

        for (long i = 0; i < count; i++)
        {
            if (!aSingle)
                x = a[i];
            target[i] = x != T.Zero ? (byte)1 : (byte)0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsFloat<T>() => typeof(T) == typeof(float) || typeof(T) == typeof(double);

    public static void Run(ElementType from, ElementType to, nint a, bool aSingle, nint target, long count)
    {
        switch (from)
        {
            case ElementType.Float32:
                From<float>(to, (float*)a, aSingle, target, count);
                break;
            case ElementType.Float64:
                From<double>(to, (double*)a, aSingle, target, count);
                break;
            case ElementType.Int32:
                From<int>(to, (int*)a, aSingle, target, count);
                break;
            case ElementType.Int64:
                From<long>(to, (long*)a, aSingle, target, count);
                break;
            default:
                From<byte>(to, (byte*)a, aSingle, target, count);
                break;
        }
    }

    private static void From<T>(ElementType to, T* a, bool aSingle, nint target, long count)
        where T : unmanaged, INumber<T>
    {
        switch (to)
        {
            case ElementType.Float32:
                Numbers(a, aSingle, (float*)target, count);
                break;
            case ElementType.Float64:
                Numbers(a, aSingle, (double*)target, count);
                break;
            case ElementType.Int32:
                Numbers(a, aSingle, (int*)target, count);
                break;
            case ElementType.Int64:
                Numbers(a, aSingle, (long*)target, count);
                break;
            default:
                Bools(a, aSingle, (byte*)target, count);
                break;
        }
    }
}
