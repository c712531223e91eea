using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>
/// Functions that compiled lane code calls because no instruction computes them. Compiled code passes plain vectors: the calls
/// convert them to the vectors for which <see cref="Maths"/> is written.
/// </summary>
internal static class LaneFar
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>A function of vectors V that are the lanes of S.</summary>
    [MethodImpl(Inline)]
    private static V Of<V, S, TFunction>(V x)
        where V : struct
        where S : struct, IVector<S>
        where TFunction : struct, IUnary => Unsafe.BitCast<S, V>(default(TFunction).Apply(Unsafe.BitCast<V, S>(x)));

    [MethodImpl(Inline)]
    private static V Of<V, S, TFunction>(V x, V y)
        where V : struct
        where S : struct, IVector<S>
        where TFunction : struct, IBinary =>
        Unsafe.BitCast<S, V>(default(TFunction).Apply(Unsafe.BitCast<V, S>(x), Unsafe.BitCast<V, S>(y)));

    [MethodImpl(Inline)]
    public static Vector512<T> Unary<T, TFunction>(Vector512<T> x)
        where T : unmanaged
        where TFunction : struct, IUnary => Of<Vector512<T>, Lanes512<T>, TFunction>(x);

    [MethodImpl(Inline)]
    public static Vector256<T> Unary<T, TFunction>(Vector256<T> x)
        where T : unmanaged
        where TFunction : struct, IUnary => Of<Vector256<T>, Lanes256<T>, TFunction>(x);

    [MethodImpl(Inline)]
    public static Vector128<T> Unary<T, TFunction>(Vector128<T> x)
        where T : unmanaged
        where TFunction : struct, IUnary
    {
        // both halves take the time of one number
        if (Vector256.IsHardwareAccelerated)
            return Unary<T, TFunction>(Vector256.Create(x, x)).GetLower();

        for (int i = 0; i < Vector128<T>.Count; i++)
            x = x.WithElement(i, Of<T, Lane<T>, TFunction>(x[i]));
        return x;
    }

    [MethodImpl(Inline)]
    public static Vector512<T> Binary<T, TFunction>(Vector512<T> x, Vector512<T> y)
        where T : unmanaged
        where TFunction : struct, IBinary => Of<Vector512<T>, Lanes512<T>, TFunction>(x, y);

    [MethodImpl(Inline)]
    public static Vector256<T> Binary<T, TFunction>(Vector256<T> x, Vector256<T> y)
        where T : unmanaged
        where TFunction : struct, IBinary => Of<Vector256<T>, Lanes256<T>, TFunction>(x, y);

    [MethodImpl(Inline)]
    public static Vector128<T> Binary<T, TFunction>(Vector128<T> x, Vector128<T> y)
        where T : unmanaged
        where TFunction : struct, IBinary
    {
        if (Vector256.IsHardwareAccelerated)
            return Binary<T, TFunction>(Vector256.Create(x, x), Vector256.Create(y, y)).GetLower();

        for (int i = 0; i < Vector128<T>.Count; i++)
            x = x.WithElement(i, Of<T, Lane<T>, TFunction>(x[i], y[i]));
        return x;
    }

    /// <summary>Without a function type, so that a constant exponent selects the code when it is compiled.</summary>
    [MethodImpl(Inline)]
    private static V PowerOf<V, S>(V x, double exponent)
        where V : struct
        where S : struct, IVector<S> => Unsafe.BitCast<S, V>(Maths.Power(Unsafe.BitCast<V, S>(x), exponent));

    [MethodImpl(Inline)]
    public static Vector512<T> Power<T>(Vector512<T> x, double exponent)
        where T : unmanaged => PowerOf<Vector512<T>, Lanes512<T>>(x, exponent);

    [MethodImpl(Inline)]
    public static Vector256<T> Power<T>(Vector256<T> x, double exponent)
        where T : unmanaged => PowerOf<Vector256<T>, Lanes256<T>>(x, exponent);

    [MethodImpl(Inline)]
    public static Vector128<T> Power<T>(Vector128<T> x, double exponent)
        where T : unmanaged
    {
        if (Vector256.IsHardwareAccelerated)
            return Power(Vector256.Create(x, x), exponent).GetLower();

        for (int i = 0; i < Vector128<T>.Count; i++)
            x = x.WithElement(i, PowerOf<T, Lane<T>>(x[i], exponent));
        return x;
    }

    /// <summary>The address of a number of the block.</summary>
    public static unsafe nint Address<T>(ref T block, nuint index)
        where T : unmanaged => (nint)Unsafe.AsPointer(ref Unsafe.Add(ref block, index));
}
