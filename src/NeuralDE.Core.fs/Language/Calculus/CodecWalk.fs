namespace NeuralDE.Internal.Calculus

open System.Collections.Generic
open NeuralDE

/// A value with parts, and the position of a walk over them. A list, array or map has a sequence, with one codec for all
/// its items; any other value is a product.
[<Sealed; NoComparison; NoEquality; AllowNullLiteral>]
type internal Branch(codec: Codec, value: obj, parts: Value[], product: Product, series: Sequence voption, item: Codec)
    =
    /// The codec of the value's own type, which may be derived from the declared one.
    member _.Codec = codec

    member _.Value = value
    member _.Parts = parts
    member _.Product = product
    member _.Sequence = series
    member val Next = 0 with get, set
    member _.CodecOf(part: int) : Codec = if series.IsSome then item else product.Codecs[part]

/// Walks over the leaves of boxed values. Trees may be arbitrarily deep: walks are recursive for the first levels,
/// which is faster, and then use an explicit stack.
module internal Walk =
    /// The number of levels for which a walk is recursive.
    let shallow = 64

    /// A product without a name and parts.
    let private nothing: Product =
        { Case = ""
          Names = [||]
          Codecs = [||]
          Take = fun _ -> [||]
          Make = fun x _ -> x }

    /// The parts of a value, with or without leaves; null for a leaf, for null and for a value without parts.
    let split (codec: Codec) (x: Value) : Branch =
        match x with
        | null -> null // None, an optional property of a C# record, or a case represented by null
        | x ->
            let codec = Codecs.own codec x

            match codec.Kind with
            | CodecKind.Tensor
            | CodecKind.Key
            | CodecKind.Static -> null
            | CodecKind.Product p -> Branch(codec, x, p.Take x, p, ValueNone, codec)
            | CodecKind.Union(tag, cases) ->
                let p = cases[tag x]
                Branch(codec, x, p.Take x, p, ValueNone, codec)
            | CodecKind.Open p -> Branch(codec, x, p.Take x, p, ValueNone, codec)
            | CodecKind.Sequence(series, item) -> Branch(codec, x, series.Items x, nothing, ValueSome series, item)

    /// Like split, but also null for a static field.
    let branch (codec: Codec) (x: Value) : Branch = if codec.HasLeaves then split codec x else null

    /// Folds a tree from the leaves upwards: `branch` splits values, and `join` combines a branch with the results of
    /// its parts, in order. `room` returns the array for the results of a branch's parts, which may be the array of the
    /// parts themselves.
    let inline fold
        ([<InlineIfLambda>] branch: Codec -> Value -> Branch)
        ([<InlineIfLambda>] room: Branch -> 'R[])
        ([<InlineIfLambda>] leaf: Codec -> Value -> 'R)
        ([<InlineIfLambda>] join: Branch -> 'R[] -> 'R)
        (codec: Codec)
        (x: Value)
        : 'R =
        match branch codec x with
        | null -> leaf (Codecs.own codec x) x
        | whole ->
            let around = Stack<struct (Branch * 'R[])>()
            let mutable b = whole
            let mutable results = room whole
            let mutable result = Unchecked.defaultof<'R>
            let mutable isOver = false

            while not isOver do
                if b.Next < b.Parts.Length then
                    let codec, x = b.CodecOf b.Next, b.Parts[b.Next]

                    match branch codec x with
                    | null ->
                        results[b.Next] <- leaf (Codecs.own codec x) x
                        b.Next <- b.Next + 1
                    | inner ->
                        around.Push(struct (b, results))
                        b <- inner
                        results <- room inner
                else
                    result <- join b results

                    if around.Count = 0 then
                        isOver <- true
                    else
                        let struct (outer, outerResults) = around.Pop()
                        b <- outer
                        results <- outerResults
                        results[b.Next] <- result
                        b.Next <- b.Next + 1

            result

    let private addLeaf (codec: Codec) (x: Value) (sink: List<Tensor>) =
        match (Codecs.own codec x).Kind, x with
        | CodecKind.Tensor, (:? Tensor as x) -> sink.Add x
        | CodecKind.Key, (:? Key as x) -> sink.Add x.Tensor
        | _ -> () // null, or a static field

    /// The same with an explicit stack.
    let private flattenDeep (codec: Codec) (x: Value) (sink: List<Tensor>) : unit =
        match branch codec x with
        | null -> addLeaf codec x sink
        | whole ->
            let around = Stack<Branch>()
            let mutable b = whole

            while not (isNull b) do
                if b.Next < b.Parts.Length then
                    let codec, x = b.CodecOf b.Next, b.Parts[b.Next]
                    b.Next <- b.Next + 1

                    match branch codec x with
                    | null -> addLeaf codec x sink
                    | inner ->
                        around.Push b
                        b <- inner
                else
                    b <- if around.Count = 0 then null else around.Pop()

    let rec private flattenFrom (level: int) (codec: Codec) (x: Value) (sink: List<Tensor>) : unit =
        if codec.HasLeaves then
            match x with
            | null -> () // None, or an optional property of a C# record
            | x ->
                match codec.Kind with
                | CodecKind.Tensor -> sink.Add(x :?> Tensor)
                | CodecKind.Key -> sink.Add((x :?> Key).Tensor)
                | CodecKind.Static -> ()
                | _ when level = shallow -> flattenDeep codec x sink
                | CodecKind.Product p -> flattenParts level p x sink
                | CodecKind.Union(tag, cases) -> flattenParts level cases[tag x] x sink
                | CodecKind.Open p ->
                    let own = Codecs.own codec x

                    if obj.ReferenceEquals(own, codec) then
                        flattenParts level p x sink
                    else
                        flattenFrom level own x sink
                | CodecKind.Sequence(series, item) ->
                    for part in series.Items x do
                        flattenFrom (level + 1) item part sink

    and private flattenParts level p x sink =
        let parts = p.Take x

        for i in 0 .. parts.Length - 1 do
            flattenFrom (level + 1) p.Codecs[i] parts[i] sink

    let flatten (codec: Codec) (x: Value) (sink: List<Tensor>) : unit = flattenFrom 0 codec x sink

    /// The next leaf, as a tensor or a key like `like`; `like` itself after the last one.
    let private take (codec: Codec) (like: Value) (leaves: Tensor[]) (next: byref<int>) : Value =
        match like, codec.Kind with
        | null, _ -> null
        | _, CodecKind.Tensor ->
            next <- next + 1
            if next <= leaves.Length then leaves[next - 1] else like
        | _, CodecKind.Key ->
            next <- next + 1

            if next > leaves.Length then
                like
            else
                let leaf = leaves[next - 1]

                if leaf.Dtype <> Int64 then
                    let expected = "expected int64: a Key is there. Leave int64 tensors as they are"
                    raise (TreeException $"Tree.unflatten: got {leaf.Dtype} for leaf {string (next - 1)}, {expected}.")

                Key leaf
        | _ -> like // a static field

    /// The same with an explicit stack.
    let private rebuildDeep (codec: Codec) (like: Value) (leaves: Tensor[]) (start: int) : struct (Value * int) =
        let mutable next = start

        let join (b: Branch) (parts: Value[]) : Value =
            match b.Sequence with
            | ValueSome series -> series.Make(b.Value, parts)
            | ValueNone -> if parts.Length = 0 then b.Value else b.Product.Make b.Value parts

        let tree = fold branch (fun b -> b.Parts) (fun codec like -> take codec like leaves &next) join codec like
        struct (tree, next)

    let rec private rebuildFrom level (codec: Codec) (like: Value) (leaves: Tensor[]) (next: byref<int>) : Value =
        match like with
        | _ when not codec.HasLeaves -> like
        | null -> null
        | like ->
            match codec.Kind with
            | CodecKind.Tensor
            | CodecKind.Key
            | CodecKind.Static -> take codec like leaves &next
            | _ when level = shallow ->
                let struct (tree, after) = rebuildDeep codec like leaves next
                next <- after
                tree
            | CodecKind.Product p -> rebuildParts level p like leaves &next
            | CodecKind.Union(tag, cases) -> rebuildParts level cases[tag like] like leaves &next
            | CodecKind.Open p ->
                let own = Codecs.own codec like

                if obj.ReferenceEquals(own, codec) then
                    rebuildParts level p like leaves &next
                else
                    rebuildFrom level own like leaves &next
            | CodecKind.Sequence(series, item) ->
                let items = series.Items like

                for i in 0 .. items.Length - 1 do
                    items[i] <- rebuildFrom (level + 1) item items[i] leaves &next

                series.Make(like, items)

    and private rebuildParts level p like leaves (next: byref<int>) : Value =
        if p.Codecs.Length = 0 then
            like
        else
            let parts = p.Take like

            for i in 0 .. parts.Length - 1 do
                parts[i] <- rebuildFrom (level + 1) p.Codecs[i] parts[i] leaves &next

            p.Make like parts

    /// The tree with `leaves` in place of its own, and its number of leaves; if `leaves` are too few, it keeps the
    /// rest.
    let rebuild (codec: Codec) (like: Value) (leaves: Tensor[]) : struct (Value * int) =
        let mutable next = 0
        let tree = rebuildFrom 0 codec like leaves &next
        struct (tree, next)

/// The codec of a type that the caller knows: found on first use, then read from a field.
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
            let expected = $"expected {string count}: one for each leaf of the {TypeName.text typeof<'T>}"
            let mend = "Take them from Tree.flatten of a tree of this structure"
            raise (TreeException $"Tree.unflatten: got {string leaves.Length} tensors, {expected}. {mend}.")

        Value.typed<'T> tree
