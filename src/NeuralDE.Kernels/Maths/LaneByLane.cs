using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>A function of one number in float64.</summary>
internal interface IScalarUnary
{
    static abstract double Of(double x);
}

/// <summary>A function of two numbers in float64.</summary>
internal interface IScalarBinary
{
    static abstract double Of(double x, double y);
}

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
    public static S Of<S, F>(S x)
        where S : struct, IVector<S>
        where F : struct, IScalarUnary
    {
        void* lanes = Unsafe.AsPointer(ref x);

        for (int i = 0; i < S.Count; i++)
            Write<S>(lanes, i, F.Of(Read<S>(lanes, i)));
        return S.Load(lanes);
    }

    /// <summary>Applies F to every lane and one number.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static S WithParameter<S, F>(S x, double parameter)
        where S : struct, IVector<S>
        where F : struct, IScalarBinary
    {
        void* lanes = Unsafe.AsPointer(ref x);

        for (int i = 0; i < S.Count; i++)
            Write<S>(lanes, i, F.Of(Read<S>(lanes, i), parameter));
        return S.Load(lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static S Of<S, F>(S x, S y)
        where S : struct, IVector<S>
        where F : struct, IScalarBinary
    {
        void* lanes = Unsafe.AsPointer(ref x);
        void* others = Unsafe.AsPointer(ref y);

        for (int i = 0; i < S.Count; i++)
            Write<S>(lanes, i, F.Of(Read<S>(lanes, i), Read<S>(others, i)));
        return S.Load(lanes);
    }
}
