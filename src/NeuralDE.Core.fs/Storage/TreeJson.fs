namespace NeuralDE

open System
open System.IO
open System.Text
open System.Text.Json
open System.Text.Json.Serialization
open System.Text.Json.Serialization.Metadata
open Microsoft.FSharp.Reflection
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Storage

/// A tree, read without an example.
[<Sealed>]
type internal TreeConverter<'T>(most: int64) =
    inherit JsonConverter<'T>()

    override _.Read(reader, _, options) =
        let document = JsonElement.ParseValue(&reader)
        JsonRead.readDocument { Options = options; Most = most } Codec<'T>.Known null document |> Value.typed<'T>

    override _.Write(writer, value, options) =
        JsonWrite.write { Options = options; Most = most } "" writer Codec<'T>.Known (box value)

/// What a solve returned; it can be written only, since its dense output is a function.
[<Sealed>]
type internal SolutionConverter<'S>(most: int64) =
    inherit JsonConverter<Solution<'S>>()

    override _.Read(_, _, _) =
        JsonFault.refuse "" "is a Solution, which can be written only. Read its Ts and Ys into a record of your own."

    override _.Write(writer, solution, options) =
        let rules = { Options = options; Most = most }

        let part (name: string) (value: 'P) =
            writer.WritePropertyName(JsonNames.ofPart rules typeof<Solution<'S>> name)
            JsonWrite.write rules name writer Codec<'P>.Known (box value)

        writer.WriteStartObject()
        part "Status" (string solution.Status)
        part "Message" (solution.Failure |> Option.map _.Message)
        part "T1" solution.T1
        part "Y1" solution.Y1
        part "Ts" solution.Ts
        part "Ys" solution.Ys
        part "Events" (solution.Events.Times, solution.Events.Kinds)
        part "Stats" solution.Stats
        writer.WriteEndObject()

/// <summary>Tensors, keys, models and solutions in JSON, for System.Text.Json: add one to the converters of its options.</summary>
/// <remarks>
/// A tensor is {"dtype":"float64","shape":[2,3],"data":[…]}, its numbers exact: what is read has the same bits. NaN, Infinity and
/// -Infinity are strings, as are integers beyond ±2⁵³; every NaN is read as the one of .NET. A record, a tuple and a case of a union
/// are objects of their parts; an option is its value or null; a part that is a function is null. JsonPropertyName names a part and
/// JsonIgnore leaves it out. Classes and records of C#, lists, arrays and dictionaries stay
/// with System.Text.Json, with their attributes. Bad input is a JsonException that names the place, what was got and what was
/// expected. A function, and the value of an interface, is known to an example only: TreeJson.readLike.
/// </remarks>
[<Sealed>]
type TreeJsonConverter(maxNumbers: int64) =
    inherit JsonConverterFactory()

    do
        if maxNumbers < 1L then
            raise (InputException $"TreeJsonConverter: got at most {string maxNumbers} numbers, expected 1 or more.")

    let isSolution (t: Type) = TypeName.isGeneric typedefof<Solution<_>> t

    /// Records, tuples and unions of F#, but for those that System.Text.Json writes itself.
    let isOurs (t: Type) =
        (TypeName.isTuple t || FSharpType.IsRecord(t, true) || FSharpType.IsUnion(t, true))
        && not (TypeName.isOption t || TypeName.isGeneric typedefof<_ list> t)

    let isOfLibrary (t: Type) =
        List.contains
            t.Assembly
            [ typeof<Tensor>.Assembly; typeof<Solution<Tensor>>.Assembly; typeof<TreeJsonConverter>.Assembly ]

    let isTree (t: Type) =
        try
            let codec = Codecs.find t
            codec.HasLeaves || (isOfLibrary t && FSharpType.IsUnion(t, true))
        with :? TreeException ->
            false

    /// At most 16 777 216 numbers in a tensor, written or read.
    new() = TreeJsonConverter(16777216L)

    /// The most numbers of a tensor, written or read.
    member _.MaxNumbers = maxNumbers

    override _.CanConvert(typeToConvert: Type) =
        ArgumentNullException.ThrowIfNull(typeToConvert, nameof typeToConvert)
        let t = typeToConvert
        t = typeof<Tensor> || t = typeof<Key> || isSolution t || (isOurs t && isTree t)

    override _.CreateConverter(typeToConvert: Type, options: JsonSerializerOptions) =
        ArgumentNullException.ThrowIfNull(typeToConvert, nameof typeToConvert)
        ArgumentNullException.ThrowIfNull(options, nameof options)
        let t = typeToConvert

        let made =
            if isSolution t then
                typedefof<SolutionConverter<_>>.MakeGenericType(t.GetGenericArguments())
            else
                typedefof<TreeConverter<_>>.MakeGenericType t

        nonNull (Activator.CreateInstance(made, maxNumbers)) :?> JsonConverter

/// <summary>Trees as texts in JSON; TreeJsonConverter describes the form.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module TreeJson =
    let private deepest = 256
    let private converter = TreeJsonConverter()

    /// Options with the converter, and with strings for enums and for numbers that are not finite. A part of a C# record that is missing,
    /// or null where its type says that it is not, is refused.
    let options: JsonSerializerOptions =
        let options =
            JsonSerializerOptions(
                NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
                // a trimmed program has no resolver unless one is given
                TypeInfoResolver = DefaultJsonTypeInfoResolver(),
                MaxDepth = deepest,
                // of a C# record: a part that is missing would become null, or 0
                RespectNullableAnnotations = true,
                RespectRequiredConstructorParameters = true
            )

        options.Converters.Add converter
        options.Converters.Add(JsonStringEnumConverter())
        options.MakeReadOnly true
        options

    let private rules = { Options = options; Most = converter.MaxNumbers }

    /// None for what is no tree, such as a Dictionary or a Solution, of which System.Text.Json knows the form.
    let private codecOf (t: Type) : Codec voption =
        try
            ValueSome(Codecs.find t)
        with :? TreeException ->
            ValueNone

    let private parse (text: string) : JsonDocument =
        try
            JsonDocument.Parse(text, JsonDocumentOptions(MaxDepth = deepest))
        with :? JsonException as e ->
            raise (JsonException($"JSON: the text is no document: {e.Message}", e))

    /// <summary>The text of any tree, or of what holds trees.</summary>
    /// <param name="tree">The tree; or another value that System.Text.Json writes, with trees in it.</param>
    /// <returns>The text, one JSON value.</returns>
    /// <exception cref="T:System.Text.Json.JsonException">for a placeholder, for more numbers than 16 777 216 in a
    /// tensor, and past 256 levels.</exception>
    let write (tree: 'T) : string =
        match codecOf typeof<'T> with
        | ValueNone -> JsonSerializer.Serialize(tree, options)
        | ValueSome codec ->
            use buffer = new MemoryStream()

            (use writer = new Utf8JsonWriter(buffer, JsonWriterOptions(MaxDepth = deepest))
             JsonWrite.write rules "" writer codec (box tree))

            Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)

    /// <summary>What write wrote.</summary>
    /// <param name="text">The text that write made of a value of this type.</param>
    /// <returns>The value.</returns>
    /// <exception cref="T:System.Text.Json.JsonException">for anything else, and where only an example knows the
    /// value: functions, and parts of interface type.</exception>
    let read<'T> (text: string) : 'T =
        let value =
            match codecOf typeof<'T> with
            | ValueNone ->
                try
                    JsonSerializer.Deserialize(text, typeof<'T>, options)
                with :? NotSupportedException as cause ->
                    raise (JsonFault.unreadable typeof<'T> "Give its parts types that System.Text.Json reads." cause)
            | ValueSome codec ->
                use document = parse text
                JsonRead.readDocument rules codec null document.RootElement

        match value with
        | null when not (TypeName.isOption typeof<'T>) ->
            JsonFault.refuse "" $"is null, expected a {TypeName.text typeof<'T>}."
        | value -> Value.typed<'T> value

    /// <summary>What write wrote of a tree like the one given: of the same structure, whose functions and parts of interface type
    /// are those of the example. Numbers, shapes, lengths of lists, cases of unions and static fields come from the text;
    /// the static fields of a C# record must be equal.</summary>
    /// <param name="like">The example, a tree; its numbers are not used.</param>
    /// <param name="text">The text that write made of a tree of the same type.</param>
    /// <returns>The tree of the text.</returns>
    /// <exception cref="T:System.Text.Json.JsonException">for anything else.</exception>
    let readLike (like: 'T) (text: string) : 'T =
        use document = parse text
        JsonRead.readDocument rules Codec<'T>.Known (box like) document.RootElement |> Value.typed<'T>
