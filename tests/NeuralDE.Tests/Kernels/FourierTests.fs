module NeuralDE.Tests.Kernels.FourierTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels
open NeuralDE.Tests.Kernels.NativeArrays

/// A number as the exact sum of two float64 (Dekker, A floating-point technique for extending the available precision,
/// 1971): about 32 digits.
[<Struct>]
type Double2 =
    { High: float
      Low: float }

    static member Sum(a: float, b: float) =
        let sum = a + b
        let other = sum - a
        { High = sum; Low = (a - (sum - other)) + (b - other) }

    static member (+)(a: Double2, b: Double2) =
        let sum = Double2.Sum(a.High, b.High)
        Double2.Sum(sum.High, sum.Low + (a.Low + b.Low))

    static member (*)(a: Double2, b: Double2) =
        let product = a.High * b.High
        let error = Math.FusedMultiplyAdd(a.High, b.High, -product)
        Double2.Sum(product, error + (a.High * b.Low + a.Low * b.High))

    static member (/)(a: Double2, b: float) =
        let quotient = a.High / b
        let product = quotient * b
        let error = Math.FusedMultiplyAdd(quotient, b, -product)
        Double2.Sum(quotient, ((a.High - product) - error + a.Low) / b)

    static member (~-)(a: Double2) = { High = -a.High; Low = -a.Low }

let private whole x : Double2 = { High = x; Low = 0.0 }

/// cos and sin of 2π j / n by their power series within an eighth of a turn.
let private turn (j: int) (n: int) =
    let eighths = 8L * int64 j
    let n = int64 n
    let quarters = (eighths + n) / (2L * n) // the nearest multiple of a quarter of a turn
    let pi = Double2.Sum(Math.PI, 1.2246467991473532e-16)
    let angle: Double2 = (pi * whole (float (eighths - 2L * n * quarters))) / float (4L * n)
    let minusSquare: Double2 = -(angle * angle)

    let series (first: Double2) start =
        let mutable term = first
        let mutable sum = first

        for i in 0..13 do
            term <- term * minusSquare / float ((2 * i + start) * (2 * i + start + 1))
            sum <- sum + term

        sum

    let cosine, sine = series (whole 1.0) 1, series angle 2

    match quarters % 4L with
    | 0L -> struct (cosine, sine)
    | 1L -> struct (-sine, cosine)
    | 2L -> struct (-cosine, -sine)
    | _ -> struct (sine, -cosine)

/// X[k] of one row for the given k, in about 32 digits, rounded at the end.
let private exact inverse n (x: float[]) (ks: int[]) =
    let turns = Array.init n (fun j -> turn j n)

    ks
    |> Array.map (fun k ->
        let mutable re = whole 0.0
        let mutable im = whole 0.0

        for j in 0 .. n - 1 do
            let struct (cosine, sine) = turns[int (int64 j * int64 k % int64 n)]
            let sine = if inverse then sine else -sine
            let xRe, xIm = whole x[2 * j], whole x[2 * j + 1]
            re <- re + xRe * cosine + -(xIm * sine)
            im <- im + xRe * sine + xIm * cosine

        struct (re.High, im.High))

let private numbers (seed: int) count =
    let random = System.Random seed
    Array.init count (fun _ -> random.NextDouble() * 2.0 - 1.0)

/// With one width; width 1 calls the entry point of the engine.
let private transform width (dtype: Dtype) inverse batches n (x: NdArray) =
    use source = holdArray (n % 2 = 0) x
    use target = holdArray (n % 2 = 1) (NdArray.Zeros(dtype, x.Shape))
    let from, into, batches, length = source.Address, target.Address, int64 batches, int64 n

    match width, dtype with
    | 512, Float32 -> FourierRows<float32, Lanes512<float32>>.Run(inverse, batches, length, from, into)
    | 512, _ -> FourierRows<float, Lanes512<float>>.Run(inverse, batches, length, from, into)
    | 256, Float32 -> FourierRows<float32, Lanes256<float32>>.Run(inverse, batches, length, from, into)
    | 256, _ -> FourierRows<float, Lanes256<float>>.Run(inverse, batches, length, from, into)
    | 0, Float32 -> FourierRows<float32, Lane<float32>>.Run(inverse, batches, length, from, into)
    | 0, _ -> FourierRows<float, Lane<float>>.Run(inverse, batches, length, from, into)
    | _ -> Fourier.Run(elementType dtype, inverse, batches, length, from, into)

    readArray dtype x.Shape target

let private unit (dtype: Dtype) = if dtype = Float32 then 0.5 ** 24.0 else 0.5 ** 53.0
let private norm (x: float[]) =
    let squares = x |> Array.fold (fun sum v -> sum + whole v * whole v) (whole 0.0)
    sqrt squares.High

