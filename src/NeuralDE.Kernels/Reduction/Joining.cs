using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>Joins many elements, with vectors if the machine has them.</summary>
internal static unsafe class Joining
{
    /// <summary>target[i] ← join(target[i], source[i])</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Into<T, J>(T* source, T* target, long count)
        where T : unmanaged, INumber<T>
        where J : struct, IJoin
    {
        long i = 0;

        if (Vector256.IsHardwareAccelerated)
            for (; i <= count - Vector256<T>.Count; i += Vector256<T>.Count)
                Vector256.Store(J.Join(Vector256.Load(target + i), Vector256.Load(source + i)), target + i);

        for (; i < count; i++)
            target[i] = J.Join(target[i], source[i]);
    }

    /// <summary>Joins all elements, in any order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T All<T, J>(T* source, long count)
        where T : unmanaged, INumber<T>
        where J : struct, IJoin
    {
        T joined = J.Neutral<T>();
        long i = 0;

        if (Vector256.IsHardwareAccelerated && count >= Vector256<T>.Count)
        {
            var lanes = Vector256.Create(joined);

            for (; i <= count - Vector256<T>.Count; i += Vector256<T>.Count)
                lanes = J.Join(lanes, Vector256.Load(source + i));

            for (int lane = 0; lane < Vector256<T>.Count; lane++)
                joined = J.Join(joined, lanes[lane]);
        }

        for (; i < count; i++)
            joined = J.Join(joined, source[i]);
        return joined;
    }
}
