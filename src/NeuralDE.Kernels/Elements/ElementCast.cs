using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>Casts of elements from one type to another.</summary>
internal static unsafe class ElementCast
{
    public static void Run(ElementType from, ElementType to, nint a, bool aSingle, nint target, long count) =>
        ElementTypes.Run(from, new From(to, a, aSingle, target, count));

    private readonly struct From(ElementType to, nint a, bool aSingle, nint target, long count) : IElementWork
    {
        public void Run<T>()
            where T : unmanaged, INumber<T> => ElementTypes.Run(to, new To<T>((T*)a, aSingle, target, count));
    }

    private readonly struct To<T>(T* a, bool aSingle, nint target, long count) : IElementWork
        where T : unmanaged, INumber<T>
    {
        public void Run<R>()
            where R : unmanaged, INumber<R> => Each(a, aSingle, (R*)target, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Each<T, R>(T* a, bool aSingle, R* target, long count)
        where T : unmanaged, INumber<T>
        where R : unmanaged, INumber<R>
    {
        var x = *a;

        for (long i = 0; i < count; i++)
        {
            if (!aSingle)
                x = a[i];
            target[i] = typeof(R) != typeof(byte) ? ScalarOps.Convert<T, R>(x) : ScalarOps.OfBool<R>(x != T.Zero);
        }
    }
}
