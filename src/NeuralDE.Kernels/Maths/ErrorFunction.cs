using System.Runtime.CompilerServices;
using static NeuralDE.Kernels.Polynomial;

namespace NeuralDE.Kernels;

internal static partial class Maths
{
    /// <summary>
    /// (2/√π) ∫₀ˣ e^−t² dt (2 ulp): x + x p(x²) near 0, 1 − e^(t Q(t) − t) with t = |x| above; p and Q are minimax.
    /// </summary>
    [MethodImpl(Inline)]
    public static S Erf<S>(S x)
        where S : struct, IVector<S>
    {
        bool isFloat = S.ElementSize == 4;
        var square = x * x;
        var near = S.Fma(isFloat ? ErfNearFloat(square) : ErfNearDouble(square), x, x);

        // above 4 (float) and 6 (double), erf rounds to 1
        var t = S.MinNative(Constant<S>(4, 6), S.Abs(x));
        var power = S.Fma(isFloat ? ErfFarFloat(t) : ErfFarDouble(t), t, -t);
        var p = ExponentAndPart(power, out var n);
        var scale = PowerOfTwo.Normal(n);
        var far = S.Of(1) - S.Fma(p, scale, scale);

        return WithSignOf(S.Select(S.Less(S.Abs(x), Constant<S>(0.92, 1)), near, far), x);
    }

    /// <summary>erf x / x − 1 as a polynomial in x² for |x| ≤ 0.92, relative error 2⁻²⁶ of erf.</summary>
    [MethodImpl(Inline)]
    private static S ErfNearFloat<S>(S square)
        where S : struct, IVector<S>
    {
        var sum = Horner(S.Of(-0.0005994013627059758), square, 0.004993954673409462, -0.02676730416715145);
        return Horner(sum, square, 0.11281842738389969, -0.3761249780654907, 0.12837915122509003);
    }

    /// <summary>erf x / x − 1 as a polynomial in x² for |x| ≤ 1, relative error 2⁻⁵⁶ of erf.</summary>
    [MethodImpl(Inline)]
    private static S ErfNearDouble<S>(S square)
        where S : struct, IVector<S>
    {
        var sum = Horner(S.Of(-7.594122586197211e-10), square, 1.3610148479669798e-08, -1.618266103898818e-07);
        sum = Horner(sum, square, 1.6444001198913412e-06, -1.4924455505521466e-05, 0.00012055280070661311);
        sum = Horner(sum, square, -0.0008548325474077376, 0.005223977596574538, -0.026866170641947056);
        return Horner(sum, square, 0.11283791670936917, -0.37612638903183343, 0.12837916709551256);
    }

    /// <summary>1 + log (1 − erf t) / t for 0.92 ≤ t ≤ 4, relative error 2⁻³⁰ of erf.</summary>
    [MethodImpl(Inline)]
    private static S ErfFarFloat<S>(S t)
        where S : struct, IVector<S>
    {
        var sum = Horner(S.Of(-1.1229998563067056e-05), t, 0.00032279398874379694, -0.0036424295976758003);
        sum = Horner(sum, t, 0.023762019351124763, -0.10623684525489807);
        return Horner(sum, t, -0.6351513266563416, -0.12864848971366882);
    }

    /// <summary>1 + log (1 − erf t) / t for 1 ≤ t ≤ 6, relative error 2⁻⁵⁴ of erf.</summary>
    [MethodImpl(Inline)]
    private static S ErfFarDouble<S>(S t)
        where S : struct, IVector<S>
    {
        var sum = Horner(S.Of(-8.790480198338342e-12), t, 3.523101527820951e-10, -6.5571696583021065e-09);
        sum = Horner(sum, t, 7.507886577604153e-08, -5.891829440692051e-07, 3.3257542011243467e-06);
        sum = Horner(sum, t, -1.3638302564254603e-05, 3.8894691661686927e-05, -6.098641919026837e-05);
        sum = Horner(sum, t, -5.373863262890293e-05, 0.0006426573802818125, -0.001758033282269252);
        sum = Horner(sum, t, 0.00025975545289049336, 0.019099480890892997, -0.10276143538274618);
        return Horner(sum, t, -0.6366223857778028, -0.1283788859882465);
    }
}
