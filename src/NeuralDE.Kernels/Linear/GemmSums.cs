using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Up to four adjacent vectors in registers, <c>sizeof(Vectors)</c> of them: the sums of one row of a tile, or the row
/// of B that is added to them. <c>sizeof(Partial)</c> is 2 if the last vector is not full.
/// </summary>
internal unsafe struct GemmSums<S, Vectors, Partial>
    where S : struct, IVector<S>
    where Vectors : unmanaged
    where Partial : unmanaged
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private S first;
    private S second;
    private S third;
    private S fourth;

    [MethodImpl(Inline)]
    private static S Load(byte* row, int vector, int lastLanes)
    {
        row += vector * S.Count * S.ElementSize;

        if (sizeof(Partial) == 2 && vector == sizeof(Vectors) - 1)
            return S.LoadFirst(row, lastLanes);
        return S.Load(row);
    }

    [MethodImpl(Inline)]
    private static void Store(S value, byte* row, int vector, int lastLanes)
    {
        row += vector * S.Count * S.ElementSize;

        if (sizeof(Partial) == 2 && vector == sizeof(Vectors) - 1)
            S.StoreFirst(value, row, lastLanes);
        else
            S.Store(value, row);
    }

    [MethodImpl(Inline)]
    public void Clear()
    {
        first = S.Of(0);

        if (sizeof(Vectors) > 1)
            second = S.Of(0);
        if (sizeof(Vectors) > 2)
            third = S.Of(0);
        if (sizeof(Vectors) > 3)
            fourth = S.Of(0);
    }

    [MethodImpl(Inline)]
    public void Load(byte* row, int lastLanes)
    {
        first = Load(row, 0, lastLanes);

        if (sizeof(Vectors) > 1)
            second = Load(row, 1, lastLanes);
        if (sizeof(Vectors) > 2)
            third = Load(row, 2, lastLanes);
        if (sizeof(Vectors) > 3)
            fourth = Load(row, 3, lastLanes);
    }

    /// <summary>Adds a row.</summary>
    [MethodImpl(Inline)]
    public void Plus(byte* row, int lastLanes)
    {
        first += Load(row, 0, lastLanes);

        if (sizeof(Vectors) > 1)
            second += Load(row, 1, lastLanes);
        if (sizeof(Vectors) > 2)
            third += Load(row, 2, lastLanes);
        if (sizeof(Vectors) > 3)
            fourth += Load(row, 3, lastLanes);
    }

    [MethodImpl(Inline)]
    public readonly void Store(byte* row, int lastLanes)
    {
        Store(first, row, 0, lastLanes);

        if (sizeof(Vectors) > 1)
            Store(second, row, 1, lastLanes);
        if (sizeof(Vectors) > 2)
            Store(third, row, 2, lastLanes);
        if (sizeof(Vectors) > 3)
            Store(fourth, row, 3, lastLanes);
    }

    /// <summary>Adds the number at a, times b, rounded once.</summary>
    [MethodImpl(Inline)]
    public void Add(byte* a, in GemmSums<S, Vectors, Partial> b)
    {
        var factor = S.Broadcast(a);
        first = S.Fma(factor, b.first, first);

        if (sizeof(Vectors) > 1)
            second = S.Fma(factor, b.second, second);
        if (sizeof(Vectors) > 2)
            third = S.Fma(factor, b.third, third);
        if (sizeof(Vectors) > 3)
            fourth = S.Fma(factor, b.fourth, fourth);
    }
}
