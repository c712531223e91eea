using System.Runtime.CompilerServices;
using static NeuralDE.Kernels.Polynomial;

namespace NeuralDE.Kernels;

internal static partial class Maths
{
    /// <summary>tanh x (5 ulp for float, 3 for double).</summary>
    [MethodImpl(Inline)]
    public static S Tanh<S>(S x)
        where S : struct, IVector<S> => S.ElementSize == 4 ? TanhFloat(x) : TanhDouble(x);

    /// <summary>
    /// x (1 + x² p(x²)) / q(x²): the rational minimax approximation of degrees 9 and 8 in Eigen's
    /// MathFunctionsImpl.h (ptanh_float), 1 from 8.0177 on.
    /// </summary>
    [MethodImpl(Inline)]
    private static S TanhFloat<S>(S x)
        where S : struct, IVector<S>
    {
        x = S.MinNative(S.Of(8.01773357391357422), S.MaxNative(S.Of(-8.01773357391357422), x));
        var square = x * x;
        var top = Horner(S.Of(1.394553628e-8), square, 2.102733560e-5, 3.520756727e-3, 1.340216100e-1);
        top = S.Fma(square * x, top, x);
        var bottom = Horner(S.Of(8.015776984e-7), square, 3.326951409e-4, 2.597254514e-2, 4.673548340e-1);
        return top / Horner(bottom, square, 1);
    }

    /// <summary>−t / (t + 2) with t = e^−2|x| − 1, and the sign of x.</summary>
    [MethodImpl(Inline)]
    private static S TanhDouble<S>(S x)
        where S : struct, IVector<S>
    {
        // beyond this, tanh rounds to 1
        var twice = S.MaxNative(S.Of(-42), S.Abs(x) * S.Of(-2));
        var p = ExponentAndPart(twice, out var n);
        var scale = PowerOfTwo.Normal(n);
        var t = S.Fma(p, scale, scale - S.Of(1));
        return WithSignOf(S.Abs(t / (t + S.Of(2))), x);
    }

    /// <summary>1 / (1 + e⁻ˣ) (3 ulp), as e / (1 + e) with e = e^−|x| for x &lt; 0.</summary>
    [MethodImpl(Inline)]
    public static S Sigmoid<S>(S x)
        where S : struct, IVector<S>
    {
        var one = S.Of(1);
        var e = Exp(-S.Abs(x));
        return S.Select(S.Less(x, S.Of(0)), e, one) / (e + one);
    }

    /// <summary>
    /// log (1 + eˣ) = max(x, 0) + log (1 + z), z = e^−|x| (2 ulp). With w = z / (1 + z/2), log (1 + z) = 2 artanh (w/2)
    /// = w (1 + w² P(w²)), P minimax with relative error 2⁻³³ (float), 2⁻⁵⁴ (double).
    /// </summary>
    [MethodImpl(Inline)]
    public static S Softplus<S>(S x)
        where S : struct, IVector<S>
    {
        var z = Exp(-S.Abs(x));
        var w = z / S.Fma(z, S.Of(0.5), S.Of(1));
        var square = w * w;
        S sum;

        if (S.ElementSize == 4)
        {
            sum = Horner(S.Of(0.00011839242506539449), square, 0.00041882123332470655, 0.0022355641704052687);
            sum = Horner(sum, square, 0.012499671429395676, 0.0833333432674408);
        }
        else
        {
            sum = Horner(S.Of(3.383671312235992e-07), square, 7.555101323623995e-07, 4.14622581368443e-06);
            sum = Horner(sum, square, 1.8755238692458376e-05, 8.878327299960524e-05, 0.000434027205009143);
            sum = Horner(sum, square, 0.00223214289516807, 0.0124999999987651, 0.08333333333334712);
        }

        return S.MaxNative(S.Of(0), x) + S.Fma(sum * square, w, w);
    }
}
