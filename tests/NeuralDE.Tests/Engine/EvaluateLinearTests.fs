module NeuralDE.Tests.EvaluateLinearTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Tests.Arrays

// contractions

let private plain d =
    { Stride = Array.create d 1
      Low = Array.create d 0
      High = Array.create d 0
      DilateInput = Array.create d 1
      DilateKernel = Array.create d 1 }

/// Scatters instead of gathering: zeros are inserted into the input and the kernel, which is then dense and without
/// padding, and each element of the padded input is added to the results that read it.
let private otherConv (c: Conv) (x: NdArray) (k: NdArray) (shape: int[]) =
    let d = x.Shape.Length - 3
    let spread (dilate: int[]) (n: int[]) = Array.init d (fun a -> if n[a] = 0 then 0 else (n[a] - 1) * dilate[a] + 1)
    let output = shape[3..]

    let rec indices (extents: int list) =
        match extents with
        | [] -> [ [] ]
        | n :: rest ->
            [ for i in 0 .. n - 1 do
                  for tail in indices rest -> i :: tail ]

    let flat (shape: int[]) (index: int list) =
        List.fold2 (fun sum extent i -> sum * extent + i) 0 (List.ofArray shape) index

    let y = Array.zeroCreate (Shape.stored "test" shape)
    let xs, ks = x.Floats, k.Floats
    Expect.equal
        (Array.init d (fun a ->
            let room =
                (spread c.DilateInput x.Shape[3..])[a] + c.Low[a] + c.High[a] - (spread c.DilateKernel k.Shape[3..])[a]
            if room < 0 then 0 else room / c.Stride[a] + 1))
        output
        "shape of the result"

    for s in indices (List.ofArray x.Shape[3..]) do
        for kernel in indices (List.ofArray k.Shape[3..]) do
            let starts = // the starts of the windows that have this element at this position
                List.mapi2 (fun a s k -> s * c.DilateInput[a] + c.Low[a] - k * c.DilateKernel[a]) s kernel

            let t = starts |> List.mapi (fun a start -> start / c.Stride[a])
            let fits a start = start >= 0 && start % c.Stride[a] = 0 && start / c.Stride[a] < output[a]

            if starts |> List.mapi fits |> List.forall id then
                for n in 0 .. x.Shape[0] - 1 do
                    for g in 0 .. x.Shape[1] - 1 do
                        for o in 0 .. k.Shape[1] - 1 do
                            for channel in 0 .. x.Shape[2] - 1 do
                                let at = flat shape (n :: g :: o :: t)
                                let left = xs[flat x.Shape (n :: g :: channel :: s)]
                                y[at] <- y[at] + left * ks[flat k.Shape (g :: o :: channel :: kernel)]

    NdArray.OfFloats(x.Dtype, shape, y)

// linear algebra

let private transposed (x: NdArray) = value (Permute(Shape.swapLast x.Shape.Length)) [ x ]

/// Elements where keep (row, column) is true, otherwise those of `other`.
let private masked keep (other: int -> int -> float) (x: NdArray) =
    let n = x.Shape[x.Shape.Length - 1]
    let change at v = (let i, j = at / n % n, at % n in if keep i j then v else other i j)
    NdArray.OfFloats(x.Dtype, x.Shape, Array.mapi change x.Floats)

let private luProduct (f: NdArray) =
    let l = masked (fun i j -> i > j) (fun i j -> if i = j then 1.0 else 0.0) f
    value Dot [ l; masked (fun i j -> i <= j) (fun _ _ -> 0.0) f ]

