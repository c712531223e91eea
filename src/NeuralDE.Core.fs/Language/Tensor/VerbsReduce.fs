namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Reductions of all elements, or along one axis, which the result lacks (restore it with `expandDims`). Axis −1 is the last
/// axis. A sum without elements is 0, a product 1; a maximum or mean without elements is a ShapeException. Sums and products
/// of int32 and bool are int64, as in NumPy; int64 wraps.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module ReduceVerbs =
    let private along verb axis (x: Tensor) = Shape.axis verb x.Rank axis
    let private over (n: int64) (x: Tensor) = Prim.binary Div x (Prim.fill x.Dtype x.Dims (float n))

    // ── sums ─────────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>The sum of all elements, of shape []. For int32 and bool (the number of true elements) it is
    /// int64.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>[]; int64 for integers and bool, otherwise the dtype of x.</returns>
    let sum (x: Tensor) : Tensor = Prim.sum (Prim.wide x)

    /// <summary>The sum along an axis. For int32 and bool (the number of true elements) it is int64.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>The shape of x without the axis; int64 for integers and bool, otherwise the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    let sumAlong (axis: int) (x: Tensor) : Tensor = Prim.sumOver [| along "sumAlong" axis x |] (Prim.wide x)

    /// <summary>The arithmetic mean of all elements, of shape [].</summary>
    /// <param name="x">A float tensor of any shape with at least one element.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no elements.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let mean (x: Tensor) : Tensor =
        Expect.floats "mean" x
        Expect.something "mean" x
        over x.LongCount (Prim.sum x)

    /// <summary>The arithmetic mean along an axis.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A float tensor with at least one element along the axis.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or no elements along it.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let meanAlong (axis: int) (x: Tensor) : Tensor =
        Expect.floats "mean" x
        let a = along "meanAlong" axis x
        Expect.somethingAlong "mean" a x
        over (int64 x.Dims[a]) (Prim.sumOver [| a |] x)

    /// The product, computed by halves, so the derivative needs no division.
    let private product axis (x: Tensor) =
        let mutable x = x

        while x.Dims[axis] > 1 do
            let n = x.Dims[axis]
            let half = n / 2
            let pairs = Prim.binary Mul (Prim.range axis 0 half x) (Prim.range axis half (2 * half) x)
            x <- if n % 2 = 0 then pairs else Prim.concat axis [| pairs; Prim.range axis (n - 1) n x |]

        let shape = Array.removeAt axis x.Dims
        if x.Dims[axis] = 0 then Prim.fill x.Dtype shape 1.0 else Prim.reshape shape x

    /// <summary>The product along an axis; 1 without elements. For int32 and bool it is int64.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>The shape of x without the axis; int64 for integers and bool, otherwise the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    let prodAlong (axis: int) (x: Tensor) : Tensor = product (along "prodAlong" axis x) (Prim.wide x)

    /// <summary>The product of all elements, of shape []; 1 without elements. For int32 and bool it is int64.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>[]; int64 for integers and bool, otherwise the dtype of x.</returns>
    let prod (x: Tensor) : Tensor = product 0 (Expect.flat "prod" (Prim.wide x))

    // ── variance ─────────────────────────────────────────────────────────────────────────────────────────────────
    let private deviation verb lost axis (x: Tensor) =
        let a = along verb axis x
        let n = x.Dims[a]
        Expect.floats verb x

        if n <= lost then
            Expect.misfit
                $"{verb}: axis {string axis} of shape {Expect.text x} has {string n} elements, expected at least {string (lost + 1)}."

        let center = over (int64 n) (Prim.sumOver [| a |] x)
        let difference = x - Prim.unreduce x.Dims [| a |] center
        over (int64 (n - lost)) (Prim.sumOver [| a |] (difference * difference))

    let private flat verb (x: Tensor) = Expect.flat verb x

    /// <summary>The population variance along an axis: the mean of (x − mean)².</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A float tensor with at least one element along the axis.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or no elements along it.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let varAlong (axis: int) (x: Tensor) : Tensor = deviation "var" 0 axis x

    /// <summary>The population variance of all elements: the mean of (x − mean)².</summary>
    /// <param name="x">A float tensor of any shape with at least one element.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no elements.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let var (x: Tensor) : Tensor = deviation "var" 0 0 (flat "var" x)

    /// <summary>The population standard deviation along an axis. Its derivative is 0 where it is 0.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A float tensor with at least one element along the axis.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or no elements along it.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let stdAlong (axis: int) (x: Tensor) : Tensor = root (deviation "std" 0 axis x)

    /// <summary>The population standard deviation of all elements. Its derivative is 0 where it is 0.</summary>
    /// <param name="x">A float tensor of any shape with at least one element.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no elements.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let std (x: Tensor) : Tensor = root (deviation "std" 0 0 (flat "std" x))

    /// <summary>The sample variance along an axis: Σ (x − mean)² / (n − 1).</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A float tensor with at least two elements along the axis.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or fewer than two elements along it.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let sampleVarAlong (axis: int) (x: Tensor) : Tensor = deviation "sampleVar" 1 axis x

    /// <summary>The sample variance of all elements: Σ (x − mean)² / (n − 1).</summary>
    /// <param name="x">A float tensor of any shape with at least two elements.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has fewer than two elements.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let sampleVar (x: Tensor) : Tensor = deviation "sampleVar" 1 0 (flat "sampleVar" x)

    /// <summary>The sample standard deviation along an axis, with n − 1. Its derivative is 0 where it is 0.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A float tensor with at least two elements along the axis.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or fewer than two elements along it.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let sampleStdAlong (axis: int) (x: Tensor) : Tensor = root (deviation "sampleStd" 1 axis x)

    /// <summary>The sample standard deviation of all elements, with n − 1. Its derivative is 0 where it is 0.</summary>
    /// <param name="x">A float tensor of any shape with at least two elements.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has fewer than two elements.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let sampleStd (x: Tensor) : Tensor = root (deviation "sampleStd" 1 0 (flat "sampleStd" x))

    // ── extremes ─────────────────────────────────────────────────────────────────────────────────────────────────
    /// The numbers in reverse order; exact for integers too.
    let private opposite (x: Tensor) =
        match x.Dtype with
        | Float32
        | Float64 -> -x
        | Int32
        | Int64 -> Prim.minus -1.0 x
        | Bool -> Prim.isNot x

    /// <summary>The largest element; NaN if any element is NaN. Equal elements share the derivative.</summary>
    /// <param name="x">A tensor of any shape and dtype with at least one element.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no elements.</exception>
    let amax (x: Tensor) : Tensor =
        Expect.something "amax" x
        Prim.reduce Maximum (Shape.axes x.Rank) x

    /// <summary>The smallest element; NaN if any element is NaN. Equal elements share the derivative.</summary>
    /// <param name="x">A tensor of any shape and dtype with at least one element.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no elements.</exception>
    let amin (x: Tensor) : Tensor =
        Expect.something "amin" x
        opposite (Prim.reduce Maximum (Shape.axes x.Rank) (opposite x))

    /// <summary>The largest element along an axis; NaN if any element is NaN. Equal elements share the
    /// derivative.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype with at least one element along the axis.</param>
    /// <returns>The shape of x without the axis, of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or no elements along it.</exception>
    let maxAlong (axis: int) (x: Tensor) : Tensor =
        let a = along "maxAlong" axis x
        Expect.somethingAlong "maximum" a x
        Prim.reduce Maximum [| a |] x

    /// <summary>The smallest element along an axis; NaN if any element is NaN. Equal elements share the
    /// derivative.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype with at least one element along the axis.</param>
    /// <returns>The shape of x without the axis, of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or no elements along it.</exception>
    let minAlong (axis: int) (x: Tensor) : Tensor =
        let a = along "minAlong" axis x
        Expect.somethingAlong "minimum" a x
        opposite (Prim.reduce Maximum [| a |] (opposite x))

    /// <summary>The index (int64) of the largest element along an axis; the first of equal elements.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype with at least one element along the axis.</param>
    /// <returns>int64, of the shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or no elements along it.</exception>
    let argmax (axis: int) (x: Tensor) : Tensor =
        let a = along "argmax" axis x
        Expect.somethingAlong "argmax" a x
        Tensor.Apply(ArgMax a, [| x |])

    /// <summary>The index (int64) of the smallest element along an axis; the first of equal elements.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype with at least one element along the axis.</param>
    /// <returns>int64, of the shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or no elements along it.</exception>
    let argmin (axis: int) (x: Tensor) : Tensor =
        let a = along "argmin" axis x
        Expect.somethingAlong "argmin" a x
        Tensor.Apply(ArgMax a, [| opposite x |])

    // ── logic ────────────────────────────────────────────────────────────────────────────────────────────────────
    let private anyOver axes (x: Tensor) =
        if axes |> Array.exists (fun a -> x.Dims[a] = 0) then
            Prim.fill Bool (Shape.without axes x.Dims) 0.0
        else
            Prim.reduce Maximum axes x

    /// <summary>Whether any element (bool) is true; false without elements.</summary>
    /// <param name="x">A bool tensor of any shape.</param>
    /// <returns>bool [].</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not bool.</exception>
    let any (x: Tensor) : Tensor =
        Expect.bools "any" x
        anyOver (Shape.axes x.Rank) x

    /// <summary>Whether any element (bool) along an axis is true; false without elements.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A bool tensor that has this axis.</param>
    /// <returns>bool, of the shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not bool.</exception>
    let anyAlong (axis: int) (x: Tensor) : Tensor =
        Expect.bools "anyAlong" x
        anyOver [| along "anyAlong" axis x |] x

    /// <summary>Whether all elements (bool) are true; true without elements.</summary>
    /// <param name="x">A bool tensor of any shape.</param>
    /// <returns>bool [].</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not bool.</exception>
    let all (x: Tensor) : Tensor =
        Expect.bools "all" x
        Prim.isNot (anyOver (Shape.axes x.Rank) (Prim.isNot x))

    /// <summary>Whether all elements (bool) along an axis are true; true without elements.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A bool tensor that has this axis.</param>
    /// <returns>bool, of the shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not bool.</exception>
    let allAlong (axis: int) (x: Tensor) : Tensor =
        Expect.bools "allAlong" x
        Prim.isNot (anyOver [| along "allAlong" axis x |] (Prim.isNot x))

    // ── exponentials ─────────────────────────────────────────────────────────────────────────────────────────────
    /// The maximum along an axis if it is finite, otherwise 0; a constant of differentiation.
    let private shift axis (x: Tensor) =
        let m = Prim.stop (Prim.reduce Maximum [| axis |] x)
        Prim.select (isFinite m) m (Prim.zerosLike m)

    /// ln Σ exp(x − m) along an axis, m plus that, and x − m, for the maximum m (0 if it is infinite).
    let internal logSumExpParts axis (x: Tensor) =
        let m = shift axis x
        let shifted = x - Prim.unreduce x.Dims [| axis |] m
        let total = Prim.sumOver [| axis |] (exp shifted)
        let isZero = Prim.compareTo Equal total 0.0
        let logarithm = log (Prim.select isZero (Prim.onesLike total) total)
        let finite x = Prim.select isZero (Prim.fill total.Dtype total.Dims Double.NegativeInfinity) x
        {| LogSum = finite logarithm; Whole = finite (m + logarithm); Shifted = shifted |}

    let private logSumExp axis (x: Tensor) =
        if x.Dims[axis] = 0 then
            Prim.fill x.Dtype (Array.removeAt axis x.Dims) Double.NegativeInfinity
        else
            (logSumExpParts axis x).Whole

    /// <summary>ln Σ exp x along an axis, without overflow. It is −∞ if all elements are −∞ or there are none, and ∞ if
    /// an element is ∞.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A float tensor that has this axis.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let logsumexpAlong (axis: int) (x: Tensor) : Tensor =
        Expect.floats "logsumexp" x
        logSumExp (along "logsumexpAlong" axis x) x

    /// <summary>ln Σ exp x over all elements, without overflow. It is −∞ if all elements are −∞ or there are none, and
    /// ∞ if an element is ∞.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let logsumexp (x: Tensor) : Tensor =
        Expect.floats "logsumexp" x
        logSumExp 0 (flat "logsumexp" x)

    /// <summary>exp x / Σ exp x along an axis, without overflow.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A float tensor that has this axis.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let softmax (axis: int) (x: Tensor) : Tensor =
        Expect.floats "softmax" x
        let a = along "softmax" axis x

        if x.LongCount = 0L then
            x
        else
            let e = exp (x - Prim.unreduce x.Dims [| a |] (shift a x))
            e / Prim.unreduce x.Dims [| a |] (Prim.sumOver [| a |] e)

    /// <summary>ln(softmax(x)) along an axis, without overflow.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A float tensor that has this axis.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let logSoftmax (axis: int) (x: Tensor) : Tensor =
        Expect.floats "logSoftmax" x
        let a = along "logSoftmax" axis x

        if x.LongCount = 0L then
            x
        else
            let shifted = x - Prim.unreduce x.Dims [| a |] (shift a x)
            shifted - Prim.unreduce x.Dims [| a |] (log (Prim.sumOver [| a |] (exp shifted)))

    // ── norms ────────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>√Σ x² over all elements: the Euclidean norm, for matrices the Frobenius norm. The derivative at 0 is
    /// 0.</summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let norm (x: Tensor) : Tensor =
        Expect.floats "norm" x
        root (Prim.sum (x * x))

    /// <summary>√Σ x² along an axis. The derivative at 0 is 0.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A float tensor that has this axis.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let normAlong (axis: int) (x: Tensor) : Tensor =
        Expect.floats "normAlong" x
        root (Prim.sumOver [| along "normAlong" axis x |] (x * x))

    /// <summary>Σ |x| over all elements. For int32 it is int64.</summary>
    /// <param name="x">A tensor of numbers of any shape.</param>
    /// <returns>[]; int64 for integers, otherwise the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is bool.</exception>
    let norm1 (x: Tensor) : Tensor =
        Expect.numbers "norm1" x
        Prim.sum (abs (Prim.wide x))

    /// <summary>The largest |x|; 0 without elements. For int32 it is int64.</summary>
    /// <param name="x">A tensor of numbers of any shape.</param>
    /// <returns>[]; int64 for integers, otherwise the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">x is bool.</exception>
    let normInf (x: Tensor) : Tensor =
        Expect.numbers "normInf" x
        let x = Prim.wide x

        if x.LongCount = 0L then
            Prim.fill x.Dtype [||] 0.0
        else
            Prim.reduce Maximum (Shape.axes x.Rank) (abs x)
