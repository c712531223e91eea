/// Damage to files, and what a reader of files owes however damaged they are.
module internal NeuralDE.Tests.Data.Mutations

open System
open System.IO
open Expecto
open NeuralDE.Tests
open NeuralDE

/// Reads bytes: true if they are accepted, false for a FileException. Any other exception fails the test, and so does
/// more memory than a multiple of the bytes and what the machinery takes when it is used first.
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

/// Where numbers take no more than a few times the bytes they have in the file.
let bounded (bytes: byte[]) (read: unit -> unit) : bool = boundedBy 32L bytes read

/// Reads the bytes as a file.
let readBytes (read: NeuralDE.Internal.Data.Place -> Stream -> 'T) (bytes: byte[]) : 'T =
    let place: NeuralDE.Internal.Data.Place = { Verb = "test"; Path = "fuzz" }
    use stream = new MemoryStream(bytes)
    NeuralDE.Internal.Data.Files.readStream place stream (read place)

/// Files with a few bytes changed, pieces cut out, doubled, or exchanged; always the same ones.
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
                // text that means something to the reader, such as another digit
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
