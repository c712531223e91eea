// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>
    /// The elements at the indices along an axis, for indices of any shape: [a…; n; c…] and [i…] → [a…; i…; c…].
    /// </summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="indices">int32 or int64, of any shape.</param>
    /// <returns>The shape of x, with the axis replaced by the shape of the indices.</returns>
    /// <exception cref="ShapeException">
    /// x has no such axis, there are indices of an empty axis, or the result does not fit in memory.
    /// </exception>
    /// <exception cref="InputException">
    /// An index is outside 0 to n − 1; inside a transform at the end of the run.
    /// </exception>
    /// <exception cref="DtypeException">The indices are not integers.</exception>
    public static Tensor Take(Tensor x, int axis, Tensor indices) =>
        IndexingVerbsModule.take(axis, Given(indices), Given(x));

    /// <summary>
    /// Elements along an axis with separate indices at each position. The indices have the shape of x except along the
    /// axis.
    /// </summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="indices">int32 or int64, of the shape of x except along the axis.</param>
    /// <returns>The shape of the indices, of the dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// x has no such axis, there are indices of an empty axis, or the other extents differ.
    /// </exception>
    /// <exception cref="InputException">
    /// An index is outside 0 to n − 1; inside a transform at the end of the run.
    /// </exception>
    /// <exception cref="DtypeException">The indices are not integers.</exception>
    public static Tensor TakeAlong(Tensor x, int axis, Tensor indices) =>
        IndexingVerbsModule.takeAlong(axis, Given(indices), Given(x));

    /// <summary>
    /// Rows of a batch, with separate indices for each element of the batch: x [batch…; n; features…], indices [batch…;
    /// m] → [batch…; m; features…].
    /// </summary>
    /// <param name="x">[batch…; n; features…], of any dtype.</param>
    /// <param name="indices">int32 or int64 [batch…; m].</param>
    /// <returns>[batch…; m; features…], of the dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// The batches differ, x lacks the axis n, there are indices of an empty axis, or the result does not fit in
    /// memory.
    /// </exception>
    /// <exception cref="InputException">
    /// An index is outside 0 to n − 1; inside a transform at the end of the run.
    /// </exception>
    /// <exception cref="DtypeException">The indices are not integers.</exception>
    public static Tensor GatherRows(Tensor x, Tensor indices) =>
        IndexingVerbsModule.gatherRows(Given(indices), Given(x));

    /// <summary>Adds row i of the updates to row indices[i] of x. Integers wrap.</summary>
    /// <param name="x">[n; features…], numbers.</param>
    /// <param name="indices">int32 or int64 [m].</param>
    /// <param name="updates">[m; features…], of the dtype of x.</param>
    /// <returns>[n; features…], of the dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// The shapes are not of this form, or there are indices and x has no rows.
    /// </exception>
    /// <exception cref="InputException">
    /// An index is outside 0 to n − 1; inside a transform at the end of the run.
    /// </exception>
    /// <exception cref="DtypeException">
    /// x is bool, the updates have another dtype, or the indices are not integers.
    /// </exception>
    public static Tensor ScatterAdd(Tensor x, Tensor indices, Tensor updates) =>
        IndexingVerbsModule.scatterAdd(Given(indices), Given(updates), Given(x));

    /// <summary>Replaces row indices[i] of x by row i of the updates. For equal indices the last update wins.</summary>
    /// <param name="x">[n; features…], of any dtype.</param>
    /// <param name="indices">int32 or int64 [m].</param>
    /// <param name="updates">[m; features…], of the dtype of x.</param>
    /// <returns>[n; features…], of the dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// The shapes are not of this form, or there are indices and x has no rows.
    /// </exception>
    /// <exception cref="InputException">
    /// An index is outside 0 to n − 1; inside a transform at the end of the run.
    /// </exception>
    /// <exception cref="DtypeException">
    /// The updates have another dtype than x, or the indices are not integers.
    /// </exception>
    public static Tensor ScatterSet(Tensor x, Tensor indices, Tensor updates) =>
        IndexingVerbsModule.scatterSet(Given(indices), Given(updates), Given(x));

    /// <summary>Replaces row indices[i] of x by its element-wise maximum with row i of the updates.</summary>
    /// <param name="x">[n; features…], numbers.</param>
    /// <param name="indices">int32 or int64 [m].</param>
    /// <param name="updates">[m; features…], of the dtype of x.</param>
    /// <returns>[n; features…], of the dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// The shapes are not of this form, or there are indices and x has no rows.
    /// </exception>
    /// <exception cref="InputException">
    /// An index is outside 0 to n − 1; inside a transform at the end of the run.
    /// </exception>
    /// <exception cref="DtypeException">
    /// x is bool, the updates have another dtype, or the indices are not integers.
    /// </exception>
    public static Tensor ScatterMax(Tensor x, Tensor indices, Tensor updates) =>
        IndexingVerbsModule.scatterMax(Given(indices), Given(updates), Given(x));

    /// <summary>
    /// <paramref name="size"/> elements along an axis. <paramref name="start"/> is an integer tensor [] from 0 to n −
    /// size, which may be computed.
    /// </summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="start">The first index: int32 or int64 [], from 0 to n − size.</param>
    /// <param name="size">The number of elements, 0 to n.</param>
    /// <returns>The shape of x, with the extent <paramref name="size"/> along the axis.</returns>
    /// <exception cref="ShapeException">
    /// x has no such axis, size is outside 0 to n, or start is not a single number.
    /// </exception>
    /// <exception cref="InputException">
    /// start is outside 0 to n − size; inside a transform at the end of the run.
    /// </exception>
    /// <exception cref="DtypeException">start is not an integer.</exception>
    public static Tensor DynamicSlice(Tensor x, int axis, Tensor start, int size) =>
        IndexingVerbsModule.dynamicSlice(axis, Given(start), size, Given(x));

    /// <summary>
    /// Replaces a window along an axis by <paramref name="update"/>. <paramref name="start"/> is an integer tensor []
    /// from 0 to n − the extent of <paramref name="update"/>, which may be computed.
    /// </summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="start">
    /// The first index: int32 or int64 [], from 0 to n − the extent of <paramref name="update"/>.
    /// </param>
    /// <param name="update">The new values, of the dtype of x, and of its shape except along the axis.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// x has no such axis, the shapes do not fit, or start is not a single number.
    /// </exception>
    /// <exception cref="InputException">start is out of range; inside a transform at the end of the run.</exception>
    /// <exception cref="DtypeException">The dtypes differ, or start is not an integer.</exception>
    public static Tensor DynamicUpdate(Tensor x, int axis, Tensor start, Tensor update) =>
        IndexingVerbsModule.dynamicUpdate(axis, Given(start), Given(update), Given(x));

    /// <summary>One-hot vectors (float64): 1 at the position of each index, otherwise 0; [i…] → [i…; n].</summary>
    /// <param name="indices">int32 or int64 of any shape, from 0 to n − 1.</param>
    /// <param name="n">The number of classes, 0 or more.</param>
    /// <returns>float64 [i…; n] for indices [i…].</returns>
    /// <exception cref="ShapeException">n is 0 and there are indices, or the result does not fit in memory.</exception>
    /// <exception cref="InputException">
    /// n is negative, or an index is outside 0 to n − 1; inside a transform at the end of the run.
    /// </exception>
    /// <exception cref="DtypeException">The indices are not integers.</exception>
    public static Tensor OneHot(Tensor indices, int n) => IndexingVerbsModule.oneHot(n, Given(indices));
}
