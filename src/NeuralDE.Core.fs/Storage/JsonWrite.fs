namespace NeuralDE.Internal.Storage

open System
open System.Text.Json
open NeuralDE
open NeuralDE.Internal.Calculus

/// Parts of a tree in a document.
module internal JsonPart =
    let at (keys: Value[]) (path: string) (i: int) =
        TreeForm.under path (if keys.Length = 0 then $"[{string i}]" else $"[{string keys[i]}]")

    /// Some None would read back as None.
    let nested path =
        JsonFault.refuse path "is Some of what is null, which JSON cannot tell from None. Use a union of your own."

/// Trees as JSON, by their codecs: a record, tuple or case of a union is an object of its parts, a list or array an array, an
/// option its value or null.
module internal JsonWrite =
    let private levels (rules: JsonRules) = if rules.Options.MaxDepth = 0 then 64 else rules.Options.MaxDepth

    let rec write (rules: JsonRules) (path: string) (writer: Utf8JsonWriter) (codec: Codec) (x: Value) : unit =
        // a tensor is an object of arrays
        if writer.CurrentDepth + 2 > levels rules then
            JsonFault.refuse
                path
                $"is {string (levels rules)} levels deep, expected fewer. Raise MaxDepth of the options, or use Checkpoint.save."

        let codec = Codecs.own codec x

        match codec.Kind with
        | CodecKind.Union(tag, cases) -> writeUnion rules path writer codec (tag x) cases x
        | CodecKind.Static -> JsonStatic.write rules path writer codec.Type x
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
            if not (JsonNames.isIgnored t p.Names[i]) then
                writer.WritePropertyName(JsonNames.ofPart rules t p.Names[i])
                write rules (TreeForm.under path p.Names[i]) writer p.Codecs[i] parts[i]

        writer.WriteEndObject()

    and private writeSequence rules path writer (keys: Value[]) item (items: Value[]) =
        let isNamed = keys.Length > 0 && keys |> Array.forall (fun key -> key :? string)

        for key in keys do
            if isNull key then JsonFault.refuse path "has the key null, expected keys that are not null."
            JsonStatic.refuseHalfLetters path key

        if isNamed then writer.WriteStartObject() else writer.WriteStartArray()

        for i in 0 .. items.Length - 1 do
            let path = JsonPart.at keys path i

            if isNamed then
                writer.WritePropertyName(Value.typed<string> keys[i])
                write rules path writer item items[i]
            elif keys.Length > 0 then
                writer.WriteStartObject()
                writer.WritePropertyName "key"
                JsonStatic.write rules path writer (nonNull(keys[i]).GetType()) keys[i]
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
                | parts when isNull parts[0] -> JsonPart.nested path
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
