using System;

namespace NeuralDE.Kernels;

internal static partial class Special
{
    /// <summary>
    /// cₖ of log Γ(2 + y) = Σₖ cₖ yᵏ for |y| ≤ ½: 0, 1 − γ, (−1)ᵏ (ζ(k) − 1) / k with Euler's constant γ.
    /// </summary>
    private static ReadOnlySpan<double> LgammaNear2 =>
        [
            0,
            0.42278433509846713,
            0.6449340668482264 / 2,
            -0.2020569031595943 / 3,
            0.08232323371113819 / 4,
            -0.03692775514336993 / 5,
            0.01734306198444914 / 6,
            -0.008349277381922827 / 7,
            0.00407735619794434 / 8,
            -0.0020083928260822143 / 9,
            0.0009945751278180853 / 10,
            -0.0004941886041194645 / 11,
            0.0002460865533080483 / 12,
            -0.00012271334757848915 / 13,
            6.124813505870483e-05 / 14,
            -3.058823630702049e-05 / 15,
            1.528225940865187e-05 / 16,
            -7.637197637899763e-06 / 17,
            3.81729326499984e-06 / 18,
            -1.908212716553939e-06 / 19,
            9.539620338727962e-07 / 20,
            -4.769329867878064e-07 / 21,
            2.38450502727733e-07 / 22,
            -1.1921992596531106e-07 / 23,
            5.960818905125948e-08 / 24,
            -2.980350351465228e-08 / 25,
            1.4901554828365043e-08 / 26,
            -7.45071178983543e-09 / 27,
            3.725334024788457e-09 / 28,
        ];

    /// <summary>B₂, B₄, … B₂₀.</summary>
    private static ReadOnlySpan<double> Bernoulli =>
        [
            1.0 / 6,
            -1.0 / 30,
            1.0 / 42,
            -1.0 / 30,
            5.0 / 66,
            -691.0 / 2730,
            7.0 / 6,
            -3617.0 / 510,
            43867.0 / 798,
            -174611.0 / 330,
        ];

    /// <summary>B₂ₖ / (2k (2k − 1)).</summary>
    private static ReadOnlySpan<double> Stirling =>
        [
            1.0 / 6 / 2,
            -1.0 / 30 / 12,
            1.0 / 42 / 30,
            -1.0 / 30 / 56,
            5.0 / 66 / 90,
            -691.0 / 2730 / 132,
            7.0 / 6 / 182,
            -3617.0 / 510 / 240,
            43867.0 / 798 / 306,
            -174611.0 / 330 / 380,
        ];

    /// <summary>x − round x in [−½, ½], exact: sin πx and cos πx are ± those of π times it.</summary>
    private static double OffInteger(double x) => x - Math.Round(x);

    /// <summary>
    /// log |Γ(x)|: 4 ulp for x > 0; for x &lt; 0, where it changes sign, 4 ulp of the larger of 1 and its terms.
    /// Taylor's series about 2 on [1½, 2½]; with the recurrence on (−½, 10); Stirling's series above; below, the
    /// reflection Γ(x) Γ(−x) = −π / (x sin πx).
    /// </summary>
    public static double Lgamma(double x)
    {
        if (double.IsNaN(x))
            return x;
        if (double.IsInfinity(x) || (x <= 0 && x == Math.Floor(x)))
            return double.PositiveInfinity;
        if (x <= -0.5)
            return Math.Log(Math.PI / Math.Abs(x * Math.Sin(Math.PI * OffInteger(x)))) - Lgamma(-x);
        if (x < 0.5)
            return Polynomial(LgammaNear2, x) - Log1p(x) - Math.Log(Math.Abs(x));
        if (x < 1.5)
            return Polynomial(LgammaNear2, x - 1) - Log1p(x - 1);
        if (x >= 10)
            return (x - 0.5) * (Math.Log(x) - 1) + (0.4189385332046727 + Polynomial(Stirling, 1 / (x * x)) / x); // ½ log 2π − ½

        double product = 1;
        double y = x;

        while (y > 2.5)
        {
            y -= 1;
            product *= y;
        }

        return Polynomial(LgammaNear2, y - 2) + Math.Log(product);
    }

    /// <summary>order! / y^(order + 1).</summary>
    private static double PowerTerm(int order, double y)
    {
        double term = 1 / y;

        for (int j = 1; j <= order; j++)
            term *= j / y;
        return term;
    }

