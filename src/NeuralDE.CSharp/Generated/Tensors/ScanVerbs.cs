// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>
    /// Cumulative sums along an axis; each includes its own element. For int32 and bool they are int64.
    /// </summary>
    public static Tensor Cumsum(Tensor x, int axis) => ScanVerbsModule.cumsum(axis, Given(x));

    /// <summary>The cumulative results x₀, x₀∘x₁, x₀∘x₁∘x₂, … along an axis, for an associative operation ∘.</summary>
    /// <remarks>
    /// <c>combine(earlier, later)</c> gets slices of x of any extent along the axis and combines them element-wise. It
    /// runs about 2n combinations in 2 log₂ n steps. ShapeException if the result of combine has another dtype or
    /// shape.
    /// </remarks>
    public static Tensor AssociativeScan(Tensor x, int axis, Func<Tensor, Tensor, Tensor> combine) =>
        ScanVerbsModule.associativeScan(FSharp.Function(combine), axis, Given(x));

    /// <summary>
    /// Cumulative products along an axis; each includes its own element. For int32 and bool they are int64.
    /// </summary>
    public static Tensor Cumprod(Tensor x, int axis) => ScanVerbsModule.cumprod(axis, Given(x));

    /// <summary>
    /// The indices (int64) that sort x along an axis in increasing order. Equal elements keep their order; NaN comes
    /// last.
    /// </summary>
    public static Tensor Argsort(Tensor x, int axis) => ScanVerbsModule.argsort(axis, Given(x));

    /// <summary>Sorts the elements along an axis in increasing order. NaN comes last.</summary>
    public static Tensor Sort(Tensor x, int axis) => ScanVerbsModule.sort(axis, Given(x));

    /// <summary>
    /// The first index (int64, 0 to n) at which each value can be inserted into <paramref name="sorted"/> [n] and keep
    /// it sorted: the number of smaller elements. Also for <paramref name="sorted"/> [batch…; n] with values [batch…;
    /// m].
    /// </summary>
    public static Tensor SearchSorted(Tensor sorted, Tensor values) =>
        ScanVerbsModule.searchSorted(Given(sorted), Given(values));

    /// <summary>
    /// The last index (int64, 0 to n) at which each value can be inserted into <paramref name="sorted"/> [n] and keep
    /// it sorted: the number of elements that are smaller or equal.
    /// </summary>
    public static Tensor SearchSortedRight(Tensor sorted, Tensor values) =>
        ScanVerbsModule.searchSortedRight(Given(sorted), Given(values));

    /// <summary>
    /// The q-quantile along an axis, 0 ≤ q ≤ 1, with linear interpolation between the two elements next to position q
    /// (n − 1). NaN if any element is NaN.
    /// </summary>
    public static Tensor QuantileAlong(Tensor x, int axis, double q) =>
        ScanVerbsModule.quantileAlong(axis, q, Given(x));

    /// <summary>
    /// The q-quantile of all elements, 0 ≤ q ≤ 1, with linear interpolation. NaN if any element is NaN.
    /// </summary>
    public static Tensor Quantile(Tensor x, double q) => ScanVerbsModule.quantile(q, Given(x));

    /// <summary>
    /// The median along an axis: the middle element, or the mean of the two middle elements. NaN if any element is NaN.
    /// </summary>
    public static Tensor MedianAlong(Tensor x, int axis) => ScanVerbsModule.medianAlong(axis, Given(x));

    /// <summary>
    /// The median of all elements: the middle element, or the mean of the two middle elements. NaN if any element is
    /// NaN.
    /// </summary>
    public static Tensor Median(Tensor x) => ScanVerbsModule.median(Given(x));
}
