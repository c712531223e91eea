namespace NeuralDE

open System
open System.Collections.Generic
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Data
open NeuralDE.Internal.Storage

/// Differences that a load ignores; default: none.
type CheckpointOptions =
    {
        /// ignores differences of static fields, cases and lengths; those of the given tree stay
        IgnoreStatics: bool
        /// converts between float32 and float64: numbers get the dtypes of the given tree
        CastFloats: bool
        /// keeps the numbers of leaves that the file lacks, and ignores tensors of the file that are not used
        Partial: bool
    }

    /// Ignores no difference.
    static member defaults = { IgnoreStatics = false; CastFloats = false; Partial = false }

/// The source of a leaf's numbers in a file that another program wrote.
[<NoEquality; NoComparison>]
type CheckpointSource =
    /// The tensor of this name.
    | Named of name: string
    /// The tensor of this name with its last two axes swapped: PyTorch's Linear has weights [outputs; inputs].
    | Transposed of name: string
    /// A function of the tensor with this name, for example to select one of several gates.
    | Computed of name: string * f: (Tensor -> Tensor)
    /// No source: the leaf keeps its numbers.
    | Kept

/// <summary>Models in safetensors files: any tree, its leaves named by their paths.</summary>
/// <remarks>
/// The file's metadata contain the rest of the tree: static fields, cases of unions, lengths of lists, keys of maps;
/// functions are not distinguished. A load compares all of it with the given tree, which must have the same structure. The
/// names of types are not compared, so a record can be renamed. Python reads the tensors with safetensors.numpy.load_file or
/// similar functions.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Checkpoint =
    let private prefix = "tree:"
    let private formatName = "format"
    let private formatText = "neuralde 1"

    let private statics verb (tree: 'T) = StaticFields.ofForm verb (Tree.structure tree).Form

    /// <summary>Saves a tree in a file. Atomically replaces an existing file: an interrupted write keeps it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tree">Any tree of tensors.</param>
    /// <exception cref="T:NeuralDE.InputException">if two leaves have the same path, which needs a field named like a
    /// path.</exception>
    /// <exception cref="T:NeuralDE.FileException">for a file that cannot be written.</exception>
    let save (path: string) (tree: 'T) : unit =
        let verb = "Checkpoint.save"
        let described =
            statics verb tree |> List.groupBy fst |> List.map (fun (at, texts) -> prefix + at, snd texts.Head)

        let leaves = Tree.leaves tree

        for _, x in leaves do
            x.Numbers |> ignore // a placeholder has none

        let metadata = (formatName, formatText) :: described
        Files.write { Verb = verb; Path = path } (Safetensors.writeTo verb metadata leaves)

    // ── loading ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// Shortens a text in a message: a file may contain very long ones.
    let private short (text: string) = if text.Length <= 100 then text else text.Substring(0, 100) + "…"

    let private place (path: string) = if path = "" then "the tree" else short path

    /// The static fields that differ between a file of Checkpoint.save and a tree.
    let private staticDifferences (metadata: Map<string, string>) (tree: 'T) : string list =
        let inTree = statics "Checkpoint.load" tree |> List.distinctBy fst
        let paths = inTree |> List.map fst |> HashSet

        [ for path, expected in inTree do
              match Map.tryFind (prefix + path) metadata with
              | Some got when got = expected -> ()
              | Some got -> $"{place path} is {short got} in the file and {short expected} in the tree"
              | None -> $"{place path} is {short expected} in the tree and not in the file"

          for KeyValue(name, got) in metadata do
              if
                  name.StartsWith(prefix, StringComparison.Ordinal)
                  && not (paths.Contains(name.Substring prefix.Length))
              then
                  $"{place (name.Substring prefix.Length)} is {short got} in the file and not in the tree" ]

    /// Moves loaded numbers to the device of the leaf.
    let private beside (leaf: Tensor) (x: Tensor) = if leaf.IsPlaceholder then x else x.ToDevice leaf.Device

    /// One leaf from a file: the tensor, the leaf's own numbers, or the difference.
    let private pick (options: CheckpointOptions) (tensors: Map<string, Tensor>) source (path: string) (leaf: Tensor) =
        let fit (name: string) (how: string) (f: Tensor -> Tensor) =
            match Map.tryFind name tensors with
            | None when options.Partial -> Ok leaf
            | None when name = path -> Error $"{place path} {Expect.text leaf} is not in the file"
            | None -> Error $"{place path} needs \"{name}\", which is not in the file"
            | Some stored ->
                let x = f stored
                let from = if name = path && how = "" then "" else $", \"{name}\"{how}"

                if not (Shape.same x.Dims leaf.Dims) then
                    Error
                        $"{place path} has shape {Expect.text x} in the file{from}, and {Expect.text leaf} in the tree"
                elif x.Dtype = leaf.Dtype then
                    Ok(beside leaf x)
                elif x.Dtype.IsFloat && leaf.Dtype.IsFloat then
                    if options.CastFloats then
                        Ok(beside leaf (Prim.cast leaf.Dtype x))
                    else
                        let got = $"{place path} is {x.Dtype} in the file{from}, and {leaf.Dtype} in the tree"
                        Error $"{got} (CastFloats casts)"
                else
                    Error $"{place path} is {x.Dtype} in the file{from}, and {leaf.Dtype} in the tree"

        match source with
        | Kept -> Ok leaf
        | Named name -> fit name "" id
        | Computed(name, f) -> fit name " computed" f
        | Transposed name ->
            match Map.tryFind name tensors with
            | Some x when x.Rank < 2 ->
                Error $"{place path} needs \"{name}\" transposed, which has shape {Expect.text x} in the file"
            | Some _
            | None -> fit name " transposed" (fun x -> Prim.permute (Shape.swapLast x.Rank) x)

    let private nameOf (source: CheckpointSource) =
        match source with
        | Named name
        | Transposed name
        | Computed(name, _) -> Some name
        | Kept -> None

    let private refuse (at: Place) (differences: string list) : 'a =
        let shown = 8
        let more =
            if differences.Length > shown then
                $"; and {string (differences.Length - shown)} more"
            else
                ""
        let mend = "Use a tree like the saved one, or options that ignore the difference."
        Files.refuse at (String.Join("; ", List.truncate shown differences) + $"{more}. {mend}")

    let private fill (at: Place) (options: CheckpointOptions) isOwn (map: string -> CheckpointSource) (like: 'T) : 'T =
        let file = Files.read at (Safetensors.readFrom at)
        let tensors = Map.ofList file.Tensors
        let leaves = Tree.leaves like |> List.map (fun (path, leaf) -> path, leaf, map path)

        let isComparable = isOwn && not options.IgnoreStatics && Map.tryFind formatName file.Metadata = Some formatText
        let differences = if isComparable then staticDifferences file.Metadata like else []
        let picked = leaves |> List.map (fun (path, leaf, source) -> pick options tensors source path leaf)
        let errors =
            picked
            |> List.choose (function
                | Error e -> Some e
                | Ok _ -> None)

        let leftOver =
            let asked = leaves |> List.choose (fun (_, _, source) -> nameOf source) |> HashSet

            [ if not options.Partial then
                  for name, x in file.Tensors do
                      if not (asked.Contains name) then $"\"{short name}\" {Expect.text x} is only in the file" ]

        match differences @ errors @ leftOver with
        | [] -> picked |> List.choose Result.toOption |> Array.ofList |> Tree.unflatten like
        | differences -> refuse at differences

    /// <summary>The tree `like` with the numbers of a file, on the devices where that tree is.</summary>
    /// <param name="options">Differences to ignore.</param>
    /// <param name="path">A file that Checkpoint.save wrote, or another file whose tensors are named by the paths of the
    /// tree; such a file has no static fields.</param>
    /// <param name="like">A tree of the same structure, such as Mlp.init returns for the same sizes.</param>
    /// <returns>A tree like `like`.</returns>
    /// <exception cref="T:NeuralDE.FileException">for a file that cannot be read, and, with the paths, for leaves that do
    /// not fit.</exception>
    let loadWith (options: CheckpointOptions) (path: string) (like: 'T) : 'T =
        fill { Verb = "Checkpoint.load"; Path = path } options true Named like

    /// <summary>The tree `like` with the numbers of a file. Everything else must be equal.</summary>
    /// <param name="path">A file that Checkpoint.save wrote.</param>
    /// <param name="like">A tree of the same structure, such as Mlp.init returns for the same sizes.</param>
    /// <returns>A tree like `like`.</returns>
    /// <exception cref="T:NeuralDE.FileException">for a file that cannot be read, and, with the paths, for leaves that do
    /// not fit.</exception>
    let load (path: string) (like: 'T) : 'T = loadWith CheckpointOptions.defaults path like

    /// <summary>Like loadMapped, with options for differences to ignore.</summary>
    /// <param name="options">Differences to ignore.</param>
    /// <param name="path">A safetensors file.</param>
    /// <param name="map">From the path of a leaf to its source.</param>
    /// <param name="like">The tree.</param>
    /// <returns>A tree like `like`.</returns>
    /// <exception cref="T:NeuralDE.FileException">for a file that cannot be read, and, with the paths, for leaves that do
    /// not fit.</exception>
    let loadMappedWith (options: CheckpointOptions) (path: string) (map: string -> CheckpointSource) (like: 'T) : 'T =
        fill { Verb = "Checkpoint.loadMapped"; Path = path } options false map like

    /// <summary>The tree `like` with numbers that another program wrote, such as PyTorch with safetensors.torch.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="map">From the path of a leaf to its source, as in "Out.Weight" to Transposed "2.weight".</param>
    /// <param name="like">The tree. Its shapes and dtypes must be those of the tensors of the file, and every tensor of the
    /// file must be used. PyTorch writes float32: load into Tree.cast Float32 model, or with CastFloats.</param>
    /// <returns>A tree like `like`.</returns>
    /// <exception cref="T:NeuralDE.FileException">for a file that cannot be read, and, with the paths, for leaves that do
    /// not fit.</exception>
    let loadMapped (path: string) (map: string -> CheckpointSource) (like: 'T) : 'T =
        loadMappedWith CheckpointOptions.defaults path map like
