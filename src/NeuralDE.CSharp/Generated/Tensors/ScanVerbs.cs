// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>
    /// Cumulative sums along an axis; each includes its own element. For int32 and bool they are int64.
    /// </summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x; int64 for integers and bool, otherwise the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    public static Tensor Cumsum(Tensor x, int axis) => ScanVerbsModule.cumsum(axis, Given(x));

    /// <summary>The cumulative results x₀, x₀∘x₁, x₀∘x₁∘x₂, … along an axis, for an associative operation ∘.</summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="combine">
    /// The operation ∘: from an earlier and a later slice, of equal shapes, to a tensor of their shape and dtype.
    /// </param>
    /// <returns>The shape and dtype of x.</returns>
    /// <remarks>
    /// <c>combine(earlier, later)</c> gets slices of x of any extent along the axis and combines them element-wise. It
    /// runs about 2n combinations in 2 log₂ n steps.
    /// </remarks>
    /// <exception cref="ShapeException">
    /// x has no such axis, or the result of combine has another dtype or shape.
    /// </exception>
    public static Tensor AssociativeScan(Tensor x, int axis, Func<Tensor, Tensor, Tensor> combine) =>
        ScanVerbsModule.associativeScan(FSharp.Function(combine), axis, Given(x));

    /// <summary>
    /// Cumulative products along an axis; each includes its own element. For int32 and bool they are int64.
    /// </summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x; int64 for integers and bool, otherwise the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    public static Tensor Cumprod(Tensor x, int axis) => ScanVerbsModule.cumprod(axis, Given(x));

    /// <summary>
    /// The indices (int64) that sort x along an axis in increasing order. Equal elements keep their order; NaN comes
    /// last.
    /// </summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>int64, of the shape of x.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    public static Tensor Argsort(Tensor x, int axis) => ScanVerbsModule.argsort(axis, Given(x));

    /// <summary>Sorts the elements along an axis in increasing order. NaN comes last.</summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    public static Tensor Sort(Tensor x, int axis) => ScanVerbsModule.sort(axis, Given(x));

    /// <summary>
    /// The first index (int64, 0 to n) at which each value can be inserted into <paramref name="sorted"/> [n] and keep
    /// it sorted: the number of smaller elements. Also for <paramref name="sorted"/> [batch…; n] with values [batch…;
    /// m].
    /// </summary>
    /// <param name="sorted">[n], or [batch…; n], in increasing order along the last axis.</param>
    /// <param name="values">
    /// A tensor of any shape for [n], [batch…; m] for a batch; of the dtype of <paramref name="sorted"/>.
    /// </param>
    /// <returns>int64, of the shape of the values.</returns>
    /// <exception cref="ShapeException">
    /// <paramref name="sorted"/> is a single number, or the batches differ.
    /// </exception>
    /// <exception cref="DtypeException">The dtypes differ.</exception>
    public static Tensor SearchSorted(Tensor sorted, Tensor values) =>
        ScanVerbsModule.searchSorted(Given(sorted), Given(values));

    /// <summary>
    /// The last index (int64, 0 to n) at which each value can be inserted into <paramref name="sorted"/> [n] and keep
    /// it sorted: the number of elements that are smaller or equal.
    /// </summary>
    /// <param name="sorted">[n], or [batch…; n], in increasing order along the last axis.</param>
    /// <param name="values">
    /// A tensor of any shape for [n], [batch…; m] for a batch; of the dtype of <paramref name="sorted"/>.
    /// </param>
    /// <returns>int64, of the shape of the values.</returns>
    /// <exception cref="ShapeException">
    /// <paramref name="sorted"/> is a single number, or the batches differ.
    /// </exception>
    /// <exception cref="DtypeException">The dtypes differ.</exception>
    public static Tensor SearchSortedRight(Tensor sorted, Tensor values) =>
        ScanVerbsModule.searchSortedRight(Given(sorted), Given(values));

    /// <summary>
    /// The q-quantile along an axis, 0 ≤ q ≤ 1, with linear interpolation between the two elements next to position q
    /// (n − 1). NaN if any element is NaN.
    /// </summary>
    /// <param name="x">A float tensor with at least one element along the axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="q">The fraction of the elements below the quantile, 0 to 1.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis, or no elements along it.</exception>
    /// <exception cref="InputException">q is outside 0 to 1.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor QuantileAlong(Tensor x, int axis, double q) =>
        ScanVerbsModule.quantileAlong(axis, q, Given(x));

    /// <summary>
    /// The q-quantile of all elements, 0 ≤ q ≤ 1, with linear interpolation. NaN if any element is NaN.
    /// </summary>
    /// <param name="x">A float tensor of any shape with at least one element.</param>
    /// <param name="q">The fraction of the elements below the quantile, 0 to 1.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no elements.</exception>
    /// <exception cref="InputException">q is outside 0 to 1.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Quantile(Tensor x, double q) => ScanVerbsModule.quantile(q, Given(x));

    /// <summary>
    /// The median along an axis: the middle element, or the mean of the two middle elements. NaN if any element is NaN.
    /// </summary>
    /// <param name="x">A float tensor with at least one element along the axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis, or no elements along it.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor MedianAlong(Tensor x, int axis) => ScanVerbsModule.medianAlong(axis, Given(x));

    /// <summary>
    /// The median of all elements: the middle element, or the mean of the two middle elements. NaN if any element is
    /// NaN.
    /// </summary>
    /// <param name="x">A float tensor of any shape with at least one element.</param>
    /// <returns>[], of the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no elements.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Median(Tensor x) => ScanVerbsModule.median(Given(x));
}
