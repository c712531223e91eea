using System;
using System.Runtime.CompilerServices;
using static NeuralDE.Kernels.Polynomial;

namespace NeuralDE.Kernels;

/// <remarks>
/// x = q π + r (q π/2 + r for tan) with π in three parts (Cody and Waite): the first product and difference are exact
/// for |x| ≤ 10⁵. Larger arguments are computed lane by lane.
/// </remarks>
internal static unsafe partial class Maths
{
    private const double LargestAngle = 1e5;

    /// <summary>x − q π, with q an integer or half of one. The parts of π are positive, so that −0 stays −0.</summary>
    [MethodImpl(Inline)]
    private static S OffMultipleOfPi<S>(S x, S q)
        where S : struct, IVector<S>
    {
        var r = S.Fma(q, Constant<S>(-3.141592502593994, -3.141592653589793), x);
        r = S.Fma(q, Constant<S>(-1.5099578831723193e-07, -1.224646799147353e-16), r);
        return S.Fma(q, Constant<S>(-1.078060505991553e-14, -2.1657133478438278e-32), r);
    }

    /// <summary>
    /// sin r for |r| ≤ π/2 by sin r = r + r s p(s), s = r², p minimax with relative error 2⁻³¹ (float), 2⁻⁶¹ (double).
    /// </summary>
    [MethodImpl(Inline)]
    private static S SinHalfTurn<S>(S r)
        where S : struct, IVector<S>
    {
        var s = r * r;
        S sum;

        if (S.ElementSize == 4)
        {
            sum = Horner(S.Of(-2.550254940558716e-08), s, 2.7627049803413684e-06, -0.00019843093468807638);
            sum = Horner(sum, s, 0.008333350531756878, -0.1666666716337204);
        }
        else
        {
            sum = Horner(S.Of(2.721410875004026e-15), s, -7.643018729891516e-13, 1.60589409843007e-10);
            sum = Horner(sum, s, -2.505210690418741e-08, 2.7557319211568093e-06, -0.00019841269841212476);
            sum = Horner(sum, s, 0.008333333333333207, -0.16666666666666666);
        }

        return WithSignOf(S.Fma(sum * s, r, r), r);
    }

    /// <summary>sin x (2 ulp).</summary>
    [MethodImpl(Inline)]
    public static S Sin<S>(S x)
        where S : struct, IVector<S>
    {
        // adding a number whose ulp is 1 rounds q; the last bit of the sum is the last bit of q
        var magic = Constant<S>(12582912, 6755399441055744);
        var sum = S.Fma(x, S.Of(0.3183098861837907), magic);
        var r = OffMultipleOfPi(x, sum - magic);
        var result = S.Xor(SinHalfTurn(r), S.ShiftLeft(sum, S.ElementSize == 4 ? 31 : 63));

        var far = S.Less(S.Of(LargestAngle), S.Abs(x));
        return S.Any(far) ? S.Select(far, LaneByLane.Of(x, &Math.Sin), result) : result;
    }

    /// <summary>cos x (2 ulp) as −(−1)ᵐ sin (x − (m + ½) π).</summary>
    [MethodImpl(Inline)]
    public static S Cos<S>(S x)
        where S : struct, IVector<S>
    {
        // one more than for sin, so that the last bit is that of m + 1
        var magic = Constant<S>(12582913, 6755399441055745);
        var half = S.Of(0.5);
        var sum = S.Fma(x, S.Of(0.3183098861837907), -half) + magic;
        var r = OffMultipleOfPi(x, sum - magic + half);
        var result = S.Xor(SinHalfTurn(r), S.ShiftLeft(sum, S.ElementSize == 4 ? 31 : 63));

        var far = S.Less(S.Of(LargestAngle), S.Abs(x));
        return S.Any(far) ? S.Select(far, LaneByLane.Of(x, &Math.Cos), result) : result;
    }

    /// <summary>
    /// tan x (3 ulp): sin r / cos r, or −cos r / sin r for odd q, with |r| ≤ π/4, sin r = r + r s p(s) and
    /// cos r = 1 − s/2 + s² c(s), s = r².
    /// </summary>
    [MethodImpl(Inline)]
    public static S Tan<S>(S x)
        where S : struct, IVector<S>
    {
        bool isFloat = S.ElementSize == 4;
        var magic = Constant<S>(12582912, 6755399441055744);
        var sum = S.Fma(x, S.Of(0.6366197723675814), magic);
        var r = OffMultipleOfPi(x, (sum - magic) * S.Of(0.5));
        var s = r * r;
        var sine = WithSignOf(S.Fma((isFloat ? SinQuarterFloat(s) : SinQuarterDouble(s)) * s, r, r), r);
        var cosine = isFloat ? CosQuarterFloat(s) : CosQuarterDouble(s);
        cosine = S.Fma(cosine, s * s, S.Fma(s, S.Of(-0.5), S.Of(1)));

        var isOdd = S.SubBits(S.OfBits(0), S.And(sum, S.OfBits(1)));
        var result = S.Select(isOdd, cosine, sine) / S.Select(isOdd, sine, cosine);
        result = S.Xor(result, S.ShiftLeft(sum, isFloat ? 31 : 63));

        var far = S.Less(S.Of(LargestAngle), S.Abs(x));
        return S.Any(far) ? S.Select(far, LaneByLane.Of(x, &Math.Tan), result) : result;
    }

    [MethodImpl(Inline)]
    private static S SinQuarterFloat<S>(S s)
        where S : struct, IVector<S> =>
        Horner(S.Of(2.8325107450655196e-06), s, -0.00019853060075547546, 0.008333379402756691, -0.1666666716337204);

    [MethodImpl(Inline)]
    private static S SinQuarterDouble<S>(S s)
        where S : struct, IVector<S>
    {
        var sum = Horner(S.Of(1.58954301047385e-10), s, -2.5050734347818918e-08, 2.755731353833912e-06);
        return Horner(sum, s, -0.0001984126982935829, 0.00833333333332184, -0.1666666666666663);
    }

    [MethodImpl(Inline)]
    private static S CosQuarterFloat<S>(S s)
        where S : struct, IVector<S> =>
        Horner(S.Of(2.4432341888314113e-05), s, -0.0013887309469282627, 0.04166664555668831);

    [MethodImpl(Inline)]
    private static S CosQuarterDouble<S>(S s)
        where S : struct, IVector<S>
    {
        var sum = Horner(S.Of(-1.1358625516398406e-11), s, 2.0875703286083936e-09, -2.755731420398429e-07);
        return Horner(sum, s, 2.4801587288967585e-05, -0.001388888888887331, 0.041666666666666595);
    }
}
