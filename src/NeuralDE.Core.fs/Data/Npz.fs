namespace NeuralDE

open System
open System.Collections.Generic
open System.IO
open System.IO.Compression
open NeuralDE.Internal.Data

/// Computes the CRC-32 (ISO 3309) that a zip archive stores for each file. .NET's archive reader does not check it.
[<Sealed>]
type internal SummedStream(inner: Stream) =
    inherit Stream()

    static let table =
        let turn (sum: uint32) = if sum &&& 1u = 1u then 0xEDB88320u ^^^ (sum >>> 1) else sum >>> 1
        Array.init 256 (fun i -> Seq.fold (fun sum _ -> turn sum) (uint32 i) (seq { 1..8 }))

    let mutable sum = 0xFFFFFFFFu

    /// The CRC-32 of the bytes read so far.
    member _.Sum = ~~~sum

    override _.Read(target: Span<byte>) =
        let n = inner.Read target

        for i in 0 .. n - 1 do
            sum <- table[int ((sum ^^^ uint32 target[i]) &&& 0xFFu)] ^^^ (sum >>> 8)

        n

    override s.Read(target: byte[], offset: int, count: int) = s.Read(Span(target, offset, count))
    override _.CanRead = true
    override _.CanSeek = false
    override _.CanWrite = false
    override _.Length = raise (NotSupportedException())
    override _.Position
        with get () = raise (NotSupportedException())
        and set _ = raise (NotSupportedException())
    override _.Flush() = ()
    override _.Seek(_, _) = raise (NotSupportedException())
    override _.SetLength _ = raise (NotSupportedException())
    override _.Write(_: byte[], _: int, _: int) = raise (NotSupportedException())

/// NumPy archives of named arrays: numpy.savez and numpy.savez_compressed.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Npz =
    let private suffix = ".npy"

    let private readEntry (budget: UnpackingBudget) (place: Place) (entry: ZipArchiveEntry) : string * Tensor =
        let shown =
            if entry.FullName.Length <= 80 then
                entry.FullName
            else
                entry.FullName.Substring(0, 80) + "…"

        if not (entry.FullName.EndsWith(suffix, StringComparison.Ordinal)) then
            Files.refuse place $"the archive holds {shown}, expected names that end in .npy. Is it an .npz file?"

        let at = { place with Verb = $"{place.Verb}, array {shown}" }
        use opened = entry.Open()
        use summed = new SummedStream(opened)
        use stream = new UnpackedStream(summed, at, budget)
        let x = Npy.readFrom at stream
        Files.expectEnd at stream

        if summed.Sum <> entry.Crc32 then
            Files.refuse at $"the sum is %08x{summed.Sum}, expected %08x{entry.Crc32}. The file is damaged."

        entry.FullName.Substring(0, entry.FullName.Length - suffix.Length), x

    let internal readFromWith limits (place: Place) (stream: Stream) : (string * Tensor) list =
        let archive () =
            try
                let archive = new ZipArchive(stream, ZipArchiveMode.Read, true)
                archive.Entries |> ignore
                archive
            with
            | :? IOException
            | :? InvalidDataException
            | :? FileException -> reraise ()
            | e -> raise (InvalidDataException(e.Message, e))

        use archive = archive ()
        let budget = UnpackingBudget(place.Verb, limits, stream.Length)
        let names = HashSet<string>()
        let packed = archive.Entries |> Seq.sumBy _.CompressedLength

        // overlapping entries are the trick of zip bombs
        if packed > stream.Length then
            Files.refuse
                place
                $"its arrays take {string packed} bytes of {string stream.Length}, expected them side by side."

        [ for entry in archive.Entries do
              if not (names.Add entry.FullName) then
                  Files.refuse place $"the archive holds {entry.FullName} twice, expected each name once."

              readEntry budget place entry ]

    let internal readFrom place stream = readFromWith UnpackingOptions.defaults place stream

    /// <summary>Like `read`, with limits for the expansion of a compressed archive.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="path">The file.</param>
    /// <returns>Names and arrays.</returns>
    let readWith (limits: UnpackingOptions) (path: string) : (string * Tensor) list =
        let place = { Verb = "Npz.read"; Path = path }
        Files.read place (readFromWith limits place)

    /// <summary>Reads all arrays of an archive with their names, in the archive's order. Types are converted as in
    /// Npy.read.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Names and arrays.</returns>
    /// <remarks>FileException for a file that is missing, truncated or damaged, that contains anything except arrays, or that
    /// expands beyond the default UnpackingOptions.</remarks>
    let read (path: string) : (string * Tensor) list = readWith UnpackingOptions.defaults path

    /// <summary>Writes named arrays for numpy.load, uncompressed. Replaces an existing file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="arrays">Names and arrays.</param>
    /// <remarks>InputException for an empty or repeated name.</remarks>
    let write (path: string) (arrays: (string * Tensor) list) : unit =
        let names = HashSet<string>()

        for name, x in arrays do
            x.Numbers |> ignore // a placeholder has none

            if name = "" || not (names.Add name) then
                raise (
                    InputException
                        $"Npz.write: got the name \"{name}\", expected a distinct, non-empty name for each array."
                )

        Files.write { Verb = "Npz.write"; Path = path } (fun stream ->
            use archive = new ZipArchive(stream, ZipArchiveMode.Create, true)

            for name, x in arrays do
                use entry = archive.CreateEntry(name + suffix, CompressionLevel.NoCompression).Open()
                Npy.writeTo x entry)
