namespace NeuralDE.Internal.Data

open System
open System.Collections.Generic
open System.IO
open System.Text.Encodings.Web
open System.Text.Json

/// The header of a safetensors file.
module internal SafetensorsHeader =
    /// The position of a tensor's bytes after the header: [start, stop).
    type Entry = { Name: string; Type: StoredType; Shape: int[]; Start: int64; Stop: int64 }

    /// The largest header that the format allows, which limits the memory for names.
    let limit = 100_000_000L

    let metadataName = "__metadata__"

    let typeNames =
        [ "F64", StoredType.F64
          "F32", StoredType.F32
          "F16", StoredType.F16
          "BF16", StoredType.BF16
          "I64", StoredType.I64
          "I32", StoredType.I32
          "I16", StoredType.I16
          "I8", StoredType.I8
          "U32", StoredType.U32
          "U16", StoredType.U16
          "U8", StoredType.U8
          "BOOL", StoredType.Bool ]

    let private byName = dict typeNames

    let typeName (stored: StoredType) = typeNames |> List.find (fun (_, t) -> t = stored) |> fst

    /// Shortens a name in a message: a file may contain very long ones.
    let private quote (name: string) = if name.Length <= 80 then $"\"{name}\"" else $"\"{name.Substring(0, 80)}…\""

    let private shapeText (shape: int64[]) =
        let shown = shape |> Array.truncate 8 |> Array.map string
        "[" + String.Join("; ", shown) + (if shape.Length > 8 then "; …]" else "]")

    let private fail (place: Place) (at: int) (found: string) : 'a =
        Files.refuse place $"the header is not the JSON of a safetensors file near byte {string at}: {found}."

    /// A JSON text, read from start to end. Unexpected tokens raise a FileException.
    [<Sealed>]
    type private Reader(place: Place, header: byte[]) =
        let mutable state = JsonReaderState(JsonReaderOptions(MaxDepth = 4))
        let mutable at = 0
        let mutable token = JsonTokenType.None
        let mutable text = ""
        let mutable number = ValueNone

        /// Reads the next token. A reader of spans cannot be stored, but its state can.
        member _.Next() =
            let mutable reader = Utf8JsonReader(ReadOnlySpan(header, at, header.Length - at), true, state)

            try
                if not (reader.Read()) then fail place at "it ends early"
                token <- reader.TokenType

                match token with
                | JsonTokenType.String
                | JsonTokenType.PropertyName -> text <- nonNull (reader.GetString())
                | JsonTokenType.Number ->
                    let mutable n = 0L
                    number <- if reader.TryGetInt64 &n then ValueSome n else ValueNone
                | _ -> ()
            with
            | :? JsonException
            | :? InvalidOperationException as e -> fail place at e.Message

            at <- at + int reader.BytesConsumed
            state <- reader.CurrentState

        member _.Token = token
        member _.Text = text
        member _.End = at

        member r.Expect(expected: JsonTokenType) =
            r.Next()
            if token <> expected then fail place at $"found {token}, expected {expected}"

        member r.String() =
            r.Expect JsonTokenType.String
            text

        member r.Natural what =
            match token, number with
            | JsonTokenType.Number, ValueSome n when n >= 0L -> n
            | _ -> fail place at $"{what} is not an integer of 0 or more"

        member r.Naturals(what, most) =
            r.Expect JsonTokenType.StartArray
            let numbers = List<int64>()
            r.Next()

            while token <> JsonTokenType.EndArray do
                if numbers.Count = most then fail place at $"{what} has more than {string most} numbers"
                numbers.Add(r.Natural what)
                r.Next()

            numbers.ToArray()

        /// Raises a FileException for a name that an object has twice.
        member r.Members(what: string, onMember: string -> unit) =
            let seen = HashSet<string>()
            r.Next()

            while token <> JsonTokenType.EndObject do
                let name = text
                if not (seen.Add name) then fail place at $"{what} has {quote name} twice"
                onMember name
                r.Next()

    let private entry (place: Place) (reader: Reader) (name: string) : Entry =
        let mutable dtype, shape, offsets = None, None, None
        reader.Expect JsonTokenType.StartObject

        reader.Members(
            quote name,
            function
            | "dtype" -> dtype <- Some(reader.String())
            | "shape" -> shape <- Some(reader.Naturals("shape", Stored.mostAxes))
            | "data_offsets" -> offsets <- Some(reader.Naturals("data_offsets", 2))
            | other -> fail place reader.End $"{quote name} has {quote other}, expected dtype, shape and data_offsets"
        )

        let refuse sentence = Files.refuse place $"tensor {quote name} {sentence}"

        match dtype, shape, offsets with
        | Some dtype, Some shape, Some [| start; stop |] ->
            let stored =
                match byName.TryGetValue dtype with
                | true, stored -> stored
                | _ ->
                    let known = String.Join(", ", List.map fst typeNames)
                    refuse $"is of dtype {quote dtype}, expected one of {known}."

            let count =
                match Stored.count shape with
                | Some n -> int64 n
                | None -> refuse $"has the shape {shapeText shape}, more than a tensor can hold."

            let size = count * int64 stored.Size

            if stop < start || stop - start <> size then
                let got = $"has data_offsets [{string start}; {string stop}]"
                refuse $"{got}, expected {string size} bytes: {dtype} {shapeText shape}."

            { Name = name; Type = stored; Shape = Array.map int shape; Start = start; Stop = stop }
        | _ -> refuse "lacks one of dtype, shape and the two data_offsets."

    /// Checks that the tensors fill the file from the end of the header to the end, without gaps.
    let private checkPlaces (place: Place) (length: int64) (entries: Entry seq) =
        let stop =
            (0L, entries |> Seq.sortBy (fun e -> struct (e.Start, e.Stop)))
            ||> Seq.fold (fun stop e ->
                if e.Start <> stop then
                    let kind = if e.Start < stop then "overlaps the one before" else "leaves a gap before it"
                    Files.refuse
                        place
                        $"tensor {quote e.Name} {kind}: it starts at {string e.Start}, expected {string stop}."

                e.Stop)

        if stop <> length then
            Files.refuse
                place
                $"there are {string length} bytes after the header, expected {string stop}. The file is truncated, or has further data after its tensors."

    /// Parses the bytes of a header; `length` is the number of bytes after it.
    let parse (place: Place) (header: byte[]) (length: int64) : Map<string, string> * Entry list =
        if header.Length = 0 || header[0] <> byte '{' then
            Files.refuse place "the header does not begin with {, expected JSON. Is it a safetensors file?"

        let reader = Reader(place, header)
        let mutable metadata = Map.empty
        let entries = List<Entry>()
        reader.Expect JsonTokenType.StartObject

        reader.Members(
            "the header",
            fun name ->
                if name = metadataName then
                    reader.Expect JsonTokenType.StartObject
                    reader.Members(metadataName, (fun key -> metadata <- Map.add key (reader.String()) metadata))
                else
                    entries.Add(entry place reader name)
        )

        let padding = header.AsSpan(reader.End).IndexOfAnyExcept(byte ' ')
        if padding >= 0 then
            fail place reader.End $"byte {string (header[reader.End + padding])} after its end, expected spaces"
        checkPlaces place length entries
        metadata, List.ofSeq entries

    /// The header of tensors at these positions, padded to a multiple of 8 bytes.
    let format (metadata: (string * string) list) (entries: Entry list) : byte[] =
        use memory = new MemoryStream()

        let write () =
            let options = JsonWriterOptions(Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)
            use json = new Utf8JsonWriter(memory, options)
            json.WriteStartObject()

            if not metadata.IsEmpty then
                json.WriteStartObject metadataName

                for key, value in metadata do
                    json.WriteString(key, value)

                json.WriteEndObject()

            for e in entries do
                json.WriteStartObject e.Name
                json.WriteString("dtype", typeName e.Type)
                json.WriteStartArray "shape"

                for extent in e.Shape do
                    json.WriteNumberValue extent

                json.WriteEndArray()
                json.WriteStartArray "data_offsets"
                json.WriteNumberValue e.Start
                json.WriteNumberValue e.Stop
                json.WriteEndArray()
                json.WriteEndObject()

            json.WriteEndObject()

        write ()

        while memory.Length % 8L <> 0L do
            memory.WriteByte(byte ' ')

        memory.ToArray()
