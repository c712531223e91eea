namespace NeuralDE.Tests.Kernels

open System
open System.Numerics

/// mantissa 2^exponent, truncated to 320 bits: the functions of the kernels to about 90 digits.
[<Struct>]
type Precise = { Mantissa: BigInteger; Exponent: int }

module Precise =
    let private digits = 320

    let private length (m: BigInteger) = int (BigInteger.Abs(m).GetBitLength())

    let private make (mantissa: BigInteger) exponent =
        let extra = length mantissa - digits

        if extra > 0 then
            { Mantissa = mantissa >>> extra; Exponent = exponent + extra }
        else
            { Mantissa = mantissa; Exponent = exponent }

    let integer (n: int) = { Mantissa = BigInteger n; Exponent = 0 }
    let zero = integer 0
    let one = integer 1

    /// x 2ⁿ.
    let scale n x = { x with Exponent = x.Exponent + n }

    let add a b =
        let low, high = if a.Exponent <= b.Exponent then a, b else b, a
        let shift = high.Exponent - low.Exponent

        if high.Mantissa.IsZero then low
        elif low.Mantissa.IsZero || shift > digits + length low.Mantissa then high
        else make ((high.Mantissa <<< shift) + low.Mantissa) low.Exponent

    let negate a = { a with Mantissa = -a.Mantissa }
    let subtract a b = add a (negate b)
    let multiply a b = make (a.Mantissa * b.Mantissa) (a.Exponent + b.Exponent)

    let divide a b =
        let shift = digits + max 0 (length b.Mantissa - length a.Mantissa) + 8
        make ((a.Mantissa <<< shift) / b.Mantissa) (a.Exponent - b.Exponent - shift)

    /// Exact.
    let ofFloat (x: float) =
        let bits = BitConverter.DoubleToInt64Bits x
        let power = int (bits >>> 52) &&& 0x7FF
        let fraction = bits &&& 0xFFFFFFFFFFFFFL
        let mantissa = if power = 0 then fraction else fraction ||| (1L <<< 52)
        { Mantissa = BigInteger(if x < 0.0 then -mantissa else mantissa); Exponent = max power 1 - 1075 }

    /// Within one ulp; 0 and ∞ outside the range of float.
    let toFloat a =
        let extra = max 0 (length a.Mantissa - 60)
        let power = a.Exponent + extra
        Math.ScaleB(Math.ScaleB(float (a.Mantissa >>> extra), power / 2), power - power / 2)

    /// The sum of the first and the later terms, until they are negligible.
    let private series (first: Precise) (next: int -> Precise -> Precise) =
        let mutable term = first
        let mutable sum = first
        let mutable k = 1

        while not term.Mantissa.IsZero
              && length term.Mantissa + term.Exponent > length sum.Mantissa + sum.Exponent - digits do
            term <- next k term
            sum <- add sum term
            k <- k + 1

        sum

    /// Σ sign^k / ((2k + 1) n^(2k + 1)): artanh (1/n), or arctan (1/n) for sign −1.
    let private inverse sign n =
        let square = integer (n * n)
        let mutable power = divide one (integer n)
        let mutable sum = power

        for k in 1..200 do
            power <- divide power (if sign < 0 then negate square else square)
            sum <- add sum (divide power (integer (2 * k + 1)))

        sum

    let private log2 = scale 1 (inverse 1 3)

    let pi = scale 2 (subtract (scale 2 (inverse -1 5)) (inverse -1 239))

    /// By Newton's method.
    let squareRoot a =
        let mutable root = ofFloat (sqrt (toFloat a))

        for _ in 1..4 do
            root <- scale -1 (add root (divide a root))

        root

    let exp x =
        let n = Math.Round(toFloat x / 0.6931471805599453)
        let r = scale -8 (subtract x (multiply (integer (int n)) log2))
        let mutable power = add one (series r (fun k t -> divide (multiply t r) (integer (k + 1))))

        for _ in 1..8 do
            power <- multiply power power

        scale (int n) power

    /// y + 2 (x − eʸ) / (x + eʸ): the error is the cube of the error of y.
    let log x =
        let bits = length x.Mantissa
        let rough = Math.Log(toFloat (scale (-bits - x.Exponent) x)) + float (bits + x.Exponent) * 0.6931471805599453
        let mutable y = ofFloat rough

        for _ in 1..3 do
            let power = exp y
            y <- add y (scale 1 (divide (subtract x power) (add x power)))

        y

    let private sinSeries x =
        let square = negate (multiply x x)
        series x (fun k t -> divide (multiply t square) (integer ((2 * k) * (2 * k + 1))))

    let private cosSeries x =
        let square = negate (multiply x x)
        series one (fun k t -> divide (multiply t square) (integer ((2 * k) * (2 * k - 1))))

    let private quarter x =
        let q = Math.Round(toFloat x / (Math.PI / 2.0))
        let r = subtract x (multiply (integer (int q)) (scale -1 pi))
        struct (int q &&& 3, r)

    let sin x =
        match quarter x with
        | struct (0, r) -> sinSeries r
        | struct (1, r) -> cosSeries r
        | struct (2, r) -> negate (sinSeries r)
        | struct (_, r) -> negate (cosSeries r)

    let cos x = sin (add x (scale -1 pi))
    let tan x = divide (sin x) (cos x)
    let expm1 x = subtract (exp x) one
    let log1p x = log (add one x)
    let sigmoid x = divide one (add one (exp (negate x)))
    let softplus x = log1p (exp x)

    let tanh x =
        let t = expm1 (scale 1 x)
        divide t (add t (integer 2))

    let pow x y = exp (multiply y (log x))

    /// 2/√π e^−x² Σ 2ᵏ x²ᵏ⁺¹ / (1 · 3 ⋯ (2k + 1)).
    let erf x =
        let square = scale 1 (multiply x x)
        let sum = series x (fun k t -> divide (multiply t square) (integer (2 * k + 1)))
        let slope = divide (integer 2) (squareRoot pi)
        multiply slope (multiply sum (exp (negate (multiply x x))))

    /// One step of Newton's method from a value to the root y of erf y = x.
    let erfinv (near: float) x =
        let y = ofFloat near
        let slope = multiply (scale -1 (squareRoot pi)) (exp (multiply y y))
        add y (multiply (subtract x (erf y)) slope)

    /// The distance in units in the last place of a float64, to which `expected` is rounded at the end.
    let ulps (got: float) expected =
        let top = length expected.Mantissa + expected.Exponent
        let unit = max (top - 53) -1074
        let rounded = toFloat expected

        if Double.IsFinite got && Double.IsFinite rounded then
            abs (toFloat (scale -unit (subtract (ofFloat got) expected)))
        elif got = rounded then
            0.0
        else
            infinity
