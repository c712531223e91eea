namespace NeuralDE

open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// <summary>Functions of any structure that holds tensors.</summary>
/// <remarks>
/// A tree is a Tensor, a Key, or a record, struct record, anonymous record, tuple, list, array, option, voption, Map
/// (its values in the order of their keys), Result or other union of trees, nested as you like; also a C# record, where
/// null is an absent part. A type can hold itself. Numbers, strings, enums, dates, functions, delegates, types, and
/// records and unions of them are static: carried along, and compared by Equals (functions that capture nothing, by
/// their code). A part can be of an interface or an abstract class (not a collection): it is then what its value is, and
/// structures differ where the values' types do. Any other type raises TreeException when it is first used; behind an
/// interface that is a class that is no record, and an object expression, which would hide its tensors.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Tree =
    /// The leaves in order: fields as they are declared, elements from the first to the last.
    /// A key gives its int64 tensor.
    let flatten (tree: 'T) : Tensor[] = Codec<'T>.Flatten tree

    /// The tree `like` with other leaves; shapes and dtypes may differ from its own, but a key stays int64.
    /// TreeException if their number is not that of its leaves.
    let unflatten (like: 'T) (leaves: Tensor[]) : 'T = Codec<'T>.Rebuild(like, leaves)

    /// What a tree is but for its numbers, shapes and dtypes.
    let structure (tree: 'T) : Structure = Structure(TreeForm.ofTree false tree)

    /// The structure with the shape and dtype of each leaf.
    let signature (tree: 'T) : Structure = Structure(TreeForm.ofTree true tree)

    /// A sentence that names the first difference; None if there is none.
    let difference (a: Structure) (b: Structure) : string option = TreeForm.difference a.Form b.Form

    let private named verb (tree: 'T) : (string * Tensor) list =
        let struct (form, _) = TreeForm.ofTree false tree
        List.zip (TreeForm.paths verb form) (List.ofArray (flatten tree))

    /// The leaves with their paths, such as Hidden.Weight, Layers[0].Bias or Item1; "" if the tree is one tensor.
    /// TreeException past 10 000 levels.
    let leaves (tree: 'T) : (string * Tensor) list = named "Tree.leaves" tree

    /// A function of each leaf, keys included.
    let map (f: Tensor -> Tensor) (tree: 'T) : 'T = flatten tree |> Array.map f |> unflatten tree

    /// A function of each leaf and its path. TreeException past 10 000 levels.
    let mapWithPath (f: string -> Tensor -> Tensor) (tree: 'T) : 'T =
        named "Tree.mapWithPath" tree |> Seq.map (fun (path, x) -> f path x) |> Array.ofSeq |> unflatten tree

    /// A function of the leaves of two trees of one structure; TreeException names the first difference.
    /// The result has the static fields of the first.
    let map2 (f: Tensor -> Tensor -> Tensor) (a: 'T) (b: 'T) : 'T =
        match difference (structure a) (structure b) with
        | Some sentence ->
            raise (TreeException $"Tree.map2: got different trees: {sentence} Give two trees of one structure.")
        | None -> Array.map2 f (flatten a) (flatten b) |> unflatten a

    /// Float leaves as another float dtype; integers, bools and keys stay. DtypeException if it is not a float dtype.
    let cast (dtype: Dtype) (tree: 'T) : 'T =
        if not dtype.IsFloat then
            raise (
                DtypeException
                    $"Tree.cast: got {dtype}, expected Float32 or Float64. Convert integers and bools with Tree.map."
            )

        tree |> map (fun x -> if x.Dtype.IsFloat then Prim.cast dtype x else x)

    /// <summary>The tree with every leaf on a device, keys included; Device.cpu brings it back.</summary>
    /// <remarks>
    /// What is computed from it, eager or compiled, is computed there and stays there; numbers of the processor that it
    /// meets follow. Leaves that are there already are the same tensors. TraceException for placeholders: move the
    /// arguments of a function before it is called.
    /// </remarks>
    let toDevice (device: Device) (tree: 'T) : 'T =
        if isNull (box device) then nullArg (nameof device)

        map (fun x -> x.ToDevice device) tree

    /// Where leaves that are numbers lie: the device of one that is not on the processor, else the processor.
    let internal deviceOf (tree: 'T) : Device =
        flatten tree
        |> Array.filter (fun x -> not x.IsPlaceholder)
        |> Array.map (fun x -> x.Device)
        |> Array.tryFind (fun device -> not (obj.ReferenceEquals(device, Device.cpu)))
        |> Option.defaultValue Device.cpu

    /// How many numbers the float leaves hold: the parameters of a model.
    let count (tree: 'T) : int =
        let n = flatten tree |> Array.sumBy (fun x -> if x.Dtype.IsFloat then x.LongCount else 0L)

        if n > int64 System.Int32.MaxValue then
            Expect.misfit
                $"Tree.count: the tree holds {string n} numbers, more than an int counts. Sum LongCount of its leaves."

        int n

    /// The tree with zeros in every leaf, of the leaf's own shape and dtype.
    let zerosLike (tree: 'T) : 'T = map Prim.zerosLike tree
