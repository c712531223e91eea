namespace NeuralDE.Internal.Storage

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Reflection
open System.Text.Json
open System.Text.Json.Serialization
open System.Text.Json.Serialization.Metadata
open Microsoft.FSharp.Reflection
open NeuralDE
open NeuralDE.Internal.Calculus

/// What a tree is written and read by: the options of the whole document, and the most numbers of a tensor.
[<NoEquality; NoComparison>]
type internal JsonRules = { Options: JsonSerializerOptions; Most: int64 }

/// Names of parts in a document.
module internal JsonNames =
    let private everything = BindingFlags.Public ||| BindingFlags.NonPublic ||| BindingFlags.Instance
    let private given = ConcurrentDictionary<Type * string, string voption>()

    /// The name that an attribute gives, if one does.
    let private attribute (t: Type, name: string) : string voption =
        match t.GetProperty(name, everything) with
        | null -> ValueNone
        | property ->
            match property.GetCustomAttribute<JsonPropertyNameAttribute>() with
            | null -> ValueNone
            | mark -> ValueSome mark.Name

    /// By its attribute, else by the policy of the options, else as it is.
    let ofPart (rules: JsonRules) (t: Type) (name: string) : string =
        match given.GetOrAdd((t, name), attribute) with
        | ValueSome name -> name
        | ValueNone ->
            match rules.Options.PropertyNamingPolicy with
            | null -> name
            | policy -> policy.ConvertName name

/// Static fields: numbers, strings, enums, dates. What is a function, a type or an opaque value of the library has no form in
/// JSON: null stands for it, and only an example of the tree has it.
module internal JsonStatic =
    let private options =
        let options =
            JsonSerializerOptions(
                NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
                // a trimmed program has no resolver unless one is given
                TypeInfoResolver = DefaultJsonTypeInfoResolver()
            )

        options.Converters.Add(JsonStringEnumConverter())
        options.MakeReadOnly true
        options

    /// Structs that System.Text.Json reads back as they were; others are compared after writing.
    let private known =
        HashSet<Type>(
            [ typeof<decimal>
              typeof<DateTime>
              typeof<DateTimeOffset>
              typeof<TimeSpan>
              typeof<DateOnly>
              typeof<TimeOnly>
              typeof<Guid> ]
        )

    let isOpaque (t: Type) =
        typeof<Type>.IsAssignableFrom t
        || typeof<Delegate>.IsAssignableFrom t
        || FSharpType.IsFunction t
        || t.IsDefined(typeof<CarriedAttribute>, false)

    let read (path: string) (t: Type) (e: JsonElement) : Value =
        if t = typeof<unit> then
            null
        else
            try
                e.Deserialize(t, options)
            with
            | :? JsonException
            | :? NotSupportedException
            | :? ArgumentException
            | :? InvalidOperationException ->
                JsonFault.refuse path $"is {JsonFault.got e}, expected a value of type {TypeName.text t}."

    let private isSame (x: Value) (t: Type) (text: JsonElement) =
        try
            Object.Equals(x, text.Deserialize(t, options))
        with
        | :? JsonException
        | :? NotSupportedException
        | :? InvalidOperationException -> false

    let write (path: string) (writer: Utf8JsonWriter) (t: Type) (x: Value) : unit =
        if isNull x || isOpaque t then
            writer.WriteNullValue()
        else
            let cannot () =
                JsonFault.refuse
                    path
                    $"is of the type {TypeName.text t}, which JSON does not read back. Make it a record, or numbers and strings."

            let text =
                try
                    JsonSerializer.SerializeToElement(x, t, options)
                with
                | :? NotSupportedException
                | :? InvalidOperationException -> cannot ()

            if t.IsValueType && not (t.IsPrimitive || t.IsEnum || known.Contains t) && not (isSame x t text) then
                cannot ()

            text.WriteTo writer

