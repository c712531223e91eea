module NeuralDE.Tests.Learning.SafetensorsTests

open System
open System.IO
open System.Text
open System.Threading
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Data.TemporaryFiles

/// The bytes of a file with this text as header.
let bytesOf (header: string) (data: byte[]) =
    let header = Encoding.UTF8.GetBytes header
    Array.concat [ BitConverter.GetBytes(int64 header.Length); header; data ]

let private same (a: (string * Tensor) list) (b: (string * Tensor) list) =
    Expect.equal (List.map fst b) (List.map fst a) "List.map fst b"
    List.iter2 (fun (_, x) (_, y) -> Expected.like 0.0 x y) a b

let private every =
    [ "float64", tensor [ 1.5; Double.NaN; Double.NegativeInfinity; -0.0; Double.Epsilon ]
      "flags", tensor [ true; false; true ]
      "float32", tensor [ [ 1.0f; Single.MaxValue ] ]
      "none", zeros [ 0; 3 ]
      "int64", tensor [ Int64.MinValue; Int64.MaxValue ]
      "", scalar 3
      "Layers[0].Weight \"ö\"", ones [ 2; 1; 2 ] ]

/// An entry of a header.
let private entry name dtype (shape: string) (offsets: string) =
    $"\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":[{shape}],\"data_offsets\":[{offsets}]}}"

let hostile: (string * byte[] * string) list =
    let file (entries: string list) length = bytesOf ("{" + String.Join(",", entries) + "}") (Array.zeroCreate length)

    [ "empty", [||], "at least 8"
      "shorter than a length", Array.zeroCreate 7, "got 7 bytes"
      "a header of nothing", Array.zeroCreate 8, "does not begin with {"
      "a header beyond the limit", BitConverter.GetBytes 100_000_001L, "the format allows 100000000"
      "a negative length", BitConverter.GetBytes -1L, "18446744073709551615"
      "a header longer than the file", BitConverter.GetBytes 1000L, "1000 bytes, but only 0 bytes follow"
      "a space before it", bytesOf " {}" [||], "does not begin with {"
      "a line after it", bytesOf "{}\n" [||], "byte 10 after its end"
      "two headers", bytesOf "{}{}" [||], "after its end"
      "an open header", bytesOf "{" [||], "near byte"
      "an array", bytesOf "[]" [||], "does not begin with {"
      "depth", bytesOf ("{\"a\":" + String('[', 100_000)) [||], "found StartArray"
      "depth in metadata", bytesOf "{\"__metadata__\":{\"a\":{\"b\":{\"c\":{}}}}}" [||], "found StartObject"
      "metadata that is a number", bytesOf "{\"__metadata__\":{\"a\":1}}" [||], "found Number"
      "an open string", bytesOf "{\"" [||], "near byte"
      "a comment", bytesOf "{/**/}" [||], "near byte"
      "a comma at the end", file [ entry "a" "F32" "1" "0,4"; "" ] 4, "near byte"
      "a tensor twice", file [ entry "a" "F32" "1" "0,4"; entry "a" "F32" "1" "4,8" ] 8, "\"a\" twice"
      "metadata twice", bytesOf "{\"__metadata__\":{},\"__metadata__\":{}}" [||], "twice"
      "a dtype twice", bytesOf "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F64\"}}" [||], "\"dtype\" twice"
      "a foreign member", bytesOf "{\"a\":{\"code\":\"import os\"}}" [||], "has \"code\""
      "no shape", bytesOf "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,0]}}" [||], "lacks one"
      "three offsets", file [ entry "a" "F32" "1" "0,4,4" ] 4, "more than 2"
      "one offset", file [ entry "a" "F32" "1" "4" ] 4, "lacks one"
      "an unknown dtype", file [ entry "a" "F8_E4M3" "4" "0,4" ] 4, "F8_E4M3"
      "a fraction", file [ entry "a" "F32" "1.5" "0,6" ] 6, "not an integer"
      "a negative extent", file [ entry "a" "F32" "-1" "0,4" ] 4, "not an integer of 0 or more"
      "an extent beyond int64", file [ entry "a" "F32" "9223372036854775808" "0,4" ] 4, "not an integer"
      "a product that overflows to 4", file [ entry "a" "F32" "4611686018427387904,4,1" "0,4" ] 4, "more than a tensor"
      "a product beyond an array", file [ entry "a" "F32" "65536,65536" "0,4" ] 4, "more than a tensor"
      "an overflow hidden by 0", file [ entry "a" "F32" "4294967296,0" "0,0" ] 0, "more than a tensor"
      "too many axes", file [ entry "a" "F32" (String.Join(",", Array.create 65 "1")) "0,4" ] 4, "more than 64"
      "offsets that turn back", file [ entry "a" "F32" "1" "4,0" ] 4, "expected 4 bytes"
      "too many bytes", file [ entry "a" "F32" "1" "0,8" ] 8, "expected 4 bytes"
      "beyond the file", file [ entry "a" "F32" "1000000" "0,4000000" ] 4, "4 bytes after the header, expected 4000000"
      "bytes behind the tensors", file [ entry "a" "F32" "1" "0,4" ] 5, "5 bytes after the header, expected 4"
      "overlap", file [ entry "a" "F32" "2" "0,8"; entry "b" "F32" "1" "4,8" ] 8, "overlaps"
      "the same bytes twice", file [ entry "a" "F32" "1" "0,4"; entry "b" "F32" "1" "0,4" ] 4, "overlaps"
      "a gap", file [ entry "a" "F32" "1" "0,4"; entry "b" "F32" "1" "8,12" ] 12, "gap"
      "a gap at the start", file [ entry "a" "F32" "1" "4,8" ] 8, "gap"
      "a bool of 2", bytesOf ("{" + entry "a" "BOOL" "2" "0,2" + "}") [| 1uy; 2uy |], "has 2 at 1, expected 0 or 1" ]

