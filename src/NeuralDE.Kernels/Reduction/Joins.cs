using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>An associative operation that joins two elements of one type; a byte is a bool.</summary>
internal interface IJoin
{
    /// <summary>The neutral element.</summary>
    static abstract T Neutral<T>()
        where T : unmanaged, INumber<T>;

    static abstract T Join<T>(T a, T b)
        where T : unmanaged, INumber<T>;

    static abstract Vector256<T> Join<T>(Vector256<T> a, Vector256<T> b)
        where T : unmanaged, INumber<T>;

    /// <summary>For floats.</summary>
    static abstract S JoinLanes<S>(S a, S b)
        where S : struct, IVector<S>;
}

/// <summary>a + b; integers wrap; for bools, or.</summary>
internal readonly struct ElementSum : IJoin
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Neutral<T>()
        where T : unmanaged, INumber<T> => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Join<T>(T a, T b)
        where T : unmanaged, INumber<T> => typeof(T) == typeof(byte) ? T.Max(a, b) : a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Join<T>(Vector256<T> a, Vector256<T> b)
        where T : unmanaged, INumber<T> => typeof(T) == typeof(byte) ? a | b : a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S JoinLanes<S>(S a, S b)
        where S : struct, IVector<S> => a + b;
}

/// <summary>The maximum; NaN if either is NaN; max(−0, 0) = 0; for bools, or.</summary>
internal readonly struct ElementMaximum : IJoin
{
    /// <summary>−∞, or the least integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Neutral<T>()
        where T : unmanaged, INumber<T> => T.CreateSaturating(double.NegativeInfinity);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Join<T>(T a, T b)
        where T : unmanaged, INumber<T> => T.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Join<T>(Vector256<T> a, Vector256<T> b)
        where T : unmanaged, INumber<T> => typeof(T) == typeof(byte) ? a | b : Vector256.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S JoinLanes<S>(S a, S b)
        where S : struct, IVector<S> => S.Max(a, b);
}

/// <summary>The second element: the last write wins.</summary>
internal readonly struct ElementLast : IJoin
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Neutral<T>()
        where T : unmanaged, INumber<T> => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Join<T>(T a, T b)
        where T : unmanaged, INumber<T> => b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Join<T>(Vector256<T> a, Vector256<T> b)
        where T : unmanaged, INumber<T> => b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S JoinLanes<S>(S a, S b)
        where S : struct, IVector<S> => b;
}
