/// Compressed files that expand to much more than their size.
module NeuralDE.Tests.Data.UnpackingTests

open System
open System.IO
open System.IO.Compression
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Data.TemporaryFiles
open NeuralDE

/// An .npz with arrays of `counts` zeros (float64).
let private npzOf (counts: int list) : byte[] =
    use memory = new MemoryStream()

    (use archive = new ZipArchive(memory, ZipArchiveMode.Create, true)

     for i, count in List.indexed counts do
         use entry = archive.CreateEntry($"x{string i}.npy", CompressionLevel.SmallestSize).Open()
         Npy.writeTo (zeros [ count ]) entry)

    memory.ToArray()

let private gzip (write: Stream -> unit) : byte[] =
    use memory = new MemoryStream()

    (use zip = new GZipStream(memory, CompressionLevel.SmallestSize, true)
     write zip)

    memory.ToArray()

/// An idx file whose header announces a number of bytes, and that has a number of zeros.
let private idxOf (announced: int) (count: int) : byte[] =
    gzip (fun stream ->
        stream.Write(ReadOnlySpan [| 0uy; 0uy; 8uy; 1uy |])
        stream.Write(ReadOnlySpan(Array.rev (BitConverter.GetBytes announced)))
        stream.Write(ReadOnlySpan(Array.zeroCreate<byte> count)))

let private mega = 1 <<< 20
let private small = { UnpackingOptions.Bytes = int64 mega; Ratio = 20.0 }

let private allocatedBy (act: unit -> unit) =
    let before = GC.GetTotalAllocatedBytes true
    act ()
    GC.GetTotalAllocatedBytes true - before

[<Tests>]
let tests =
    testList
        "Data.Unpacking"
        [ testCase "an archive that expands too much is refused, with its sizes and the fix" (fun () ->
              let bytes = npzOf [ 8 * mega ] // 64 MiB of zeros

              withFile "zeros.npz" bytes (fun path ->
                  Expect.isTrue (bytes.Length < 100_000) $"got {bytes.Length} bytes, expected few"
                  let refuse () =
                      refuses
                          path
                          [ $"it is {bytes.Length} bytes long and becomes"
                            $"expected at most {30 * bytes.Length}"
                            "readWith" ]
                          (fun () -> Npz.readWith { small with Ratio = 30.0 } path)

                  let spent = allocatedBy refuse
                  Expect.isTrue (spent < 8_000_000L) $"got {spent} bytes allocated, expected few"
                  // the default limit is 256 MiB; a higher one can be set
                  Expect.equal (snd (Npz.read path).Head).Count (8 * mega) "by default"
                  let arrays = Npz.readWith { small with Bytes = 65_000_000_000L } path
                  Expect.equal (snd arrays.Head).Count (8 * mega) "by bytes"
                  let arrays = Npz.readWith { small with Ratio = 1e4 } path
                  Expect.equal (snd arrays.Head).Count (8 * mega) "by ratio"))

          testCase "its arrays count together" (fun () ->
              withFile "zeros.npz" (npzOf [ 50_000; 50_000; 50_000 ]) (fun path ->
                  refuses path [ "array x2.npy"; "expected at most 1048576" ] (fun () -> Npz.readWith small path)
                  Npz.readWith { small with Bytes = 1_300_000L } path |> ignore))

          testCase "by default a small file expands to at most 256 MiB" (fun () ->
              // the announced size is sufficient
              withFile "zeros.gz" (idxOf 300_000_000 1000) (fun path ->
                  let spent =
                      allocatedBy (fun () -> refuses path [ "expected at most 268435456" ] (fun () -> Idx.read path))
                  Expect.isTrue (spent < 8_000_000L) $"got {spent} bytes allocated, expected few"))

          testCase "gzipped idx files have the same limits" (fun () ->
              withFile "zeros.gz" (idxOf (2 * mega) (2 * mega)) (fun path ->
                  refuses path [ "Idx.read"; "expected at most 1048576" ] (fun () -> Idx.readWith small path)
                  Expect.equal (Idx.readWith { small with Ratio = 1100.0 } path).Count (2 * mega) "by ratio"
                  Expect.equal (Idx.read path).Count (2 * mega) "by default"))

          testCase "incompressible numbers are read within any limit in bytes" (fun () ->
              let x = randn (Key 1) [ 200_000 ]

              let packed =
                  use memory = new MemoryStream()

                  (use archive = new ZipArchive(memory, ZipArchiveMode.Create, true)
                   use entry = archive.CreateEntry("x.npy", CompressionLevel.SmallestSize).Open()
                   Npy.writeTo x entry)

                  memory.ToArray()

              withFile "x.npz" packed (fun path ->
                  let _, again = (Npz.readWith { small with Bytes = 0L } path).Head
                  Expect.equal (again.ToArray()) (x.ToArray()) "again"))

          testCase "limits out of range are refused" (fun () ->
              withFile "x.npz" (npzOf [ 1 ]) (fun path ->
                  for options in [ { small with Bytes = -1L }; { small with Ratio = nan } ] do
                      Expect.stringStarts
                          (Expect.thrown<InputException>(fun () -> Npz.readWith options path |> ignore)).Message
                          "Npz.read: the limits are "
                          "message")) ]
