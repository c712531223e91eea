using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>Work that is compiled for every float type T and vector S of it.</summary>
internal interface IVectorWork
{
    void Run<T, S>()
        where T : unmanaged, INumber<T>
        where S : struct, IVector<S>;
}

/// <summary>Runs work with the widest vectors of the machine.</summary>
internal static class Widest
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<Work>(ElementType type, Work work)
        where Work : struct, IVectorWork
    {
        if (type == ElementType.Float32)
            Run<float, Work>(work);
        else
            Run<double, Work>(work);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Run<T, Work>(Work work)
        where T : unmanaged, INumber<T>
        where Work : struct, IVectorWork
    {
        if (Vector512.IsHardwareAccelerated)
            work.Run<T, Lanes512<T>>();
        else if (Vector256.IsHardwareAccelerated)
            work.Run<T, Lanes256<T>>();
        else
            work.Run<T, Lane<T>>();
    }
}
