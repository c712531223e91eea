namespace NeuralDE.Compiler

open System.Collections.Generic
open NeuralDE

/// The leaves of boxed values.
module internal Walk =
    let rec flatten (codec: Codec) (x: Value) (sink: List<Tensor>) : unit =
        if codec.HasLeaves then
            match x with
            | null -> () // None, or an optional property of a C# record
            | x ->
                match codec.Kind with
                | Kind.Tensor -> sink.Add(x :?> Tensor)
                | Kind.Key -> sink.Add((x :?> Key).Tensor)
                | Kind.Static -> ()
                | Kind.Product p -> flattenParts p x sink
                | Kind.Union(tag, cases) -> flattenParts cases[tag x] x sink
                | Kind.Open p ->
                    if x.GetType() = codec.Type then
                        flattenParts p x sink
                    else
                        flatten (Codecs.find (x.GetType())) x sink
                | Kind.Series(series, item) ->
                    for part in series.Items x do
                        flatten item part sink

    and private flattenParts p x sink =
        let parts = p.Take x

        for i in 0 .. parts.Length - 1 do
            flatten p.Codecs[i] parts[i] sink

    /// The same tree with leaves[next ..] in the place of its own; past the end it keeps its own, and counts on.
    let rec rebuild (codec: Codec) (like: Value) (leaves: Tensor[]) (next: byref<int>) : Value =
        match like with
        | _ when not codec.HasLeaves -> like
        | null -> null
        | like ->
            match codec.Kind with
            | Kind.Tensor ->
                next <- next + 1
                if next <= leaves.Length then leaves[next - 1] else like
            | Kind.Key ->
                next <- next + 1

                if next > leaves.Length then
                    like
                else
                    let leaf = leaves[next - 1]

                    if leaf.Dtype <> Int64 then
                        let expected = "expected int64: a Key is there. Leave int64 tensors as they are"
                        raise (
                            TreeException $"Tree.unflatten: got {leaf.Dtype} for leaf {string (next - 1)}, {expected}."
                        )

                    Key leaf
            | Kind.Static -> like
            | Kind.Product p -> rebuildParts p like leaves &next
            | Kind.Union(tag, cases) -> rebuildParts cases[tag like] like leaves &next
            | Kind.Open p ->
                if like.GetType() = codec.Type then
                    rebuildParts p like leaves &next
                else
                    rebuild (Codecs.find (like.GetType())) like leaves &next
            | Kind.Series(series, item) ->
                let items = series.Items like

                for i in 0 .. items.Length - 1 do
                    items[i] <- rebuild item items[i] leaves &next

                series.Make(like, items)

    and private rebuildParts p like leaves (next: byref<int>) : Value =
        if p.Codecs.Length = 0 then
            like
        else
            let parts = p.Take like

            for i in 0 .. parts.Length - 1 do
                parts[i] <- rebuild p.Codecs[i] parts[i] leaves &next

            p.Make like parts

/// The codec of a type that the caller knows: the first use finds it, the next ones read a field.
[<AbstractClass; Sealed>]
type internal Codec<'T> private () =
    [<DefaultValue>]
    static val mutable private known: Codec | null

    static member Known: Codec =
        match Codec<'T>.known with
        | null ->
            let codec = Codecs.find typeof<'T>
            Codec<'T>.known <- codec
            codec
        | codec -> codec

    static member Flatten(tree: 'T) : Tensor[] =
        match box tree with
        | :? Tensor as t -> [| t |]
        | x ->
            let sink = List<Tensor>()
            Walk.flatten Codec<'T>.Known x sink
            sink.ToArray()

    static member Rebuild(like: 'T, leaves: Tensor[]) : 'T =
        let mutable count = 0

        let tree =
            match box like with
            | :? Tensor ->
                count <- 1
                if leaves.Length = 1 then box leaves[0] else null
            | x -> Walk.rebuild Codec<'T>.Known x leaves &count

        if count <> leaves.Length then
            let expected = $"expected {string count}: one for each leaf of the {TypeName.text typeof<'T>}"
            let mend = "Take them from Tree.flatten of a tree of this structure"
            raise (TreeException $"Tree.unflatten: got {string leaves.Length} tensors, {expected}. {mend}.")

        Value.typed<'T> tree
