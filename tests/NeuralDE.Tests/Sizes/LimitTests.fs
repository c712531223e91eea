/// The limits of sizes: 2³¹ − 1 along an axis, 0x7FFFFFC7 stored, 2⁶⁰ counted, and the memory of the machine.
module NeuralDE.Tests.Sizes.LimitTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph

let private most = Int32.MaxValue

let private refused (parts: string list) (action: unit -> objnull) =
    let e = Expect.thrown<ShapeException>(fun () -> action () |> ignore)

    for part in parts do
        Expect.stringContains e.Message part "the message"

// ── extents ──────────────────────────────────────────────────────────────────────────────────────────────────────
let private x1 = ones [ 1; 1; 5 ]
let private k1 = ones [ 1; 1; 3 ]

[<Tests>]
let tests =
    testList
        "Sizes.Limit"
        [
          // ── the count ────────────────────────────────────────────────────────────────────────────────────────────────────
          testCase "sizes are counted in 64 bits" (fun () ->
              Expect.equal (Shape.size [| 65536; 65536 |]) 4294967296L "Shape.size [| 65536; 65536 |]"
              Expect.equal (Shape.size [||]) 1L "Shape.size [||]"
              Expect.equal (Shape.size [| most; 0; 65536 |]) 0L "Shape.size [| most; 0; 65536 |]"
              Expect.equal
                  (Shape.size [| 1073741824; 1073741823 |])
                  1152921503533105152L
                  "Shape.size [| 1073741824; 1073741823 |]")

          testCase "the largest size is the largest whose bytes int64 counts" (fun () ->
              // 2⁶⁰ − 1 = 3² 5² 7 11 13 31 41 61 151 331 1321
              let whole = [| 3 * 3 * 5 * 5 * 7 * 11 * 13; 31 * 41 * 61; 151 * 331; 1321 |]
              Expect.equal (Shape.size whole) Shape.mostElements "Shape.size whole"
              refused [ "1152921504606846976" ] (fun () -> box (Shape.size [| 1073741824; 1073741824 |])))

          testCase "an extent of 0 does not hide the others" (fun () ->
              // as in NumPy
              refused [ "zeros" ] (fun () -> box (zeros [ most; most; most; 0 ]))
              Expect.equal ((zeros [ 65536; 65536; 0 ]).Count) 0 "(zeros [ 65536; 65536; 0 ]).Count")

          testCase "a size that overflows to a small one is refused" (fun () ->
              // 2³² + 2¹⁶ = 2¹⁶ and 2⁶⁴ = 0 in the bits of int32 and int64
              refused [ "reshape"; "[65536; 65537]" ] (fun () -> box (reshape [ 65536; 65537 ] (zeros [ 65536 ])))
              refused [ "reshape"; "18446744073709551616" ] (fun () ->
                  box (reshape [ 65536; 65536; 65536; 65536 ] (zeros [ 0 ])))
              refused [ "reshape" ] (fun () -> box (reshape [ 65536; 65536; -1 ] (zeros [ 65536 ]))))

          // ── stored tensors
          // ───────────────────────────────────────────────────────────────────────────────────────────────
          testCase "a stored tensor fits in one array" (fun () ->
              refused [ "zeros"; "[65536; 65536]"; "4294967296"; "2147483591" ] (fun () ->
                  box (zeros [ 65536; 65536 ]))
              refused [ "ones"; "2147483647" ] (fun () -> box (ones [ most ]))
              refused [ "eye"; "[65537; 65537]" ] (fun () -> box (eye 65537))
              refused [ "+"; "[65536; 65536]" ] (fun () -> box (sum (ones [ 65536; 1 ] + ones [ 1; 65536 ])))
              refused [ "outer"; "[65536; 65536]" ] (fun () -> box (outer (ones [ 65536 ]) (ones [ 65536 ])))
              refused [ "rand"; "[65536; 65536]" ] (fun () -> box (rand (Key 1) [ 65536; 65536 ]))
              refused [ "broadcastTo" ] (fun () -> box (broadcastTo [ 65536; 65536 ] (scalar 3.0)))
              refused [ "jacobian"; "[66000; 66000]" ] (fun () -> box (jacobian sin (ones [ 66000 ])))
              refused [ "jacobian"; "[66000; 66000]" ] (fun () ->
                  box (hessian (fun x -> sum (x * x)) (ones [ 66000 ]))))

          testCase "a result of compile is stored" (fun () ->
              let add = compile (fun (a: Tensor, b: Tensor) -> a + b)
              refused [ "[65536; 65536]" ] (fun () -> box (add (ones [ 65536; 1 ], ones [ 1; 65536 ]))))

          testCase "a traced tensor counts its elements" (fun () ->
              let seen =
                  compile (fun (x: Tensor) ->
                      let wide = broadcastTo [ 65536; 65536 ] x
                      Expect.equal wide.LongCount 4294967296L "wide.LongCount"
                      refused [ "LongCount" ] (fun () -> box wide.Count)
                      x * float wide.LongCount)

              Expect.equal (float (seen (scalar 1.0))) 4294967296.0 "float (seen (scalar 1.0))")

          testCase "extents are computed in 64 bits" (fun () ->
              let usual = ConvOptions.Default
              refused [ "conv1d" ] (fun () -> box (conv1d { usual with Padding = [ most ] } k1 x1))
              refused [ "conv1d" ] (fun () ->
                  box (conv1d { usual with Dilation = [ 1 <<< 30 ] } (ones [ 1; 1; 5 ]) x1))
              refused [ "convTranspose1d" ] (fun () ->
                  box (convTranspose1d { usual with Stride = [ 1 <<< 30 ] } k1 x1))
              refused [ "pad" ] (fun () -> box (pad [ most, most ] (ones [ 5 ])))
              refused [ "repeat" ] (fun () -> box (repeat 0 most (ones [ 3 ])))
              refused [ "tile" ] (fun () -> box (tile [ most ] (ones [ 3 ])))
              refused [ "concat" ] (fun () -> box (concat [ zeros [ most; 0 ]; zeros [ 1; 0 ] ]))
              refused [ "flatten" ] (fun () ->
                  box (compile (fun (x: Tensor) -> sum (flatten (broadcastTo [ 65536; 65536 ] x))) (scalar 1.0)))
              Expect.thrown<InputException>(fun () -> chunk most (ones [ 3 ]) |> ignore) |> ignore)

          testCase "the diagonal of a row of the longest axis" (fun () ->
              let first = compile (fun (x: Tensor) -> diagonal (broadcastTo [ 1; most ] x)) (scalar 2.0)
              Expect.equal (first.ToArray()) [| 2.0 |] "first.ToArray()")

          testCase "an axis of 0 with other long axes costs nothing" (fun () ->
              let x = zeros [ 536870912; 1073741823; 0 ]
              Expect.equal
                  ((permute [ 1; 0; 2 ] x).Shape)
                  [| 1073741823; 536870912; 0 |]
                  "(permute [ 1; 0; 2 ] x).Shape"
              Expect.equal ((x + 1.0).Shape) [| 536870912; 1073741823; 0 |] "(x + 1.0).Shape")

          // ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────
          testCase "running out of memory is reported, with the largest value" (fun () ->
              // a running total of 2⁴² numbers, which exceeds the memory of any test machine
              let total = compile (fun (x: Tensor) -> sum (cumsum 0 (broadcastTo [ 2097152; 2097152 ] x)))
              refused [ "out of memory"; "[2097152; 2097152]" ] (fun () -> box (total (tensor [ 1.0 ]))))

          testCase "results that are kept until there is no room are refused, and their memory is used again" (fun () ->
              Children.run 3.0 "kept" 4000000 2)

          // ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────
          testList
              "a file with a shape that no array can have is refused"
              [ for shape in
                    [ "65536, 65536"
                      "65536, 65536, 65536, 65536"
                      "2147483647, 2147483647, 2147483647, 0"
                      "9223372036854775807, 2" ] do
                    testCase shape (fun () ->
                        let header = $"{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}"
                        let header = header.PadRight(118 - 1) + "\n"
                        let bytes =
                            Array.concat
                                [ [| 0x93uy |]
                                  "NUMPY"B
                                  [| 1uy; 0uy; 118uy; 0uy |]
                                  Text.Encoding.ASCII.GetBytes header ]
                        let path = IO.Path.GetTempFileName()

                        try
                            IO.File.WriteAllBytes(path, bytes)
                            Expect.thrown<FileException>(fun () -> Npy.read path |> ignore) |> ignore
                        finally
                            IO.File.Delete path) ] ]
