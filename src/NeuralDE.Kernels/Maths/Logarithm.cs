using System.Runtime.CompilerServices;
using static NeuralDE.Kernels.Polynomial;

namespace NeuralDE.Kernels;

/// <remarks>x = 2ᵉ (1 + f) with √½ ≤ 1 + f &lt; √2; e and f are exact.</remarks>
internal static partial class Maths
{
    /// <summary>e and f of a positive number, including denormals.</summary>
    [MethodImpl(Inline)]
    private static S ExponentAndFraction<S>(S x, out S fraction)
        where S : struct, IVector<S>
    {
        var isTiny = S.Less(x, Constant<S>(1.1754943508222875e-38, 2.2250738585072014e-308));
        x = S.Select(isTiny, x * Constant<S>(8388608, 4503599627370496), x);

        // shift the exponent range so that it starts at √½
        bool isFloat = S.ElementSize == 4;
        var root = S.OfBits(isFloat ? 0x3F3504F3 : 0x3FE6A09E667F3BCD);
        var bits = S.SubBits(x, S.OfBits(isFloat ? 0x3F3504F3 - 0x3F800000 : 0x3FE6A09E667F3BCD - 0x3FF0000000000000));
        var mantissa = S.And(bits, S.OfBits(isFloat ? 0x007FFFFF : 0x000FFFFFFFFFFFFF));
        fraction = S.AddBits(mantissa, root) - S.Of(1);

        // convert an integer below 2²³ or 2⁵² to float by placing it in the lowest bits of 2²³ or 2⁵²
        var magic = Constant<S>(8388608, 4503599627370496);
        var biased = S.Or(S.ShiftRight(bits, isFloat ? 23 : 52), magic);
        var bias = Constant<S>(8388608 + 127, 4503599627370496 + 1023);
        return biased - S.Select(isTiny, bias + Constant<S>(23, 52), bias);
    }

    /// <summary>log (1 + f) + e log 2 by log (1 + f) = f − f²/2 + f³ P(f), P minimax with relative error 2⁻²⁹.</summary>
    [MethodImpl(Inline)]
    private static S LogFloat<S>(S f, S exponent)
        where S : struct, IVector<S>
    {
        var sum = Horner(S.Of(0.06723178923130035), f, -0.11648351699113846, 0.11884191632270813);
        sum = Horner(sum, f, -0.12410146743059158, 0.14220775663852692, -0.16667801141738892);
        sum = Horner(sum, f, 0.20002055168151855, -0.25000011920928955, 0.3333331346511841);
        var square = f * f;
        var low = S.Fma(exponent, S.Of(-2.12194440e-4), sum * f * square);
        low = S.Fma(square, S.Of(-0.5), low);
        return S.Fma(exponent, S.Of(0.693359375), f + low);
    }

    /// <summary>
    /// log (1 + f) + e log 2 by s = f / (2 + f), log (1 + f) = f − f²/2 + s (f²/2 + R(s²)): the method and coefficients of
    /// e_log.c in FreeBSD's msun (Sun Microsystems, 1993).
    /// </summary>
    [MethodImpl(Inline)]
    private static S LogDouble<S>(S f, S exponent)
        where S : struct, IVector<S>
    {
        var s = f / (f + S.Of(2));
        var z = s * s;
        var sum = Horner(S.Of(1.479819860511658591e-01), z, 1.531383769920937332e-01, 1.818357216161805012e-01);
        sum = Horner(sum, z, 2.222219843214978396e-01, 2.857142874366239149e-01);
        sum = Horner(sum, z, 3.999999999940941908e-01, 6.666666666666735130e-01);
        var half = f * f * S.Of(0.5);
        var low = S.Fma(s, S.Fma(sum, z, half), exponent * S.Of(1.90821492927058770002e-10));
        return S.Fma(exponent, S.Of(6.93147180369123816490e-01), f - (half - low));
    }

    /// <summary>log x (1 ulp): −∞ at ±0, NaN below.</summary>
    [MethodImpl(Inline)]
    public static S Log<S>(S x)
        where S : struct, IVector<S>
    {
        var exponent = ExponentAndFraction(x, out var fraction);
        var result = S.ElementSize == 4 ? LogFloat(fraction, exponent) : LogDouble(fraction, exponent);

        // log ∞ = ∞ and log NaN = NaN
        result = S.Select(S.Less(x, S.Of(double.PositiveInfinity)), result, x);
        var zero = S.Of(0);
        var outside = S.Select(S.Less(x, zero), S.Of(double.NaN), S.Of(double.NegativeInfinity));
        return S.Select(S.LessEqual(x, zero), outside, result);
    }

    /// <summary>
    /// log (1 + x) (2 ulp): the rounding error of 1 + x is corrected to first order. −∞ at −1, NaN below.
    /// </summary>
    [MethodImpl(Inline)]
    public static S Log1p<S>(S x)
        where S : struct, IVector<S>
    {
        var one = S.Of(1);
        var u = x + one;
        var lost = (x - (u - one)) / u;

        // 0 / 0 at −1, NaN at ∞
        lost = S.Select(S.Equal(lost, lost), lost, S.Of(0));
        return WithSignOf(Log(u) + lost, x);
    }
}
