// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>
    /// The same elements in row-major order with another shape. One extent may be −1; it is then computed from the
    /// others.
    /// </summary>
    public static Tensor Reshape(Tensor x, params ReadOnlySpan<int> shape) =>
        MovementVerbsModule.reshape(FSharp.List(shape), Given(x));

    /// <summary>All elements in row-major order, as a vector.</summary>
    public static Tensor Flatten(Tensor x) => MovementVerbsModule.flatten(Given(x));

    /// <summary>All elements in row-major order, as a vector: NumPy's name for Flatten.</summary>
    public static Tensor Ravel(Tensor x) => MovementVerbsModule.ravel(Given(x));

    /// <summary>Inserts a new axis of extent 1; <paramref name="axis"/> is its position in the result.</summary>
    public static Tensor ExpandDims(Tensor x, int axis) => MovementVerbsModule.expandDims(axis, Given(x));

    /// <summary>Removes an axis of extent 1.</summary>
    public static Tensor Squeeze(Tensor x, int axis) => MovementVerbsModule.squeeze(axis, Given(x));

    /// <summary>Broadcasts x to a shape by NumPy's rule.</summary>
    public static Tensor BroadcastTo(Tensor x, params ReadOnlySpan<int> shape) =>
        MovementVerbsModule.broadcastTo(FSharp.List(shape), Given(x));

    /// <summary>Permutes the axes: axis i of the result is axis order[i] of x.</summary>
    public static Tensor Permute(Tensor x, params ReadOnlySpan<int> order) =>
        MovementVerbsModule.permute(FSharp.List(order), Given(x));

    /// <summary>Swaps two axes.</summary>
    public static Tensor SwapAxes(Tensor x, int first, int second) =>
        MovementVerbsModule.swapAxes(first, second, Given(x));

    /// <summary>Moves one axis to another position. The other axes keep their order.</summary>
    public static Tensor MoveAxis(Tensor x, int source, int target) =>
        MovementVerbsModule.moveAxis(source, target, Given(x));

    /// <summary>Swaps the last two axes: [batch…; m; n] → [batch…; n; m].</summary>
    public static Tensor Transpose(Tensor x) => MovementVerbsModule.transpose(Given(x));

    /// <summary>Concatenates tensors along an axis. Their other extents must be equal.</summary>
    public static Tensor ConcatAlong(int axis, params ReadOnlySpan<Tensor> xs) =>
        MovementVerbsModule.concatAlong(axis, FSharp.List(xs));

    /// <summary>Concatenates tensors along the first axis. Their other extents must be equal.</summary>
    public static Tensor Concat(params ReadOnlySpan<Tensor> xs) => MovementVerbsModule.concat(FSharp.List(xs));

    /// <summary>
    /// Stacks tensors of equal shape along a new axis; <paramref name="axis"/> is its position in the result.
    /// </summary>
    public static Tensor StackAlong(int axis, params ReadOnlySpan<Tensor> xs) =>
        MovementVerbsModule.stackAlong(axis, FSharp.List(xs));

    /// <summary>Stacks tensors of equal shape along a new first axis.</summary>
    public static Tensor Stack(params ReadOnlySpan<Tensor> xs) => MovementVerbsModule.stack(FSharp.List(xs));

    /// <summary>
    /// Splits x along an axis into pieces of the given extents, which must add up to the extent of the axis.
    /// </summary>
    public static Tensor[] SplitAlong(Tensor x, int axis, params ReadOnlySpan<int> sizes) =>
        MovementVerbsModule.splitAlong(axis, FSharp.List(sizes), Given(x)).ToArray();

    /// <summary>
    /// Splits x along the first axis into pieces of the given extents, which must add up to the extent of the axis.
    /// </summary>
    /// <remarks>The F# name is split; in C# Split makes training, validation and test parts of data.</remarks>
    public static Tensor[] SplitRows(Tensor x, params ReadOnlySpan<int> sizes) =>
        MovementVerbsModule.split(FSharp.List(sizes), Given(x)).ToArray();

    /// <summary>
    /// Splits x along an axis into <paramref name="count"/> pieces of nearly equal extent. If the extent is not
    /// divisible, the first pieces are longer by one.
    /// </summary>
    public static Tensor[] ChunkAlong(Tensor x, int axis, int count) =>
        MovementVerbsModule.chunkAlong(axis, count, Given(x)).ToArray();

    /// <summary>
    /// Splits x along the first axis into <paramref name="count"/> pieces of nearly equal extent. If the extent is not
    /// divisible, the first pieces are longer by one.
    /// </summary>
    public static Tensor[] Chunk(Tensor x, int count) => MovementVerbsModule.chunk(count, Given(x)).ToArray();

    /// <summary>Repeats each element <paramref name="count"/> times along an axis: [a; b] → [a; a; b; b].</summary>
    public static Tensor Repeat(Tensor x, int axis, int count) => MovementVerbsModule.repeat(axis, count, Given(x));

    /// <summary>
    /// Repeats the whole tensor along each axis: [a; b] → [a; b; a; b]. The counts are aligned at the last axis, as in
    /// NumPy.
    /// </summary>
    public static Tensor Tile(Tensor x, params ReadOnlySpan<int> counts) =>
        MovementVerbsModule.tile(FSharp.List(counts), Given(x));

    /// <summary>
    /// The coordinates of a grid: result i has the values of vector i along axis i of the common shape (NumPy's
    /// indexing "ij").
    /// </summary>
    public static Tensor[] Meshgrid(params ReadOnlySpan<Tensor> axes) =>
        MovementVerbsModule.meshgrid(FSharp.List(axes)).ToArray();

    /// <summary>Reverses the order of the elements along an axis.</summary>
    public static Tensor Flip(Tensor x, int axis) => MovementVerbsModule.flip(axis, Given(x));

    /// <summary>
    /// Shifts the elements by <paramref name="shift"/> positions along an axis. Elements beyond the end reappear at the
    /// start.
    /// </summary>
    public static Tensor Roll(Tensor x, int axis, int shift) => MovementVerbsModule.roll(axis, shift, Given(x));

    /// <summary>
    /// Pads each axis with a value. <paramref name="widths"/> has a pair (before, after) for each axis. InputException
    /// for a negative width.
    /// </summary>
    public static Tensor PadWith(Tensor x, double value, params ReadOnlySpan<(int Before, int After)> widths) =>
        MovementVerbsModule.padWith(value, FSharp.List(widths), Given(x));

    /// <summary>
    /// Pads each axis with zeros. <paramref name="widths"/> has a pair (before, after) for each axis. InputException
    /// for a negative width.
    /// </summary>
    public static Tensor Pad(Tensor x, params ReadOnlySpan<(int Before, int After)> widths) =>
        MovementVerbsModule.pad(FSharp.List(widths), Given(x));

    /// <summary>The diagonals of matrices: [batch…; m; n] → [batch…; min(m, n)].</summary>
    public static Tensor Diagonal(Tensor x) => MovementVerbsModule.diagonal(Given(x));

    /// <summary>Diagonal matrices with x on the diagonal: [batch…; n] → [batch…; n; n].</summary>
    public static Tensor Diag(Tensor x) => MovementVerbsModule.diag(Given(x));

    /// <summary>
    /// Keeps the elements on and below diagonal <paramref name="offset"/> (0: the main diagonal, 1: the one above it)
    /// and sets the others to 0.
    /// </summary>
    public static Tensor TrilFrom(Tensor x, int offset) => MovementVerbsModule.trilFrom(offset, Given(x));

    /// <summary>
    /// Keeps the elements on and above diagonal <paramref name="offset"/> (0: the main diagonal, 1: the one above it)
    /// and sets the others to 0.
    /// </summary>
    public static Tensor TriuFrom(Tensor x, int offset) => MovementVerbsModule.triuFrom(offset, Given(x));

    /// <summary>
    /// Keeps the elements on and below the main diagonal of matrices [batch…; m; n] and sets the others to 0.
    /// </summary>
    public static Tensor Tril(Tensor x) => MovementVerbsModule.tril(Given(x));

    /// <summary>
    /// Keeps the elements on and above the main diagonal of matrices [batch…; m; n] and sets the others to 0.
    /// </summary>
    public static Tensor Triu(Tensor x) => MovementVerbsModule.triu(Given(x));
}
