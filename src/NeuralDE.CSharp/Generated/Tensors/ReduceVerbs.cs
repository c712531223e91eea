// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>
    /// The sum of all elements, of shape []. For int32 and bool (the number of true elements) it is int64.
    /// </summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>[]; int64 for integers and bool, otherwise the dtype of x.</returns>
    public static Tensor Sum(Tensor x) => ReduceVerbsModule.sum(Given(x));

    /// <summary>The sum along an axis. For int32 and bool (the number of true elements) it is int64.</summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x without the axis; int64 for integers and bool, otherwise the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    public static Tensor SumAlong(Tensor x, int axis) => ReduceVerbsModule.sumAlong(axis, Given(x));

    /// <summary>The arithmetic mean of all elements, of shape [].</summary>
    /// <param name="x">A float tensor of any shape with at least one element.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no elements.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Mean(Tensor x) => ReduceVerbsModule.mean(Given(x));

    /// <summary>The arithmetic mean along an axis.</summary>
    /// <param name="x">A float tensor with at least one element along the axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis, or no elements along it.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor MeanAlong(Tensor x, int axis) => ReduceVerbsModule.meanAlong(axis, Given(x));

    /// <summary>The product along an axis; 1 without elements. For int32 and bool it is int64.</summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x without the axis; int64 for integers and bool, otherwise the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    public static Tensor ProdAlong(Tensor x, int axis) => ReduceVerbsModule.prodAlong(axis, Given(x));

    /// <summary>The product of all elements, of shape []; 1 without elements. For int32 and bool it is int64.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>[]; int64 for integers and bool, otherwise the dtype of x.</returns>
    public static Tensor Prod(Tensor x) => ReduceVerbsModule.prod(Given(x));

    /// <summary>The population variance along an axis: the mean of (x − mean)².</summary>
    /// <param name="x">A float tensor with at least one element along the axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis, or no elements along it.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor VarAlong(Tensor x, int axis) => ReduceVerbsModule.varAlong(axis, Given(x));

    /// <summary>The population variance of all elements: the mean of (x − mean)².</summary>
    /// <param name="x">A float tensor of any shape with at least one element.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no elements.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Var(Tensor x) => ReduceVerbsModule.@var(Given(x));

    /// <summary>The population standard deviation along an axis. Its derivative is 0 where it is 0.</summary>
    /// <param name="x">A float tensor with at least one element along the axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis, or no elements along it.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor StdAlong(Tensor x, int axis) => ReduceVerbsModule.stdAlong(axis, Given(x));

    /// <summary>The population standard deviation of all elements. Its derivative is 0 where it is 0.</summary>
    /// <param name="x">A float tensor of any shape with at least one element.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no elements.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Std(Tensor x) => ReduceVerbsModule.std(Given(x));

    /// <summary>The sample variance along an axis: Σ (x − mean)² / (n − 1).</summary>
    /// <param name="x">A float tensor with at least two elements along the axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis, or fewer than two elements along it.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor SampleVarAlong(Tensor x, int axis) => ReduceVerbsModule.sampleVarAlong(axis, Given(x));

    /// <summary>The sample variance of all elements: Σ (x − mean)² / (n − 1).</summary>
    /// <param name="x">A float tensor of any shape with at least two elements.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="ShapeException">x has fewer than two elements.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor SampleVar(Tensor x) => ReduceVerbsModule.sampleVar(Given(x));

    /// <summary>The sample standard deviation along an axis, with n − 1. Its derivative is 0 where it is 0.</summary>
    /// <param name="x">A float tensor with at least two elements along the axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis, or fewer than two elements along it.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor SampleStdAlong(Tensor x, int axis) => ReduceVerbsModule.sampleStdAlong(axis, Given(x));

    /// <summary>The sample standard deviation of all elements, with n − 1. Its derivative is 0 where it is 0.</summary>
    /// <param name="x">A float tensor of any shape with at least two elements.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="ShapeException">x has fewer than two elements.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor SampleStd(Tensor x) => ReduceVerbsModule.sampleStd(Given(x));

    /// <summary>The largest element; NaN if any element is NaN. Equal elements share the derivative.</summary>
    /// <param name="x">A tensor of any shape and dtype with at least one element.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no elements.</exception>
    public static Tensor Amax(Tensor x) => ReduceVerbsModule.amax(Given(x));

    /// <summary>The smallest element; NaN if any element is NaN. Equal elements share the derivative.</summary>
    /// <param name="x">A tensor of any shape and dtype with at least one element.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no elements.</exception>
    public static Tensor Amin(Tensor x) => ReduceVerbsModule.amin(Given(x));

    /// <summary>
    /// The largest element along an axis; NaN if any element is NaN. Equal elements share the derivative.
    /// </summary>
    /// <param name="x">A tensor of any dtype with at least one element along the axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x without the axis, of the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no such axis, or no elements along it.</exception>
    public static Tensor MaxAlong(Tensor x, int axis) => ReduceVerbsModule.maxAlong(axis, Given(x));

    /// <summary>
    /// The smallest element along an axis; NaN if any element is NaN. Equal elements share the derivative.
    /// </summary>
    /// <param name="x">A tensor of any dtype with at least one element along the axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x without the axis, of the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no such axis, or no elements along it.</exception>
    public static Tensor MinAlong(Tensor x, int axis) => ReduceVerbsModule.minAlong(axis, Given(x));

    /// <summary>The index (int64) of the largest element along an axis; the first of equal elements.</summary>
    /// <param name="x">A tensor of any dtype with at least one element along the axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>int64, of the shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis, or no elements along it.</exception>
    public static Tensor Argmax(Tensor x, int axis) => ReduceVerbsModule.argmax(axis, Given(x));

    /// <summary>The index (int64) of the smallest element along an axis; the first of equal elements.</summary>
    /// <param name="x">A tensor of any dtype with at least one element along the axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>int64, of the shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis, or no elements along it.</exception>
    public static Tensor Argmin(Tensor x, int axis) => ReduceVerbsModule.argmin(axis, Given(x));

    /// <summary>Whether any element (bool) is true; false without elements.</summary>
    /// <param name="x">A bool tensor of any shape.</param>
    /// <returns>bool [].</returns>
    /// <exception cref="DtypeException">x is not bool.</exception>
    public static Tensor Any(Tensor x) => ReduceVerbsModule.any(Given(x));

    /// <summary>Whether any element (bool) along an axis is true; false without elements.</summary>
    /// <param name="x">A bool tensor that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>bool, of the shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    /// <exception cref="DtypeException">x is not bool.</exception>
    public static Tensor AnyAlong(Tensor x, int axis) => ReduceVerbsModule.anyAlong(axis, Given(x));

    /// <summary>Whether all elements (bool) are true; true without elements.</summary>
    /// <param name="x">A bool tensor of any shape.</param>
    /// <returns>bool [].</returns>
    /// <exception cref="DtypeException">x is not bool.</exception>
    public static Tensor All(Tensor x) => ReduceVerbsModule.all(Given(x));

    /// <summary>Whether all elements (bool) along an axis are true; true without elements.</summary>
    /// <param name="x">A bool tensor that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>bool, of the shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    /// <exception cref="DtypeException">x is not bool.</exception>
    public static Tensor AllAlong(Tensor x, int axis) => ReduceVerbsModule.allAlong(axis, Given(x));

    /// <summary>
    /// ln Σ exp x along an axis, without overflow. It is −∞ if all elements are −∞ or there are none, and ∞ if an
    /// element is ∞.
    /// </summary>
    /// <param name="x">A float tensor that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor LogsumexpAlong(Tensor x, int axis) => ReduceVerbsModule.logsumexpAlong(axis, Given(x));

    /// <summary>
    /// ln Σ exp x over all elements, without overflow. It is −∞ if all elements are −∞ or there are none, and ∞ if an
    /// element is ∞.
    /// </summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Logsumexp(Tensor x) => ReduceVerbsModule.logsumexp(Given(x));

    /// <summary>exp x / Σ exp x along an axis, without overflow.</summary>
    /// <param name="x">A float tensor that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Softmax(Tensor x, int axis) => ReduceVerbsModule.softmax(axis, Given(x));

    /// <summary>ln(softmax(x)) along an axis, without overflow.</summary>
    /// <param name="x">A float tensor that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor LogSoftmax(Tensor x, int axis) => ReduceVerbsModule.logSoftmax(axis, Given(x));

    /// <summary>
    /// √Σ x² over all elements: the Euclidean norm, for matrices the Frobenius norm. The derivative at 0 is 0.
    /// </summary>
    /// <param name="x">A float tensor of any shape.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Norm(Tensor x) => ReduceVerbsModule.norm(Given(x));

    /// <summary>√Σ x² along an axis. The derivative at 0 is 0.</summary>
    /// <param name="x">A float tensor that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor NormAlong(Tensor x, int axis) => ReduceVerbsModule.normAlong(axis, Given(x));

    /// <summary>Σ |x| over all elements. For int32 it is int64.</summary>
    /// <param name="x">A tensor of numbers of any shape.</param>
    /// <returns>[]; int64 for integers, otherwise the dtype of x.</returns>
    /// <exception cref="DtypeException">x is bool.</exception>
    public static Tensor Norm1(Tensor x) => ReduceVerbsModule.norm1(Given(x));

    /// <summary>The largest |x|; 0 without elements. For int32 it is int64.</summary>
    /// <param name="x">A tensor of numbers of any shape.</param>
    /// <returns>[]; int64 for integers, otherwise the dtype of x.</returns>
    /// <exception cref="DtypeException">x is bool.</exception>
    public static Tensor NormInf(Tensor x) => ReduceVerbsModule.normInf(Given(x));
}