    /// <summary>
    /// (−1)ⁿ⁺¹ ψ⁽ⁿ⁾(x) for x > 0: Σ_{i &lt; m} n! / (x + i)ⁿ⁺¹, then the asymptotic series at x + m ≥ 15 + n:
    /// (n − 1)! / yⁿ (−log y for n = 0) + n! / (2 yⁿ⁺¹) + Σₖ B₂ₖ (2k + n − 1)! / ((2k)! y²ᵏ⁺ⁿ).
    /// </summary>
    private static double PolygammaSeries(int n, double x)
    {
        double shift = Math.Max(0, Math.Ceiling(15 + n - x));
        double y = x + shift;
        double atY = PowerTerm(n, y);
        double lead = n == 0 ? -Math.Log(y) : PowerTerm(n - 1, y);

        // the term is (2k + n − 1)! / ((2k)! y²ᵏ⁺ⁿ)
        double term = atY * (n + 1.0) / (2 * y);
        double tail = 0;

        for (int i = 0; i < Bernoulli.Length; i++)
        {
            tail += Bernoulli[i] * term;
            int k = 2 * (i + 1);
            term = term * ((double)(k + n) / (k + 1)) * ((double)(k + n + 1) / (k + 2)) / (y * y);
        }

        double sum = lead + (0.5 * atY + tail);

        for (int i = (int)shift - 1; i >= 0; i--)
            sum += PowerTerm(n, x + i);
        return sum;
    }

    /// <summary>ψ(x) for x > 0: Taylor's series on [1½, 2½] and, with ψ(x + 1) = ψ(x) + 1 / x, below 10.</summary>
    private static double DigammaPositive(double x)
    {
        if (x >= 10)
            return -PolygammaSeries(0, x);

        double y = x;
        double sum = 0;

        while (y > 2.5)
        {
            y -= 1;
            sum += 1 / y;
        }

        while (y < 1.5)
        {
            sum -= 1 / y;
            y += 1;
        }

        // the derivative of log Γ(2 + y), term by term
        double series = 0;

        for (int k = LgammaNear2.Length - 1; k >= 1; k--)
            series = series * (y - 2) + k * LgammaNear2[k];
        return sum + series;
    }

    private static double PolygammaPositive(int n, double x)
    {
        if (double.IsPositiveInfinity(x))
            return n == 0 ? x : 0;
        if (n == 0)
            return DigammaPositive(x);
        return n % 2 == 1 ? PolygammaSeries(n, x) : -PolygammaSeries(n, x);
    }

    /// <summary>dⁿ/duⁿ cot u as a polynomial in c = cot u: P₀ = c, Pₙ₊₁ = −(1 + c²) Pₙ′.</summary>
    private static double CotangentDerivative(int n, double c)
    {
        Span<double> p = stackalloc double[n + 3];
        Span<double> next = stackalloc double[n + 3];
        p.Clear();
        p[1] = 1;

        for (int degree = 1; degree <= n; degree++)
        {
            next.Clear();

            for (int i = 1; i <= degree; i++)
            {
                next[i - 1] -= i * p[i];
                next[i + 1] -= i * p[i];
            }

            next.CopyTo(p);
        }

        return Polynomial(p[..(n + 2)], c);
    }

    /// <summary>
    /// ψ⁽ⁿ⁾(x) = dⁿ⁺¹/dxⁿ⁺¹ log Γ(x) of an integral order n ≥ 0: digamma, trigamma, …; for x > 0 within n + 3 ulp; for digamma, of the
    /// larger of 1 and |ψ(x)|. For x &lt; 0 by ψ⁽ⁿ⁾(x) = (−1)ⁿ ψ⁽ⁿ⁾(1 − x) − π dⁿ/dxⁿ cot πx, 2n + 4 ulp of the larger
    /// term. Poles at 0, −1, −2, …: +∞ for odd n; for even n −∞ at 0, +∞ at −0 and NaN at −1, −2, … ψ(∞) = ∞, ψ⁽ⁿ⁾(∞) =
    /// 0 for n ≥ 1, NaN at −∞.
    /// </summary>
    public static double Polygamma(double x, double order)
    {
        int n = (int)order;
        bool isOdd = n % 2 == 1;

        if (double.IsNaN(x) || double.IsNegativeInfinity(x))
            return double.NaN;
        if (x > 0)
            return PolygammaPositive(n, x);
        if (x == 0)
            return isOdd ? double.PositiveInfinity : -1 / x;
        if (x == Math.Floor(x))
            return isOdd ? double.PositiveInfinity : double.NaN;

        double r = OffInteger(x);
        double cotangent = Math.Cos(Math.PI * r) / Math.Sin(Math.PI * r);
        double other = PolygammaPositive(n, 1 - x);
        double reflected = Math.Pow(Math.PI, n + 1) * CotangentDerivative(n, cotangent);
        return (isOdd ? -other : other) - reflected;
    }
}
