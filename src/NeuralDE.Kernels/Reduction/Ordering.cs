using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>The order of elements: NaN after all numbers, −0 = 0, false before true (bools are bytes).</summary>
internal static class Ordering
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Before<T>(T a, T b)
        where T : unmanaged, INumber<T> => a < b || (T.IsNaN(b) && !T.IsNaN(a));

    /// <summary>
    /// Maps an element to an unsigned integer of its size with the same order; equal elements give equal integers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Rank<T>(T a)
        where T : unmanaged, INumber<T>
    {
        if (typeof(T) == typeof(float))
        {
            float x = Unsafe.BitCast<T, float>(a);

            if (float.IsNaN(x))
                return uint.MaxValue;

            // −0 + 0 = 0; the bits of negative floats are in descending order
            int bits = Unsafe.BitCast<float, int>(x + 0f);
            return (uint)(bits ^ (bits >> 31 | int.MinValue));
        }

        if (typeof(T) == typeof(double))
        {
            double x = Unsafe.BitCast<T, double>(a);

            if (double.IsNaN(x))
                return ulong.MaxValue;

            long bits = Unsafe.BitCast<double, long>(x + 0.0);
            return (ulong)(bits ^ (bits >> 63 | long.MinValue));
        }

        if (typeof(T) == typeof(int))
            return (uint)(Unsafe.BitCast<T, int>(a) ^ int.MinValue);
        if (typeof(T) == typeof(long))
            return (ulong)(Unsafe.BitCast<T, long>(a) ^ long.MinValue);
        return Unsafe.BitCast<T, byte>(a);
    }
}
