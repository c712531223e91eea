namespace NeuralDE.Internal.Storage

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Reflection
open System.Runtime.CompilerServices
open System.Text
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
    let private ignored = ConcurrentDictionary<Type * string, bool>()

    /// The name that an attribute gives, if one does.
    let private attribute (t: Type, name: string) : string voption =
        match t.GetProperty(name, everything) with
        | null -> ValueNone
        | property ->
            match property.GetCustomAttribute<JsonPropertyNameAttribute>() with
            | null -> ValueNone
            | mark -> ValueSome mark.Name

    let private hasIgnore (t: Type, name: string) : bool =
        match t.GetProperty(name, everything) with
        | null -> false
        | property ->
            match property.GetCustomAttribute<JsonIgnoreAttribute>() with
            | null -> false
            | mark -> mark.Condition = JsonIgnoreCondition.Always

    /// Whether an attribute keeps a part out of documents.
    let isIgnored (t: Type) (name: string) : bool = ignored.GetOrAdd((t, name), hasIgnore)

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
    let private plain =
        let options =
            JsonSerializerOptions(
                NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
                // a trimmed program has no resolver unless one is given
                TypeInfoResolver = DefaultJsonTypeInfoResolver()
            )

        options.Converters.Add(JsonStringEnumConverter())
        options.MakeReadOnly true
        options

    let private named = ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions>()

    let private withNames (given: JsonSerializerOptions) : JsonSerializerOptions =
        JsonSerializerOptions(
            plain,
            PropertyNamingPolicy = given.PropertyNamingPolicy,
            PropertyNameCaseInsensitive = given.PropertyNameCaseInsensitive
        )

    /// Structs name their parts as the document does: System.Text.Json reads them in a C# record.
    let private optionsOf (rules: JsonRules) : JsonSerializerOptions =
        match rules.Options.PropertyNamingPolicy with
        | null when not rules.Options.PropertyNameCaseInsensitive -> plain
        | _ -> named.GetValue(rules.Options, withNames)

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

    /// System.Text.Json reads a number that is too large as infinity, for which the document has a word.
    let rec private refuseTooLarge (path: string) (t: Type) (e: JsonElement) : unit =
        match e.ValueKind with
        | JsonValueKind.Array when t.IsArray ->
            for item in e.EnumerateArray() do
                refuseTooLarge path (nonNull (t.GetElementType())) item
        | JsonValueKind.Number when
            (t = typeof<float> && not (Double.IsFinite(e.GetDouble())))
            || (t = typeof<float32> && not (Single.IsFinite(e.GetSingle())))
            ->
            JsonFault.refuse path $"is {JsonFault.got e}, expected a finite {TypeName.text t}, or \"Infinity\"."
        | _ -> ()

    let read (rules: JsonRules) (path: string) (t: Type) (e: JsonElement) : Value =
        if t = typeof<unit> then
            null
        else
            refuseTooLarge path t e

            try
                e.Deserialize(t, optionsOf rules)
            with
            | :? JsonException
            | :? NotSupportedException
            | :? ArgumentException
            | :? InvalidOperationException ->
                JsonFault.refuse path $"is {JsonFault.got e}, expected a value of type {TypeName.text t}."

    let private strict = UTF8Encoding(false, true)

    /// Half of a surrogate pair would be read back as another letter.
    let rec refuseHalfLetters (path: string) (x: Value) : unit =
        match x with
        | :? string as text ->
            try
                strict.GetByteCount text |> ignore
            with :? EncoderFallbackException ->
                JsonFault.refuse path "has half of a surrogate pair in its text, expected Unicode. Remove it."
        | :? (string[]) as texts -> texts |> Array.iter (refuseHalfLetters path)
        | _ -> ()

    let private isSame (options: JsonSerializerOptions) (x: Value) (t: Type) (text: JsonElement) =
        try
            Object.Equals(x, text.Deserialize(t, options))
        with
        | :? JsonException
        | :? NotSupportedException
        | :? InvalidOperationException -> false

    let write (rules: JsonRules) (path: string) (writer: Utf8JsonWriter) (t: Type) (x: Value) : unit =
        if isNull x || isOpaque t then
            writer.WriteNullValue()
        else
            refuseHalfLetters path x

            let cannot () =
                JsonFault.refuse
                    path
                    $"is of the type {TypeName.text t}, which JSON does not read back. Make it a record, or numbers and strings."

            let options = optionsOf rules

            let text =
                try
                    JsonSerializer.SerializeToElement(x, t, options)
                with
                | :? NotSupportedException
                | :? InvalidOperationException -> cannot ()

            if
                t.IsValueType && not (t.IsPrimitive || t.IsEnum || known.Contains t) && not (isSame options x t text)
            then
                cannot ()

            text.WriteTo writer
