/// NumPy's files: files written by NumPy (make.py in the folder files), by the library, and damaged ones.
module NeuralDE.Tests.Data.NpyTests

open System
open System.IO
open System.IO.Compression
open System.Text
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Repository
open NeuralDE.Tests.Data.TemporaryFiles
open NeuralDE.Tests.Data.Mutations

let private file name = Root.file $"tests/NeuralDE.Tests/Data/files/{name}"

let private numbers: (string * Dtype * int list * float list) list =
    [ "float64", Float64, [ 2; 3 ], [ 1.5; -0.0; infinity; nan; 5e-324; -1e300 ]
      "float32", Float32, [ 1; 2; 3 ], [ for i in 0..5 -> float (float32 i / 3.0f) ]
      "float16", Float32, [ 3 ], [ 1.0; -2.0; 65504.0 ]
      "int64", Int64, [ 2 ], [ float Int64.MinValue; float Int64.MaxValue ]
      "int32", Int32, [], [ 7.0 ]
      "int16", Int32, [ 2 ], [ -300.0; 300.0 ]
      "uint8", Int32, [ 2 ], [ 0.0; 255.0 ]
      "uint32", Int64, [ 1 ], [ 4294967295.0 ]
      "bool", Bool, [ 3 ], [ 1.0; 0.0; 1.0 ]
      "big", Float64, [ 2 ], [ 1.0; 2.0 ]
      "fortran", Float64, [ 2; 3; 4 ], [ for i in 0..23 -> float i ]
      "empty", Float64, [ 0; 3 ], [] ]

let private every: (string * Tensor) list =
    [ "float64", tensor [ [ 1.0; nan ]; [ -infinity; -0.0 ] ]
      "float32", tensor [ 1.0f ]
      "int64", tensor [ Int64.MinValue ]
      "int32", scalar 3
      "bool", tensor [ true; false ]
      "empty", zeros [ 2; 0 ] ]

/// A file of version 1 with this header.
let private bytesOf (header: string) (data: byte[]) =
    let header = Encoding.UTF8.GetBytes header
    Array.concat
        [ "\x93NUMPY\x01\x00" |> Encoding.Latin1.GetBytes; BitConverter.GetBytes(uint16 header.Length); header; data ]

let private header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"

// ---- damage -------------------------------------------------------------------------------------------------------

