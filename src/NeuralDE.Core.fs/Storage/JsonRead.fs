namespace NeuralDE.Internal.Storage

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Text.Json
open System.Text.Json.Serialization
open NeuralDE
open NeuralDE.Internal.Calculus

/// Trees of documents, by their codecs: what JsonWrite writes.
module internal JsonRead =
    /// For makers that need no example.
    let private anything = obj ()

    let private absent = JsonDocument.Parse("null").RootElement
    let private functions = ConcurrentDictionary<Type, string voption>()

    /// The path of the first part of C# records, to any depth, that is known to an example only.
    let private functionIn (codec: Codec) : string voption =
        let seen = HashSet<Type>()

        let rec visit (path: string) (codec: Codec) : string voption =
            match codec.Kind with
            | CodecKind.Static when JsonStatic.isOpaque codec.Type -> ValueSome path
            | CodecKind.Open p when seen.Add codec.Type ->
                let parts = Array.map2 (fun name part -> struct (name, part)) p.Names p.Codecs

                parts
                |> Array.filter (fun (struct (name, _)) -> not (JsonNames.isIgnored codec.Type name))
                |> Array.map (fun (struct (name, part)) -> visit (TreeForm.under path name) part)
                |> Array.tryFind _.IsSome
                |> Option.defaultValue ValueNone
            | CodecKind.Sequence(_, item) -> visit path item
            | _ -> ValueNone

        functions.GetOrAdd(codec.Type, (fun _ -> visit "" codec))

    let private byExample = "Read it with TreeJson.readLike and an example of the tree."

    /// The members of an object by name, each once.
    let private membersOf (rules: JsonRules) path (expected: string) (e: JsonElement) =
        if e.ValueKind <> JsonValueKind.Object then
            JsonFault.refuse path $"is {JsonFault.got e}, expected {expected}."

        let comparer =
            if rules.Options.PropertyNameCaseInsensitive then
                StringComparer.OrdinalIgnoreCase
            else
                StringComparer.Ordinal

        let members = Dictionary<string, JsonElement>(comparer)

        for p in e.EnumerateObject() do
            if not (members.TryAdd(p.Name, p.Value)) then
                JsonFault.refuse path $"has \"{JsonFault.short p.Name}\" twice, expected it once."

        members

    /// The items of a map: an object of named ones, or an array of objects with key and value.
    let private entriesOf (rules: JsonRules) path (keyType: Type) (e: JsonElement) : struct (Value * JsonElement)[] =
        let exact = { rules with Options = JsonSerializerOptions.Default }

        if keyType = typeof<string> && e.ValueKind <> JsonValueKind.Array then
            [| for pair in membersOf exact path "an object of a map's items" e -> struct (box pair.Key, pair.Value) |]
        elif e.ValueKind = JsonValueKind.Array then
            [| for pair in e.EnumerateArray() do
                   let members = membersOf rules path "an object with key and value" pair

                   match members.TryGetValue "key", members.TryGetValue "value" with
                   | (true, key), (true, value) when key.ValueKind <> JsonValueKind.Null ->
                       struct (JsonStatic.read rules path keyType key, value)
                   | _ -> JsonFault.refuse path "has an item without key or value, expected both, the key not null." |]
        else
            JsonFault.refuse path $"is {JsonFault.got e}, expected an array of objects with key and value."

    /// Whether null stands for a part, as it does where a part of a C# record is null.
    let private isAbsent (codec: Codec) (e: JsonElement) =
        e.ValueKind = JsonValueKind.Null
        && match codec.Kind with
           | CodecKind.Static
           | CodecKind.Union _ -> false
           | CodecKind.Tensor
           | CodecKind.Key
           | CodecKind.Product _
           | CodecKind.Sequence _
           | CodecKind.Open _ -> true

    let private foreign = ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions>()

    /// The options that read what JsonStatic writes: names of enums, and words for numbers that are not finite.
    let private withWords (options: JsonSerializerOptions) : JsonSerializerOptions =
        let copy = JsonSerializerOptions(options)
        copy.NumberHandling <- copy.NumberHandling ||| JsonNumberHandling.AllowNamedFloatingPointLiterals
        copy.Converters.Add(JsonStringEnumConverter())
        copy

    /// A C# record, by System.Text.Json.
    let private readForeign (rules: JsonRules) path (codec: Codec) (e: JsonElement) : Value =
        match functionIn codec with
        | ValueSome name ->
            JsonFault.refuse (TreeForm.under path name) $"is a function, which has no form in JSON. {byExample}"
        | ValueNone -> ()

        try
            e.Deserialize(codec.Type, foreign.GetValue(rules.Options, withWords))
        with :? NotSupportedException as cause ->
            raise (JsonFault.unreadable codec.Type byExample cause)

    /// A value of the codec's type from a document. `like` is an example of it, or null: it has what JSON does not.
    let rec read (rules: JsonRules) (path: string) (codec: Codec) (like: Value) (e: JsonElement) : Value =
        let codec = Codecs.own codec like

        match codec.Kind with
        | CodecKind.Tensor -> JsonTensor.read rules.Most path e
        | CodecKind.Key ->
            let x = JsonTensor.read rules.Most path e
            if x.Dtype <> Int64 then JsonFault.refuse path $"is {x.Dtype}, expected a key: a tensor of int64."
            Key x
        | CodecKind.Static when JsonStatic.isOpaque codec.Type ->
            if isNull like then
                JsonFault.refuse path $"is a {TypeName.text codec.Type}, which has no form in JSON. {byExample}"
            like
        | CodecKind.Static -> JsonStatic.read rules path codec.Type e
        | CodecKind.Union(_, cases) -> readUnion rules path codec cases like e
        | CodecKind.Sequence(series, item) -> readSequence rules path codec series item like e
        | CodecKind.Product p ->
            let old = if isNull like then [||] else p.Take(nonNull like)
            p.Make anything (readParts rules path codec.Type p old e)
        | CodecKind.Open p -> readOpen rules path codec p like e

    and private readParts rules path (t: Type) (p: Product) (old: Value[]) (e: JsonElement) : Value[] =
        let members = membersOf rules path $"an object with the parts of {TypeName.text t}" e

        let parts =
            p.Names
            |> Array.mapi (fun i name ->
                let path = TreeForm.under path name
                let like = if old.Length = 0 then null else old[i]

                let known = JsonNames.ofPart rules t name

                match members.TryGetValue known with
                | _ when JsonNames.isIgnored t name ->
                    if old.Length = 0 && not (TypeName.isOption p.Codecs[i].Type) then
                        JsonFault.refuse path $"is a part that JsonIgnore keeps out of documents. {byExample}"

                    like
                | true, part when isAbsent p.Codecs[i] part && old.Length > 0 && isNull like ->
                    members.Remove known |> ignore
                    null
                | true, part ->
                    members.Remove known |> ignore
                    read rules path p.Codecs[i] like part
                | _ when TypeName.isOption p.Codecs[i].Type -> read rules path p.Codecs[i] like absent
                | _ -> JsonFault.refuse path $"is missing, expected a {TypeName.text p.Codecs[i].Type}.")

        if members.Count > 0 && rules.Options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow then
            let name = Seq.head members.Keys
            JsonFault.refuse path $"has \"{JsonFault.short name}\", which is no part of {TypeName.text t}."

        parts

    /// A C# record, or what an interface stands for.
    and private readOpen rules path (codec: Codec) (p: Product) (like: Value) (e: JsonElement) : Value =
        match like with
        | null when e.ValueKind = JsonValueKind.Null -> null
        | null when codec.Type.IsInterface || codec.Type.IsAbstract ->
            JsonFault.refuse
                path
                $"is a {TypeName.text codec.Type}: which of its kinds, the document does not tell. {byExample}"
        | null -> readForeign rules path codec e
        | like ->
            let old = p.Take like
            let parts = readParts rules path codec.Type p old e
            // a copy of the example keeps its static fields: those of the document must be the same
            for i in 0 .. parts.Length - 1 do
                if not (p.Codecs[i].HasLeaves || LanguagePrimitives.GenericEqualityER parts[i] old[i]) then
                    let got, expected = StaticFields.text parts[i], StaticFields.text old[i]

                    JsonFault.refuse
                        (TreeForm.under path p.Names[i])
                        $"is {JsonFault.short got}, expected {JsonFault.short expected} as in the example. Give an example with the first."

            p.Make like parts

    and private readUnion rules path (codec: Codec) (cases: Product[]) (like: Value) (e: JsonElement) : Value =
        let known () = String.Join(", ", cases |> Array.map _.Case)

        let caseOf (name: string | null) =
            match cases |> Array.tryFind (fun case -> String.Equals(case.Case, name)) with
            | Some case -> case
            | None ->
                let got = JsonFault.short (Option.ofObj name |> Option.defaultValue "")
                JsonFault.refuse path $"has the case {got}, expected one of {known ()} of {TypeName.text codec.Type}."

        let old (case: Product) =
            match codec.Kind, like with
            | CodecKind.Union(tag, _), like when not (isNull like) && cases[tag like].Case = case.Case ->
                case.Take(nonNull like)
            | _ -> [||]

        let isOption = TypeName.isOption codec.Type

        if isOption && e.ValueKind = JsonValueKind.Null then
            let none = cases |> Array.find (fun case -> case.Names.Length = 0)
            none.Make anything [||]
        elif isOption then
            let some = cases |> Array.find (fun case -> case.Names.Length > 0)
            let like = old some |> Array.tryHead |> Option.defaultValue null
            let value = read rules path some.Codecs[0] like e
            if isNull value then JsonPart.nested path
            some.Make anything [| value |]
        elif e.ValueKind = JsonValueKind.String then
            let case = caseOf (e.GetString())

            if case.Names.Length > 0 then
                JsonFault.refuse path $"has the case {case.Case} without its parts, expected an object of them."

            case.Make anything [||]
        else
            let expected = $"a case of {TypeName.text codec.Type}: its name, or an object with its name and its parts"
            let members = membersOf rules path expected e

            if members.Count <> 1 then
                JsonFault.refuse path $"is an object of {string members.Count} members, expected {expected}."

            let (KeyValue(name, body)) = Seq.head members
            let case = caseOf name
            let old = old case

            if case.Names.Length = 1 && case.Names[0] = case.Case then
                let like = old |> Array.tryHead |> Option.defaultValue null
                case.Make anything [| read rules (TreeForm.under path case.Case) case.Codecs[0] like body |]
            else
                case.Make anything (readParts rules path codec.Type case old body)

    and private readSequence rules path (codec: Codec) (series: Sequence) item (like: Value) (e: JsonElement) : Value =
        let old = if isNull like then [||] else series.Items(nonNull like)
        let likeOf i = if i < old.Length then old[i] else null
        let isMap = TypeName.isGeneric typedefof<Map<_, _>> codec.Type

        if not isMap then
            if e.ValueKind <> JsonValueKind.Array then
                JsonFault.refuse path $"is {JsonFault.got e}, expected an array."

            let items = Array.zeroCreate<Value>(e.GetArrayLength())
            let mutable i = 0

            for part in e.EnumerateArray() do
                items[i] <- read rules (JsonPart.at [||] path i) item (likeOf i) part
                i <- i + 1

            series.OfItems([||], items)
        else
            readMap rules path codec series item like e

    and private readMap rules path (codec: Codec) (series: Sequence) item (like: Value) (e: JsonElement) : Value =
        let keyType = codec.Type.GetGenericArguments()[0]
        let oldKeys = if isNull like then [||] else series.Keys(nonNull like)
        let oldItems = if isNull like then [||] else series.Items(nonNull like)

        let places = Dictionary<obj, int>()

        for i in 0 .. oldKeys.Length - 1 do
            match oldKeys[i] with
            | null -> ()
            | key -> places[key] <- i

        let likeOf (key: Value) =
            match key with
            | null -> null
            | key ->
                match places.TryGetValue key with
                | true, i -> oldItems[i]
                | _ -> null

        let entries = entriesOf rules path keyType e
        let keys = entries |> Array.map (fun struct (key, _) -> key)

        if (Array.distinct keys).Length < keys.Length then
            JsonFault.refuse path "has a key twice, expected each once."

        let items =
            entries
            |> Array.mapi (fun i (struct (key, value)) -> read rules (JsonPart.at keys path i) item (likeOf key) value)

        series.OfItems(keys, items)

    /// A document as a tree.
    let readDocument rules (codec: Codec) (like: Value) (e: JsonElement) : Value =
        try
            read rules "" codec like e
        with :? InvalidOperationException as e ->
            // what System.Text.Json raises for an escape that is half a letter
            raise (JsonException("JSON: the document has a text that is no Unicode.", e))
