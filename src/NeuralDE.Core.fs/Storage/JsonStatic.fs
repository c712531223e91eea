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
