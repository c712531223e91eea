namespace NeuralDE

open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// <summary>Functions of trees: structures that contain tensors.</summary>
/// <remarks>
/// A tree is a Tensor, a Key, or a record, struct record, anonymous record, tuple, list, array, option, voption, Map
/// (its values in the order of their keys), Result or other union of trees, nested to any depth; also a C# record, in
/// which null is a missing part. Types may be recursive. Numbers, strings, enums, dates, functions, delegates, types,
/// and records and unions of these are static: constants, compared by Equals (functions without captured values, by
/// their code). A part may have the type of an interface or an abstract class (except collections): its value then
/// determines its parts, and structures of values of different types differ. Any other type raises a TreeException when
/// it is first used. Behind an interface these are classes that are not records, and object expressions, which would
/// hide their tensors.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Tree =
    /// <summary>The leaves in order: fields in the order of their declaration, elements from first to last. A key gives
    /// its int64 tensor.</summary>
    /// <param name="tree">A tree.</param>
    /// <returns>The tensors, without copying.</returns>
    /// <exception cref="T:NeuralDE.TreeException">The type is not a tree.</exception>
    let flatten (tree: 'T) : Tensor[] = Codec<'T>.Flatten tree

    /// <summary>The tree `like` with other leaves. Their shapes and dtypes may differ, but a key stays int64.</summary>
    /// <param name="like">A tree, for its structure and static fields.</param>
    /// <param name="leaves">The new leaves, in the order of Tree.flatten.</param>
    /// <returns>A tree like `like`.</returns>
    /// <exception cref="T:NeuralDE.TreeException">The number of leaves differs, or a key's leaf is not
    /// int64.</exception>
    let unflatten (like: 'T) (leaves: Tensor[]) : 'T = Codec<'T>.Rebuild(like, leaves)

    /// <summary>The structure of a tree: everything except its numbers, shapes and dtypes.</summary>
    /// <param name="tree">A tree.</param>
    let structure (tree: 'T) : Structure = Structure(TreeForm.ofTree false tree)

    /// <summary>The structure with the shape and dtype of each leaf.</summary>
    /// <param name="tree">A tree.</param>
    let signature (tree: 'T) : Structure = Structure(TreeForm.ofTree true tree)

    /// <summary>A sentence that names the first difference of two structures; None if there is none.</summary>
    /// <param name="a">A structure.</param>
    /// <param name="b">Another structure.</param>
    let difference (a: Structure) (b: Structure) : string option = TreeForm.difference a.Form b.Form

    let private named verb (tree: 'T) : (string * Tensor) list =
        let struct (form, _) = TreeForm.ofTree false tree
        List.zip (TreeForm.paths verb form) (List.ofArray (flatten tree))

    /// <summary>The leaves with their paths, such as Hidden.Weight, Layers[0].Bias or Item1; "" if the tree is one
    /// tensor.</summary>
    /// <param name="tree">A tree.</param>
    /// <exception cref="T:NeuralDE.TreeException">The tree has more than 10 000 levels.</exception>
    let leaves (tree: 'T) : (string * Tensor) list = named "Tree.leaves" tree

    /// <summary>Applies a function to each leaf, including keys.</summary>
    /// <param name="f">From a leaf to the new leaf, of any shape; for a key it must return int64.</param>
    /// <param name="tree">A tree.</param>
    /// <returns>A tree like `tree` with the new leaves.</returns>
    let map (f: Tensor -> Tensor) (tree: 'T) : 'T = flatten tree |> Array.map f |> unflatten tree

    /// <summary>Applies a function to the path and the tensor of each leaf.</summary>
    /// <param name="f">From a path and a leaf to the new leaf, of any shape; for a key it must return int64.</param>
    /// <param name="tree">A tree.</param>
    /// <returns>A tree like `tree` with the new leaves.</returns>
    /// <exception cref="T:NeuralDE.TreeException">The tree has more than 10 000 levels.</exception>
    let mapWithPath (f: string -> Tensor -> Tensor) (tree: 'T) : 'T =
        named "Tree.mapWithPath" tree |> Seq.map (fun (path, x) -> f path x) |> Array.ofSeq |> unflatten tree

    /// <summary>Applies a function to corresponding leaves of two trees of equal structure.</summary>
    /// <param name="f">From two leaves to the new leaf, of any shape.</param>
    /// <param name="a">A tree.</param>
    /// <param name="b">A tree of the same structure; shapes and dtypes may differ.</param>
    /// <returns>A tree with the new leaves and the static fields of the first tree.</returns>
    /// <exception cref="T:NeuralDE.TreeException">The structures differ; the message names the first
    /// difference.</exception>
    let map2 (f: Tensor -> Tensor -> Tensor) (a: 'T) (b: 'T) : 'T =
        match difference (structure a) (structure b) with
        | Some sentence ->
            raise (TreeException $"Tree.map2: got different trees: {sentence} Give two trees of one structure.")
        | None -> Array.map2 f (flatten a) (flatten b) |> unflatten a

    /// <summary>Converts float leaves to another float dtype; integers, bools and keys keep theirs.</summary>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <param name="tree">A tree.</param>
    /// <returns>A tree with the same shapes.</returns>
    /// <exception cref="T:NeuralDE.DtypeException">The dtype is not a float dtype.</exception>
    let cast (dtype: Dtype) (tree: 'T) : 'T =
        if not dtype.IsFloat then
            raise (
                DtypeException
                    $"Tree.cast: got {dtype}, expected Float32 or Float64. Convert integers and bools with Tree.map."
            )

        tree |> map (fun x -> if x.Dtype.IsFloat then Prim.cast dtype x else x)

    /// <summary>Moves every leaf to a device, including keys; Device.cpu moves them back.</summary>
    /// <param name="device">The device.</param>
    /// <param name="tree">A tree of numbers.</param>
    /// <returns>A tree with the same numbers. Leaves that are already on the device are the same tensors.</returns>
    /// <remarks>
    /// Computations with the tree, eager or compiled, run on that device, and their results stay there; CPU tensors in
    /// the same computation are moved there.
    /// </remarks>
    /// <exception cref="T:NeuralDE.TraceException">A leaf is a placeholder: move the arguments of a function before the
    /// call.</exception>
    let toDevice (device: Device) (tree: 'T) : 'T =
        if isNull (box device) then nullArg (nameof device)

        map (fun x -> x.ToDevice device) tree

    /// The device of the leaves that are numbers: the first one that is not the CPU, otherwise the CPU.
    let internal deviceOf (tree: 'T) : Device =
        flatten tree
        |> Array.filter (fun x -> not x.IsPlaceholder)
        |> Array.map (fun x -> x.Device)
        |> Array.tryFind (fun device -> not (obj.ReferenceEquals(device, Device.cpu)))
        |> Option.defaultValue Device.cpu

    /// <summary>The number of elements of the float leaves: the number of parameters of a model.</summary>
    /// <param name="tree">A tree.</param>
    /// <exception cref="T:NeuralDE.ShapeException">The number exceeds int.</exception>
    let count (tree: 'T) : int =
        let n = flatten tree |> Array.sumBy (fun x -> if x.Dtype.IsFloat then x.LongCount else 0L)

        if n > int64 System.Int32.MaxValue then
            Expect.misfit
                $"Tree.count: the tree has {string n} numbers, more than an int can count. Sum LongCount of its leaves."

        int n

    /// <summary>The tree with zeros in every leaf, with the shape and dtype of the leaf.</summary>
    /// <param name="tree">A tree.</param>
    /// <returns>A tree with the same structure, shapes and dtypes.</returns>
    let zerosLike (tree: 'T) : 'T = map Prim.zerosLike tree
