using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Applies scalar code to every lane, out of line so that the surrounding vector code stays small. float is computed in
/// float64 and rounded once.
/// </summary>
internal static unsafe class LaneByLane
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Read<S>(void* lanes, int i)
        where S : struct, IVector<S> => S.ElementSize == 4 ? ((float*)lanes)[i] : ((double*)lanes)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write<S>(void* lanes, int i, double value)
        where S : struct, IVector<S>
    {
        if (S.ElementSize == 4)
            ((float*)lanes)[i] = (float)value;
        else
            ((double*)lanes)[i] = value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static S Of<S>(S x, delegate* <double, double> f)
        where S : struct, IVector<S>
    {
        void* lanes = Unsafe.AsPointer(ref x);

        for (int i = 0; i < S.Count; i++)
            Write<S>(lanes, i, f(Read<S>(lanes, i)));
        return S.Load(lanes);
    }

    /// <summary>Applies f to every lane and one number.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static S WithParameter<S>(S x, double parameter, delegate* <double, double, double> f)
        where S : struct, IVector<S>
    {
        void* lanes = Unsafe.AsPointer(ref x);

        for (int i = 0; i < S.Count; i++)
            Write<S>(lanes, i, f(Read<S>(lanes, i), parameter));
        return S.Load(lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static S Of<S>(S x, S y, delegate* <double, double, double> f)
        where S : struct, IVector<S>
    {
        void* lanes = Unsafe.AsPointer(ref x);
        void* others = Unsafe.AsPointer(ref y);

        for (int i = 0; i < S.Count; i++)
            Write<S>(lanes, i, f(Read<S>(lanes, i), Read<S>(others, i)));
        return S.Load(lanes);
    }
}
