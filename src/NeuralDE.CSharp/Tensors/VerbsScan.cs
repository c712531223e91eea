namespace NeuralDE;

// Verbs: running totals, sorting, quantiles
public static partial class Verbs
{
    /// <summary>
    /// The indices (int64) that sort an axis upwards; equal elements keep their order, NaN comes last.
    /// </summary>
    public static Tensor Argsort(Tensor x, int axis) => ScanVerbsModule.argsort(axis, Given(x));

    /// <summary>Products of the elements up to each, itself included; of int32 and bool as int64.</summary>
    public static Tensor Cumprod(Tensor x, int axis) => ScanVerbsModule.cumprod(axis, Given(x));

    /// <summary>Sums of the elements up to each, itself included; of int32 and bool as int64.</summary>
    public static Tensor Cumsum(Tensor x, int axis) => ScanVerbsModule.cumsum(axis, Given(x));

    /// <summary>The middle one of all elements, or the mean of the middle two. NaN where there is one.</summary>
    public static Tensor Median(Tensor x) => ScanVerbsModule.median(Given(x));

    /// <summary>The middle element along an axis, or the mean of the middle two. NaN where there is one.</summary>
    public static Tensor MedianAlong(Tensor x, int axis) => ScanVerbsModule.medianAlong(axis, Given(x));

    /// <summary>The q-quantile of all elements, 0 ≤ q ≤ 1, interpolated linearly. NaN where there is one.</summary>
    public static Tensor Quantile(Tensor x, double q) => ScanVerbsModule.quantile(q, Given(x));

    /// <summary>
    /// The q-quantile along an axis, 0 ≤ q ≤ 1, interpolated linearly between the two elements next to place q (n −
    /// 1). NaN where there is one.
    /// </summary>
    public static Tensor QuantileAlong(Tensor x, int axis, double q) =>
        ScanVerbsModule.quantileAlong(axis, q, Given(x));

    /// <summary>
    /// The first index (int64, 0 to n) at which each value could be put into sorted [n], keeping it sorted: the
    /// number of elements below it. Also sorted [batch…; n] with values [batch…; m].
    /// </summary>
    public static Tensor SearchSorted(Tensor sorted, Tensor values) =>
        ScanVerbsModule.searchSorted(Given(sorted), Given(values));

    /// <summary>
    /// The last index at which each value could be put into sorted [n]: the number of elements not above it.
    /// </summary>
    public static Tensor SearchSortedRight(Tensor sorted, Tensor values) =>
        ScanVerbsModule.searchSortedRight(Given(sorted), Given(values));

    /// <summary>Elements upwards along an axis; NaN comes last.</summary>
    public static Tensor Sort(Tensor x, int axis) => ScanVerbsModule.sort(axis, Given(x));

    /// <summary>All running totals x₀, x₀∘x₁, x₀∘x₁∘x₂, … along an axis, for an associative ∘.</summary>
    /// <remarks>
    /// <c>combine(earlier, later)</c> gets slices of x of any extent along the axis and joins them element by element.
    /// About 2n combinations in 2 log₂ n steps.
    /// </remarks>
    public static Tensor AssociativeScan(Tensor x, int axis, Func<Tensor, Tensor, Tensor> combine) =>
        ScanVerbsModule.associativeScan(FSharp.Function(combine), axis, Given(x));
}
