// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>
    /// The elements at the indices along an axis, for indices of any shape: [a…; n; c…] and [i…] → [a…; i…; c…].
    /// </summary>
    public static Tensor Take(Tensor x, int axis, Tensor indices) =>
        IndexingVerbsModule.take(axis, Given(indices), Given(x));

    /// <summary>
    /// Elements along an axis with separate indices at each position. The indices have the shape of x except along the
    /// axis.
    /// </summary>
    public static Tensor TakeAlong(Tensor x, int axis, Tensor indices) =>
        IndexingVerbsModule.takeAlong(axis, Given(indices), Given(x));

    /// <summary>
    /// Rows of a batch, with separate indices for each element of the batch: x [batch…; n; features…], indices [batch…;
    /// m] → [batch…; m; features…].
    /// </summary>
    public static Tensor GatherRows(Tensor x, Tensor indices) =>
        IndexingVerbsModule.gatherRows(Given(indices), Given(x));

    /// <summary>Adds row i of the updates to row indices[i] of x. Integers wrap.</summary>
    public static Tensor ScatterAdd(Tensor x, Tensor indices, Tensor updates) =>
        IndexingVerbsModule.scatterAdd(Given(indices), Given(updates), Given(x));

    /// <summary>Replaces row indices[i] of x by row i of the updates. For equal indices the last update wins.</summary>
    public static Tensor ScatterSet(Tensor x, Tensor indices, Tensor updates) =>
        IndexingVerbsModule.scatterSet(Given(indices), Given(updates), Given(x));

    /// <summary>Replaces row indices[i] of x by its element-wise maximum with row i of the updates.</summary>
    public static Tensor ScatterMax(Tensor x, Tensor indices, Tensor updates) =>
        IndexingVerbsModule.scatterMax(Given(indices), Given(updates), Given(x));

    /// <summary>
    /// <paramref name="size"/> elements along an axis. <paramref name="start"/> is an integer tensor [] from 0 to n −
    /// size, which may be computed.
    /// </summary>
    public static Tensor DynamicSlice(Tensor x, int axis, Tensor start, int size) =>
        IndexingVerbsModule.dynamicSlice(axis, Given(start), size, Given(x));

    /// <summary>
    /// Replaces a window along an axis by <paramref name="update"/>. <paramref name="start"/> is an integer tensor []
    /// from 0 to n − the extent of <paramref name="update"/>, which may be computed.
    /// </summary>
    public static Tensor DynamicUpdate(Tensor x, int axis, Tensor start, Tensor update) =>
        IndexingVerbsModule.dynamicUpdate(axis, Given(start), Given(update), Given(x));

    /// <summary>One-hot vectors (float64): 1 at the position of each index, otherwise 0; [i…] → [i…; n].</summary>
    public static Tensor OneHot(Tensor indices, int n) => IndexingVerbsModule.oneHot(n, Given(indices));
}