[<Tests>]
let tests =
    testList
        "Engine.EvaluateLinear"
        [ testCase "dot" (fun () ->
              for dtype in numbers do
                  let made shape values = NdArray.OfIntegers(dtype, shape, Array.ofList values)
                  let a, b = counting dtype [| 2; 3 |], counting dtype [| 3; 2 |]
                  same (made [| 2; 2 |] [ 22L; 28L; 49L; 64L ]) (value Dot [ a; b ])
                  let a, b = counting dtype [| 2; 1; 2 |], counting dtype [| 2; 2; 1 |]
                  same (made [| 2; 1; 1 |] [ 5L; 25L ]) (value Dot [ a; b ])
                  same
                      (NdArray.Zeros(dtype, [| 2; 3 |]))
                      (value Dot [ counting dtype [| 2; 0 |]; counting dtype [| 0; 3 |] ])
                  same (made [| 0; 2 |] []) (value Dot [ counting dtype [| 0; 3 |]; counting dtype [| 3; 2 |] ])
                  same
                      (made [| 0; 1; 1 |] [])
                      (value Dot [ counting dtype [| 0; 1; 2 |]; counting dtype [| 0; 2; 1 |] ])

              let any = value Dot [ flags [| 1; 2 |] [ true; false ]; flags [| 2; 2 |] [ true; false; true; true ] ]
              same (flags [| 1; 2 |] [ true; false ]) any)

          testCase "convolution by hand" (fun () ->
              for dtype in numbers do
                  let made shape values = NdArray.OfIntegers(dtype, shape, Array.ofList values)
                  let x, k = counting dtype [| 1; 1; 1; 4 |], made [| 1; 1; 1; 2 |] [ 1L; 10L ]
                  let by conv expected =
                      same (made [| 1; 1; 1; List.length expected |] expected) (value (Op.Conv conv) [ x; k ])

                  by (plain 1) [ 21L; 32L; 43L ]
                  by { plain 1 with Stride = [| 2 |] } [ 21L; 43L ]
                  by { plain 1 with Low = [| 1 |]; High = [| 1 |] } [ 10L; 21L; 32L; 43L; 4L ]
                  by { plain 1 with Low = [| -1 |] } [ 32L; 43L ]
                  by { plain 1 with High = [| -2 |] } [ 21L ]
                  by { plain 1 with High = [| -3 |] } []
                  by { plain 1 with DilateKernel = [| 2 |] } [ 31L; 42L ]
                  by { plain 1 with DilateInput = [| 2 |] } [ 1L; 20L; 2L; 30L; 3L; 40L ]

                  // two channels into one output, two groups
                  let x, k = counting dtype [| 1; 2; 2; 1 |], made [| 2; 1; 2; 1 |] [ 1L; 10L; 100L; 1000L ]
                  same (made [| 1; 2; 1; 1 |] [ 21L; 4300L ]) (value (Op.Conv(plain 1)) [ x; k ])
                  // empty sums: no channels; and no batch
                  let none =
                      value (Op.Conv(plain 1)) [ counting dtype [| 1; 1; 0; 4 |]; counting dtype [| 1; 2; 0; 3 |] ]
                  same (NdArray.Zeros(dtype, [| 1; 1; 2; 2 |])) none
                  let none =
                      value (Op.Conv(plain 1)) [ counting dtype [| 0; 1; 1; 4 |]; counting dtype [| 1; 2; 1; 3 |] ]
                  same (counting dtype [| 0; 1; 2; 2 |]) none)

          testCase "convolution agrees with a loop that scatters" (fun () ->
              forSeeds (fun r ->
                  let d = r.Next(1, 4)
                  let some low high = Array.init d (fun _ -> r.Next(low, high))
                  let n, g, channels, outputs = r.Next(0, 3), r.Next(1, 3), r.Next(0, 3), r.Next(1, 3)
                  let x = randomFloats r Float64 (Array.append [| n; g; channels |] (some 0 5))
                  let k = randomFloats r Float64 (Array.append [| g; outputs; channels |] (some 1 4))

                  let conv =
                      { Stride = some 1 3
                        Low = some -2 3
                        High = some -2 3
                        DilateInput = some 1 4
                        DilateKernel = some 1 4 }

                  let got = value (Op.Conv conv) [ x; k ]
                  near 1e-14 (otherConv conv x k got.Shape) got))

          testCase "fourier transforms" (fun () ->
              let complex n (f: int -> float * float) =
                  f64 [| n; 2 |] (List.collect (fun i -> let re, im = f i in [ re; im ]) [ 0 .. n - 1 ])

              let delta n j = complex n (fun i -> (if i = j then 1.0 else 0.0), 0.0)

              // the transform of a unit vector at j: e^(−2πi jk/n)
              for n in [ 1; 2; 3; 4; 5; 7; 8; 12; 100 ] do
                  for j in [ 0; 1; n / 2; n - 1 ] |> List.filter (fun j -> j < n) do
                      let angle k = 2.0 * Math.PI * float (j * k % n) / float n
                      let wave sign = complex n (fun k -> cos (angle k), sign * sin (angle k))

                      near 1e-15 (wave -1.0) (value (Fft false) [ delta n j ])
                      near 1e-15 (wave 1.0) (value (Fft true) [ delta n j ])

              // quarters of a turn are exact
              let expected = f64 [| 4; 2 |] [ 10.0; 0.0; -2.0; 2.0; -2.0; 0.0; -2.0; -2.0 ]
              same expected (value (Fft false) [ f64 [| 4; 2 |] [ 1.0; 0.0; 2.0; 0.0; 3.0; 0.0; 4.0; 0.0 ] ])
              same (f64 [| 0; 2 |] []) (value (Fft false) [ f64 [| 0; 2 |] [] ])
              same (f64 [| 0; 3; 2 |] []) (value (Fft true) [ f64 [| 0; 3; 2 |] [] ])
              same (f32 [| 1; 2 |] [ 3.0; 4.0 ]) (value (Fft true) [ f32 [| 1; 2 |] [ 3.0; 4.0 ] ])

              forSeeds (fun r ->
                  let n = r.Next(1, 20)
                  let x = randomFloats r Float64 [| 2; n; 2 |]
                  let back = value (Fft true) [ value (Fft false) [ x ] ]
                  near 1e-13 (NdArray.OfFloats(Float64, x.Shape, x.Floats |> Array.map (fun v -> v * float n))) back))

          testCase "cholesky" (fun () ->
              for make in [ f64; f32 ] do
                  let got = value Cholesky [ make [| 2; 2 |] [ 4.0; 999.0; 2.0; 10.0 ] ] // 999 is not read
                  same (make [| 2; 2 |] [ 2.0; 0.0; 1.0; 3.0 ]) got
                  same (make [| 0; 0 |] []) (value Cholesky [ make [| 0; 0 |] [] ])
                  same (make [| 0; 2; 2 |] []) (value Cholesky [ make [| 0; 2; 2 |] [] ])
                  same (make [| 1; 1 |] [ 3.0 ]) (value Cholesky [ make [| 1; 1 |] [ 9.0 ] ])

              let broken = value Cholesky [ f64 [| 3; 3 |] [ 1.0; 0.0; 0.0; 0.5; 0.25; 0.0; 0.0; 0.0; 1.0 ] ]
              same (f64 [| 3; 3 |] [ 1.0; 0.0; 0.0; 0.5; nan; 0.0; 0.0; nan; nan ]) broken
              same (f64 [| 1; 1 |] [ nan ]) (value Cholesky [ f64 [| 1; 1 |] [ -1.0 ] ])

              forSeeds (fun r ->
                  let n = r.Next(1, 7)

                  for dtype, tolerance in [ Float64, 1e-14; Float32, 1e-5 ] do
                      let b = randomFloats r dtype [| 2; n; n + 2 |]
                      let a = value Dot [ b; transposed b ]
                      let l = value Cholesky [ a ]
                      same l (masked (fun i j -> i >= j) (fun _ _ -> 0.0) l)
                      near tolerance a (value Dot [ l; transposed l ])))

          testCase "triangular systems, all eight kinds" (fun () ->
              let t, b = f64 [| 2; 2 |] [ 2.0; 3.0; 5.0; 4.0 ], f64 [| 2; 1 |] [ 4.0; 8.0 ]
              let solve lower transpose unit = value (TriangularSolve(lower, transpose, unit)) [ t; b ]
              same (f64 [| 2; 1 |] [ 2.0; -0.5 ]) (solve true false false) // 2x = 4; 5x + 4y = 8
              same (f64 [| 2; 1 |] [ 4.0; -12.0 ]) (solve true false true)
              same (f64 [| 2; 1 |] [ -3.0; 2.0 ]) (solve true true false) // 2x + 5y = 4; 4y = 8
              same (f64 [| 2; 1 |] [ -36.0; 8.0 ]) (solve true true true)
              same (f64 [| 2; 1 |] [ -1.0; 2.0 ]) (solve false false false) // 2x + 3y = 4; 4y = 8
              same (f64 [| 2; 1 |] [ -20.0; 8.0 ]) (solve false false true)
              same (f64 [| 2; 1 |] [ 2.0; 0.5 ]) (solve false true false) // 2x = 4; 3x + 4y = 8
              same (f64 [| 2; 1 |] [ 4.0; -4.0 ]) (solve false true true)
              same
                  (f64 [| 1; 1 |] [ infinity ])
                  (value (TriangularSolve(true, false, false)) [ f64 [| 1; 1 |] [ 0.0 ]; f64 [| 1; 1 |] [ 1.0 ] ])

              for lower in [ true; false ] do
                  for transpose in [ true; false ] do
                      for unit in [ true; false ] do
                          let op = TriangularSolve(lower, transpose, unit)
                          same (f64 [| 0; 3 |] []) (value op [ f64 [| 0; 0 |] []; f64 [| 0; 3 |] [] ])
                          same (f64 [| 2; 0 |] []) (value op [ t; f64 [| 2; 0 |] [] ])
                          same (f64 [| 0; 2; 1 |] []) (value op [ f64 [| 0; 2; 2 |] []; f64 [| 0; 2; 1 |] [] ])

                          forSeeds (fun r ->
                              let n, m = r.Next(1, 6), r.Next(1, 4)

                              for dtype, tolerance in [ Float64, 1e-12; Float32, 1e-4 ] do
                                  let raw = randomFloats r dtype [| 2; n; n |]
                                  // entries that are not read are NaN
                                  let read i j = (i = j && not unit) || (if lower then i > j else i < j)
                                  let strong i j v = if i = j then v + 3.0 else v
                                  let raw =
                                      NdArray.OfFloats(
                                          dtype,
                                          raw.Shape,
                                          Array.mapi (fun at v -> strong (at / n % n) (at % n) v) raw.Floats
                                      )
                                  let given = masked read (fun _ _ -> nan) raw
                                  let meant = masked read (fun i j -> if i = j then 1.0 else 0.0) raw
                                  let b = randomFloats r dtype [| 2; n; m |]
                                  let x = value op [ given; b ]
                                  near tolerance b (value Dot [ (if transpose then transposed meant else meant); x ])))

          testCase "pivots and lu" (fun () ->
              let a = f64 [| 3; 3 |] [ 1.0; 2.0; 4.0; 2.0; 4.0; 9.0; -4.0; 0.0; 8.0 ]
              same (i64 [| 3 |] [ 2L; 1L; 0L ]) (value Pivots [ a ])
              same (i64 [| 2 |] [ 0L; 1L ]) (value Pivots [ f64 [| 2; 2 |] [ 1.0; 2.0; -1.0; 3.0 ] ]) // the first of equals
              same (f64 [| 2; 2 |] [ 2.0; 3.0; 2.0; -1.0 ]) (value Lu [ f64 [| 2; 2 |] [ 2.0; 3.0; 4.0; 5.0 ] ])
              same
                  (f64 [| 2; 2 |] [ 0.0; 1.0; infinity; -infinity ])
                  (value Lu [ f64 [| 2; 2 |] [ 0.0; 1.0; 1.0; 0.0 ] ])
              same (i64 [| 0 |] []) (value Pivots [ f64 [| 0; 0 |] [] ])
              same (i64 [| 0; 2 |] []) (value Pivots [ f64 [| 0; 2; 2 |] [] ])
              same (f64 [| 0; 0 |] []) (value Lu [ f64 [| 0; 0 |] [] ])
              same (f32 [| 0; 2; 2 |] []) (value Lu [ f32 [| 0; 2; 2 |] [] ])
              // a singular matrix has factors, too
              let singular = f64 [| 3; 3 |] [ 1.0; 2.0; 3.0; 2.0; 4.0; 6.0; 0.0; 0.0; 5.0 ]
              let sorted = value (Gather 0) [ singular; value Pivots [ singular ] ]
              near 1e-15 sorted (luProduct (value Lu [ sorted ]))

              forSeeds (fun r ->
                  let n = r.Next(1, 7)

                  for dtype, tolerance in [ Float64, 1e-13; Float32, 1e-5 ] do
                      let a = randomFloats r dtype [| 2; n; n |]
                      let p = value Pivots [ a ]
                      let sorted = value (Gather 1) [ a; p ]
                      let f = value Lu [ sorted ]
                      Expect.isTrue
                          (f.Floats
                           |> Array.indexed
                           |> Array.forall (fun (at, v) -> at / n % n <= at % n || abs v <= 1.000001))
                          "every factor is at most 1"
                      near tolerance sorted (luProduct f))) ]
