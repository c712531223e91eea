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

    [MethodImpl(Inline)]
    public static Vector512<T> Unary<T, TFunction>(Vector512<T> x)
        where T : unmanaged
        where TFunction : struct, IUnary =>
        Unsafe.BitCast<Lanes512<T>, Vector512<T>>(
            default(TFunction).Apply(Unsafe.BitCast<Vector512<T>, Lanes512<T>>(x))
        );

    [MethodImpl(Inline)]
    public static Vector256<T> Unary<T, TFunction>(Vector256<T> x)
        where T : unmanaged
        where TFunction : struct, IUnary =>
        Unsafe.BitCast<Lanes256<T>, Vector256<T>>(
            default(TFunction).Apply(Unsafe.BitCast<Vector256<T>, Lanes256<T>>(x))
        );

    [MethodImpl(Inline)]
    public static Vector128<T> Unary<T, TFunction>(Vector128<T> x)
        where T : unmanaged
        where TFunction : struct, IUnary
    {
        // both halves take the time of one number
        if (Vector256.IsHardwareAccelerated)
            return Unary<T, TFunction>(Vector256.Create(x, x)).GetLower();

        for (int i = 0; i < Vector128<T>.Count; i++)
        {
            var lane = default(TFunction).Apply(Unsafe.BitCast<T, Lane<T>>(x[i]));
            x = x.WithElement(i, Unsafe.BitCast<Lane<T>, T>(lane));
        }

        return x;
    }

    [MethodImpl(Inline)]
    public static Vector512<T> Binary<T, TFunction>(Vector512<T> x, Vector512<T> y)
        where T : unmanaged
        where TFunction : struct, IBinary =>
        Unsafe.BitCast<Lanes512<T>, Vector512<T>>(
            default(TFunction).Apply(
                Unsafe.BitCast<Vector512<T>, Lanes512<T>>(x),
                Unsafe.BitCast<Vector512<T>, Lanes512<T>>(y)
            )
        );

    [MethodImpl(Inline)]
    public static Vector256<T> Binary<T, TFunction>(Vector256<T> x, Vector256<T> y)
        where T : unmanaged
        where TFunction : struct, IBinary =>
        Unsafe.BitCast<Lanes256<T>, Vector256<T>>(
            default(TFunction).Apply(
                Unsafe.BitCast<Vector256<T>, Lanes256<T>>(x),
                Unsafe.BitCast<Vector256<T>, Lanes256<T>>(y)
            )
        );

    [MethodImpl(Inline)]
    public static Vector128<T> Binary<T, TFunction>(Vector128<T> x, Vector128<T> y)
        where T : unmanaged
        where TFunction : struct, IBinary
    {
        if (Vector256.IsHardwareAccelerated)
            return Binary<T, TFunction>(Vector256.Create(x, x), Vector256.Create(y, y)).GetLower();

        for (int i = 0; i < Vector128<T>.Count; i++)
        {
            var lane = default(TFunction).Apply(Unsafe.BitCast<T, Lane<T>>(x[i]), Unsafe.BitCast<T, Lane<T>>(y[i]));
            x = x.WithElement(i, Unsafe.BitCast<Lane<T>, T>(lane));
        }

        return x;
    }

    [MethodImpl(Inline)]
    public static Vector512<T> Power<T>(Vector512<T> x, double exponent)
        where T : unmanaged =>
        Unsafe.BitCast<Lanes512<T>, Vector512<T>>(Maths.Power(Unsafe.BitCast<Vector512<T>, Lanes512<T>>(x), exponent));

    [MethodImpl(Inline)]
    public static Vector256<T> Power<T>(Vector256<T> x, double exponent)
        where T : unmanaged =>
        Unsafe.BitCast<Lanes256<T>, Vector256<T>>(Maths.Power(Unsafe.BitCast<Vector256<T>, Lanes256<T>>(x), exponent));

    [MethodImpl(Inline)]
    public static Vector128<T> Power<T>(Vector128<T> x, double exponent)
        where T : unmanaged
    {
        if (Vector256.IsHardwareAccelerated)
            return Power(Vector256.Create(x, x), exponent).GetLower();

        for (int i = 0; i < Vector128<T>.Count; i++)
        {
            var lane = Maths.Power(Unsafe.BitCast<T, Lane<T>>(x[i]), exponent);
            x = x.WithElement(i, Unsafe.BitCast<Lane<T>, T>(lane));
        }

        return x;
    }

    /// <summary>The address of a number of the block.</summary>
    public static unsafe nint Address<T>(ref T block, nuint index)
        where T : unmanaged => (nint)Unsafe.AsPointer(ref Unsafe.Add(ref block, index));
}
