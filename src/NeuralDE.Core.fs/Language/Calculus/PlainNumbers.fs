namespace NeuralDE.Internal.Calculus

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Reflection
open NeuralDE

/// Plain numbers in a tree. Derivatives and fits treat them as constants, which may be unexpected; and batches take
/// rows of tensors but leave lists of numbers beside them whole.
module internal PlainNumbers =
    /// The most paths in a message.
    let private most = 8

    let private isFloat (t: Type) = t = typeof<float> || t = typeof<float32>
    let private isNumber (t: Type) = isFloat t || t = typeof<int> || t = typeof<int64> || t = typeof<bool>

    /// A part of a tree: its path, innermost name first, and whether a record of the library contains it.
    [<Struct; NoEquality; NoComparison>]
    type private Part = { Path: string list; IsOwn: bool; Codec: Codec; Value: Value }

    let private ours = ConcurrentDictionary<Assembly, bool>()

    /// Whether a type belongs to one of the library's assemblies.
    let private isOurs (t: Type) : bool =
        ours.GetOrAdd(
            t.Assembly,
            fun a ->
                match a.GetName().Name with
                | "NeuralDE.Language"
                | "NeuralDE.Solvers"
                | "NeuralDE.Core" -> true
                | _ -> false
        )

    let private text (path: string list) = List.foldBack (fun name path -> TreeForm.under path name) path ""

    let private partsOf (p: Product) (at: Part) (x: obj) : Part[] =
        let isOption = TypeName.isOption at.Codec.Type
        let isOwn = if isOption then at.IsOwn else isOurs at.Codec.Type

        p.Take x
        |> Array.mapi (fun i value ->
            { Path = p.Names[i] :: at.Path; IsOwn = isOwn; Codec = p.Codecs[i]; Value = value })

    let private children (at: Part) (x: obj) : Part[] =
        match at.Codec.Kind with
        | CodecKind.Product p -> partsOf p at x
        | CodecKind.Union(tag, cases) -> partsOf cases[tag x] at x
        | CodecKind.Open p ->
            let own = Codecs.own at.Codec x
            if obj.ReferenceEquals(own, at.Codec) then
                partsOf p at x
            else
                [| { at with Codec = own } |]
        | CodecKind.Sequence(series, item) ->
            let keys = series.Keys x

            series.Items x
            |> Array.mapi (fun i value ->
                let key = if keys.Length = 0 then string i else string keys[i]
                { at with Path = $"[{key}]" :: at.Path; Codec = item; Value = value })
        | CodecKind.Static
        | CodecKind.Tensor
        | CodecKind.Key -> [||]

    /// The paths of the first 8 parts found; parts inside a found one are not searched.
    let private find (isFound: Part -> obj -> bool) (tree: 'T) : string list =
        let found = List<string>()
        let todo = Stack<Part>()
        todo.Push { Path = []; IsOwn = false; Codec = Codec<'T>.Known; Value = box tree }

        while todo.Count > 0 && found.Count < most do
            let part = todo.Pop()

            match part.Value with
            | null -> ()
            | x when isFound part x -> found.Add(text part.Path)
            | x -> children part x |> Array.rev |> Array.iter todo.Push

        List.ofSeq found

    /// Plain floats, and lists and arrays of them. Those in records of the library are settings (a tolerance, an
    /// epsilon).
    let paths (tree: 'T) : string list =
        tree
        |> find (fun part _ ->
            not part.IsOwn
            && match part.Codec.Kind with
               | CodecKind.Static -> isFloat part.Codec.Type
               | CodecKind.Sequence(_, item) -> isFloat item.Type
               | CodecKind.Product _
               | CodecKind.Union _
               | CodecKind.Open _
               | CodecKind.Tensor
               | CodecKind.Key -> false)

    /// Lists and arrays with this number of plain numbers.
    let columns (count: int) (tree: 'T) : string list =
        tree
        |> find (fun part x ->
            match part.Codec.Kind with
            | CodecKind.Sequence(series, item) when isNumber item.Type -> (series.Items x).Length = count
            | _ -> false)

    /// Raises TreeException if a tree has no float tensors; `purpose` completes "there is nothing to".
    let requireFloats verb purpose (tree: 'T) (leaves: Tensor[]) =
        if not (Array.exists (fun (x: Tensor) -> x.Dtype.IsFloat) leaves) then
            let type' = TypeName.text typeof<'T>

            let mend =
                match paths tree, leaves with
                | [ "" ], _ -> "A plain number is a constant: convert it with scalar."
                | _ :: _ as plain, _ ->
                    let listed = String.Join(", ", plain)
                    $"Plain numbers are constants ({listed}): convert the variables among them with scalar or tensor."
                | [], [||] -> "Give it a tensor of floats."
                | [], _ -> $"Its tensors are {leaves[0].Dtype}: cast the variables, as in cast Float64 x."

            raise (
                TreeException
                    $"{verb}: got a {type'} without float tensors, so there is nothing to {purpose}; expected one or more. {mend}"
            )

    /// Raises TreeException for a list of as many plain numbers as the tensors beside it have rows: a batch would not
    /// divide it.
    let refuseColumns verb (rows: int) (tree: 'T) =
        match columns rows tree with
        | path :: _ ->
            raise (
                TreeException
                    $"{verb}: {path} is a list of {string rows} plain numbers beside tensors of {string rows} rows, and would not be divided into rows. Convert it with tensor."
            )
        | [] -> ()