/// Trees in JSON, by their codecs: a record, tuple or case of a union is an object of its parts, a list or array an array, an
/// option its value or null.
module internal JsonTree =
    let private levels (rules: JsonRules) = if rules.Options.MaxDepth = 0 then 64 else rules.Options.MaxDepth

    let private at (keys: Value[]) (path: string) (i: int) =
        TreeForm.under path (if keys.Length = 0 then $"[{string i}]" else $"[{string keys[i]}]")

    /// Some None would read back as None.
    let private nested path =
        JsonFault.refuse path "is Some of what is null, which JSON cannot tell from None. Use a union of your own."

    // ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────
    let rec write (rules: JsonRules) (path: string) (writer: Utf8JsonWriter) (codec: Codec) (x: Value) : unit =
        // a tensor is an object of arrays
        if writer.CurrentDepth + 2 > levels rules then
            JsonFault.refuse
                path
                $"is {string (levels rules)} levels deep, expected fewer. Raise MaxDepth of the options, or use Checkpoint.save."

        let codec = Codecs.own codec x

        match codec.Kind with
        | CodecKind.Union(tag, cases) -> writeUnion rules path writer codec (tag x) cases x
        | CodecKind.Static -> JsonStatic.write path writer codec.Type x
        | CodecKind.Tensor
        | CodecKind.Key
        | CodecKind.Product _
        | CodecKind.Open _
        | CodecKind.Sequence _ ->
            match x with
            | null -> writer.WriteNullValue()
            | x -> writePresent rules path writer codec x

    and private writePresent rules path writer (codec: Codec) (x: obj) =
        match codec.Kind with
        | CodecKind.Tensor -> JsonTensor.write rules.Most path writer (x :?> Tensor)
        | CodecKind.Key -> JsonTensor.write rules.Most path writer (x :?> Key).Tensor
        | CodecKind.Product p
        | CodecKind.Open p -> writeParts rules path writer codec.Type p (p.Take x)
        | CodecKind.Sequence(series, item) -> writeSequence rules path writer (series.Keys x) item (series.Items x)
        | CodecKind.Static
        | CodecKind.Union _ -> write rules path writer codec x

    and private writeParts rules path writer (t: Type) (p: Product) (parts: Value[]) =
        writer.WriteStartObject()

        for i in 0 .. parts.Length - 1 do
            writer.WritePropertyName(JsonNames.ofPart rules t p.Names[i])
            write rules (TreeForm.under path p.Names[i]) writer p.Codecs[i] parts[i]

        writer.WriteEndObject()

    and private writeSequence rules path writer (keys: Value[]) item (items: Value[]) =
        let isNamed = keys.Length > 0 && keys |> Array.forall (fun key -> key :? string)

        if isNamed then writer.WriteStartObject() else writer.WriteStartArray()

        for i in 0 .. items.Length - 1 do
            let path = at keys path i

            if isNamed then
                writer.WritePropertyName(Value.typed<string> keys[i])
                write rules path writer item items[i]
            elif keys.Length > 0 then
                writer.WriteStartObject()
                writer.WritePropertyName "key"
                JsonStatic.write path writer (nonNull(keys[i]).GetType()) keys[i]
                writer.WritePropertyName "value"
                write rules path writer item items[i]
                writer.WriteEndObject()
            else
                write rules path writer item items[i]

        if isNamed then writer.WriteEndObject() else writer.WriteEndArray()

    and private writeUnion rules path writer (codec: Codec) (tag: int) (cases: Product[]) (x: Value) =
        if tag < 0 then
            writer.WriteNullValue()
        else
            let case = cases[tag]
            let parts = if case.Names.Length = 0 then [||] else case.Take(nonNull x)

            if TypeName.isOption codec.Type then
                match parts with
                | [||] -> writer.WriteNullValue()
                | parts when isNull parts[0] -> nested path
                | parts -> write rules path writer case.Codecs[0] parts[0]
            elif parts.Length = 0 then
                writer.WriteStringValue case.Case
            else
                writer.WriteStartObject()
                writer.WritePropertyName case.Case

                if parts.Length = 1 && case.Names[0] = case.Case then
                    write rules (TreeForm.under path case.Names[0]) writer case.Codecs[0] parts[0]
                else
                    writeParts rules path writer codec.Type case parts

                writer.WriteEndObject()

    // ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// For makers that need no example.
    let private anything = obj ()

    let private absent = JsonDocument.Parse("null").RootElement
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
        | CodecKind.Static -> JsonStatic.read path codec.Type e
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
        | null -> e.Deserialize(codec.Type, rules.Options)
        | like ->
            let old = p.Take like
            let parts = readParts rules path codec.Type p old e
            // a copy of the example keeps its static fields: those of the document must be the same
            for i in 0 .. parts.Length - 1 do
                if not (p.Codecs[i].HasLeaves || LanguagePrimitives.GenericEqualityER parts[i] old[i]) then
                    JsonFault.refuse
                        (TreeForm.under path p.Names[i])
                        "differs from the example, expected the same static fields. Give an example with these."

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
            if isNull value then nested path
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
                items[i] <- read rules (at [||] path i) item (likeOf i) part
                i <- i + 1

            series.OfItems([||], items)
        else
            readMap rules path codec series item like e

    and private readMap rules path (codec: Codec) (series: Sequence) item (like: Value) (e: JsonElement) : Value =
        let keyType = codec.Type.GetGenericArguments()[0]
        let oldKeys = if isNull like then [||] else series.Keys(nonNull like)
        let oldItems = if isNull like then [||] else series.Items(nonNull like)

        let likeOf (key: Value) =
            match oldKeys |> Array.tryFindIndex (fun old -> Object.Equals(old, key)) with
            | Some i -> oldItems[i]
            | None -> null

        let entries: struct (Value * JsonElement)[] =
            if keyType = typeof<string> && e.ValueKind <> JsonValueKind.Array then
                [| for pair in
                       membersOf
                           { rules with Options = JsonSerializerOptions.Default }
                           path
                           "an object of a map's items"
                           e -> struct (box pair.Key, pair.Value) |]
            elif e.ValueKind = JsonValueKind.Array then
                [| for pair in e.EnumerateArray() do
                       let members = membersOf rules path "an object with key and value" pair

                       match members.TryGetValue "key", members.TryGetValue "value" with
                       | (true, key), (true, value) -> struct (JsonStatic.read path keyType key, value)
                       | _ -> JsonFault.refuse path "has an item without key or value, expected both." |]
            else
                JsonFault.refuse path $"is {JsonFault.got e}, expected an array of objects with key and value."

        let keys = entries |> Array.map (fun struct (key, _) -> key)

        if (Array.distinct keys).Length < keys.Length then
            JsonFault.refuse path "has a key twice, expected each once."

        let items =
            entries |> Array.mapi (fun i (struct (key, value)) -> read rules (at keys path i) item (likeOf key) value)

        series.OfItems(keys, items)

    /// A document as a tree.
    let readDocument rules (codec: Codec) (like: Value) (e: JsonElement) : Value =
        try
            read rules "" codec like e
        with :? InvalidOperationException as e ->
            // what System.Text.Json raises for an escape that is half a letter
            raise (JsonException("JSON: the document has a text that is no Unicode.", e))
