namespace NeuralDE.Compiler

open System.Collections.Generic
open NeuralDE

/// A value that has parts, and how far a walk over them has come.
[<Sealed; NoComparison; NoEquality>]
type internal Branch(codec: Codec, value: obj, parts: Value[], codecOf: Codec[], series: Series voption, product: Product) =
    /// Of the value's own type, where it is of a derived one.
    member _.Codec = codec

    member _.Value = value
    member _.Parts = parts

    /// The list, array or map that it is; else it is a product.
    member _.Series = series

    member _.Product = product
    member val Next = 0 with get, set

    /// The codec of a part; all items of a series have one.
    member _.CodecOf(part: int) : Codec = if series.IsSome then codecOf[0] else codecOf[part]

/// The leaves of boxed values. A tree can be as deep as memory allows, so no walk here calls itself.
module internal Walk =
    /// A product without a name or a part.
    let private nothing: Product =
        { Case = ""
          Names = [||]
          Codecs = [||]
          Take = fun _ -> [||]
          Make = fun x _ -> x }

    /// The parts of a value; nothing for a leaf, for null and for what is carried along as a whole.
    let rec branch (codec: Codec) (x: Value) : Branch voption =
        match x with
        | null -> ValueNone // None, an optional property of a C# record, or a case that null stands for
        | _ when not codec.HasLeaves -> ValueNone
        | x ->
            let fields (p: Product) = ValueSome(Branch(codec, x, p.Take x, p.Codecs, ValueNone, p))

            match codec.Kind with
            | Kind.Tensor
            | Kind.Key
            | Kind.Static -> ValueNone
            | Kind.Product p -> fields p
            | Kind.Union(tag, cases) -> fields cases[tag x]
            | Kind.Open p when x.GetType() = codec.Type -> fields p
            | Kind.Open _ -> branch (Codecs.find (x.GetType())) x // the codec of its own type, so this happens once
            | Kind.Series(series, item) ->
                ValueSome(Branch(codec, x, series.Items x, [| item |], ValueSome series, nothing))

    /// What `join` makes of a branch and the results of its parts, from the leaves upwards, parts in order. `room` gives the
    /// array for the results of a branch's parts, which may be that of the parts themselves.
    let fold
        (room: Branch -> 'R[])
        (leaf: Codec -> Value -> 'R)
        (join: Branch -> 'R[] -> 'R)
        (codec: Codec)
        (x: Value)
        : 'R =
        let around = Stack<struct (Branch * 'R[])>()
        let mutable result = Unchecked.defaultof<'R>
        let mutable codec, x = codec, x
        let mutable isDown, isOver = true, false

        while not isOver do
            if isDown then
                match branch codec x with
                | ValueSome b -> around.Push(struct (b, room b))
                | ValueNone ->
                    result <- leaf codec x
                    isDown <- false

            if not isDown && around.Count = 0 then
                isOver <- true
            else
                let struct (b, results) = around.Peek()

                if not isDown then
                    results[b.Next] <- result
                    b.Next <- b.Next + 1

                isDown <- b.Next < b.Parts.Length

                if isDown then
                    codec <- b.CodecOf b.Next
                    x <- b.Parts[b.Next]
                else
                    around.Pop() |> ignore
                    result <- join b results

        result

    let private leafOf (codec: Codec) (x: obj) (sink: List<Tensor>) =
        match codec.Kind with
        | Kind.Tensor -> sink.Add(x :?> Tensor)
        | Kind.Key -> sink.Add((x :?> Key).Tensor)
        | _ -> () // carried along

    let flatten (codec: Codec) (x: Value) (sink: List<Tensor>) : unit =
        let around = Stack<Branch>()

        let visit (codec: Codec) (x: Value) =
            match branch codec x with
            | ValueSome b -> around.Push b
            | ValueNone ->
                match x with
                | null -> ()
                | x -> leafOf codec x sink

        visit codec x

        while around.Count > 0 do
            let b = around.Peek()

            if b.Next = b.Parts.Length then
                around.Pop() |> ignore
            else
                b.Next <- b.Next + 1
                visit (b.CodecOf(b.Next - 1)) b.Parts[b.Next - 1]

    /// The same tree with `leaves` in the place of its own, and how many it has; past the end it keeps its own.
    let rebuild (codec: Codec) (like: Value) (leaves: Tensor[]) : struct (Value * int) =
        let mutable next = 0

        let leaf (codec: Codec) (like: Value) : Value =
            let take (make: Tensor -> Value) =
                next <- next + 1
                if next <= leaves.Length then make leaves[next - 1] else like

            match like, codec.Kind with
            | null, _ -> null
            | _, Kind.Tensor -> take (fun leaf -> leaf)
            | _, Kind.Key ->
                take (fun leaf ->
                    if leaf.Dtype <> Int64 then
                        let expected = "expected int64: a Key is there. Leave int64 tensors as they are"
                        raise (TreeException $"Tree.unflatten: got {leaf.Dtype} for leaf {next - 1}, {expected}.")

                    Key leaf)
            | _ -> like // carried along

        let join (b: Branch) (parts: Value[]) : Value =
            match b.Series with
            | ValueSome series -> series.Make(b.Value, parts)
            | ValueNone -> if parts.Length = 0 then b.Value else b.Product.Make b.Value parts

        let tree = fold _.Parts leaf join codec like
        struct (tree, next)

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
        let struct (tree, count) =
            match box like with
            | :? Tensor -> struct ((if leaves.Length = 1 then box leaves[0] else null), 1)
            | x -> Walk.rebuild Codec<'T>.Known x leaves

        if count <> leaves.Length then
            let expected = $"expected {count}: one for each leaf of the {TypeName.text typeof<'T>}"
            let mend = "Take them from Tree.flatten of a tree of this structure"
            raise (TreeException $"Tree.unflatten: got {leaves.Length} tensors, {expected}. {mend}.")

        Value.typed<'T> tree
