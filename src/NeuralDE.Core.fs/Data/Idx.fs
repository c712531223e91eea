namespace NeuralDE

open System
open System.IO
open System.IO.Compression
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Data

/// Files in the format of MNIST: one array of big-endian numbers, plain or gzipped.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Idx =
    let private typeOf (place: Place) (code: byte) =
        match code with
        | 0x08uy -> StoredType.U8
        | 0x09uy -> StoredType.I8
        | 0x0Buy -> StoredType.I16
        | 0x0Cuy -> StoredType.I32
        | 0x0Duy -> StoredType.F32
        | 0x0Euy -> StoredType.F64
        | _ -> Files.refuse place $"the type has code %02x{code}, expected 08, 09, 0b, 0c, 0d or 0e. Is it an idx file?"

    /// Reads the type and the shape, then runs the body on the numbers.
    let private readNumbers (place: Place) (body: StoredType -> int[] -> Stream -> 'T) (stream: Stream) : 'T =
        let start = Stored.take<byte> stream false 4

        if start[0] <> 0uy || start[1] <> 0uy then
            Files.refuse place $"the file begins with %02x{start[0]} %02x{start[1]}, expected 00 00. Is it an idx file?"

        let stored = typeOf place start[2]
        let extents = Stored.take<uint32> stream true (int start[3]) |> Array.map int64

        match Stored.count extents with
        | None ->
            let got = String.Join("; ", extents |> Array.truncate 8 |> Array.map string)
            Files.refuse place $"the shape is [{got}], more than a tensor can hold."
        | Some count ->
            Stored.expectLength place (int64 count * int64 stored.Size) stream
            let numbers = body stored (Array.map int extents) stream
            Files.expectEnd place stream
            numbers

    /// Decompresses the stream if it begins like a gzip file.
    let private unzipped limits (place: Place) (stream: Stream) (body: Stream -> 'T) : 'T =
        let isZipped = stream.ReadByte() = 0x1F && stream.ReadByte() = 0x8B
        stream.Position <- 0L

        if isZipped then
            let budget = UnpackingBudget(place.Verb, limits, stream.Length)
            use zipped = new GZipStream(stream, CompressionMode.Decompress, true)
            use unzipped = new UnpackedStream(zipped, place, budget)
            body unzipped
        else
            body stream

    let internal readFromWith limits (place: Place) (stream: Stream) : Tensor =
        let tensor stored shape numbers = Stored.read place "the array" stored true shape numbers
        unzipped limits place stream (readNumbers place tensor)

    let internal readFrom place stream = readFromWith UnpackingOptions.defaults place stream

    /// Reads an array of bytes with `axes` axes: its shape and its bytes.
    let internal readBytes (place: Place) (axes: int) (stream: Stream) : int[] * byte[] =
        let bytes stored (shape: int[]) numbers =
            if stored <> StoredType.U8 || shape.Length <> axes then
                Files.refuse place $"got an array of {stored} {Shape.text shape}, expected U8 with {string axes} axes."

            shape, Stored.take<byte> numbers false (Shape.stored place.Verb shape)

        unzipped UnpackingOptions.defaults place stream (readNumbers place bytes)

    /// <summary>Like `read`, with limits for the expansion of a gzipped file.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="path">The file, plain or gzipped.</param>
    /// <returns>A tensor with the shape of the file.</returns>
    let readWith (limits: UnpackingOptions) (path: string) : Tensor =
        let place = { Verb = "Idx.read"; Path = path }
        Files.read place (readFromWith limits place)

    /// <summary>Reads an array. Bytes and int16 become int32; other types keep theirs.</summary>
    /// <param name="path">The file, plain or gzipped.</param>
    /// <returns>A tensor with the shape of the file.</returns>
    /// <remarks>FileException for a file that is missing, truncated, damaged or of another type, or that expands beyond
    /// the default UnpackingOptions.</remarks>
    let read (path: string) : Tensor = readWith UnpackingOptions.defaults path
