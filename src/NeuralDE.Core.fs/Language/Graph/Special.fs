namespace NeuralDE.Internal.Graph

open System
open MathNet.Numerics
open NeuralDE

/// Special functions of one float64. Errors are in units in the last place (ulp).
module internal Special =
    /// Σ c[i] xⁱ by Horner's rule.
    let private polynomial (c: float[]) x =
        let mutable sum = 0.0

        for i in c.Length - 1 .. -1 .. 0 do
            sum <- sum * x + c[i]

        sum

    /// 1, 0 or −1; NaN stays NaN.
    let sign x =
        if x > 0.0 then 1.0
        elif x < 0.0 then -1.0
        elif x = 0.0 then 0.0
        else x

    /// eˣ − 1 without cancellation near 0 (2 ulp). With u = eˣ rounded, u − 1 and log u have nearly the same relative
    /// error, so their quotient has almost no error (Kahan).
    let expm1 x =
        let u = exp x

        if u = 1.0 then x
        elif u - 1.0 = -1.0 then -1.0
        elif Double.IsInfinity u then u
        else (u - 1.0) * x / log u

    /// log (1 + x) without cancellation near 0 (1 ulp): the rounding error of 1 + x is corrected to first order. −∞ at
    /// −1, NaN below.
    let log1p x =
        let u = 1.0 + x

        if u = 1.0 then x
        elif u = 0.0 || Double.IsInfinity u then log u
        else log u - ((u - 1.0) - x) / u

    /// 1 / (1 + e⁻ˣ), without overflow for large |x|.
    let sigmoid x =
        if x >= 0.0 then
            1.0 / (1.0 + exp -x)
        else
            let e = exp x
            e / (1.0 + e)

    /// log (1 + eˣ) = max(x, 0) + log(1 + e^−|x|).
    let softplus (x: float) = Math.Max(x, 0.0) + log1p (exp (-(abs x)))

    /// (2/√π) ∫₀ˣ e^−t² dt (1 ulp).
    let erf x = if x = 0.0 then x else SpecialFunctions.Erf x // keeps −0

    /// The inverse of erf (2 ulp): ±∞ at ±1, NaN outside [−1, 1].
    let erfinv x =
        if x = 0.0 then x
        elif abs x <= 1.0 then SpecialFunctions.ErfInv x
        else Double.NaN

    /// xᵃ. For |a| = 0, 1, … 8: the product of the powers x, x², x⁴, x⁸ in the binary expansion of |a|, lowest first;
    /// for a < 0 its reciprocal. Otherwise Math.Pow. x⁰ = 1 for every x.
    let power (a: float) : float -> float =
        let n = abs a

        if n <= 8.0 && n = floor n then
            fun x ->
                let mutable product = 1.0
                let mutable square = x
                let mutable bits = int n

                while bits > 0 do
                    if bits &&& 1 = 1 then product <- product * square

                    square <- square * square
                    bits <- bits >>> 1

                if a < 0.0 then 1.0 / product else product
        else
            fun x -> Math.Pow(x, a)

    /// ζ(k) − 1 for k = 2, 3, …
    let private zetaMinus1 =
        [| 0.6449340668482264
           0.2020569031595943
           0.08232323371113819
           0.03692775514336993
           0.01734306198444914
           0.008349277381922827
           0.00407735619794434
           0.0020083928260822143
           0.0009945751278180853
           0.0004941886041194645
           0.0002460865533080483
           0.00012271334757848915
           6.124813505870483e-05
           3.058823630702049e-05
           1.528225940865187e-05
           7.637197637899763e-06
           3.81729326499984e-06
           1.908212716553939e-06
           9.539620338727962e-07
           4.769329867878064e-07
           2.38450502727733e-07
           1.1921992596531106e-07
           5.960818905125948e-08
           2.980350351465228e-08
           1.4901554828365043e-08
           7.45071178983543e-09
           3.725334024788457e-09 |]

    /// 1 − γ with Euler's constant γ.
    let private oneMinusEuler = 0.42278433509846713

    /// cₖ of log Γ(2 + y) = Σₖ cₖ yᵏ for |y| ≤ ½: 0, 1 − γ, (−1)ᵏ (ζ(k) − 1) / k with Euler's constant γ.
    let private lgammaNear2 =
        let signed k z = if k % 2 = 0 then z else -z
        let higher = zetaMinus1 |> Array.mapi (fun i z -> signed i z / float (i + 2))
        Array.append [| 0.0; oneMinusEuler |] higher

    /// k cₖ of the derivative, from the power 0 on: 1 − γ, (−1)ᵏ (ζ(k) − 1).
    let private digammaNear2 = lgammaNear2[1..] |> Array.mapi (fun i c -> float (i + 1) * c)

    /// B₂, B₄, … B₂₀.
    let private bernoulli =
        [| 1.0 / 6.0
           -1.0 / 30.0
           1.0 / 42.0
           -1.0 / 30.0
           5.0 / 66.0
           -691.0 / 2730.0
           7.0 / 6.0
           -3617.0 / 510.0
           43867.0 / 798.0
           -174611.0 / 330.0 |]

    /// B₂ₖ / (2k (2k − 1)).
    let private stirling = bernoulli |> Array.mapi (fun i b -> b / (float (2 * i + 2) * float (2 * i + 1)))

    /// x − round x in [−½, ½], exact: sin πx and cos πx are ± those of π times it.
    let private offInteger (x: float) = x - Math.Round x

    /// log |Γ(x)|: 4 ulp for x > 0; for x < 0, where it changes sign, 4 ulp of the larger of 1 and its terms. +∞ at 0,
    /// at negative integers and at ±∞. Taylor's series about 2 on [1½, 2½]; with the recurrence on (−½, 10); Stirling's
    /// series above; below, the reflection Γ(x) Γ(−x) = −π / (x sin πx).
    let rec lgamma x =
        if Double.IsNaN x then
            x
        elif Double.IsInfinity x || (x <= 0.0 && x = floor x) then
            Double.PositiveInfinity
        elif x <= -0.5 then
            log (Math.PI / abs (x * sin (Math.PI * offInteger x))) - lgamma -x
        elif x < 0.5 then
            polynomial lgammaNear2 x - log1p x - log (abs x)
        elif x < 1.5 then
            polynomial lgammaNear2 (x - 1.0) - log1p (x - 1.0)
        elif x < 10.0 then
            let mutable product = 1.0
            let mutable y = x

            while y > 2.5 do
                y <- y - 1.0
                product <- product * y

            polynomial lgammaNear2 (y - 2.0) + log product
        else
            let series = polynomial stirling (1.0 / (x * x)) / x
            (x - 0.5) * (log x - 1.0) + (0.4189385332046727 + series) // ½ log 2π − ½

    /// (−1)ⁿ⁺¹ ψ⁽ⁿ⁾(x) for x > 0: Σ_{i < m} n! / (x + i)ⁿ⁺¹, then the asymptotic series at x + m ≥ 15 + n:
    /// (n − 1)! / yⁿ (−log y for n = 0) + n! / (2 yⁿ⁺¹) + Σₖ B₂ₖ (2k + n − 1)! / ((2k)! y²ᵏ⁺ⁿ).
    let private polygammaPositive n x =
        /// order! / y^(order + 1)
        let term order y =
            let mutable t = 1.0 / y

            for j in 1..order do
                t <- t * (float j / y)

            t

        let shift = max 0.0 (ceil (float (15 + n) - x))
        let y = x + shift
        let atY = term n y
        let lead = if n = 0 then -(log y) else term (n - 1) y
        // t is (2k + n − 1)! / ((2k)! y²ᵏ⁺ⁿ)
        let mutable t = atY * float (n + 1) / (2.0 * y)
        let mutable tail = 0.0

        for i in 0 .. bernoulli.Length - 1 do
            tail <- tail + bernoulli[i] * t
            let k = 2 * (i + 1)
            t <- t * (float (k + n) / float (k + 1)) * (float (k + n + 1) / float (k + 2)) / (y * y)

        let mutable sum = lead + (0.5 * atY + tail)

        for i in int shift - 1 .. -1 .. 0 do
            sum <- sum + term n (x + float i)

        sum

    /// ψ(x) for x > 0: Taylor's series on [1½, 2½] and, with the recurrence ψ(x + 1) = ψ(x) + 1 / x, below 10.
    let private digammaPositive x =
        if x >= 10.0 then
            -(polygammaPositive 0 x)
        else
            let mutable y = x
            let mutable sum = 0.0

            while y > 2.5 do
                y <- y - 1.0
                sum <- sum + 1.0 / y

            while y < 1.5 do
                sum <- sum - 1.0 / y
                y <- y + 1.0

            sum + polynomial digammaNear2 (y - 2.0)

    /// The polynomial P with dⁿ/duⁿ cot u = P(cot u): P₀ = c, Pₙ₊₁ = −(1 + c²) Pₙ′.
    let cotangentDerivative n =
        let mutable p = [| 0.0; 1.0 |]

        for _ in 1..n do
            let next = Array.zeroCreate (p.Length + 1)

            for i in 1 .. p.Length - 1 do
                next[i - 1] <- next[i - 1] - float i * p[i]
                next[i + 1] <- next[i + 1] - float i * p[i]

            p <- next

        p

    /// ψ⁽ⁿ⁾(x) = dⁿ⁺¹/dxⁿ⁺¹ log Γ(x): digamma, trigamma, …; for x > 0 within n + 3 ulp; for digamma, of the larger of 1
    /// and |ψ(x)|. For x < 0 by the reflection ψ⁽ⁿ⁾(x) = (−1)ⁿ ψ⁽ⁿ⁾(1 − x) − π dⁿ/dxⁿ cot πx, 2n + 4 ulp of the larger
    /// term. Poles at 0, −1, −2, …: +∞ for odd n; for even n −∞ at 0, +∞ at −0 and NaN at −1, −2, … ψ(∞) = ∞, ψ⁽ⁿ⁾(∞) =
    /// 0 for n ≥ 1, NaN at −∞.
    let polygamma n : float -> float =
        if n < 0 then raise (GraphException $"polygamma of order {string n}, expected 0 or more.")

        let odd = n % 2 = 1
        let derivative = lazy (cotangentDerivative n)

        let positive x =
            if Double.IsPositiveInfinity x then
                if n = 0 then x else 0.0
            elif n = 0 then
                digammaPositive x
            elif odd then
                polygammaPositive n x
            else
                -(polygammaPositive n x)

        fun x ->
            if Double.IsNaN x || Double.IsNegativeInfinity x then
                Double.NaN
            elif x > 0.0 then
                positive x
            elif x = 0.0 then
                if odd then Double.PositiveInfinity else -1.0 / x
            elif x = floor x then
                if odd then Double.PositiveInfinity else Double.NaN
            else
                let r = offInteger x
                let cotangent = cos (Math.PI * r) / sin (Math.PI * r)
                let other = positive (1.0 - x)

                let reflected = Math.Pow(Math.PI, float (n + 1)) * polynomial derivative.Value cotangent

                (if odd then -other else other) - reflected

    let private centralTop =
        [| 3.3871328727963666080e0
           1.3314166789178437745e+2
           1.9715909503065514427e+3
           1.3731693765509461125e+4
           4.5921953931549871457e+4
           6.7265770927008700853e+4
           3.3430575583588128105e+4
           2.5090809287301226727e+3 |]

    let private centralBottom =
        [| 1.0
           4.2313330701600911252e+1
           6.8718700749205790830e+2
           5.3941960214247511077e+3
           2.1213794301586595867e+4
           3.9307895800092710610e+4
           2.8729085735721942674e+4
           5.2264952788528545610e+3 |]

    let private middleTop =
        [| 1.42343711074968357734e0
           4.63033784615654529590e0
           5.76949722146069140550e0
           3.64784832476320460504e0
           1.27045825245236838258e0
           2.41780725177450611770e-1
           2.27238449892691845833e-2
           7.74545014278341407640e-4 |]

    let private middleBottom =
        [| 1.0
           2.05319162663775882187e0
           1.67638483018380384940e0
           6.89767334985100004550e-1
           1.48103976427480074590e-1
           1.51986665636164571966e-2
           5.47593808499534494600e-4
           1.05075007164441684324e-9 |]

    let private farTop =
        [| 6.65790464350110377720e0
           5.46378491116411436990e0
           1.78482653991729133580e0
           2.96560571828504891230e-1
           2.65321895265761230930e-2
           1.24266094738807843860e-3
           2.71155556874348757815e-5
           2.01033439929228813265e-7 |]

    let private farBottom =
        [| 1.0
           5.99832206555887937690e-1
           1.36929880922735805310e-1
           1.48753612908506148525e-2
           7.86869131145613259100e-4
           1.84631831751005468180e-5
           1.42151175831644588870e-7
           2.04426310338993978564e-15 |]

    /// The quantile function of the standard normal distribution: x with P(X ≤ x) = p. Wichura's algorithm AS 241
    /// (PPND16), relative error about 10⁻¹⁵. ∓∞ at 0 and 1, NaN outside [0, 1].
    let normalQuantile p =
        let q = p - 0.5

        if abs q <= 0.425 then
            let r = 0.180625 - q * q
            q * polynomial centralTop r / polynomial centralBottom r
        elif p > 0.0 && p < 1.0 then
            let r = sqrt (-(log (min p (1.0 - p))))

            let x =
                if r <= 5.0 then
                    polynomial middleTop (r - 1.6) / polynomial middleBottom (r - 1.6)
                else
                    polynomial farTop (r - 5.0) / polynomial farBottom (r - 5.0)

            if q < 0.0 then -x else x
        elif p = 0.0 then
            Double.NegativeInfinity
        elif p = 1.0 then
            Double.PositiveInfinity
        else
            Double.NaN
