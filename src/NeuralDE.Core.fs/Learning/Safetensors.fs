namespace NeuralDE

open System
open System.Buffers.Binary
open System.Collections.Generic
open System.IO
open System.Text
open System.Text.Encodings.Web
open System.Text.Json
open NeuralDE.Compiler

/// What a safetensors file holds.
type SafetensorsFile =
    {
        /// texts by name
        Metadata: Map<string, string>
        /// in the order of the header
        Tensors: (string * Tensor) list
    }

/// The header of a safetensors file, as it was found.
module internal SafetensorsHeader =
    /// Where a tensor's bytes lie after the header: [start, stop).
    type Entry = { Name: string; Type: StoredType; Shape: int[]; Start: int64; Stop: int64 }

    /// What the format allows, so that nobody reads gigabytes of names.
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

    /// Names in messages are cut: a hostile one can have millions of letters.
    let private quote (name: string) = if name.Length <= 80 then $"\"{name}\"" else $"\"{name.Substring(0, 80)}…\""

    let private shapeText (shape: int64[]) =
        let shown = shape |> Array.truncate 8 |> Array.map string
        "[" + String.Join("; ", shown) + (if shape.Length > 8 then "; …]" else "]")

    let private fail (place: Place) (at: int) (found: string) : 'a =
        Files.refuse place $"the header is not the JSON of a safetensors file near byte {at}: {found}."

    /// A JSON text read from front to back; anything unexpected is refused.
    [<Sealed>]
    type private Reader(place: Place, header: byte[]) =
        let mutable state = JsonReaderState(JsonReaderOptions(MaxDepth = 4))
        let mutable at = 0
        let mutable token = JsonTokenType.None
        let mutable text = ""
        let mutable number = ValueNone

        /// The next token. A reader of spans cannot be kept, its state can.
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
                if numbers.Count = most then fail place at $"{what} has more than {most} numbers"
                numbers.Add(r.Natural what)
                r.Next()

            numbers.ToArray()

        /// Each name of an object once.
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
                let got = $"has data_offsets [{start}; {stop}]"
                refuse $"{got}, expected {size} bytes: {dtype} {shapeText shape}."

            { Name = name; Type = stored; Shape = Array.map int shape; Start = start; Stop = stop }
        | _ -> refuse "lacks one of dtype, shape and the two data_offsets."

    /// The tensors lie one behind the other, from the header's end to the file's.
    let private checkPlaces (place: Place) (length: int64) (entries: Entry seq) =
        let stop =
            (0L, entries |> Seq.sortBy (fun e -> struct (e.Start, e.Stop)))
            ||> Seq.fold (fun stop e ->
                if e.Start <> stop then
                    let kind = if e.Start < stop then "overlaps the one before" else "leaves a gap before it"
                    Files.refuse place $"tensor {quote e.Name} {kind}: it starts at {e.Start}, expected {stop}."

                e.Stop)

        if stop <> length then
            Files.refuse
                place
                $"there are {length} bytes after the header, expected {stop}. The file was cut, or has something else behind its tensors."

    /// The header, of the bytes that follow its length; `length` is that of the tensors after it.
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
            fail place reader.End $"byte {header[reader.End + padding]} after its end, expected spaces"
        checkPlaces place length entries
        metadata, List.ofSeq entries

    /// The header of tensors whose bytes begin at these places, padded so that they begin at a multiple of 8.
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

