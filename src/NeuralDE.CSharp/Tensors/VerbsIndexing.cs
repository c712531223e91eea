namespace NeuralDE;

// Verbs: picking and putting by index. An index that is not within its axis, 0 to n − 1, is an InputException, at the call
// where it is a number already, and at the end of the run inside a transform.
public static partial class Verbs
{
    /// <summary>
    /// <c>size</c> elements along an axis from a start that may be computed (0-d, integer): 0 to n − size.
    /// </summary>
    public static Tensor DynamicSlice(Tensor x, int axis, Tensor start, int size) =>
        IndexingVerbsModule.dynamicSlice(axis, Given(start), size, Given(x));

    /// <summary>
    /// x with a window along an axis replaced, from a start that may be computed: 0 to n − the update's extent.
    /// </summary>
    public static Tensor DynamicUpdate(Tensor x, int axis, Tensor start, Tensor update) =>
        IndexingVerbsModule.dynamicUpdate(axis, Given(start), Given(update), Given(x));

    /// <summary>
    /// For each of a batch, the rows at its own indices: x [batch…; n; features…], indices [batch…; m] → [batch…;
    /// m; features…].
    /// </summary>
    public static Tensor GatherRows(Tensor x, Tensor indices) =>
        IndexingVerbsModule.gatherRows(Given(indices), Given(x));

    /// <summary>1 at the place of each index and 0 elsewhere (float64): [i…] → [i…; n].</summary>
    public static Tensor OneHot(Tensor indices, int n) => IndexingVerbsModule.oneHot(n, Given(indices));

    /// <summary>x with row i of the updates added to its row indices[i]. Integers wrap.</summary>
    public static Tensor ScatterAdd(Tensor x, Tensor indices, Tensor updates) =>
        IndexingVerbsModule.scatterAdd(Given(indices), Given(updates), Given(x));

    /// <summary>x with each row the maximum of itself and the updates put there.</summary>
    public static Tensor ScatterMax(Tensor x, Tensor indices, Tensor updates) =>
        IndexingVerbsModule.scatterMax(Given(indices), Given(updates), Given(x));

    /// <summary>
    /// x with its row indices[i] replaced by row i of the updates, the last where several meet.
    /// </summary>
    public static Tensor ScatterSet(Tensor x, Tensor indices, Tensor updates) =>
        IndexingVerbsModule.scatterSet(Given(indices), Given(updates), Given(x));

    /// <summary>The elements at indices of any shape along an axis: [a…; n; c…] and [i…] → [a…; i…; c…].</summary>
    public static Tensor Take(Tensor x, int axis, Tensor indices) =>
        IndexingVerbsModule.take(axis, Given(indices), Given(x));

    /// <summary>
    /// Along an axis, the elements at indices that differ from place to place: indices have x's shape but along the
    /// axis.
    /// </summary>
    public static Tensor TakeAlong(Tensor x, int axis, Tensor indices) =>
        IndexingVerbsModule.takeAlong(axis, Given(indices), Given(x));
}
