namespace NeuralDE

open System
open System.Buffers.Binary
open System.Collections.Generic
open System.IO
open System.Text
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Data

/// What a safetensors file holds.
type SafetensorsFile =
    {
        /// texts by name
        Metadata: Map<string, string>
        /// in the order of the header
        Tensors: (string * Tensor) list
    }

/// <summary>Files of named tensors, as Hugging Face published the format: github.com/huggingface/safetensors.</summary>
/// <remarks>
/// Eight bytes, the header's length; the header, JSON that tells each tensor's dtype, shape and place; the numbers,
/// least significant byte first. Nothing in such a file is ever run, and nothing in it is believed: what overlaps,
/// leaves gaps, points outside, comes twice or does not add up is a FileException, before memory is taken for it.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Safetensors =
    open SafetensorsHeader

    let private strict = UTF8Encoding(false, true)

    let private checkText verb (text: string) =
        try
            strict.GetByteCount text |> ignore
        with :? EncoderFallbackException ->
            raise (InputException $"{verb}: got \"{text}\", which has half a character, expected Unicode.")

    let private checkNames verb what (names: string list) =
        let seen = HashSet<string>()

        for name in names do
            checkText verb name

            if not (seen.Add name) then
                raise (InputException $"{verb}: got two {what} named \"{name}\". Give each a name of its own.")

    /// The tensors in the format, on a stream.
    let internal writeTo
        verb
        (metadata: (string * string) list)
        (tensors: (string * Tensor) list)
        (stream: Stream)
        : unit =
        checkNames verb "tensors" (List.map fst tensors)
        checkNames verb "metadata entries" (List.map fst metadata)

        List.iter (snd >> checkText verb) metadata

        if List.exists (fun (name, _) -> name = metadataName) tensors then
            raise (InputException $"{verb}: got a tensor named {metadataName}, the format's own word.")

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
                    $"{verb}: names and metadata take {string header.Length} bytes, the format allows {string limit}. Shorten them."
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
            Files.refuse place $"got {string (available + 8L)} bytes, expected at least 8. Is it a safetensors file?"

        let length = Array.zeroCreate 8
        stream.ReadExactly(Span length)
        let length = BinaryPrimitives.ReadUInt64LittleEndian(ReadOnlySpan length)

        if length > uint64 limit then
            Files.refuse
                place
                $"the header claims {string length} bytes, the format allows {string limit}. Is it a safetensors file?"

        if length > uint64 available then
            Files.refuse
                place
                $"the header claims {string length} bytes where {string available} follow. The file was cut."

        let header = Array.zeroCreate (int length)
        stream.ReadExactly(Span header)
        let start = stream.Position
        let metadata, entries = parse place header (available - int64 length)

        let tensor (e: Entry) =
            stream.Position <- start + e.Start
            e.Name, Stored.read place $"tensor \"{e.Name}\"" e.Type false e.Shape stream

        { Metadata = metadata; Tensors = List.map tensor entries }

    /// <summary>Writes tensors and texts, in place of a file that may be there; an interrupted write leaves that as it
    /// was.</summary>
    /// <param name="path">The file's name; its folder is made where there is none.</param>
    /// <param name="metadata">Texts by name.</param>
    /// <param name="tensors">Of any dtype: F64, F32, I64, I32 or BOOL in the file. InputException for a name given
    /// twice.</param>
    let write (path: string) (metadata: (string * string) list) (tensors: (string * Tensor) list) : unit =
        for _, x in tensors do
            x.Numbers |> ignore // a placeholder has none

        let verb = "Safetensors.write"
        Files.write { Verb = verb; Path = path } (writeTo verb metadata tensors)

    /// <summary>Reads a whole file; it takes the memory of its numbers.</summary>
    /// <remarks>
    /// F64, F32, I64, I32 and BOOL are read as they are, F16 and BF16 as float32, I8, U8, I16 and U16 as int32, U32 as
    /// int64; none of them loses anything. FileException for what is missing, cut short, damaged or of another dtype.
    /// </remarks>
    let read (path: string) : SafetensorsFile =
        let place = { Verb = "Safetensors.read"; Path = path }
        Files.read place (readFrom place)