[<Tests>]
let tests =
    testList
        "Data.Npy"
        [ testList
              "NumPy's archives hold NumPy's arrays"
              [ for name in [ "arrays.npz"; "arrays-compressed.npz" ] do
                    testCase name (fun () ->
                        let arrays = Npz.read (file name)
                        Expect.equal
                            (List.map fst arrays)
                            (numbers |> List.map (fun (name, _, _, _) -> name))
                            "List.map fst arrays"

                        for (_, dtype, shape, values), (_, x) in List.zip numbers arrays do
                            Expect.equal x.Dtype dtype "x.Dtype"
                            Expected.holds shape values x

                        Expect.equal
                            ((snd arrays[3]).ToInt64Array())
                            [| Int64.MinValue; Int64.MaxValue |]
                            "(snd arrays[3]).ToInt64Array()") ]

          testList
              "all versions of the format are read"
              [ for name in [ "version-2.npy"; "version-3.npy" ] do
                    testCase name (fun () ->
                        Expected.holds [ 2; 3 ] [ 1.5; -0.0; infinity; nan; 5e-324; -1e300 ] (Npy.read (file name))) ]

          testCase "Fortran order is read" (fun () ->
              Expected.holds [ 2; 3; 4 ] [ for i in 0..23 -> float i ] (Npy.read (file "fortran.npy")))

          testList
              "unsupported arrays are refused"
              [ for name, words in
                    [ "structured.npy", "[('a', '<f8'), ('b', '<i4')]"
                      "complex.npy", "the dtype is <c16"
                      "object.npy", "the dtype is |O" ] do
                    testCase $"{name}, {words}" (fun () ->
                        refuses (file name) [ "Npy.read"; words ] (fun () -> Npy.read (file name))) ]

          testCase "written arrays read back" (fun () ->
              inFolder (fun folder ->
                  for name, x in every do
                      let path = Path.Combine(folder, name + ".npy")
                      Npy.write path x
                      Expected.like 0.0 x (Npy.read path)

                  let path = Path.Combine(folder, "every.npz")
                  Npz.write path every
                  let again = Npz.read path
                  Expect.equal (List.map fst again) (List.map fst every) "List.map fst again"
                  List.iter2 (fun (_, x) (_, y) -> Expected.like 0.0 x y) every again))

          testCase "written bytes equal NumPy's" (fun () ->
              let array = Npz.read (file "arrays.npz") |> List.find (fun (name, _) -> name = "float64") |> snd
              use archive = ZipFile.OpenRead(file "arrays.npz")
              use theirs = new MemoryStream()
              (use entry = (archive.GetEntry "float64.npy" |> nonNull).Open()
               entry.CopyTo theirs)
              use ours = new MemoryStream()
              Npy.writeTo array ours
              Expect.equal (ours.ToArray()) (theirs.ToArray()) "ours.ToArray()")

          testCase "a header may have any order of entries, quotes and spaces" (fun () ->
              for text in
                  [ header
                    "{\"shape\":(2,),\"fortran_order\":True,\"descr\":\"<f4\"}"
                    "{ 'shape' : ( 2L , ) ,  'descr' : '=f4' , 'fortran_order' : False } \n" ] do
                  withFile "x.npy" (bytesOf text (Array.zeroCreate 8)) (fun path ->
                      Expected.holds [ 2 ] [ 0.0; 0.0 ] (Npy.read path)))

          testList
              "inconsistent headers are refused"
              [ for header, size, words in
                    [ "{'descr': '<f4', 'shape': (2,), }", 8, "expected descr, fortran_order and shape"
                      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}", 8, "expected descr"
                      "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }", 8, "expected descr"
                      "__import__('os')", 8, "expected descr"
                      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
                      8,
                      "there are 8 bytes of numbers, expected 12"
                      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", 8, "expected 4"
                      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999, 99999), }",
                      8,
                      "more than a tensor can hold"
                      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
                      8,
                      "more than a tensor"
                      "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1,), }", 8, "more than a tensor" ] do
                    testCase $"{header}, {size}, {words}" (fun () ->
                        withFile "x.npy" (bytesOf header (Array.zeroCreate size)) (fun path ->
                            refuses path [ words ] (fun () -> Npy.read path))) ]

          testCase "other files are refused" (fun () ->
              withFile "x.npy" "hello, world"B (fun path -> refuses path [ "\\x93NUMPY" ] (fun () -> Npy.read path))
              withFile "x.npz" "hello, world"B (fun path -> refuses path [ "damaged" ] (fun () -> Npz.read path))
              withFile "x.npy" [||] (fun path -> refuses path [ "the file ends" ] (fun () -> Npy.read path))
              let missing = file "missing.npz"
              refuses missing [ "no such file" ] (fun () -> Npz.read missing)

              inFolder (fun folder ->
                  let path = Path.Combine(folder, "x.zip")
                  (use archive = ZipFile.Open(path, ZipArchiveMode.Create)
                   archive.CreateEntry("readme.txt") |> ignore)
                  refuses path [ "holds readme.txt" ] (fun () -> Npz.read path))

              let e = Expect.thrown<InputException>(fun () -> Npz.write "x.npz" [ "a", ones [ 1 ]; "a", ones [ 1 ] ])
              Expect.stringContains e.Message "a distinct, non-empty name" "e.Message")

          testCase "a damaged array is refused or read, without other exceptions" (fun () ->
              let valid = bytesOf header [| 0uy .. 7uy |]
              let attempt (bytes: byte[]) = bounded bytes (fun () -> readBytes Npy.readFrom bytes |> ignore)
              for length in 0 .. valid.Length - 1 do
                  Expect.isFalse (attempt valid[.. length - 1]) "attempt valid[.. length - 1]"

              let accepted = damage 3000 valid |> Seq.filter attempt |> Seq.length
              Expect.inRange accepted (1, 2999) "accepted")

          testList
              "a damaged archive is refused, or gives the original arrays"
              [ for isCompressed in [ false; true ] do
                    testCase $"{isCompressed}" (fun () ->
                        let expected = randn (Key 1) [ 4; 5 ]

                        let valid =
                            use memory = new MemoryStream()
                            (use archive = new ZipArchive(memory, ZipArchiveMode.Create, true)
                             let level =
                                 if isCompressed then CompressionLevel.Optimal else CompressionLevel.NoCompression
                             use entry = archive.CreateEntry("x.npy", level).Open()
                             Npy.writeTo expected entry)
                            memory.ToArray()

                        let attempt (bytes: byte[]) =
                            bounded bytes (fun () ->
                                for _, x in readBytes Npz.readFrom bytes do
                                    Expected.like 0.0 expected x)

                        Expect.isTrue (attempt valid) "attempt valid"

                        for length in 0..7 .. valid.Length - 1 do
                            Expect.isFalse (attempt valid[.. length - 1]) "attempt valid[.. length - 1]"

                        for bit in 0..3 .. 8 * valid.Length - 1 do
                            let bytes = Array.copy valid
                            bytes[bit / 8] <- bytes[bit / 8] ^^^ (1uy <<< bit % 8)
                            attempt bytes |> ignore

                        damage 1500 valid |> Seq.iter (attempt >> ignore)) ]

          testCase "an archive with overlapping entries is refused" (fun () ->
              let large = zeros [ 2000 ]

              let valid =
                  use memory = new MemoryStream()
                  (use archive = new ZipArchive(memory, ZipArchiveMode.Create, true)
                   for name in [ "a.npy"; "b.npy"; "c.npy" ] do
                       use entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open()
                       Npy.writeTo large entry)
                  memory.ToArray()

              // without the local entries of b and c, and with the position of a for both in the directory
              let size = (valid.Length - 22) / 3
              Expect.isTrue (size > 16_000) "size > 16_000"
              let text = Encoding.Latin1.GetString valid
              let directory = text.IndexOf "PK\u0001\u0002"
              let one = text.IndexOf("PK\u0003\u0004", 4)
              let bytes = Array.append valid[.. one - 1] valid[directory..]
              let at (name: string) = text.LastIndexOf(name) - directory + one - 46

              for name in [ "b.npy"; "c.npy" ] do
                  BitConverter.TryWriteBytes(Span(bytes, at name + 42, 4), 0) |> ignore

              BitConverter.TryWriteBytes(Span(bytes, bytes.Length - 6, 4), one) |> ignore
              withFile "bomb.npz" bytes (fun path ->
                  refuses path [ "expected them side by side" ] (fun () -> Npz.read path))) ]
