namespace NeuralDE

open System
open System.ComponentModel
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// The operand pairs of comparisons, `where`, `maximum` and `minimum`: two tensors, or a tensor and a plain number of its
/// dtype.
[<AbstractClass; Sealed; EditorBrowsable(EditorBrowsableState.Never)>]
type TensorOperands =
    static member private Right(a: Tensor, b: float) = struct (a, Tensor.Number(a.Dtype, b))
    static member private Left(a: float, b: Tensor) = struct (Tensor.Number(b.Dtype, a), b)
    static member Both(_: TensorOperands, a: Tensor, b: Tensor) : struct (Tensor * Tensor) = struct (a, b)
    static member Both(_: TensorOperands, a: Tensor, b: float) : struct (Tensor * Tensor) = TensorOperands.Right(a, b)
    static member Both(_: TensorOperands, a: Tensor, b: int) : struct (Tensor * Tensor) =
        TensorOperands.Right(a, float b)
    static member Both(_: TensorOperands, a: Tensor, b: float32) : struct (Tensor * Tensor) =
        TensorOperands.Right(a, float b)
    static member Both(_: TensorOperands, a: float, b: Tensor) : struct (Tensor * Tensor) = TensorOperands.Left(a, b)
    static member Both(_: TensorOperands, a: int, b: Tensor) : struct (Tensor * Tensor) =
        TensorOperands.Left(float a, b)
    static member Both(_: TensorOperands, a: float32, b: Tensor) : struct (Tensor * Tensor) =
        TensorOperands.Left(float a, b)
    static member Less(struct (a, b)) : Tensor = Tensor.Compare(".<", Less, a, b)
    static member LessEqual(struct (a, b)) : Tensor = Tensor.Compare(".<=", LessEqual, a, b)
    static member Greater(struct (a, b)) : Tensor = Tensor.Compare(".>", Greater, a, b)
    static member GreaterEqual(struct (a, b)) : Tensor = Tensor.Compare(".>=", GreaterEqual, a, b)
    static member Equal(struct (a, b)) : Tensor = Tensor.Compare(".=", Equal, a, b)
    static member NotEqual(struct (a, b)) : Tensor = Tensor.Compare(".<>", NotEqual, a, b)
    static member Maximum(struct (a, b)) : Tensor = Tensor.Binary(Max, a, b)
    static member Minimum(struct (a, b)) : Tensor = Tensor.Binary(Min, a, b)

    static member Where(condition: Tensor, struct (a: Tensor, b: Tensor)) : Tensor =
        Expect.bools "where" condition
        Expect.oneDtype "where" [| a; b |]
        let shape = Shape.broadcast "where" condition.Dims (Shape.broadcast "where" a.Dims b.Dims)
        Expect.made "where" [| condition; a; b |] shape
        Prim.select (Tensor.Stretch(condition, shape)) (Tensor.Stretch(a, shape)) (Tensor.Stretch(b, shape))

/// The values of `where`: the operand pairs above, or two plain numbers of one type, which determines the dtype.
[<AbstractClass; Sealed; EditorBrowsable(EditorBrowsableState.Never)>]
type WhereOperands =
    static member Both(_: WhereOperands, a: Tensor, b: Tensor) : struct (Tensor * Tensor) = struct (a, b)
    static member Both(_: WhereOperands, a: Tensor, b: float) : struct (Tensor * Tensor) =
        TensorOperands.Both(Unchecked.defaultof<TensorOperands>, a, b)
    static member Both(_: WhereOperands, a: Tensor, b: int) : struct (Tensor * Tensor) =
        TensorOperands.Both(Unchecked.defaultof<TensorOperands>, a, b)
    static member Both(_: WhereOperands, a: Tensor, b: float32) : struct (Tensor * Tensor) =
        TensorOperands.Both(Unchecked.defaultof<TensorOperands>, a, b)
    static member Both(_: WhereOperands, a: float, b: Tensor) : struct (Tensor * Tensor) =
        TensorOperands.Both(Unchecked.defaultof<TensorOperands>, a, b)
    static member Both(_: WhereOperands, a: int, b: Tensor) : struct (Tensor * Tensor) =
        TensorOperands.Both(Unchecked.defaultof<TensorOperands>, a, b)
    static member Both(_: WhereOperands, a: float32, b: Tensor) : struct (Tensor * Tensor) =
        TensorOperands.Both(Unchecked.defaultof<TensorOperands>, a, b)
    static member Both(_: WhereOperands, a: float, b: float) : struct (Tensor * Tensor) = struct (scalar a, scalar b)
    static member Both(_: WhereOperands, a: int, b: int) : struct (Tensor * Tensor) = struct (scalar a, scalar b)
    static member Both(_: WhereOperands, a: float32, b: float32) : struct (Tensor * Tensor) =
        struct (scalar a, scalar b)

