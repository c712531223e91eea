using System.Runtime.CompilerServices;
using static NeuralDE.Kernels.Polynomial;

namespace NeuralDE.Kernels;

/// <remarks>xʸ = 2^(y log₂ |x|), where the logarithm and the product are computed as sums of two numbers.</remarks>
internal static partial class Maths
{
    /// <summary>
    /// log₂ x for positive finite x, and its rounding error. With s = f / (2 + f), log₂ (1 + f) = s (2 / log 2 + c s² +
    /// s⁴ P(s²)), c and P minimax with relative error 2⁻³⁴ (float), 2⁻⁶⁵ (double) of the whole.
    /// </summary>
    [MethodImpl(Inline)]
    private static S Log2<S>(S x, out S low)
        where S : struct, IVector<S>
    {
        var exponent = ExponentAndFraction(x, out var f);
        var bottom = f + S.Of(2);
        var bottomLow = f - (bottom - S.Of(2));
        var inverse = S.Of(1) / bottom;
        var s = f * inverse;
        var sLow = S.Fma(-s, bottomLow, S.Fma(-s, bottom, f)) * inverse;

        var square = s * s;
        var squareLow = S.Fma(s, s, -square);
        S sum;

        if (S.ElementSize == 4)
        {
            sum = Horner(S.Of(0.3366195857524872), square, 0.4119214713573456, 0.5770788788795471);
        }
        else
        {
            sum = Horner(S.Of(0.1909337445898182), square, 0.19118891317297615, 0.22198726472947794);
            sum = Horner(sum, square, 0.26230761676309955, 0.320598903488032, 0.4121985830823931);
            sum = Horner(sum, square, 0.5770780163556547);
        }

        // c s² + s⁴ P
        var factor = Constant<S>(0.9617967009544373, 0.9617966939259756);
        var cubic = factor * square;
        var cubicLow = S.Fma(factor, squareLow, S.Fma(factor, square, -cubic));
        cubicLow = S.Fma(sum * square, square, cubicLow);

        // the factor of s, and the product; the rounding error of s enters to first order
        var constant = Constant<S>(2.885390043258667, 2.8853900817779268);
        var slope = constant + cubic;
        var slopeLow =
            cubic - (slope - constant) + (cubicLow + Constant<S>(3.851926067000022e-08, 4.0710547481862066e-17));
        var main = s * slope;
        var rest = S.Fma(s, slopeLow, S.Fma(s, slope, -main));
        rest = S.Fma(sLow, S.Fma(cubic, S.Of(2), slope), rest);

        // e + (main + rest), larger terms first
        var logarithm = exponent + main;
        low = main - (logarithm - exponent) + rest;
        return logarithm;
    }

    /// <summary>2ˣ⁺ˡᵒʷ for |low| ≤ 2⁻¹⁰.</summary>
    [MethodImpl(Inline)]
    private static S Exp2<S>(S x, S low)
        where S : struct, IVector<S>
    {
        var n = S.Round(x);
        var r = x - n + low;
        S sum;

        if (S.ElementSize == 4)
        {
            sum = Horner(S.Of(1.4297010238806251e-05), r, 0.00015451254148501903, 0.0013338028220459819);
            sum = Horner(sum, r, 0.009618088603019714, 0.055504050105810165, 0.24022650718688965);
        }
        else
        {
            sum = Horner(S.Of(4.519384546681888e-10), r, 7.075631757904664e-09, 1.0177655801247761e-07);
            sum = Horner(sum, r, 1.3215424456744429e-06, 1.525273473927881e-05, 0.00015403530478880762);
            sum = Horner(sum, r, 0.0013333558145566947, 0.009618129107577065, 0.055504108664824574);
            sum = Horner(sum, r, 0.24022650695910172);
        }

        sum = S.Fma(sum, r, Constant<S>(0.6931471824645996, 0.6931471805599453));
        return S.Scale(S.Fma(sum, r, S.Of(1)), n);
    }

