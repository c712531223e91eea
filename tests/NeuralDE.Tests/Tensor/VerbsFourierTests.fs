module NeuralDE.Tests.VerbsFourierTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Expected

let private complex seed shape = { Re = noise seed shape; Im = noise (seed + 1) shape }

/// Σⱼ xⱼ exp(−2πi jk/n), from the definition.
let private naive (x: ComplexTensor) =
    let re, im = x.Re.ToArray(), x.Im.ToArray()
    let n = re.Length

    let at k =
        List.reduce
            (+)
            [ for j in 0 .. n - 1 ->
                  let angle = -2.0 * Math.PI * float (j * k) / float n
                  Numerics.Complex(re[j], im[j]) * Numerics.Complex.FromPolarCoordinates(1.0, angle) ]

    Array.init n at

[<Tests>]
let tests =
    testList
        "Tensor.VerbsFourier"
        [ testCase "transforms equal their definition and are inverse" (fun () ->
              for n in [ 1; 2; 3; 4; 5; 6; 7; 8; 12; 16; 17 ] do
                  let x = complex n [ n ]
                  let y = fft x
                  let expected = naive x
                  close 1e-12 [ n ] (expected |> Seq.map (fun c -> c.Real)) y.Re
                  close 1e-12 [ n ] (expected |> Seq.map (fun c -> c.Imaginary)) y.Im
                  let back = ifft y
                  like 1e-13 x.Re back.Re
                  like 1e-13 x.Im back.Im
                  let half = rfft x.Re
                  let whole = fft { Re = x.Re; Im = zeros [ n ] }
                  like 1e-13 whole.Re[.. n / 2] half.Re
                  like 1e-13 whole.Im[.. n / 2] half.Im
                  like 1e-13 x.Re (irfft n half)

              let batch = complex 3 [ 2; 3; 5 ]
              let y = fft batch
              like 1e-13 (fft { Re = batch.Re[1, 2]; Im = batch.Im[1, 2] }).Re y.Re[1, 2]
              Expect.equal ((rfft (tensor [ 1.0f; 2.0f ])).Re.Dtype) Float32 "(rfft (tensor [ 1.0f; 2.0f ])).Re.Dtype")

          testCase "cosine transforms equal their definition and are inverse" (fun () ->
              for n in [ 1; 2; 3; 4; 5; 8; 11 ] do
                  let x = noise n [ n ]
                  let v = x.ToArray()
                  let angle j k = cos (Math.PI * float (k * (2 * j + 1)) / float (2 * n))
                  let second = [ for k in 0 .. n - 1 -> 2.0 * Seq.sum [ for j in 0 .. n - 1 -> v[j] * angle j k ] ]
                  let third =
                      [ for k in 0 .. n - 1 -> v[0] + 2.0 * Seq.sum [ for j in 1 .. n - 1 -> v[j] * angle k j ] ]
                  close 1e-13 [ n ] second (dct false x)
                  close 1e-13 [ n ] third (dct3 false x)

                  for isOrthonormal in [ false; true ] do
                      like 1e-13 x (idct isOrthonormal (dct isOrthonormal x))

                  like 1e-13 (norm x) (norm (dct true x))
                  like 1e-13 x (dct3 true (dct true x))

              let batch = noise 1 [ 2; 4 ]
              like 1e-13 (dct true batch[1]) (dct true batch).[1])

          testCase "errors name the mistake" (fun () ->
              raises<ShapeException> [ "fft"; "[3]"; "[2]" ] (fun () ->
                  (fft { Re = zeros [ 3 ]; Im = zeros [ 2 ] }).Re)
              raises<ShapeException> [ "rfft"; "at least one" ] (fun () -> (rfft (zeros [ 0 ])).Re)
              raises<ShapeException> [ "irfft"; "4 numbers have 3"; "got 2" ] (fun () ->
                  irfft 4 { Re = zeros [ 2 ]; Im = zeros [ 2 ] })
              raises<DtypeException> [ "dct"; "int32" ] (fun () -> dct true (tensor [ 1; 2 ]))
              raises<ShapeException> [ "dct"; "[]" ] (fun () -> dct true (scalar 1.0))) ]