/// Element-wise functions. Two arguments broadcast by NumPy's rule. ShapeException for shapes that do not broadcast,
/// DtypeException for dtypes that differ or do not fit.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module ElementwiseVerbs =
    /// Two tensors, from two tensors or from a tensor and a number; for the operators below.
    [<EditorBrowsable(EditorBrowsableState.Never)>]
    let inline operandsBy (witness: ^w) (a: ^a) (b: ^b) : struct (Tensor * Tensor) =
        ((^w or ^a or ^b): (static member Both: ^w * ^a * ^b -> struct (Tensor * Tensor)) (witness, a, b))

    // ── comparison: tensors of bool ──────────────────────────────────────────────────────────────────────────────
    // A comparison with NaN is false, except .<>, which is true. Either side may be a plain number.
    /// <summary>a &lt; b, element-wise.</summary>
    /// <param name="a">A tensor, or a plain number, which gets the dtype of b.</param>
    /// <param name="b">A tensor, or a plain number, which gets the dtype of a.</param>
    /// <returns>bool, of the broadcast shape of a and b.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ, or the number does not fit the dtype of the
    /// tensor.</exception>
    let inline (.<) a b : Tensor = TensorOperands.Less(operandsBy Unchecked.defaultof<TensorOperands> a b)

    /// <summary>a ≤ b, element-wise.</summary>
    /// <param name="a">A tensor, or a plain number, which gets the dtype of b.</param>
    /// <param name="b">A tensor, or a plain number, which gets the dtype of a.</param>
    /// <returns>bool, of the broadcast shape of a and b.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ, or the number does not fit the dtype of the
    /// tensor.</exception>
    let inline (.<=) a b : Tensor = TensorOperands.LessEqual(operandsBy Unchecked.defaultof<TensorOperands> a b)

    /// <summary>a &gt; b, element-wise.</summary>
    /// <param name="a">A tensor, or a plain number, which gets the dtype of b.</param>
    /// <param name="b">A tensor, or a plain number, which gets the dtype of a.</param>
    /// <returns>bool, of the broadcast shape of a and b.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ, or the number does not fit the dtype of the
    /// tensor.</exception>
    let inline (.>) a b : Tensor = TensorOperands.Greater(operandsBy Unchecked.defaultof<TensorOperands> a b)

    /// <summary>a ≥ b, element-wise.</summary>
    /// <param name="a">A tensor, or a plain number, which gets the dtype of b.</param>
    /// <param name="b">A tensor, or a plain number, which gets the dtype of a.</param>
    /// <returns>bool, of the broadcast shape of a and b.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ, or the number does not fit the dtype of the
    /// tensor.</exception>
    let inline (.>=) a b : Tensor = TensorOperands.GreaterEqual(operandsBy Unchecked.defaultof<TensorOperands> a b)

    /// <summary>a = b, element-wise.</summary>
    /// <param name="a">A tensor, or a plain number, which gets the dtype of b.</param>
    /// <param name="b">A tensor, or a plain number, which gets the dtype of a.</param>
    /// <returns>bool, of the broadcast shape of a and b.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ, or the number does not fit the dtype of the
    /// tensor.</exception>
    let inline (.=) a b : Tensor = TensorOperands.Equal(operandsBy Unchecked.defaultof<TensorOperands> a b)

    /// <summary>a ≠ b, element-wise.</summary>
    /// <param name="a">A tensor, or a plain number, which gets the dtype of b.</param>
    /// <param name="b">A tensor, or a plain number, which gets the dtype of a.</param>
    /// <returns>bool, of the broadcast shape of a and b.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ, or the number does not fit the dtype of the
    /// tensor.</exception>
    let inline (.<>) a b : Tensor = TensorOperands.NotEqual(operandsBy Unchecked.defaultof<TensorOperands> a b)

    /// <summary>a where the condition (bool) is true, otherwise b. a and b may be plain numbers; two plain numbers give
    /// their own dtype, float64 for floats. An element that is not selected gets the derivative 0, even if it is NaN or
    /// infinite.</summary>
    /// <param name="condition">A bool tensor.</param>
    /// <param name="a">The values where the condition is true: a tensor, or a plain number.</param>
    /// <param name="b">The values where it is false: a tensor of the dtype of a, or a plain number.</param>
    /// <returns>The dtype of a and b, of the broadcast shape of all three.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The condition is not bool; the dtypes of a and b differ; or a number
    /// does not fit the dtype of the tensor.</exception>
    let inline where (condition: Tensor) a b : Tensor =
        TensorOperands.Where(condition, operandsBy Unchecked.defaultof<WhereOperands> a b)

    /// <summary>The larger of a and b, element-wise; NaN if either is NaN. Either may be a plain number. Equal elements
    /// share the derivative; the smaller one gets none.</summary>
    /// <param name="a">A tensor of numbers, or a plain number, which gets the dtype of b.</param>
    /// <param name="b">A tensor of numbers, or a plain number, which gets the dtype of a.</param>
    /// <returns>The common dtype, of the broadcast shape of a and b.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ or are bool, or the number does not fit the dtype
    /// of the tensor.</exception>
    let inline maximum a b : Tensor = TensorOperands.Maximum(operandsBy Unchecked.defaultof<TensorOperands> a b)

    /// <summary>The smaller of a and b, element-wise; NaN if either is NaN. Either may be a plain number. Equal
    /// elements share the derivative; the larger one gets none.</summary>
    /// <param name="a">A tensor of numbers, or a plain number, which gets the dtype of b.</param>
    /// <param name="b">A tensor of numbers, or a plain number, which gets the dtype of a.</param>
    /// <returns>The common dtype, of the broadcast shape of a and b.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ or are bool, or the number does not fit the dtype
    /// of the tensor.</exception>
    let inline minimum a b : Tensor = TensorOperands.Minimum(operandsBy Unchecked.defaultof<TensorOperands> a b)

    // ── logic ────────────────────────────────────────────────────────────────────────────────────────────────────
    let private logical verb op (a: Tensor) (b: Tensor) =
        Expect.bools verb a
        Expect.bools verb b
        Tensor.Binary(op, a, b)

    /// <summary>true where both a and b are true.</summary>
    /// <param name="a">A bool tensor.</param>
    /// <param name="b">A bool tensor whose shape broadcasts with that of a.</param>
    /// <returns>bool, of the broadcast shape of a and b.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">a or b is not bool.</exception>
    let logicalAnd (a: Tensor) (b: Tensor) : Tensor = logical "logicalAnd" And a b

    /// <summary>true where a or b is true.</summary>
    /// <param name="a">A bool tensor.</param>
    /// <param name="b">A bool tensor whose shape broadcasts with that of a.</param>
    /// <returns>bool, of the broadcast shape of a and b.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">a or b is not bool.</exception>
    let logicalOr (a: Tensor) (b: Tensor) : Tensor = logical "logicalOr" Or a b

    /// <summary>true where exactly one of a and b is true.</summary>
    /// <param name="a">A bool tensor.</param>
    /// <param name="b">A bool tensor whose shape broadcasts with that of a.</param>
    /// <returns>bool, of the broadcast shape of a and b.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">a or b is not bool.</exception>
    let logicalXor (a: Tensor) (b: Tensor) : Tensor = logical "logicalXor" Xor a b

    /// <summary>true where x is false.</summary>
    /// <param name="x">A bool tensor of any shape.</param>
    /// <returns>bool, of the shape of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not bool.</exception>
    let logicalNot (x: Tensor) : Tensor = Tensor.Unary(Not, x)

    /// <summary>Whether each element is NaN; false for integers and bools.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>bool, of the shape of x.</returns>
    let isNaN (x: Tensor) : Tensor = Prim.compare NotEqual x x

    /// <summary>Whether each element is neither NaN nor infinite; true for integers and bools.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>bool, of the shape of x.</returns>
    let isFinite (x: Tensor) : Tensor =
        if x.Dtype.IsFloat then
            Prim.compareTo Less (abs x) Double.PositiveInfinity
        else
            Prim.compare Equal x x

    // ── types ────────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>Converts x to another dtype. Floats are rounded towards 0 to integers; floats outside the range of the
    /// dtype become its nearest integer, and NaN becomes 0. int64 wraps to int32. To bool, every number except 0
    /// becomes true, including NaN.</summary>
    /// <param name="dtype">The dtype of the result.</param>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>A tensor of this dtype and the shape of x.</returns>
    let cast (dtype: Dtype) (x: Tensor) : Tensor = Prim.cast dtype x

    // ── arithmetic ───────────────────────────────────────────────────────────────────────────────────────────────
    let private unary verb op (x: Tensor) =
        Expect.floats verb x
        Tensor.Unary(op, x)

    /// <summary>x²</summary>
    /// <param name="x">A tensor of numbers of any shape.</param>
    /// <returns>The shape and dtype of x; integers wrap.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is bool.</exception>
    let square (x: Tensor) : Tensor = x * x

    /// <summary>1 / x</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let reciprocal (x: Tensor) : Tensor = 1.0 / x

    /// <summary>The sign of x: −1, 0 or 1; NaN for NaN. Its derivative is 0. F#'s `sign` is for plain
    /// numbers.</summary>
    /// <param name="x">A tensor of numbers of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is bool.</exception>
    let signum (x: Tensor) : Tensor =
        Expect.numbers "signum" x
        Tensor.Unary(Sign, x)

    /// <summary>Limits x to the range from low to high. The derivative at a limit is 1.</summary>
    /// <param name="low">The lower limit.</param>
    /// <param name="high">The upper limit.</param>
    /// <param name="x">A tensor of numbers of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.InputException">low is larger than high, or one of them is NaN.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is bool, or a limit does not fit the integer dtype of
    /// x.</exception>
    let clip (low: float) (high: float) (x: Tensor) : Tensor =
        if not (low <= high) then
            raise (InputException $"clip: got low {string low} and high {string high}, expected low ≤ high.")

        Expect.numbers "clip" x
        where (x .< low) low (where (x .> high) high x)

    /// <summary>a b + c, rounded once.</summary>
    /// <param name="a">A float tensor.</param>
    /// <param name="b">A tensor of the dtype of a.</param>
    /// <param name="c">A tensor of the dtype of a.</param>
    /// <returns>The common dtype, of the broadcast shape of all three.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">a is not a float, or the dtypes differ.</exception>
    let fma (a: Tensor) (b: Tensor) (c: Tensor) : Tensor =
        Expect.floats "fma" a
        Expect.oneDtype "fma" [| a; b; c |]
        let shape = Shape.broadcast "fma" a.Dims (Shape.broadcast "fma" b.Dims c.Dims)
        Expect.made "fma" [| a; b; c |] shape
        Prim.fma (Tensor.Stretch(a, shape)) (Tensor.Stretch(b, shape)) (Tensor.Stretch(c, shape))

    /// √x with the derivative 0 at 0.
    let internal root (x: Tensor) =
        let isZero = Prim.compareTo Equal x 0.0
        Prim.select isZero (Prim.zerosLike x) (sqrt (Prim.select isZero (Prim.onesLike x) x))

    /// <summary>√(a² + b²) without overflow; ∞ if either is infinite, even if the other is NaN. The derivative at (0,
    /// 0) is 0.</summary>
    /// <param name="a">A float tensor.</param>
    /// <param name="b">A tensor of the dtype of a.</param>
    /// <returns>The common dtype, of the broadcast shape of a and b.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">a is not a float, or the dtypes differ.</exception>
    let hypot (a: Tensor) (b: Tensor) : Tensor =
        Expect.floats "hypot" a
        let larger = Prim.stop (maximum (abs a) (abs b))
        let isUsable = Prim.both (Prim.compareTo Greater larger 0.0) (isFinite larger)
        let scale = Prim.select isUsable larger (Prim.onesLike larger)
        let isInfinite (x: Tensor) = Prim.compareTo Equal (abs x) Double.PositiveInfinity
        let finite = scale * root (square (a / scale) + square (b / scale))
        where (logicalOr (isInfinite a) (isInfinite b)) Double.PositiveInfinity finite

    /// <summary>eˣ − 1, accurate near 0.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let expm1 (x: Tensor) : Tensor = unary "expm1" Expm1 x

    /// <summary>ln(1 + x), accurate near 0.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let log1p (x: Tensor) : Tensor = unary "log1p" Log1p x

    /// <summary>The inverse of sinh: ln(x + √(x² + 1)).</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let asinh (x: Tensor) : Tensor = unary "asinh" Asinh x

    /// <summary>The inverse of cosh on [1, ∞); NaN below 1.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let acosh (x: Tensor) : Tensor = unary "acosh" Acosh x

    /// <summary>The inverse of tanh on (−1, 1); ±∞ at ±1, NaN outside.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let atanh (x: Tensor) : Tensor = unary "atanh" Atanh x

    // ── activations ──────────────────────────────────────────────────────────────────────────────────────────────
    /// x where x > 0, otherwise f(x). f gets 0 for positive x, so it does not overflow.
    let private belowZero (f: Tensor -> Tensor) (x: Tensor) =
        let isBelow = Prim.compareTo LessEqual x 0.0
        Prim.select isBelow (f (Prim.select isBelow x (Prim.zerosLike x))) x

    /// <summary>x where x &gt; 0, otherwise 0. The derivative at 0 is 0.</summary>
    /// <param name="x">A tensor of numbers of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is bool.</exception>
    let relu (x: Tensor) : Tensor =
        Expect.numbers "relu" x
        belowZero Prim.zerosLike x

    /// <summary>x where x &gt; 0, otherwise slope · x.</summary>
    /// <param name="slope">The slope for negative x.</param>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let leakyRelu (slope: float) (x: Tensor) : Tensor =
        Expect.floats "leakyRelu" x
        belowZero (fun x -> slope * x) x

    /// <summary>x where x &gt; 0, otherwise eˣ − 1.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let elu (x: Tensor) : Tensor =
        Expect.floats "elu" x
        belowZero expm1 x

    /// <summary>1 / (1 + e⁻ˣ)</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let sigmoid (x: Tensor) : Tensor = unary "sigmoid" Sigmoid x

    /// <summary>ln(1 + eˣ), without overflow.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let softplus (x: Tensor) : Tensor = unary "softplus" Softplus x

    /// <summary>ln(sigmoid(x)) = −softplus(−x), without overflow.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let logSigmoid (x: Tensor) : Tensor = -(softplus -x)

    /// <summary>ln(p / (1 − p)), the inverse of `sigmoid`.</summary>
    /// <param name="p">A float tensor of any shape, with probabilities; ±∞ at 0 and 1, NaN outside.</param>
    /// <returns>The shape and dtype of p.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">p is not a float.</exception>
    let logit (p: Tensor) : Tensor = log p - log1p -p

    /// <summary>x · sigmoid(x), also called swish.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let silu (x: Tensor) : Tensor = x * sigmoid x

    /// <summary>x · tanh(softplus(x))</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let mish (x: Tensor) : Tensor = x * tanh (softplus x)

    /// <summary>The error function, 2/√π ∫₀ˣ exp(−s²) ds.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let erf (x: Tensor) : Tensor = unary "erf" Erf x

    /// <summary>The inverse of erf on (−1, 1); ±∞ at ±1, NaN outside.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let erfinv (x: Tensor) : Tensor = unary "erfinv" Erfinv x

    /// <summary>x Φ(x) = x/2 (1 + erf(x/√2)), with the standard normal distribution function Φ.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let gelu (x: Tensor) : Tensor =
        Expect.floats "gelu" x
        Prim.times 0.5 x * Prim.plus 1.0 (erf (Prim.times (Math.Sqrt 0.5) x))

    /// <summary>The approximation of `gelu` by x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let geluTanh (x: Tensor) : Tensor =
        Expect.floats "geluTanh" x
        let inner = x + Prim.times 0.044715 (x * x * x)
        Prim.times 0.5 x * Prim.plus 1.0 (tanh (Prim.times (Math.Sqrt(2.0 / Math.PI)) inner))

    // ── the gamma function ───────────────────────────────────────────────────────────────────────────────────────
    /// <summary>ln |Γ(x)|</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let lgamma (x: Tensor) : Tensor = unary "lgamma" Lgamma x

    /// <summary>ψ(x) = d/dx ln Γ(x)</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let digamma (x: Tensor) : Tensor = unary "digamma" (Polygamma 0) x

    /// <summary>ψ⁽ⁿ⁾(x), the n-th derivative of `digamma`.</summary>
    /// <param name="n">The order, from 0 to 170: larger n! exceed float64.</param>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.InputException">n is outside 0 to 170.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let polygamma (n: int) (x: Tensor) : Tensor =
        if n < 0 || n > 170 then
            raise (InputException $"polygamma: got order {string n}, expected 0 to 170.")

        unary "polygamma" (Polygamma n) x