/// The largest allowed error of an element: two rounding units per factor of two in the length, relative to the norm of
/// the transformed numbers.
let private bound dtype n size = 2.0 * unit dtype * Math.Log2(float n + 1.0) * size

let private check (dtype: Dtype) n =
    let x = NdArray.OfFloats(dtype, [| 1; n; 2 |], numbers n (2 * n))
    let values = x.Floats
    let size = norm values
    let random = System.Random n

    let ks =
        if n <= 40 then
            Array.init n id
        else
            Array.append [| 0; 1; n / 2; n - 1 |] (Array.init 8 (fun _ -> random.Next n))

    for inverse in [ false; true ] do
        let result = transform 1 dtype inverse 1 n x
        let got = result.Floats

        Array.iter2
            (fun k (struct (re, im)) ->
                let error = Math.Sqrt(Math.Pow(got[2 * k] - re, 2.0) + Math.Pow(got[2 * k + 1] - im, 2.0))

                if not (error <= bound dtype n size) then
                    failtest
                        $"{dtype} {n}, inverse {inverse}, k = {k}: {got[2 * k]} + {got[2 * k + 1]} i, expected {re} + {im} i")
            ks
            (exact inverse n values ks)

        for width in widths do
            sameBits $"{dtype} {n}, inverse {inverse}, width {width}" result (transform width dtype inverse 1 n x)

        let energy = norm got / sqrt (float n)

        if not (abs (energy - size) <= bound dtype n size) then
            failtest $"{dtype} {n}: norm {energy}, expected {size}"

        let back = (transform 1 dtype (not inverse) 1 n result).Floats |> Array.map (fun v -> v / float n)

        for i in 0 .. 2 * n - 1 do
            if not (abs (back[i] - values[i]) <= 2.0 * bound dtype n size) then
                failtest $"{dtype} {n} and back: element {i} is {back[i]}, expected {values[i]}"

[<Tests>]
let tests =
    testList
        "Kernels.Fourier"
        [ testCase "every length up to 256 is near the exact transform" (fun () ->
              for n in 1..256 do
                  check Float32 n
                  check Float64 n)

          testCase "longer lengths are near the exact transform" (fun () ->
              for n in [ 1000; 1021; 4096; 3 * 5 * 7 * 11; 2 * 37 * 37 ] do
                  check Float32 n
                  check Float64 n)

          testCase "a row has the same transform alone and among others" (fun () ->
              for dtype in [ Float32; Float64 ] do
                  for n in [ 1; 2; 3; 8; 15; 31; 37; 60; 64 ] do
                      for batches in [ 0; 1; 2; 3; 9; 17; 35 ] do
                          let x = NdArray.OfFloats(dtype, [| batches; n; 2 |], numbers n (2 * n * batches))
                          let together = transform 1 dtype false batches n x

                          for width in widths do
                              sameBits
                                  $"{dtype} [{batches}; {n}] width {width}"
                                  together
                                  (transform width dtype false batches n x)

                          for b in 0 .. batches - 1 do
                              let row (x: NdArray) =
                                  NdArray.OfFloats(dtype, [| 1; n; 2 |], x.Floats[2 * n * b .. 2 * n * (b + 1) - 1])
                              sameBits
                                  $"{dtype} row {b} of [{batches}; {n}]"
                                  (row together)
                                  (transform 1 dtype false 1 n (row x)))

          testCase "empty arrays have a transform" (fun () ->
              let nothing = NdArray.Zeros(Float64, [| 3; 0; 2 |])
              sameBits "nothing" nothing (transform 1 Float64 false 3 0 nothing))

          testCase "the transform works in place" (fun () ->
              let x = NdArray(Float64, [| 2; 12; 2 |], numbers 1 48)
              use memory = holdArray true x
              Fourier.Run(ElementType.Float64, false, 2L, 12L, memory.Address, memory.Address)
              sameBits "in place" (transform 1 Float64 false 2 12 x) (readArray Float64 x.Shape memory))

          testCase "the transform of a constant has one exact non-zero number" (fun () ->
              for n in [ 4; 16; 60; 64 ] do
                  let x = NdArray(Float64, [| 1; n; 2 |], Array.init (2 * n) (fun i -> if i % 2 = 0 then 1.0 else 0.0))
                  let got = (transform 1 Float64 false 1 n x).Floats
                  Expect.equal got[0] (float n) "got[0]"

                  for i in 1 .. 2 * n - 1 do
                      Expect.inRange got[i] (-1e-14, 1e-14) "got[i]") ]
