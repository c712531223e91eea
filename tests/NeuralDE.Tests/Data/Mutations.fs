/// Damage to files, and the requirements for readers of damaged files.
module internal NeuralDE.Tests.Data.Mutations

open System
open System.IO
open Expecto
open NeuralDE.Tests
open NeuralDE

/// Reads bytes: true if they are accepted, false for a FileException. The test fails for any other exception, and if the
/// reader uses more memory than a multiple of the bytes plus a constant.
let boundedBy (factor: int64) (bytes: byte[]) (read: unit -> unit) : bool =
    let before = GC.GetAllocatedBytesForCurrentThread()

    let isAccepted =
        try
            read ()
            true
        with
        | :? FileException -> false
        | e ->
            let text = Convert.ToBase64String(bytes, 0, min bytes.Length 3000)
            failtest $"got {e}\nexpected a FileException, from the bytes {text}"
            false

    let used = GC.GetAllocatedBytesForCurrentThread() - before
    let limit = 1_000_000L + factor * int64 bytes.Length
    Expect.isTrue (used <= limit) $"got {used} bytes of memory for {bytes.Length} bytes, expected at most {limit}"
    isAccepted

/// For formats whose numbers take at most a few times their bytes in the file.
let bounded (bytes: byte[]) (read: unit -> unit) : bool = boundedBy 32L bytes read

/// Reads the bytes as a file.
let readBytes (read: NeuralDE.Internal.Data.Place -> Stream -> 'T) (bytes: byte[]) : 'T =
    let place: NeuralDE.Internal.Data.Place = { Verb = "test"; Path = "fuzz" }
    use stream = new MemoryStream(bytes)
    NeuralDE.Internal.Data.Files.readStream place stream (read place)

/// Files with a few bytes changed, pieces removed, doubled, or exchanged; the same ones in each run.
let damage (count: int) (valid: byte[]) : byte[] seq =
    let random = Random 7

    let one (bytes: byte[]) =
        if bytes.Length = 0 then
            bytes
        else
            let at = random.Next bytes.Length
            let length = random.Next(1, 1 + min 40 (bytes.Length - at))

            match random.Next 6 with
            | 0
            | 1 ->
                let bytes = Array.copy bytes
                bytes[at] <- byte (random.Next 256)
                bytes
            | 2 ->
                // text with a meaning for the reader, such as another digit
                let bytes = Array.copy bytes
                bytes[at] <- "0123456789{}[],:\"\\- "B[random.Next 20]
                bytes
            | 3 -> Array.append bytes[.. at - 1] bytes[at + length ..]
            | 4 -> Array.concat [ bytes[.. at + length - 1]; bytes[at..] ]
            | _ -> Array.append bytes (Array.init length (fun _ -> byte (random.Next 256)))

    Seq.init count (fun _ ->
        let mutable bytes = valid
        for _ in 0 .. random.Next 3 do
            bytes <- one bytes
        bytes)