    /// <summary>x to the power of y + yLow (2 ulp), |yLow| at most the rounding error of y.</summary>
    [MethodImpl(Inline)]
    private static S Pow<S>(S x, S y, S yLow)
        where S : struct, IVector<S>
    {
        var zero = S.Of(0);
        var one = S.Of(1);
        var infinity = S.Of(double.PositiveInfinity);
        var magnitude = S.Abs(x);
        var logarithm = Log2(magnitude, out var low);

        // larger exponents give 0, 1 or ∞ as this one does, and larger products 0 or ∞
        var largest = Constant<S>(4e9, 1e19);
        var bounded = S.MinNative(largest, S.MaxNative(-largest, y));
        var product = bounded * logarithm;
        var productLow = S.Fma(bounded, low, S.Fma(bounded, logarithm, -product));
        productLow = S.Fma(yLow, logarithm, productLow);
        var limit = Constant<S>(200, 1200);
        var within = S.MinNative(limit, S.MaxNative(-limit, product));
        productLow = S.Select(S.Equal(within, product), productLow, zero);
        var result = Exp2(within, productLow);

        // x = 0 and x = ∞
        var isZero = S.Equal(x, zero);
        var grows = S.Less(zero, S.Select(isZero, -y, y));
        var isExtreme = S.Or(isZero, S.Equal(magnitude, infinity));
        result = S.Select(isExtreme, S.Select(grows, infinity, zero), result);

        // x < 0: defined for integral y only; odd y keep the sign
        var halfY = y * S.Of(0.5);
        var isEven = S.Equal(S.Round(halfY), halfY);
        var isInteger = S.Equal(S.Round(y), y);
        var isOdd = S.AndNot(isInteger, isEven);
        result = S.Or(result, S.And(S.And(x, S.Of(-0.0)), isOdd));
        var isNegative = S.And(S.Less(x, zero), S.Less(-infinity, x));
        var hasValue = S.And(S.Equal(x, x), S.Equal(y, y));
        hasValue = S.AndNot(hasValue, S.AndNot(isNegative, isInteger));
        result = S.Select(hasValue, result, S.Of(double.NaN));

        return S.Select(S.Or(S.Equal(y, zero), S.Equal(x, one)), one, result);
    }

    /// <summary>xʸ (2 ulp) with the C library's special cases: x⁰ = 1ʸ = 1 for NaN, too.</summary>
    [MethodImpl(Inline)]
    public static S Pow<S>(S x, S y)
        where S : struct, IVector<S> => Pow(x, y, S.Of(0));

    /// <summary>xᵃ (2 ulp) for a constant a in float64, without rounding a to float.</summary>
    [MethodImpl(Inline)]
    public static S GeneralPower<S>(S x, double exponent)
        where S : struct, IVector<S>
    {
        var rounded = S.Of(exponent);
        double lost = exponent - S.First(rounded);
        return Pow(x, rounded, S.Of(double.IsFinite(lost) ? lost : 0));
    }

    /// <summary>√x with the special cases of a power: ∞ at −∞ and 0 at −0.</summary>
    [MethodImpl(Inline)]
    private static S RootPower<S>(S x)
        where S : struct, IVector<S>
    {
        var infinity = S.Of(double.PositiveInfinity);
        return S.Sqrt(S.Select(S.Equal(x, -infinity), infinity, x + S.Of(0)));
    }

    [MethodImpl(Inline)]
    private static S Square<S>(S x)
        where S : struct, IVector<S> => x * x;

    /// <summary>xᵃ for a constant a: 2 ulp. x⁻² is made of 1 / x, because x² would overflow or underflow prematurely.</summary>
    [MethodImpl(Inline)]
    public static S Power<S>(S x, double exponent)
        where S : struct, IVector<S> =>
        exponent switch
        {
            0 => S.Of(1),
            1 => x,
            2 => Square(x),
            3 => x * (x * x),
            4 => Square(Square(x)),
            -1 => S.Of(1) / x,
            -2 => Square(S.Of(1) / x),
            0.5 => RootPower(x),
            -0.5 => S.Of(1) / RootPower(x),
            _ => GeneralPower(x, exponent),
        };
}
