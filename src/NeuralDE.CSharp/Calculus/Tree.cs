namespace NeuralDE;

/// <summary>Functions of any structure that holds tensors.</summary>
/// <remarks>
/// A tree is a Tensor, a Key, or a record, record struct, tuple or array of trees, nested as you like; null is an absent
/// part. Numbers, strings, enums, dates and delegates are static: carried along, and compared by Equals. Any other type
/// raises TreeException when it is first used.
/// </remarks>
public static class Tree
{
    /// <summary>
    /// The leaves in order: fields as they are declared, elements from the first to the last. A key gives its int64
    /// tensor.
    /// </summary>
    public static Tensor[] Flatten<T>(T tree) => TreeModule.flatten(tree);

    /// <summary>
    /// The tree <paramref name="like"/> with other leaves; shapes and dtypes may differ from its own, but a key
    /// stays int64.
    /// </summary>
    /// <exception cref="TreeException">if their number is not that of its leaves.</exception>
    public static T Unflatten<T>(T like, params Tensor[] leaves) => TreeModule.unflatten(like, Given(leaves));

    /// <summary>What a tree is but for its numbers, shapes and dtypes.</summary>
    public static Structure Structure<T>(T tree) => TreeModule.structure(tree);

    /// <summary>The structure with the shape and dtype of each leaf.</summary>
    public static Structure Signature<T>(T tree) => TreeModule.signature(tree);

    /// <summary>A sentence that names the first difference; null if there is none.</summary>
    public static string? Difference(Structure a, Structure b) =>
        FSharp.OrNull(TreeModule.difference(Given(a), Given(b)));

    /// <summary>
    /// The leaves with their paths, such as Hidden.Weight, Layers[0].Bias or Item1; "" if the tree is one tensor.
    /// </summary>
    public static (string Path, Tensor Leaf)[] Leaves<T>(T tree) =>
        [.. TreeModule.leaves(tree).Select(leaf => leaf.ToValueTuple())];

    /// <summary>A function of each leaf, keys included.</summary>
    public static T Map<T>(T tree, Func<Tensor, Tensor> f) => TreeModule.map(FSharp.Function(f), tree);

    /// <summary>A function of each leaf's path and the leaf.</summary>
    public static T MapWithPath<T>(T tree, Func<string, Tensor, Tensor> f) =>
        TreeModule.mapWithPath(FSharp.Function(f), tree);

    /// <summary>
    /// A function of the leaves of two trees of one structure; TreeException names the first difference. The result has the
    /// static fields of the first.
    /// </summary>
    public static T Map2<T>(T a, T b, Func<Tensor, Tensor, Tensor> f) => TreeModule.map2(FSharp.Function(f), a, b);

    /// <summary>
    /// Float leaves as another float dtype; integers, bools and keys stay. DtypeException if it is not a float
    /// dtype.
    /// </summary>
    public static T Cast<T>(T tree, Dtype dtype) => TreeModule.cast(Given(dtype), tree);

    /// <summary>The tree with every leaf on a device, keys included; Device.Cpu brings it back.</summary>
    /// <remarks>
    /// What is computed from it, eager or compiled, is computed there and stays there; numbers of the processor that it
    /// meets follow. Leaves that are there already are the same tensors.
    /// </remarks>
    /// <exception cref="TraceException">for placeholders: move the arguments of a function before it is called.</exception>
    public static T ToDevice<T>(T tree, Device device) => TreeModule.toDevice(Given(device), tree);

    /// <summary>How many numbers the float leaves hold: the parameters of a model.</summary>
    public static int Count<T>(T tree) => TreeModule.count(tree);

    /// <summary>The tree with zeros in every leaf, of the leaf's own shape and dtype.</summary>
    public static T ZerosLike<T>(T tree) => TreeModule.zerosLike(tree);
}
