using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Functions of every lane, written once for both float types and all widths. Errors are in units in the last place
/// (ulp); NaN gives NaN; zeros, infinities and denormals are treated as in IEEE 754 and the C library.
/// </summary>
internal static unsafe partial class Maths
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>Copies the sign bit of x to a magnitude, which has no sign bit or the same one.</summary>
    [MethodImpl(Inline)]
    private static S WithSignOf<S>(S magnitude, S x)
        where S : struct, IVector<S> => S.Or(magnitude, S.And(x, S.Of(-0.0)));

    /// <summary>1, 0 or −1.</summary>
    [MethodImpl(Inline)]
    public static S Sign<S>(S x)
        where S : struct, IVector<S>
    {
        var zero = S.Of(0);
        return S.Select(S.Less(zero, x), S.Of(1), S.Select(S.Less(x, zero), S.Of(-1), x + zero));
    }

    /// <summary>
    /// The remainder of x / y with the sign of y; NaN for division by 0; a zero has the sign of x. Exact if it is a
    /// multiple of y's last place. |x / y| ≥ 2²², which one quotient does not resolve, is computed lane by lane.
    /// </summary>
    [MethodImpl(Inline)]
    public static S Mod<S>(S x, S y)
        where S : struct, IVector<S>
    {
        var infinity = S.Of(double.PositiveInfinity);
        var quotient = x / y;
        var whole = WithSignOf(S.Floor(S.Abs(quotient)), quotient);

        // if the quotient was rounded up to the next integer, the remainder has the wrong sign
        var rest = S.Fma(-whole, y, x);
        var tooFar = S.Less(rest * WithSignOf(S.Of(1), x), S.Of(0));
        rest = S.Select(tooFar, rest + WithSignOf(S.Abs(y), x), rest);

        var isZero = S.Equal(rest, S.Of(0));
        rest = S.Select(isZero, S.And(x, S.Of(-0.0)), rest);
        var otherSign = S.AndNot(S.Xor(S.Less(rest, S.Of(0)), S.Less(y, S.Of(0))), isZero);
        var result = S.Select(otherSign, rest + y, rest);

        var far = S.Or(S.LessEqual(S.Of(4194304), S.Abs(quotient)), S.Equal(S.Abs(y), infinity));
        return S.Any(far) ? S.Select(far, LaneByLane.Of(x, y, &Special.Mod), result) : result;
    }
}
