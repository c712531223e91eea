module NeuralDE.Tests.Data.IdxTests

open System
open System.IO
open System.IO.Compression
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Data.TemporaryFiles
open NeuralDE.Tests.Data.Mutations

let private bytesOf (code: byte) (extents: int list) (data: byte[]) =
    let extents = extents |> List.collect (fun n -> List.rev (List.ofArray (BitConverter.GetBytes n)))
    Array.concat [ [| 0uy; 0uy; code; byte (extents.Length / 4) |]; Array.ofList extents; data ]

let private zipped (bytes: byte[]) =
    use memory = new MemoryStream()
    (use zip = new GZipStream(memory, CompressionLevel.Optimal, true)
     zip.Write(ReadOnlySpan bytes))
    memory.ToArray()

// ---- Fashion-MNIST ------------------------------------------------------------------------------------------------

[<Tests>]
let tests =
    testList
        "Data.Idx"
        [ testList
              "all types are read, plain and gzipped"
              [ for code, dtype, hex, first, second in
                    [ 0x08, "int32", "00FF", 0.0, 255.0
                      0x09, "int32", "0180", 1.0, -128.0
                      0x0B, "int32", "00018000", 1.0, -32768.0
                      0x0C, "int32", "0000000180000000", 1.0, -2147483648.0
                      0x0D, "float32", "3F800000C0000000", 1.0, -2.0
                      0x0E, "float64", "3FF0000000000000C000000000000000", 1.0, -2.0 ] do
                    testCase $"{code}, {dtype}, {hex}, {first}, {second}" (fun () ->
                        let bytes = bytesOf (byte code) [ 2; 1 ] (Convert.FromHexString hex)

                        for bytes in [ bytes; zipped bytes ] do
                            withFile "x-idx2" bytes (fun path ->
                                let x = Idx.read path
                                Expect.equal (string x.Dtype) dtype "string x.Dtype"
                                Expected.holds [ 2; 1 ] [ first; second ] x)) ]

          testCase "files of other formats are refused" (fun () ->
              let refused (words: string) bytes =
                  withFile "x" bytes (fun path -> refuses path [ words ] (fun () -> Idx.read path))
              refused "begins with 68 65" "hello"B
              refused "code 07" (bytesOf 7uy [ 1 ] [| 0uy |])
              refused "expected 2" (bytesOf 8uy [ 2 ] [| 0uy |])
              refused "expected 2" (bytesOf 8uy [ 2 ] [| 0uy; 0uy; 0uy |])
              refused "has further data after" (zipped (bytesOf 8uy [ 2 ] [| 0uy; 0uy; 0uy |]))
              refused "ends within" (zipped (bytesOf 8uy [ 2 ] [| 0uy |]))
              refused "more than a tensor" (bytesOf 8uy [ -1; -1 ] [| 0uy |])
              refused "ends within" [||])

          testCase "a damaged file is refused or read, and a false header takes no memory" (fun () ->
              let valid = bytesOf 8uy [ 3; 2; 2 ] [| 1uy .. 12uy |]
              let attempt (bytes: byte[]) = bounded bytes (fun () -> readBytes Idx.readFrom bytes |> ignore)
              Expect.isTrue (attempt valid) "attempt valid"
              damage 2000 valid |> Seq.iter (attempt >> ignore)
              let zip = zipped valid
              Expect.isTrue (attempt zip) "attempt zip"
              damage 2000 zip |> Seq.iter (attempt >> ignore)
              Expect.isFalse
                  (attempt (zipped (bytesOf 8uy [ 2_000_000_000 ] [| 1uy |])))
                  "attempt (zipped (bytesOf 8uy [ 2_000_000_000 ] [| 1uy |]))")

          testList
              "Fashion-MNIST's files give images from 0 to 1 and labels"
              [ for isZipped in [ false; true ] do
                    testCase $"{isZipped}" (fun () ->
                        inFolder (fun folder ->
                            let write (name: string) bytes =
                                let path = Path.Combine(folder, if isZipped then name + ".gz" else name)
                                File.WriteAllBytes(path, (if isZipped then zipped bytes else bytes))

                            for part in [ "train"; "t10k" ] do
                                write
                                    $"{part}-images-idx3-ubyte"
                                    (bytesOf
                                        8uy
                                        [ 2; 2; 3 ]
                                        [| 0uy; 51uy; 255uy; 0uy; 0uy; 0uy; 1uy; 2uy; 3uy; 4uy; 5uy; 6uy |])
                                write $"{part}-labels-idx1-ubyte" (bytesOf 8uy [ 2 ] [| 9uy; 0uy |])

                            for data in [ FashionMnist.load folder; FashionMnist.loadTest folder ] do
                                let pixels = [ 0.0; 0.2; 1.0; 0.0; 0.0; 0.0 ] @ [ for i in 1..6 -> float i / 255.0 ]
                                Expected.holds [ 2; 1; 2; 3 ] pixels data.Images
                                Expect.equal data.Labels.Dtype Int64 "data.Labels.Dtype"
                                Expected.holds [ 2 ] [ 9.0; 0.0 ] data.Labels

                            write "train-labels-idx1-ubyte" (bytesOf 8uy [ 3 ] [| 9uy; 0uy; 1uy |])
                            let e = Expect.thrown<FileException>(fun () -> FashionMnist.load folder |> ignore)
                            Expect.stringContains e.Message "there are 3 labels, expected 2" "e.Message"
                            write "train-images-idx3-ubyte" (bytesOf 8uy [ 2 ] [| 1uy; 1uy |])
                            let e = Expect.thrown<FileException>(fun () -> FashionMnist.load folder |> ignore)
                            Expect.stringContains e.Message "expected U8 with 3 axes" "e.Message")) ]

          testCase "without Fashion-MNIST the error names its source" (fun () ->
              inFolder (fun folder ->
                  let e = Expect.thrown<FileException>(fun () -> FashionMnist.load folder |> ignore)
                  Expect.stringContains e.Message "train-images-idx3-ubyte" "e.Message"
                  Expect.stringContains e.Message "apt-get install dataset-fashion-mnist" "e.Message"
                  Expect.stringContains e.Message "github.com/zalandoresearch/fashion-mnist" "e.Message")) ]
