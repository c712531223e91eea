// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Functions of trees: structures that contain tensors.</summary>
/// <remarks>
/// A tree is a Tensor, a Key, or a record, tuple or array of trees, nested to any depth; also a record, list, option,
/// Map or union of F#, as in the models of the library. A null in a record is a missing part. A List or a Dictionary is
/// no tree: use an array. Types may be recursive. Numbers, strings, enums, dates, functions, delegates, types, and
/// records and unions of these are static: constants, compared by Equals (functions without captured values, by their
/// code). A part may have the type of an interface or an abstract class (except collections): its value then determines
/// its parts, and structures of values of different types differ. Any other type raises a TreeException when it is
/// first used. Behind an interface these are classes that are not records, and object expressions, which would hide
/// their tensors.
/// </remarks>
public static partial class Tree
{
    /// <summary>
    /// The leaves in order: fields in the order of their declaration, elements from first to last. A key gives its
    /// int64 tensor.
    /// </summary>
    /// <param name="tree">A tree.</param>
    /// <returns>The tensors, without copying.</returns>
    /// <exception cref="TreeException">The type is not a tree.</exception>
    public static Tensor[] Flatten<T>(T tree) => TreeModule.flatten(tree);

    /// <summary>
    /// The tree <paramref name="like"/> with other leaves. Their shapes and dtypes may differ, but a key stays int64.
    /// </summary>
    /// <param name="like">A tree, for its structure and static fields.</param>
    /// <param name="leaves">The new leaves, in the order of Flatten.</param>
    /// <returns>A tree like <paramref name="like"/>.</returns>
    /// <exception cref="TreeException">The number of leaves differs, or a key's leaf is not int64.</exception>
    public static T Unflatten<T>(T like, params Tensor[] leaves) => TreeModule.unflatten(like, Given(leaves));

    /// <summary>The structure of a tree: everything except its numbers, shapes and dtypes.</summary>
    /// <param name="tree">A tree.</param>
    public static Structure Structure<T>(T tree) => TreeModule.structure(tree);

    /// <summary>The structure with the shape and dtype of each leaf.</summary>
    /// <param name="tree">A tree.</param>
    public static Structure Signature<T>(T tree) => TreeModule.signature(tree);

    /// <summary>A sentence that names the first difference of two structures; null if there is none.</summary>
    /// <param name="a">A structure.</param>
    /// <param name="b">Another structure.</param>
    public static string? Difference(Structure a, Structure b) =>
        FSharp.OrNull(TreeModule.difference(Given(a), Given(b)));

    /// <summary>
    /// The leaves with their paths, such as Hidden.Weight, Layers[0].Bias or Item1; "" if the tree is one tensor.
    /// </summary>
    /// <param name="tree">A tree.</param>
    /// <exception cref="TreeException">The tree has more than 10 000 levels.</exception>
    public static (string Path, Tensor Leaf)[] Leaves<T>(T tree) =>
        [.. TreeModule.leaves(tree).Select(item => item.ToValueTuple())];

    /// <summary>Applies a function to each leaf, including keys.</summary>
    /// <param name="tree">A tree.</param>
    /// <param name="f">From a leaf to the new leaf, of any shape; for a key it must return int64.</param>
    /// <returns>A tree like <paramref name="tree"/> with the new leaves.</returns>
    public static T Map<T>(T tree, Func<Tensor, Tensor> f) => TreeModule.map(FSharp.Function(f), tree);

    /// <summary>Applies a function to the path and the tensor of each leaf.</summary>
    /// <param name="tree">A tree.</param>
    /// <param name="f">From a path and a leaf to the new leaf, of any shape; for a key it must return int64.</param>
    /// <returns>A tree like <paramref name="tree"/> with the new leaves.</returns>
    /// <exception cref="TreeException">The tree has more than 10 000 levels.</exception>
    public static T MapWithPath<T>(T tree, Func<string, Tensor, Tensor> f) =>
        TreeModule.mapWithPath(FSharp.Function(f), tree);

    /// <summary>Applies a function to corresponding leaves of two trees of equal structure.</summary>
    /// <param name="a">A tree.</param>
    /// <param name="b">A tree of the same structure; shapes and dtypes may differ.</param>
    /// <param name="f">From two leaves to the new leaf, of any shape.</param>
    /// <returns>A tree with the new leaves and the static fields of the first tree.</returns>
    /// <exception cref="TreeException">The structures differ; the message names the first difference.</exception>
    public static T Map2<T>(T a, T b, Func<Tensor, Tensor, Tensor> f) => TreeModule.map2(FSharp.Function(f), a, b);

    /// <summary>Converts float leaves to another float dtype; integers, bools and keys keep theirs.</summary>
    /// <param name="tree">A tree.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <returns>A tree with the same shapes.</returns>
    /// <exception cref="DtypeException">The dtype is not a float dtype.</exception>
    public static T Cast<T>(T tree, Dtype dtype) => TreeModule.cast(Given(dtype), tree);

    /// <summary>Moves every leaf to a device, including keys; Device.Cpu moves them back.</summary>
    /// <param name="tree">A tree of numbers.</param>
    /// <param name="device">The device.</param>
    /// <returns>A tree with the same numbers. Leaves that are already on the device are the same tensors.</returns>
    /// <remarks>
    /// Computations with the tree, eager or compiled, run on that device, and their results stay there; CPU tensors in
    /// the same computation are moved there.
    /// </remarks>
    /// <exception cref="TraceException">
    /// A leaf is a placeholder: move the arguments of a function before the call.
    /// </exception>
    public static T ToDevice<T>(T tree, Device device) => TreeModule.toDevice(Given(device), tree);

    /// <summary>The number of elements of the float leaves: the number of parameters of a model.</summary>
    /// <param name="tree">A tree.</param>
    /// <exception cref="ShapeException">The number exceeds int.</exception>
    public static int Count<T>(T tree) => TreeModule.count(tree);

    /// <summary>The tree with zeros in every leaf, with the shape and dtype of the leaf.</summary>
    /// <param name="tree">A tree.</param>
    /// <returns>A tree with the same structure, shapes and dtypes.</returns>
    public static T ZerosLike<T>(T tree) => TreeModule.zerosLike(tree);
}
