using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>An associative operation that joins two elements of one type; a byte is a bool.</summary>
internal interface IJoin
{
    /// <summary>The neutral element.</summary>
    static abstract T Neutral<T>()
        where T : unmanaged;

    static abstract T Join<T>(T a, T b)
        where T : unmanaged;

    static abstract Vector256<T> Join<T>(Vector256<T> a, Vector256<T> b)
        where T : unmanaged;

    /// <summary>For floats.</summary>
    static abstract S JoinLanes<S>(S a, S b)
        where S : struct, IVector<S>;
}

/// <summary>a + b; integers wrap; for bools, or.</summary>
internal readonly struct ElementSum : IJoin
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Neutral<T>()
        where T : unmanaged => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Join<T>(T a, T b)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
            return Unsafe.BitCast<float, T>(Unsafe.BitCast<T, float>(a) + Unsafe.BitCast<T, float>(b));
        if (typeof(T) == typeof(double))
            return Unsafe.BitCast<double, T>(Unsafe.BitCast<T, double>(a) + Unsafe.BitCast<T, double>(b));
        if (typeof(T) == typeof(int))
            return Unsafe.BitCast<int, T>(Unsafe.BitCast<T, int>(a) + Unsafe.BitCast<T, int>(b));
        if (typeof(T) == typeof(long))
            return Unsafe.BitCast<long, T>(Unsafe.BitCast<T, long>(a) + Unsafe.BitCast<T, long>(b));
        return Unsafe.BitCast<byte, T>((byte)(Unsafe.BitCast<T, byte>(a) | Unsafe.BitCast<T, byte>(b)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Join<T>(Vector256<T> a, Vector256<T> b)
        where T : unmanaged => typeof(T) == typeof(byte) ? a | b : a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S JoinLanes<S>(S a, S b)
        where S : struct, IVector<S> => a + b;
}

/// <summary>The maximum; NaN if either is NaN; max(−0, 0) = 0; for bools, or.</summary>
internal readonly struct ElementMaximum : IJoin
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Neutral<T>()
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
            return Unsafe.BitCast<float, T>(float.NegativeInfinity);
        if (typeof(T) == typeof(double))
            return Unsafe.BitCast<double, T>(double.NegativeInfinity);
        if (typeof(T) == typeof(int))
            return Unsafe.BitCast<int, T>(int.MinValue);
        if (typeof(T) == typeof(long))
            return Unsafe.BitCast<long, T>(long.MinValue);
        return default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Join<T>(T a, T b)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
            return Unsafe.BitCast<float, T>(MathF.Max(Unsafe.BitCast<T, float>(a), Unsafe.BitCast<T, float>(b)));
        if (typeof(T) == typeof(double))
            return Unsafe.BitCast<double, T>(Math.Max(Unsafe.BitCast<T, double>(a), Unsafe.BitCast<T, double>(b)));
        if (typeof(T) == typeof(int))
            return Unsafe.BitCast<int, T>(Math.Max(Unsafe.BitCast<T, int>(a), Unsafe.BitCast<T, int>(b)));
        if (typeof(T) == typeof(long))
            return Unsafe.BitCast<long, T>(Math.Max(Unsafe.BitCast<T, long>(a), Unsafe.BitCast<T, long>(b)));
        return Unsafe.BitCast<byte, T>((byte)(Unsafe.BitCast<T, byte>(a) | Unsafe.BitCast<T, byte>(b)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Join<T>(Vector256<T> a, Vector256<T> b)
        where T : unmanaged => typeof(T) == typeof(byte) ? a | b : Vector256.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S JoinLanes<S>(S a, S b)
        where S : struct, IVector<S> => S.Max(a, b);
}

/// <summary>The second element: the last write wins.</summary>
internal readonly struct ElementLast : IJoin
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Neutral<T>()
        where T : unmanaged => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Join<T>(T a, T b)
        where T : unmanaged => b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Join<T>(Vector256<T> a, Vector256<T> b)
        where T : unmanaged => b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S JoinLanes<S>(S a, S b)
        where S : struct, IVector<S> => b;
}
