namespace NeuralDE;

/// <summary>Functions of trees: structures that contain tensors.</summary>
/// <remarks>
/// A tree is a Tensor, a Key, or a record, record struct, tuple or array of trees, nested to any depth; null is an
/// absent part. Numbers, strings, enums, dates and delegates are constants, compared by Equals. Any other type raises
/// a TreeException when it is first used.
/// </remarks>
public static class Tree
{
    /// <summary>
    /// The leaves in order: fields in the order of their declaration, elements from first to last. A key gives its
    /// int64 tensor.
    /// </summary>
    public static Tensor[] Flatten<T>(T tree) => TreeModule.flatten(tree);

    /// <summary>
    /// The tree <paramref name="like"/> with other leaves. Their shapes and dtypes may differ, but a key stays int64.
    /// TreeException for another number of leaves.
    /// </summary>
    public static T Unflatten<T>(T like, params Tensor[] leaves) => TreeModule.unflatten(like, Given(leaves));

    /// <summary>The structure of a tree: everything except its numbers, shapes and dtypes.</summary>
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

    /// <summary>Applies a function to each leaf, including keys.</summary>
    public static T Map<T>(T tree, Func<Tensor, Tensor> f) => TreeModule.map(FSharp.Function(f), tree);

    /// <summary>Applies a function to the path and the tensor of each leaf.</summary>
    public static T MapWithPath<T>(T tree, Func<string, Tensor, Tensor> f) =>
        TreeModule.mapWithPath(FSharp.Function(f), tree);

    /// <summary>
    /// Applies a function to corresponding leaves of two trees of equal structure. TreeException, with the first
    /// difference, if the structures differ. The result has the static fields of the first tree.
    /// </summary>
    public static T Map2<T>(T a, T b, Func<Tensor, Tensor, Tensor> f) => TreeModule.map2(FSharp.Function(f), a, b);

    /// <summary>
    /// Converts float leaves to another float dtype; integers, bools and keys keep theirs. DtypeException if it is
    /// not a float dtype.
    /// </summary>
    public static T Cast<T>(T tree, Dtype dtype) => TreeModule.cast(Given(dtype), tree);

    /// <summary>
    /// Moves every leaf to a device, including keys. Device.Cpu moves them back. TraceException for placeholders:
    /// move the arguments before the call.
    /// </summary>
    /// <remarks>
    /// Results computed from the tree, eager or compiled, are computed on that device and stay there; numbers of the
    /// processor in the same computation are moved there. Leaves that are on the device already are the same tensors.
    /// </remarks>
    public static T ToDevice<T>(T tree, Device device) => TreeModule.toDevice(Given(device), tree);

    /// <summary>The number of elements of the float leaves: the number of parameters of a model.</summary>
    public static int Count<T>(T tree) => TreeModule.count(tree);

    /// <summary>The tree with zeros in every leaf, with the shape and dtype of the leaf.</summary>
    public static T ZerosLike<T>(T tree) => TreeModule.zerosLike(tree);
}
