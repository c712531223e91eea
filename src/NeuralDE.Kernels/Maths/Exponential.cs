using System.Runtime.CompilerServices;
using static NeuralDE.Kernels.Polynomial;

namespace NeuralDE.Kernels;

/// <remarks>
/// x = n log 2 + r with |r| ≤ ½ log 2, and eʳ − 1 = r + r² q(r) with a minimax polynomial q (relative error 2⁻²⁸ for float,
/// 2⁻⁵⁷ for double).
/// </remarks>
internal static partial class Maths
{
    /// <summary>Returns n, and p = eʳ − 1. x is finite with |x| &lt; 2¹⁵.</summary>
    [MethodImpl(Inline)]
    private static S ExponentAndPart<S>(S x, out S n)
        where S : struct, IVector<S>
    {
        n = S.Round(x * S.Of(1.4426950408889634));

        // log 2 in two parts; the first product and sum are exact
        var r = S.Fma(n, Constant<S>(-0.6931471824645996, -0.6931471805599453), x);
        r = S.Fma(n, Constant<S>(1.9046542121259336e-09, -2.3190468138462996e-17), r);
        return S.Fma(S.ElementSize == 4 ? ExponentialFloat(r) : ExponentialDouble(r), r * r, r);
    }

    /// <summary>(eʳ − 1 − r) / r².</summary>
    [MethodImpl(Inline)]
    private static S ExponentialFloat<S>(S r)
        where S : struct, IVector<S>
    {
        var sum = Horner(S.Of(0.00015011971117928624), r, 0.0013930650893598795, 0.008341710083186626);
        return Horner(sum, r, 0.04166650399565697, 0.16666634380817413, 0.5);
    }

    /// <summary>(eʳ − 1 − r) / r².</summary>
    [MethodImpl(Inline)]
    private static S ExponentialDouble<S>(S r)
        where S : struct, IVector<S>
    {
        var sum = Horner(S.Of(2.0961113023935188e-09), r, 2.511127399630197e-08, 2.7557162062378526e-07);
        sum = Horner(sum, r, 2.7557237364603597e-06, 2.4801587429037893e-05, 0.00019841269893365262);
        sum = Horner(sum, r, 0.0013888888888842178, 0.008333333333318932, 0.04166666666666672);
        return Horner(sum, r, 0.1666666666666668, 0.5);
    }

    /// <summary>eˣ (1 ulp).</summary>
    [MethodImpl(Inline)]
    public static S Exp<S>(S x)
        where S : struct, IVector<S>
    {
        // outside this range eˣ is 0 or ∞
        x = S.MinNative(Constant<S>(89, 710), S.MaxNative(Constant<S>(-104, -746), x));
        var p = ExponentAndPart(x, out var n);
        return S.Scale(p + S.Of(1), n);
    }

    /// <summary>eˣ − 1 (2 ulp).</summary>
    [MethodImpl(Inline)]
    public static S Expm1<S>(S x)
        where S : struct, IVector<S>
    {
        // outside this range eˣ − 1 is −1 or ∞
        var within = S.MinNative(Constant<S>(89, 710), S.MaxNative(Constant<S>(-20, -40), x));
        var p = ExponentAndPart(within, out var n);

        // computing half of it, 2ⁿ⁻¹ p + (2ⁿ⁻¹ − ½), avoids a premature overflow
        var half = S.Of(0.5);
        var scale = PowerOfTwo.Normal(n - S.Of(1));
        var halved = S.Fma(p, scale, scale - half);
        return WithSignOf(S.Select(S.Equal(n, S.Of(0)), p, halved + halved), x);
    }
}
