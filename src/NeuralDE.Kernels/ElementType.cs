using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>The element type of an array. A bool is one byte, 0 or 1.</summary>
internal enum ElementType
{
    Float32,
    Float64,
    Int32,
    Int64,
    Bool,
}

/// <summary>Work that is compiled for every type of elements; bools are bytes.</summary>
internal interface IElementWork
{
    void Run<T>()
        where T : unmanaged, INumber<T>;
}

internal static class ElementTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this ElementType type) =>
        type switch
        {
            ElementType.Float32 or ElementType.Int32 => 4,
            ElementType.Float64 or ElementType.Int64 => 8,
            _ => 1,
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<Work>(ElementType type, Work work)
        where Work : struct, IElementWork
    {
        switch (type)
        {
            case ElementType.Float32:
                work.Run<float>();
                break;
            case ElementType.Float64:
                work.Run<double>();
                break;
            case ElementType.Int32:
                work.Run<int>();
                break;
            case ElementType.Int64:
                work.Run<long>();
                break;
            default:
                work.Run<byte>();
                break;
        }
    }

    /// <summary>Runs work that only moves elements of this size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Move<Work>(int size, Work work)
        where Work : struct, IElementWork
    {
        if (size == 1)
            work.Run<byte>();
        else if (size == 4)
            work.Run<uint>();
        else
            work.Run<ulong>();
    }
}
