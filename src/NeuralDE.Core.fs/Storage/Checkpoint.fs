namespace NeuralDE

open System
open System.Collections.Generic
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Data
open NeuralDE.Internal.Storage

/// What a load may overlook.
type CheckpointOptions =
    {
        /// static fields, cases and lengths that differ: those of the tree given stay
        IgnoreStatics: bool
        /// float32 for float64 or the other way: numbers are cast to the dtypes of the tree given
        CastFloats: bool
        /// leaves that the file lacks keep their numbers, and tensors that nobody asks for are left
        Partial: bool
    }

    /// Overlooks nothing.
    static member defaults = { IgnoreStatics = false; CastFloats = false; Partial = false }

/// Where the numbers of a leaf come from in a file that another program wrote.
[<NoEquality; NoComparison>]
type CheckpointSource =
    /// the tensor of this name
    | Named of name: string
    /// the tensor of this name, its last two axes exchanged: PyTorch's Linear has weights [outputs; inputs]
    | Transposed of name: string
    /// a function of the tensor of this name, such as one of several gates
    | Computed of name: string * f: (Tensor -> Tensor)
    /// nothing in the file: the leaf keeps its numbers
    | Kept

/// <summary>Models in safetensors files: any tree, its leaves named by their paths.</summary>
/// <remarks>
/// The file's metadata tell the rest of the tree: static fields, cases of unions, lengths of lists, keys of maps;
/// functions are not told apart. A load compares all of it with the tree it is given, which must be of the same
/// structure. The names of types do not count, so a record can be renamed. Python reads the tensors with
/// safetensors.numpy.load_file or the like.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Checkpoint =
    let private prefix = "tree:"
    let private formatName = "format"
    let private formatText = "neuralde 1"

    let private statics verb (tree: 'T) = StaticFields.ofForm verb (Tree.structure tree).Form

    /// <summary>Writes a tree to a file, in place of one that may be there; an interrupted write leaves that as it
    /// was.</summary>
    /// <remarks>InputException if two leaves have one path, which takes a field named like a path.</remarks>
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

    /// Texts in messages are cut: those of a hostile file can have millions of letters.
    let private short (text: string) = if text.Length <= 100 then text else text.Substring(0, 100) + "…"

    let private place (path: string) = if path = "" then "the tree" else short path

    /// The static fields that differ between a file of our own and a tree.
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

    /// What is loaded goes where the leaf was.
    let private beside (leaf: Tensor) (x: Tensor) = if leaf.IsPlaceholder then x else x.ToDevice leaf.Device

    /// One leaf from a file: the tensor, the leaf's own numbers, or what stands against it.
    let private pick (options: CheckpointOptions) (tensors: Map<string, Tensor>) source (path: string) (leaf: Tensor) =
        let fit (name: string) (how: string) (f: Tensor -> Tensor) =
            match Map.tryFind name tensors with
            | None when options.Partial -> Ok leaf
            | None when name = path -> Error $"{place path} {Expect.text leaf} is not in the file"
            | None -> Error $"{place path} asks for \"{name}\", which is not in the file"
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
                Error $"{place path} asks for \"{name}\" transposed, of shape {Expect.text x} in the file"
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
        let mend = "Give a tree like the one that was saved, or options that overlook the difference."
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

    /// <summary>The tree `like` with the numbers of a file, on the devices where it is; FileException names by path
    /// whatever does not fit.</summary>
    /// <param name="options">What to overlook.</param>
    /// <param name="path">A file that Checkpoint.save wrote, or another whose tensors are named by the paths of the
    /// tree; such a file tells nothing of static fields.</param>
    /// <param name="like">A tree of the same structure, such as Mlp.init gives for the same sizes.</param>
    let loadWith (options: CheckpointOptions) (path: string) (like: 'T) : 'T =
        fill { Verb = "Checkpoint.load"; Path = path } options true Named like

    /// <summary>The tree `like` with the numbers of a file; everything else of the two must be equal.</summary>
    let load (path: string) (like: 'T) : 'T = loadWith CheckpointOptions.defaults path like

    /// <summary>As loadMapped, but overlooking some of what does not fit.</summary>
    let loadMappedWith (options: CheckpointOptions) (path: string) (map: string -> CheckpointSource) (like: 'T) : 'T =
        fill { Verb = "Checkpoint.loadMapped"; Path = path } options false map like

    /// <summary>The tree `like` with numbers that another program wrote, such as PyTorch with
    /// safetensors.torch.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="map">From the path of a leaf to where it comes from, as in "Out.Weight" to Transposed
    /// "2.weight".</param>
    /// <param name="like">The tree; its shapes and dtypes must be those of the file's tensors, each of which must be
    /// asked for. PyTorch writes float32: load into Tree.cast Float32 model, or with CastFloats.</param>
    let loadMapped (path: string) (map: string -> CheckpointSource) (like: 'T) : 'T =
        loadMappedWith CheckpointOptions.defaults path map like
