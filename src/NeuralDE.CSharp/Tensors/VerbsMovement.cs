namespace NeuralDE;

// Verbs: shapes and places
public static partial class Verbs
{
    /// <summary>x stretched to a shape by NumPy's rule.</summary>
    public static Tensor BroadcastTo(Tensor x, params ReadOnlySpan<int> shape) =>
        MovementVerbsModule.broadcastTo(FSharp.List(shape), Given(x));

    /// <summary>So many pieces of nearly equal extent along the first axis.</summary>
    public static Tensor[] Chunk(Tensor x, int count) => MovementVerbsModule.chunk(count, Given(x)).ToArray();

    /// <summary>
    /// So many pieces of nearly equal extent along an axis; the first ones are longer by one where it does not
    /// divide.
    /// </summary>
    public static Tensor[] ChunkAlong(Tensor x, int axis, int count) =>
        MovementVerbsModule.chunkAlong(axis, count, Given(x)).ToArray();

    /// <summary>Tensors one after the other along the first axis.</summary>
    public static Tensor Concat(params ReadOnlySpan<Tensor> xs) => MovementVerbsModule.concat(FSharp.List(xs));

    /// <summary>Tensors one after the other along an axis; their other extents are equal.</summary>
    public static Tensor ConcatAlong(int axis, params ReadOnlySpan<Tensor> xs) =>
        MovementVerbsModule.concatAlong(axis, FSharp.List(xs));

    /// <summary>Matrices with x on the diagonal and zeros elsewhere: [batch…; n] → [batch…; n; n].</summary>
    public static Tensor Diag(Tensor x) => MovementVerbsModule.diag(Given(x));

    /// <summary>The diagonals of matrices: [batch…; m; n] → [batch…; min(m, n)].</summary>
    public static Tensor Diagonal(Tensor x) => MovementVerbsModule.diagonal(Given(x));

    /// <summary>A new axis of extent 1 at the given place of the result.</summary>
    public static Tensor ExpandDims(Tensor x, int axis) => MovementVerbsModule.expandDims(axis, Given(x));

    /// <summary>All elements in row-major order, as a vector.</summary>
    public static Tensor Flatten(Tensor x) => MovementVerbsModule.flatten(Given(x));

    /// <summary>Last to first along an axis.</summary>
    public static Tensor Flip(Tensor x, int axis) => MovementVerbsModule.flip(axis, Given(x));

    /// <summary>
    /// Coordinates of a grid: result i holds the i-th vector's values along axis i of the common shape (NumPy's
    /// "ij").
    /// </summary>
    public static Tensor[] Meshgrid(params ReadOnlySpan<Tensor> axes) =>
        MovementVerbsModule.meshgrid(FSharp.List(axes)).ToArray();

    /// <summary>One axis moved to another place, the others keeping their order.</summary>
    public static Tensor MoveAxis(Tensor x, int source, int target) =>
        MovementVerbsModule.moveAxis(source, target, Given(x));

    /// <summary>Zeros before and after the elements of each axis: one pair (before, after) an axis.</summary>
    public static Tensor Pad(Tensor x, params ReadOnlySpan<(int Before, int After)> widths) =>
        MovementVerbsModule.pad(FSharp.List(widths), Given(x));

    /// <summary>A value before and after the elements of each axis: one pair (before, after) an axis.</summary>
    public static Tensor PadWith(Tensor x, double value, params ReadOnlySpan<(int Before, int After)> widths) =>
        MovementVerbsModule.padWith(value, FSharp.List(widths), Given(x));

    /// <summary>Axis i of the result is axis order[i] of x.</summary>
    public static Tensor Permute(Tensor x, params ReadOnlySpan<int> order) =>
        MovementVerbsModule.permute(FSharp.List(order), Given(x));

    /// <summary>All elements in row-major order, as a vector; NumPy's name of Flatten.</summary>
    public static Tensor Ravel(Tensor x) => MovementVerbsModule.ravel(Given(x));