/// <summary>Files of named tensors, as Hugging Face published the format: github.com/huggingface/safetensors.</summary>
/// <remarks>
/// Eight bytes, the header's length; the header, JSON that tells each tensor's dtype, shape and place; the numbers, least
/// significant byte first. Nothing in such a file is ever run, and nothing in it is believed: what overlaps, leaves gaps,
/// points outside, comes twice or does not add up is a FileException, before memory is taken for it.
/// </remarks>
module Safetensors =
    open SafetensorsHeader

    let private strict = UTF8Encoding(false, true)

    let private checkText (text: string) =
        try
            strict.GetByteCount text |> ignore
        with :? EncoderFallbackException ->
            raise (InputException $"Safetensors.write: got \"{text}\", which has half a character, expected Unicode.")

    let private checkNames what (names: string list) =
        let seen = HashSet<string>()

        for name in names do
            checkText name

            if not (seen.Add name) then
                raise (
                    InputException $"Safetensors.write: got two {what} named \"{name}\". Give each a name of its own."
                )

    /// The tensors in the format, on a stream.
    let internal writeTo (metadata: (string * string) list) (tensors: (string * Tensor) list) (stream: Stream) : unit =
        checkNames "tensors" (List.map fst tensors)
        checkNames "metadata entries" (List.map fst metadata)

        List.iter (snd >> checkText) metadata

        if List.exists (fun (name, _) -> name = metadataName) tensors then
            raise (InputException $"Safetensors.write: got a tensor named {metadataName}, the format's own word.")

        let numbers = tensors |> List.map (fun (_, x) -> x.Numbers)
        let bytes (a: NdArray) = int64 a.Length * int64 a.Dtype.Size

        // The widest numbers come first, so that each tensor begins at a multiple of its numbers' size.
        let order = numbers |> List.indexed |> List.sortBy (fun (_, a) -> -a.Dtype.Size)
        let starts = Array.zeroCreate numbers.Length
        let mutable stop = 0L

        for i, a in order do
            starts[i] <- stop
            stop <- stop + bytes a

        let entry i (name, _) (a: NdArray) =
            { Name = name
              Type = StoredType.Of a.Dtype
              Shape = a.Shape
              Start = starts[i]
              Stop = starts[i] + bytes a }

        let header = format metadata (List.mapi2 entry tensors numbers)

        if int64 header.Length > limit then
            raise (
                InputException
                    $"Safetensors.write: names and metadata take {header.Length} bytes, the format allows {limit}. Shorten them."
            )

        let length = Array.zeroCreate 8
        BinaryPrimitives.WriteInt64LittleEndian(Span length, int64 header.Length)
        stream.Write length
        stream.Write header

        for _, a in order do
            Stored.write stream a

    /// The tensors of a stream in the format, from where it stands to its end.
    let internal readFrom (place: Place) (stream: Stream) : SafetensorsFile =
        let available = stream.Length - stream.Position - 8L

        if available < 0L then
            Files.refuse place $"got {available + 8L} bytes, expected at least 8. Is it a safetensors file?"

        let length = Array.zeroCreate 8
        stream.ReadExactly(Span length)
        let length = BinaryPrimitives.ReadUInt64LittleEndian(ReadOnlySpan length)

        if length > uint64 limit then
            Files.refuse place $"the header claims {length} bytes, the format allows {limit}. Is it a safetensors file?"

        if length > uint64 available then
            Files.refuse place $"the header claims {length} bytes where {available} follow. The file was cut."

        let header = Array.zeroCreate (int length)
        stream.ReadExactly(Span header)
        let start = stream.Position
        let metadata, entries = parse place header (available - int64 length)

        let tensor (e: Entry) =
            stream.Position <- start + e.Start
            e.Name, Stored.read place $"tensor \"{e.Name}\"" e.Type false e.Shape stream

        { Metadata = metadata; Tensors = List.map tensor entries }

    /// <summary>Writes tensors and texts, in place of a file that may be there; an interrupted write leaves that as it was.</summary>
    /// <param name="path">The file's name; its folder is made where there is none.</param>
    /// <param name="metadata">Texts by name.</param>
    /// <param name="tensors">Of any dtype: F64, F32, I64, I32 or BOOL in the file. InputException for a name given twice.</param>
    let write (path: string) (metadata: (string * string) list) (tensors: (string * Tensor) list) : unit =
        for _, x in tensors do
            x.Numbers |> ignore // a placeholder has none

        Files.write { Verb = "Safetensors.write"; Path = path } (writeTo metadata tensors)

    /// <summary>Reads a whole file; it takes the memory of its numbers.</summary>
    /// <remarks>
    /// F64, F32, I64, I32 and BOOL are read as they are, F16 and BF16 as float32, I8, U8, I16 and U16 as int32, U32 as int64;
    /// none of them loses anything. FileException for what is missing, cut short, damaged or of another dtype.
    /// </remarks>
    let read (path: string) : SafetensorsFile =
        let place = { Verb = "Safetensors.read"; Path = path }
        Files.read place (readFrom place)
