/// Damaged and hostile files give the right tensors or a FileException, with bounded memory and time.
module NeuralDE.Tests.Learning.SafetensorsFuzzTests

open System
open System.IO
open System.Text
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Data.Mutations

let private place: NeuralDE.Internal.Data.Place = { Verb = "test"; Path = "fuzz" }

let private read (bytes: byte[]) =
    use stream = new MemoryStream(bytes)
    NeuralDE.Internal.Data.Files.readStream place stream (Safetensors.readFrom place)

let private tensors =
    [ "Hidden.Weight", randn (Key 1) [ 3; 4 ]
      "Hidden.Bias", randn (Key 2) [ 4 ] |> cast Float32
      "Mask", tensor [ true; false; true ]
      "Count", scalar 7L
      "None", zeros [ 2; 0 ] ]

let private valid =
    use stream = new MemoryStream()
    Safetensors.writeTo "test" [ "structure", "Net { Hidden = Linear }"; "rate", "0.1" ] tensors stream
    stream.ToArray()

let private headerLength = int (BitConverter.ToInt64(valid, 0))

/// Reads a file; if it is accepted, it must be the same after writing and reading again.
let private attempt (bytes: byte[]) =
    bounded bytes (fun () ->
        let file = read bytes
        use again = new MemoryStream()
        Safetensors.writeTo "test" (Map.toList file.Metadata) file.Tensors again
        let other = read (again.ToArray())
        Expect.equal (List.map fst other.Tensors) (List.map fst file.Tensors) "List.map fst other.Tensors"
        Expect.equal other.Metadata file.Metadata "other.Metadata"
        for (_, x), (_, y) in List.zip file.Tensors other.Tensors do
            Expect.equal y.Shape x.Shape "y.Shape")

/// A header made of words of the format, and of similar ones.
let private header (random: Random) =
    let pick (xs: 'T[]) = xs[random.Next xs.Length]

    let number () =
        pick
            [| "0"
               "1"
               "2"
               "4"
               "8"
               "12"
               "-1"
               "1.0"
               "1e1"
               "2147483648"
               "4294967296"
               "9223372036854775807"
               "99999999999999999999" |]

    let numbers () = String.Join(",", Array.init (random.Next 4) (fun _ -> number ()))
    let dtype () = pick [| "F64"; "F32"; "F16"; "BF16"; "I8"; "U8"; "BOOL"; "F8_E5M2"; "f32"; "" |]

    let member' depth =
        match random.Next(if depth < 3 then 8 else 7) with
        | 0
        | 1 -> $"\"dtype\":\"{dtype ()}\""
        | 2
        | 3 -> $"\"shape\":[{numbers ()}]"
        | 4
        | 5 -> $"\"data_offsets\":[{numbers ()}]"
        | 6 -> "\"a\":null"
        | _ -> "\"b\":{}"

    let likely () =
        let size = random.Next 3
        let start = random.Next 2 * 4
        $"\"dtype\":\"F32\",\"shape\":[{size}],\"data_offsets\":[{start},{start + 4 * size}]"

    let body () =
        if random.Next 2 = 0 then
            likely ()
        else
            String.Join(",", Array.init (random.Next 5) (fun _ -> member' (random.Next 4)))

    let entry () = pick [| "a"; "b"; "c"; "__metadata__"; "\\u0061"; "" |] |> fun name -> $"\"{name}\":{{{body ()}}}"
    "{" + String.Join(",", Array.init (random.Next 4) (fun _ -> entry ())) + pick [| "}"; "}"; "}"; "}  "; "" |]

[<Tests>]
let tests =
    testList
        "Learning.SafetensorsFuzz"
        [ testCase "every truncation is refused" (fun () ->
              for length in 0 .. valid.Length - 1 do
                  Expect.isFalse
                      (attempt valid[.. length - 1])
                      $"The first {length} of {valid.Length} bytes were accepted."

              Expect.isTrue (attempt valid) "The whole file was refused.")

          testCase
              "a flipped bit of the header is refused or changes the result, and a flipped bit of the numbers is accepted"
              (fun () ->
                  for bit in 0 .. 8 * valid.Length - 1 do
                      let bytes = Array.copy valid
                      bytes[bit / 8] <- bytes[bit / 8] ^^^ (1uy <<< bit % 8)
                      let isAccepted = attempt bytes
                      // the last three bytes are bools
                      let isNumbers = bit / 8 >= 8 + headerLength && bit / 8 < valid.Length - 3
                      Expect.isTrue (isAccepted || not isNumbers) $"Bit {bit}, one of the numbers, was refused."
                      Expect.isFalse
                          (isAccepted && bit / 8 < 8)
                          $"Bit {bit}, one of the header's length, was accepted.")

          testCase "random damage is refused or read" (fun () ->
              let accepted = damage 10_000 valid |> Seq.filter attempt |> Seq.length
              Expect.inRange accepted (1, 9_999) "accepted")

          testCase "hostile headers are refused or read" (fun () ->
              let random = Random 20
              let mutable accepted = 0

              for _ in 1..10_000 do
                  let header = Encoding.UTF8.GetBytes(header random)
                  let length =
                      if random.Next 10 = 0 then random.NextInt64() >>> random.Next 64 else int64 header.Length
                  let data = Array.zeroCreate (pown 2 (random.Next 5) - 1 + random.Next 2)
                  let bytes = Array.concat [ BitConverter.GetBytes length; header; data ]
                  if attempt bytes then accepted <- accepted + 1

              Expect.inRange accepted (20, 9_999) "accepted") ]