let private hostileNames = hostile |> List.map (fun (name, _, _) -> name)

[<Tests>]
let tests =
    testList
        "Learning.Safetensors"
        [ testCase "written files read back: dtypes, shapes, order, names, texts" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "new folder", "every.safetensors")
                  let metadata = [ "format", "pt"; "größe", "{\"a\":\n[1]}"; "", "" ]
                  Safetensors.write path metadata every
                  let file = Safetensors.read path
                  same every file.Tensors
                  Expect.equal file.Metadata (Map.ofList metadata) "file.Metadata"
                  Safetensors.write path [] []
                  Expect.equal (Safetensors.read path) { Metadata = Map.empty; Tensors = [] } "Safetensors.read path"))

          testCase "the bytes are those of the format, widest numbers first and at multiples of 8" (fun () ->
              let expected =
                  bytesOf
                      ("{\"__metadata__\":{\"k\":\"vw\"},\"b\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[8,10]},"
                       + "\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}       ")
                      [| 0uy; 0uy; 128uy; 63uy; 0uy; 0uy; 0uy; 192uy; 1uy; 0uy |]

              inFolder (fun folder ->
                  let path = Path.Combine(folder, "two")
                  Safetensors.write
                      path
                      [ "k", "vw" ]
                      [ "b", tensor [ true; false ]; "a", tensor [ [ 1.0f; -2.0f ] ] ]
                  Expect.equal (File.ReadAllBytes path) expected "File.ReadAllBytes path"))

          testList
              "numbers of types that tensors lack are widened"
              [ for stored, hex, dtype, first, second in
                    [ "F16", "003C00C0", "float32", 1.0, -2.0
                      "BF16", "803F00C0", "float32", 1.0, -2.0
                      "I8", "7F80", "int32", 127.0, -128.0
                      "U8", "7F80", "int32", 127.0, 128.0
                      "I16", "01000080", "int32", 1.0, -32768.0
                      "U16", "01000080", "int32", 1.0, 32768.0
                      "U32", "0100000000000080", "int64", 1.0, 2147483648.0 ] do
                    testCase $"{stored}, {hex}, {dtype}, {first}, {second}" (fun () ->
                        let data = Convert.FromHexString hex
                        let header =
                            $"{{\"x\":{{\"data_offsets\":[0,{data.Length}],\"dtype\":\"{stored}\",\"shape\":[2]}}}}"

                        withFile "widened" (bytesOf header data) (fun path ->
                            let x = (Safetensors.read path).Tensors |> List.exactlyOne |> snd
                            Expect.equal (string x.Dtype) dtype "string x.Dtype"
                            Expected.holds [ 2 ] [ first; second ] x)) ]

          testList
              "a hostile file is refused with a message"
              [ for name in hostileNames do
                    testCase name (fun () ->
                        let _, bytes, words = hostile |> List.find (fun (n, _, _) -> n = name)
                        withFile "hostile.safetensors" bytes (fun path ->
                            refuses path [ words ] (fun () -> Safetensors.read path))) ]

          testCase "names that are not Unicode are refused when read" (fun () ->
              let header = Array.concat [ "{\""B; [| 0xFFuy |]; "\":1}"B ]
              let bytes = Array.append (BitConverter.GetBytes(int64 header.Length)) header
              withFile "latin" bytes (fun path -> refuses path [ "near byte" ] (fun () -> Safetensors.read path))

              withFile "half" (bytesOf "{\"\\ud800\":1}" [||]) (fun path ->
                  refuses path [ "near byte" ] (fun () -> Safetensors.read path)))

          testCase "missing files and folders are named" (fun () ->
              inFolder (fun folder ->
                  let missing = Path.Combine(folder, "missing")
                  refuses missing [ "Safetensors.read"; "no such file" ] (fun () -> Safetensors.read missing)
                  refuses folder [ "not a folder" ] (fun () -> Safetensors.read folder))

              let e = Expect.thrown<InputException>(fun () -> Safetensors.read "" |> ignore)
              Expect.stringContains e.Message "expected the name of a file" "e.Message")

          testCase "an interrupted write leaves only the old file" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "model")
                  Safetensors.write path [] [ "x", ones [ 3 ] ]
                  let old = File.ReadAllBytes path
                  let place: NeuralDE.Internal.Data.Place = { Verb = "test"; Path = path }

                  for interruption in [ IOException "disk full" :> exn; OperationCanceledException() ] do
                      let write (stream: Stream) =
                          stream.Write(ReadOnlySpan(Array.zeroCreate<byte> 100_000))
                          raise interruption

                      let failure = Expect.thrownAny<exn>(fun () -> NeuralDE.Internal.Data.Files.write place write)
                      let expected =
                          if interruption :? IOException then typeof<FileException> else interruption.GetType()
                      Expect.equal (failure.GetType()) expected "failure.GetType()"
                      Expect.equal (File.ReadAllBytes path) old "File.ReadAllBytes path"
                      Expect.equal
                          (Directory.GetFileSystemEntries folder)
                          [| path |]
                          "Directory.GetFileSystemEntries folder"))

          testCase "a reader gets the old file or the new one, never a part" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "model")
                  let model value = [ "x", full [ 20_000 ] value ]
                  Safetensors.write path [] (model 0.0)
                  use stop = new CancellationTokenSource()

                  let reader =
                      Tasks.Task.Run(fun () ->
                          while not stop.IsCancellationRequested do
                              let x = (Safetensors.read path).Tensors.Head |> snd
                              let values = x.ToArray()
                              for value in values do
                                  Expect.equal value values[0] "value")

                  for i in 1..30 do
                      Safetensors.write path [] (model (float i))

                  stop.Cancel()
                  reader.Wait()))

          testCase "invalid contents are refused before the file is changed" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "model")

                  let refused (words: string) metadata tensors =
                      let e = Expect.thrown<InputException>(fun () -> Safetensors.write path metadata tensors)
                      Expect.stringContains e.Message words "e.Message"
                      Expect.isEmpty (Directory.GetFileSystemEntries folder) "Directory.GetFileSystemEntries folder"

                  let x = ones [ 1 ]
                  refused "two tensors named \"x\"" [] [ "x", x; "x", x ]
                  refused "two metadata entries named \"k\"" [ "k", "1"; "k", "2" ] []
                  refused "a reserved name of the format" [] [ "__metadata__", x ]
                  refused "half a character" [] [ String('\uD800', 1), x ]
                  refused "half a character" [ "k", String('\uDC00', 1) ] []

                  Expect.thrown<TraceException>(fun () ->
                      grad
                          (fun x ->
                              Safetensors.write path [] [ "x", x ]
                              sum x)
                          x
                      |> ignore)
                  |> ignore

                  Expect.isEmpty (Directory.GetFileSystemEntries folder) "Directory.GetFileSystemEntries folder"))

          testCase "a stream that cannot seek is read too" (fun () ->
              use memory = new MemoryStream()
              Safetensors.writeTo "test" [] every memory
              use compressed = new MemoryStream()
              (use zip = new Compression.GZipStream(compressed, Compression.CompressionMode.Compress, true)
               zip.Write(ReadOnlySpan(memory.ToArray())))
              compressed.Position <- 0L
              use unzip = new Compression.GZipStream(compressed, Compression.CompressionMode.Decompress)
              let place: NeuralDE.Internal.Data.Place = { Verb = "test"; Path = "a stream" }
              same every (NeuralDE.Internal.Data.Files.readStream place unzip (Safetensors.readFrom place)).Tensors) ]
