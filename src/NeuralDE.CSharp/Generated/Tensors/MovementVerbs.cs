// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>
    /// The same elements in row-major order with another shape. One extent may be −1; it is then computed from the
    /// others.
    /// </summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <param name="shape">The new shape; at most one extent is −1.</param>
    /// <returns>A tensor of this shape, of the dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// The shape has another number of elements than x, an extent below −1, or more than one −1.
    /// </exception>
    public static Tensor Reshape(Tensor x, params ReadOnlySpan<int> shape) =>
        MovementVerbsModule.reshape(FSharp.List(shape), Given(x));

    /// <summary>All elements in row-major order, as a vector.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>[n] for n elements, of the dtype of x.</returns>
    /// <exception cref="ShapeException">Inside a transform: x has more elements than one axis can have.</exception>
    public static Tensor Flatten(Tensor x) => MovementVerbsModule.flatten(Given(x));

    /// <summary>All elements in row-major order, as a vector: NumPy's name for Flatten.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>[n] for n elements, of the dtype of x.</returns>
    /// <exception cref="ShapeException">Inside a transform: x has more elements than one axis can have.</exception>
    public static Tensor Ravel(Tensor x) => MovementVerbsModule.ravel(Given(x));

    /// <summary>Inserts a new axis of extent 1; <paramref name="axis"/> is its position in the result.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <param name="axis">The position of the new axis in the result; negative positions count from its end.</param>
    /// <returns>The shape of x with an axis of extent 1 inserted.</returns>
    /// <exception cref="ShapeException">The result has no such axis.</exception>
    public static Tensor ExpandDims(Tensor x, int axis) => MovementVerbsModule.expandDims(axis, Given(x));

    /// <summary>Removes an axis of extent 1.</summary>
    /// <param name="x">A tensor of any dtype whose extent along the axis is 1.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis, or its extent is not 1.</exception>
    public static Tensor Squeeze(Tensor x, int axis) => MovementVerbsModule.squeeze(axis, Given(x));

    /// <summary>Broadcasts x to a shape by NumPy's rule.</summary>
    /// <param name="x">
    /// A tensor of any dtype. Aligned at the last axis, its extents equal those of the shape or are 1.
    /// </param>
    /// <param name="shape">The new shape.</param>
    /// <returns>A tensor of this shape, of the dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// x does not stretch to the shape, an extent is negative, or the result does not fit in memory.
    /// </exception>
    public static Tensor BroadcastTo(Tensor x, params ReadOnlySpan<int> shape) =>
        MovementVerbsModule.broadcastTo(FSharp.List(shape), Given(x));

    /// <summary>Permutes the axes: axis i of the result is axis order[i] of x.</summary>
    /// <param name="x">A tensor of any dtype.</param>
    /// <param name="order">Each axis of x once; negative axes count from the end.</param>
    /// <returns>The elements of x, with its axes in this order.</returns>
    /// <exception cref="ShapeException">The order does not contain each axis of x once.</exception>
    public static Tensor Permute(Tensor x, params ReadOnlySpan<int> order) =>
        MovementVerbsModule.permute(FSharp.List(order), Given(x));

    /// <summary>Swaps two axes.</summary>
    /// <param name="x">A tensor of any dtype that has both axes.</param>
    /// <param name="first">One axis; negative axes count from the end.</param>
    /// <param name="second">The other axis; negative axes count from the end.</param>
    /// <returns>The shape of x with these two extents swapped.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    public static Tensor SwapAxes(Tensor x, int first, int second) =>
        MovementVerbsModule.swapAxes(first, second, Given(x));

    /// <summary>Moves one axis to another position. The other axes keep their order.</summary>
    /// <param name="x">A tensor of any dtype that has both axes.</param>
    /// <param name="source">The axis that moves; negative axes count from the end.</param>
    /// <param name="target">Its position in the result; negative positions count from the end.</param>
    /// <returns>The shape of x with the extents in the new order.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    public static Tensor MoveAxis(Tensor x, int source, int target) =>
        MovementVerbsModule.moveAxis(source, target, Given(x));

    /// <summary>Swaps the last two axes: [batch…; m; n] → [batch…; n; m].</summary>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <returns>[batch…; n; m].</returns>
    /// <exception cref="ShapeException">x has fewer than two axes.</exception>
    public static Tensor Transpose(Tensor x) => MovementVerbsModule.transpose(Given(x));

    /// <summary>Concatenates tensors along an axis. Their other extents must be equal.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="xs">At least one tensor; all of one dtype, and of one shape except along the axis.</param>
    /// <returns>The common shape, with the sum of the extents along the axis.</returns>
    /// <exception cref="ShapeException">
    /// xs is empty, a tensor is a single number, there is no such axis, or the other extents differ.
    /// </exception>
    /// <exception cref="DtypeException">The dtypes differ.</exception>
    public static Tensor ConcatAlong(int axis, params ReadOnlySpan<Tensor> xs) =>
        MovementVerbsModule.concatAlong(axis, FSharp.List(xs));

    /// <summary>Concatenates tensors along the first axis. Their other extents must be equal.</summary>
    /// <param name="xs">At least one tensor; all of one dtype, and of one shape except along the first axis.</param>
    /// <returns>The common shape, with the sum of the extents along the first axis.</returns>
    /// <exception cref="ShapeException">
    /// xs is empty, a tensor is a single number, or the other extents differ.
    /// </exception>
    /// <exception cref="DtypeException">The dtypes differ.</exception>
    public static Tensor Concat(params ReadOnlySpan<Tensor> xs) => MovementVerbsModule.concat(FSharp.List(xs));

    /// <summary>
    /// Stacks tensors of equal shape along a new axis; <paramref name="axis"/> is its position in the result.
    /// </summary>
    /// <param name="axis">The position of the new axis in the result; negative positions count from its end.</param>
    /// <param name="xs">At least one tensor; all of one shape and dtype.</param>
    /// <returns>The common shape, with a new axis whose extent is the number of tensors.</returns>
    /// <exception cref="ShapeException">xs is empty, the shapes differ, or the result has no such axis.</exception>
    /// <exception cref="DtypeException">The dtypes differ.</exception>
    public static Tensor StackAlong(int axis, params ReadOnlySpan<Tensor> xs) =>
        MovementVerbsModule.stackAlong(axis, FSharp.List(xs));

    /// <summary>Stacks tensors of equal shape along a new first axis.</summary>
    /// <param name="xs">At least one tensor; all of one shape and dtype.</param>
    /// <returns>[n; shape…] for n tensors of this shape.</returns>
    /// <exception cref="ShapeException">xs is empty, or the shapes differ.</exception>
    /// <exception cref="DtypeException">The dtypes differ.</exception>
    public static Tensor Stack(params ReadOnlySpan<Tensor> xs) => MovementVerbsModule.stack(FSharp.List(xs));

    /// <summary>
    /// Splits x along an axis into pieces of the given extents, which must add up to the extent of the axis.
    /// </summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="sizes">The extents of the pieces along the axis, 0 or more.</param>
    /// <returns>One tensor for each size, with this extent along the axis.</returns>
    /// <exception cref="ShapeException">
    /// x has no such axis, a size is negative, or the sizes do not add up to the extent of the axis.
    /// </exception>
    public static Tensor[] SplitAlong(Tensor x, int axis, params ReadOnlySpan<int> sizes) =>
        MovementVerbsModule.splitAlong(axis, FSharp.List(sizes), Given(x)).ToArray();

    /// <summary>
    /// Splits x along the first axis into pieces of the given extents, which must add up to the extent of the axis.
    /// </summary>
    /// <param name="x">A tensor of any dtype with at least one axis.</param>
    /// <param name="sizes">The extents of the pieces along the first axis, 0 or more.</param>
    /// <returns>One tensor for each size, with this extent along the first axis.</returns>
    /// <remarks>The F# name is split; in C# Split makes training, validation and test parts of data.</remarks>
    /// <exception cref="ShapeException">
    /// x is a single number, a size is negative, or the sizes do not add up to the extent of the axis.
    /// </exception>
    public static Tensor[] SplitRows(Tensor x, params ReadOnlySpan<int> sizes) =>
        MovementVerbsModule.split(FSharp.List(sizes), Given(x)).ToArray();

    /// <summary>
    /// Splits x along an axis into <paramref name="count"/> pieces of nearly equal extent. If the extent is not
    /// divisible, the first pieces are longer by one.
    /// </summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="count">The number of pieces, from 1 to 1 048 576.</param>
    /// <returns>
    /// <paramref name="count"/> tensors in the order of the axis. Pieces are empty if there are more pieces than
    /// elements.
    /// </returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    /// <exception cref="InputException">count is outside 1 to 1 048 576.</exception>
    public static Tensor[] ChunkAlong(Tensor x, int axis, int count) =>
        MovementVerbsModule.chunkAlong(axis, count, Given(x)).ToArray();

    /// <summary>
    /// Splits x along the first axis into <paramref name="count"/> pieces of nearly equal extent. If the extent is not
    /// divisible, the first pieces are longer by one.
    /// </summary>
    /// <param name="x">A tensor of any dtype with at least one axis.</param>
    /// <param name="count">The number of pieces, from 1 to 1 048 576.</param>
    /// <returns>
    /// <paramref name="count"/> tensors in the order of the axis. Pieces are empty if there are more pieces than
    /// elements.
    /// </returns>
    /// <exception cref="ShapeException">x is a single number.</exception>
    /// <exception cref="InputException">count is outside 1 to 1 048 576.</exception>
    public static Tensor[] Chunk(Tensor x, int count) => MovementVerbsModule.chunk(count, Given(x)).ToArray();

    /// <summary>Repeats each element <paramref name="count"/> times along an axis: [a; b] → [a; a; b; b].</summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="count">The number of copies of each element, 0 or more.</param>
    /// <returns>The shape of x, with <paramref name="count"/> times the extent along the axis.</returns>
    /// <exception cref="ShapeException">x has no such axis, or the result does not fit in memory.</exception>
    /// <exception cref="InputException">count is negative.</exception>
    public static Tensor Repeat(Tensor x, int axis, int count) => MovementVerbsModule.repeat(axis, count, Given(x));

    /// <summary>
    /// Repeats the whole tensor along each axis: [a; b] → [a; b; a; b]. The counts are aligned at the last axis, as in
    /// NumPy.
    /// </summary>
    /// <param name="x">A tensor of any shape and dtype; missing first axes have extent 1.</param>
    /// <param name="counts">The number of copies along each axis, 0 or more; missing first counts are 1.</param>
    /// <returns>The extents of x times the counts, aligned at the last axis.</returns>
    /// <exception cref="ShapeException">A count is negative, or the result does not fit in memory.</exception>
    public static Tensor Tile(Tensor x, params ReadOnlySpan<int> counts) =>
        MovementVerbsModule.tile(FSharp.List(counts), Given(x));

    /// <summary>
    /// The coordinates of a grid: result i has the values of vector i along axis i of the common shape (NumPy's
    /// indexing "ij").
    /// </summary>
    /// <param name="axes">A vector for each axis of the grid.</param>
    /// <returns>
    /// One tensor for each vector, of its dtype; all have the shape [n₁; n₂; …] of the lengths of the vectors.
    /// </returns>
    /// <exception cref="ShapeException">A tensor is not a vector, or the grid does not fit in memory.</exception>
    public static Tensor[] Meshgrid(params ReadOnlySpan<Tensor> axes) =>
        MovementVerbsModule.meshgrid(FSharp.List(axes)).ToArray();

    /// <summary>Reverses the order of the elements along an axis.</summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    public static Tensor Flip(Tensor x, int axis) => MovementVerbsModule.flip(axis, Given(x));

    /// <summary>
    /// Shifts the elements by <paramref name="shift"/> positions along an axis. Elements beyond the end reappear at the
    /// start.
    /// </summary>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="shift">The number of positions towards the end; negative numbers shift towards the start.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="ShapeException">x has no such axis.</exception>
    public static Tensor Roll(Tensor x, int axis, int shift) => MovementVerbsModule.roll(axis, shift, Given(x));

    /// <summary>Pads each axis with a value.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <param name="value">The value of the new elements.</param>
    /// <param name="widths">A pair for each axis: the number of new elements before and after it, 0 or more.</param>
    /// <returns>The extents of x plus both widths, of the dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// There is not one pair for each axis, or the result does not fit in memory.
    /// </exception>
    /// <exception cref="InputException">A width is negative.</exception>
    /// <exception cref="DtypeException">The value does not fit the dtype of x.</exception>
    public static Tensor PadWith(Tensor x, double value, params ReadOnlySpan<(int Before, int After)> widths) =>
        MovementVerbsModule.padWith(value, FSharp.List(widths), Given(x));

    /// <summary>Pads each axis with zeros.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <param name="widths">A pair for each axis: the number of zeros before and after it, 0 or more.</param>
    /// <returns>The extents of x plus both widths, of the dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// There is not one pair for each axis, or the result does not fit in memory.
    /// </exception>
    /// <exception cref="InputException">A width is negative.</exception>
    public static Tensor Pad(Tensor x, params ReadOnlySpan<(int Before, int After)> widths) =>
        MovementVerbsModule.pad(FSharp.List(widths), Given(x));

    /// <summary>The diagonals of matrices: [batch…; m; n] → [batch…; min(m, n)].</summary>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <returns>[batch…; min(m, n)].</returns>
    /// <exception cref="ShapeException">x has fewer than two axes.</exception>
    public static Tensor Diagonal(Tensor x) => MovementVerbsModule.diagonal(Given(x));

    /// <summary>Diagonal matrices with x on the diagonal: [batch…; n] → [batch…; n; n].</summary>
    /// <param name="x">[batch…; n], of any dtype.</param>
    /// <returns>[batch…; n; n], of the dtype of x.</returns>
    /// <exception cref="ShapeException">x is a single number, or the result does not fit in memory.</exception>
    public static Tensor Diag(Tensor x) => MovementVerbsModule.diag(Given(x));

    /// <summary>
    /// Keeps the elements on and below diagonal <paramref name="offset"/> (0: the main diagonal, 1: the one above it)
    /// and sets the others to 0.
    /// </summary>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <param name="offset">The diagonal; negative offsets are below the main diagonal.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="ShapeException">x has fewer than two axes.</exception>
    public static Tensor TrilFrom(Tensor x, int offset) => MovementVerbsModule.trilFrom(offset, Given(x));

    /// <summary>
    /// Keeps the elements on and above diagonal <paramref name="offset"/> (0: the main diagonal, 1: the one above it)
    /// and sets the others to 0.
    /// </summary>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <param name="offset">The diagonal; negative offsets are below the main diagonal.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="ShapeException">x has fewer than two axes.</exception>
    public static Tensor TriuFrom(Tensor x, int offset) => MovementVerbsModule.triuFrom(offset, Given(x));

    /// <summary>
    /// Keeps the elements on and below the main diagonal of matrices [batch…; m; n] and sets the others to 0.
    /// </summary>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="ShapeException">x has fewer than two axes.</exception>
    public static Tensor Tril(Tensor x) => MovementVerbsModule.tril(Given(x));

    /// <summary>
    /// Keeps the elements on and above the main diagonal of matrices [batch…; m; n] and sets the others to 0.
    /// </summary>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="ShapeException">x has fewer than two axes.</exception>
    public static Tensor Triu(Tensor x) => MovementVerbsModule.triu(Given(x));
}