    /// <summary>Every element <c>count</c> times in a row along an axis: [a; b] → [a; a; b; b].</summary>
    public static Tensor Repeat(Tensor x, int axis, int count) => MovementVerbsModule.repeat(axis, count, Given(x));

    /// <summary>The same elements in row-major order under another shape; one extent may be −1: what is left.</summary>
    public static Tensor Reshape(Tensor x, params ReadOnlySpan<int> shape) =>
        MovementVerbsModule.reshape(FSharp.List(shape), Given(x));

    /// <summary>
    /// Elements moved <c>shift</c> places on along an axis; what leaves at the end comes in at the start.
    /// </summary>
    public static Tensor Roll(Tensor x, int axis, int shift) => MovementVerbsModule.roll(axis, shift, Given(x));

    /// <summary>Pieces of the given extents along the first axis; they add up to its extent.</summary>
    /// <remarks>F# says split; here Split makes the parts that one trains, validates and tests with.</remarks>
    public static Tensor[] SplitRows(Tensor x, params ReadOnlySpan<int> sizes) =>
        MovementVerbsModule.split(FSharp.List(sizes), Given(x)).ToArray();

    /// <summary>Pieces of the given extents along an axis; they add up to its extent.</summary>
    public static Tensor[] SplitAlong(Tensor x, int axis, params ReadOnlySpan<int> sizes) =>
        MovementVerbsModule.splitAlong(axis, FSharp.List(sizes), Given(x)).ToArray();

    /// <summary>Without the axis, whose extent must be 1.</summary>
    public static Tensor Squeeze(Tensor x, int axis) => MovementVerbsModule.squeeze(axis, Given(x));

    /// <summary>Tensors of one shape as the rows of a new first axis.</summary>
    public static Tensor Stack(params ReadOnlySpan<Tensor> xs) => MovementVerbsModule.stack(FSharp.List(xs));

    /// <summary>Tensors of one shape side by side along a new axis at the given place of the result.</summary>
    public static Tensor StackAlong(int axis, params ReadOnlySpan<Tensor> xs) =>
        MovementVerbsModule.stackAlong(axis, FSharp.List(xs));

    /// <summary>Two axes swapped.</summary>
    public static Tensor SwapAxes(Tensor x, int first, int second) =>
        MovementVerbsModule.swapAxes(first, second, Given(x));

    /// <summary>
    /// The whole tensor repeated along each axis: [a; b] → [a; b; a; b]. Counts are aligned at the last axis, as in
    /// NumPy.
    /// </summary>
    public static Tensor Tile(Tensor x, params ReadOnlySpan<int> counts) =>
        MovementVerbsModule.tile(FSharp.List(counts), Given(x));

    /// <summary>The last two axes swapped: [batch…; m; n] → [batch…; n; m].</summary>
    public static Tensor Transpose(Tensor x) => MovementVerbsModule.transpose(Given(x));

    /// <summary>What lies on or below the main diagonal of matrices [batch…; m; n], zeros elsewhere.</summary>
    public static Tensor Tril(Tensor x) => MovementVerbsModule.tril(Given(x));

    /// <summary>
    /// What lies on or below diagonal <c>offset</c> (0 the main one, 1 the one above it), zeros elsewhere.
    /// </summary>
    public static Tensor TrilFrom(Tensor x, int offset) => MovementVerbsModule.trilFrom(offset, Given(x));

    /// <summary>What lies on or above the main diagonal of matrices [batch…; m; n], zeros elsewhere.</summary>
    public static Tensor Triu(Tensor x) => MovementVerbsModule.triu(Given(x));

    /// <summary>
    /// What lies on or above diagonal <c>offset</c> (0 the main one, 1 the one above it), zeros elsewhere.
    /// </summary>
    public static Tensor TriuFrom(Tensor x, int offset) => MovementVerbsModule.triuFrom(offset, Given(x));
}
