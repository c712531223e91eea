namespace NeuralDE

open System
open System.Buffers.Binary
open System.Collections.Generic
open System.IO
open System.Text
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Data

/// The contents of a safetensors file.
type SafetensorsFile =
    {
        /// texts by name, the metadata
        Metadata: Map<string, string>
        /// tensors by name, in the order of the header
        Tensors: (string * Tensor) list
    }

/// <summary>Files of named tensors in the format of Hugging Face: github.com/huggingface/safetensors.</summary>
/// <remarks>
/// A file has eight bytes with the length of the header; the header, JSON with dtype, shape and position of each tensor; and
/// the numbers, little-endian. A file is never executed, and nothing in it is trusted: tensors that overlap, leave gaps, lie
/// outside of the file, occur twice or have inconsistent sizes raise a FileException, before memory is allocated for them.
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
                raise (
                    InputException
                        $"{verb}: got two {what} named \"{name}\", expected different names. Rename one of them."
                )

    /// Writes tensors to a stream in this format.
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
            raise (
                InputException $"{verb}: got a tensor named {metadataName}, a reserved name of the format. Rename it."
            )

        let numbers = tensors |> List.map (fun (_, x) -> x.Numbers)
        let bytes (a: NdArray) = int64 a.Length * int64 a.Dtype.Size

        // the widest numbers first, so that each tensor begins at a multiple of the size of its numbers
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

    /// Reads the tensors of a stream in this format, from its position to its end.
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
                $"the header claims {string length} bytes, but only {string available} bytes follow. The file is truncated."

        let header = Array.zeroCreate (int length)
        stream.ReadExactly(Span header)
        let start = stream.Position
        let metadata, entries = parse place header (available - int64 length)

        let tensor (e: Entry) =
            stream.Position <- start + e.Start
            e.Name, Stored.read place $"tensor \"{e.Name}\"" e.Type false e.Shape stream

        { Metadata = metadata; Tensors = List.map tensor entries }

    /// <summary>Saves tensors and texts in a file. Atomically replaces an existing file: an interrupted write keeps
    /// it.</summary>
    /// <param name="path">The file. Its folder is created if it does not exist.</param>
    /// <param name="metadata">Texts by name.</param>
    /// <param name="tensors">Tensors of any dtype, stored as F64, F32, I64, I32 or BOOL.</param>
    /// <exception cref="T:NeuralDE.InputException">for equal names.</exception>
    /// <exception cref="T:NeuralDE.FileException">for a file that cannot be written.</exception>
    let write (path: string) (metadata: (string * string) list) (tensors: (string * Tensor) list) : unit =
        for _, x in tensors do
            x.Numbers |> ignore // a placeholder has none

        let verb = "Safetensors.write"
        Files.write { Verb = verb; Path = path } (writeTo verb metadata tensors)

    /// <summary>Reads a whole file. It takes the memory of its numbers.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The tensors and the metadata.</returns>
    /// <remarks>
    /// F64, F32, I64, I32 and BOOL keep their type; F16 and BF16 become float32; I8, U8, I16 and U16 become int32; U32
    /// becomes int64. All values are exact.
    /// </remarks>
    /// <exception cref="T:NeuralDE.FileException">for a file that is missing, truncated, damaged or of another
    /// dtype.</exception>
    let read (path: string) : SafetensorsFile =
        let place = { Verb = "Safetensors.read"; Path = path }
        Files.read place (readFrom place)
