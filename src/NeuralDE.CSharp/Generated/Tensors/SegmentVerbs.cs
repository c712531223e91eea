// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>The sum of the rows of each group; 0 for an empty group. For integers it is int64.</summary>
    /// <param name="x">[n; features…], numbers.</param>
    /// <param name="ids">The group of each row: int32 or int64 [n], from 0 to count − 1.</param>
    /// <param name="count">The number of groups, 0 or more.</param>
    /// <returns>[count; features…]; int64 for integers, otherwise the dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// There is not one id for each row, x is a single number, or count is 0 and there are rows.
    /// </exception>
    /// <exception cref="InputException">
    /// count is negative, or an id is outside 0 to count − 1; inside a transform at run time.
    /// </exception>
    /// <exception cref="DtypeException">x is bool, or the ids are not integers.</exception>
    public static Tensor SegmentSum(Tensor x, Tensor ids, int count) =>
        SegmentVerbsModule.segmentSum(Given(ids), count, Given(x));

    /// <summary>
    /// The maximum of the rows of each group; −∞ for an empty group, or the smallest integer of the dtype.
    /// </summary>
    /// <param name="x">[n; features…], numbers.</param>
    /// <param name="ids">The group of each row: int32 or int64 [n], from 0 to count − 1.</param>
    /// <param name="count">The number of groups, 0 or more.</param>
    /// <returns>[count; features…], of the dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// There is not one id for each row, x is a single number, or count is 0 and there are rows.
    /// </exception>
    /// <exception cref="InputException">
    /// count is negative, or an id is outside 0 to count − 1; inside a transform at run time.
    /// </exception>
    /// <exception cref="DtypeException">x is bool, or the ids are not integers.</exception>
    public static Tensor SegmentMax(Tensor x, Tensor ids, int count) =>
        SegmentVerbsModule.segmentMax(Given(ids), count, Given(x));

    /// <summary>The mean of the rows of each group; 0 for an empty group.</summary>
    /// <param name="x">[n; features…], floats.</param>
    /// <param name="ids">The group of each row: int32 or int64 [n], from 0 to count − 1.</param>
    /// <param name="count">The number of groups, 0 or more.</param>
    /// <returns>[count; features…], of the dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// There is not one id for each row, x is a single number, or count is 0 and there are rows.
    /// </exception>
    /// <exception cref="InputException">
    /// count is negative, or an id is outside 0 to count − 1; inside a transform at run time.
    /// </exception>
    /// <exception cref="DtypeException">x is not a float, or the ids are not integers.</exception>
    public static Tensor SegmentMean(Tensor x, Tensor ids, int count) =>
        SegmentVerbsModule.segmentMean(Given(ids), count, Given(x));
}
