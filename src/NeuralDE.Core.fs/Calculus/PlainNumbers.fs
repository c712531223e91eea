namespace NeuralDE.Compiler

open System
open System.Collections.Generic
open NeuralDE

/// Plain floats in a tree. Derivatives and fits take them as constants, which surprises who meant them to move.
module internal PlainNumbers =
    /// A message names this many.
    let private most = 8

    let private isFloat (t: Type) = t = typeof<float> || t = typeof<float32>

    /// A record or union of the library: its plain numbers (an epsilon, a tolerance) are settings.
    let private isOwn (codec: Codec) = codec.Type.Assembly = typeof<Codec>.Assembly

    let private text (path: string list) = List.foldBack (fun name path -> Form.under path name) path ""

    /// The paths of plain floats, and of lists and arrays of them: the first 8, those in records of the library left out.
    let paths (tree: 'T) : string list =
        let found = List<string>()
        let todo = Stack<struct (string list * bool * Codec * Value)>()

        let parts path isOwn (p: Product) (x: obj) =
            let values = p.Take x

            for i in values.Length - 1 .. -1 .. 0 do
                todo.Push(struct (p.Names[i] :: path, isOwn, p.Codecs[i], values[i]))

        let visit path isIn (codec: Codec) (x: obj) =
            match codec.Kind with
            | Kind.Static -> if isFloat codec.Type && not isIn then found.Add(text path)
            | Kind.Series(_, item) when isFloat item.Type -> if not isIn then found.Add(text path)
            | Kind.Series(series, item) ->
                let items = series.Items x
                let keys = series.Keys x

                for i in items.Length - 1 .. -1 .. 0 do
                    let key = if keys.Length = 0 then string i else string keys[i]
                    todo.Push(struct ($"[{key}]" :: path, isIn, item, items[i]))
            | Kind.Product p -> parts path (isOwn codec) p x
            | Kind.Union(tag, cases) -> parts path (if TypeName.isOption codec.Type then isIn else isOwn codec) cases[tag x] x
            | Kind.Open p when x.GetType() = codec.Type -> parts path (isOwn codec) p x
            | Kind.Open _ -> todo.Push(struct (path, isIn, Codecs.find (x.GetType()), x))
            | Kind.Tensor
            | Kind.Key -> ()

        todo.Push(struct ([], false, Codec<'T>.Known, box tree))

        while todo.Count > 0 && found.Count < most do
            let struct (path, isIn, codec, value) = todo.Pop()

            match value with
            | null -> ()
            | x -> visit path isIn codec x

        List.ofSeq found

    /// Raises TreeException for a tree without float tensors; `purpose` completes "there is nothing to".
    let requireFloats verb purpose (tree: 'T) (leaves: Tensor[]) =
        if not (Array.exists (fun (x: Tensor) -> x.Dtype.IsFloat) leaves) then
            let type' = TypeName.text typeof<'T>

            let mend =
                match paths tree, leaves with
                | [ "" ], _ -> "A plain number is a constant: write scalar around it."
                | _ :: _ as plain, _ ->
                    let listed = String.Join(", ", plain)
                    $"Plain numbers are constants ({listed}): write scalar or tensor around those that are to move."
                | [], [||] -> "Give it a tensor of floats."
                | [], _ -> $"Its tensors are {leaves[0].Dtype}: cast what is to move, as in cast Float64 x."

            raise (
                TreeException
                    $"{verb}: got a {type'} without float tensors, so there is nothing to {purpose}; expected one or more. {mend}"
            )
