module NeuralDE.Tests.Kernels.FactorTests

open System
open Expecto
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Kernels
open NeuralDE.Tests.Kernels.NativeArrays

let private sizes = [ yield! [ 0..26 ]; 32; 33; 40; 64; 71 ]

/// Random matrices with standard deviation about 1, from a seed.
let private numbers (seed: int) (shape: int[]) =
    let random = System.Random seed
    Array.init (Shape.stored "test" shape) (fun _ -> (random.NextDouble() - 0.5) * 3.5)

/// B Bᵀ + n, with NaN above the diagonal.
let private positive seed n =
    let b = numbers seed [| n; n |]

    Array.init (n * n) (fun at ->
        let i, j = at / n, at % n

        if j > i then
            nan
        else
            let product = Seq.init n (fun k -> b[i * n + k] * b[j * n + k]) |> Seq.sum
            if i = j then product + float n else product)

/// Runs a function of addresses on x at every width and by the entry point, checks that all results have the same bits,
/// and returns them.
let private everyWidth what (dtype: Dtype) shape (x: NdArray) (run: int -> nativeint -> nativeint -> unit) =
    let results =
        [ for width in widths @ [ 1 ] do
              use source = holdArray (width = 256) x
              use target = holdArray (width <> 256) (NdArray.Zeros(dtype, shape))
              run width source.Address target.Address
              readArray dtype shape target ]

    for result in results do
        sameBits $"{what}: one width compared with another" results[0] result

    results[0]

/// |got − expected| ≤ tolerance · scale, with NaN and infinities at the same positions.
let private near what tolerance scale (expected: NdArray) (got: NdArray) =
    Array.iteri2
        (fun i e g ->
            let same = e = g || (Double.IsNaN e && Double.IsNaN g) || abs (e - g) <= tolerance * scale

            if not same then failtest $"{what}: element {i} is {g}, expected {e} within {tolerance * scale}")
        expected.Floats
        got.Floats

let private unit (dtype: Dtype) = if dtype = Float32 then 0.5 ** 24.0 else 0.5 ** 53.0

let private cholesky (dtype: Dtype) batches n (x: NdArray) =
    let b, m = int64 batches, int64 n

    everyWidth $"cholesky {dtype} {n}" dtype x.Shape x (fun width source target ->
        match width, dtype with
        | 512, Float32 -> Cholesky<float32, Lanes512<float32>>.Run(b, m, source, target)
        | 512, _ -> Cholesky<float, Lanes512<float>>.Run(b, m, source, target)
        | 256, Float32 -> Cholesky<float32, Lanes256<float32>>.Run(b, m, source, target)
        | 256, _ -> Cholesky<float, Lanes256<float>>.Run(b, m, source, target)
        | 0, Float32 -> Cholesky<float32, Lane<float32>>.Run(b, m, source, target)
        | 0, _ -> Cholesky<float, Lane<float>>.Run(b, m, source, target)
        | _ -> Factors.Cholesky(elementType dtype, b, m, source, target))

let private solve (dtype: Dtype) (lower, transpose, unit) batches n m (t: NdArray) (x: NdArray) =
    let b, n, m = int64 batches, int64 n, int64 m
    use triangle = holdArray true t

    everyWidth $"solve {dtype} {n} {m}" dtype x.Shape x (fun width source target ->
        match width, dtype with
        | 512, Float32 ->
            TriangularSolve<float32, Lanes512<float32>>
                .Run(lower, transpose, unit, b, n, m, triangle.Address, source, target)
        | 512, _ ->
            TriangularSolve<float, Lanes512<float>>
                .Run(lower, transpose, unit, b, n, m, triangle.Address, source, target)
        | 256, Float32 ->
            TriangularSolve<float32, Lanes256<float32>>
                .Run(lower, transpose, unit, b, n, m, triangle.Address, source, target)
        | 256, _ ->
            TriangularSolve<float, Lanes256<float>>
                .Run(lower, transpose, unit, b, n, m, triangle.Address, source, target)
        | 0, Float32 ->
            TriangularSolve<float32, Lane<float32>>
                .Run(lower, transpose, unit, b, n, m, triangle.Address, source, target)
        | 0, _ ->
            TriangularSolve<float, Lane<float>>.Run(lower, transpose, unit, b, n, m, triangle.Address, source, target)
        | _ ->
            Factors.TriangularSolve(
                elementType dtype,
                lower,
                transpose,
                unit,
                b,
                n,
                m,
                triangle.Address,
                source,
                target
            ))

/// Well conditioned, with NaN in entries that must not be read.
let private triangular lower unit seed n =
    numbers seed [| n; n |]
    |> Array.mapi (fun at v ->
        let i, j = at / n, at % n

        if i = j then (if unit then nan else 2.0 + v)
        elif (i > j) = lower then v / float n
        else nan)

let private flags = [ false; true ]

let private lu (dtype: Dtype) batches n (x: NdArray) =
    let b, m = int64 batches, int64 n

    everyWidth $"lu {dtype} {n}" dtype x.Shape x (fun width source target ->
        match width, dtype with
        | 512, Float32 -> Elimination<float32, Lanes512<float32>>.Lu(b, m, source, target)
        | 512, _ -> Elimination<float, Lanes512<float>>.Lu(b, m, source, target)
        | 256, Float32 -> Elimination<float32, Lanes256<float32>>.Lu(b, m, source, target)
        | 256, _ -> Elimination<float, Lanes256<float>>.Lu(b, m, source, target)
        | 0, Float32 -> Elimination<float32, Lane<float32>>.Lu(b, m, source, target)
        | 0, _ -> Elimination<float, Lane<float>>.Lu(b, m, source, target)
        | _ -> Factors.Lu(elementType dtype, b, m, source, target))

let private pivots (dtype: Dtype) batches n (x: NdArray) =
    let b, m = int64 batches, int64 n

    everyWidth $"pivots {dtype} {n}" Int64 [| batches; n |] x (fun width source target ->
        match width, dtype with
        | 512, Float32 -> Elimination<float32, Lanes512<float32>>.Pivots(b, m, source, target)
        | 512, _ -> Elimination<float, Lanes512<float>>.Pivots(b, m, source, target)
        | 256, Float32 -> Elimination<float32, Lanes256<float32>>.Pivots(b, m, source, target)
        | 256, _ -> Elimination<float, Lanes256<float>>.Pivots(b, m, source, target)
        | 0, Float32 -> Elimination<float32, Lane<float32>>.Pivots(b, m, source, target)
        | 0, _ -> Elimination<float, Lane<float>>.Pivots(b, m, source, target)
        | _ -> Factors.Pivots(elementType dtype, b, m, source, target))

[<Tests>]
let tests =
    testList
        "Kernels.Factor"
        [ testCase "Cholesky factors agree with the evaluator" (fun () ->
              for dtype in [ Float32; Float64 ] do
                  for n in sizes do
                      let x = NdArray.OfFloats(dtype, [| 2; n; n |], Array.append (positive 1 n) (positive 2 n))
                      let scale = sqrt (4.0 * float n + 1.0)
                      near
                          $"cholesky {dtype} {n}"
                          (4.0 * float (n + 4) * unit dtype)
                          scale
                          (EvaluateLinear.cholesky x)
                          (cholesky dtype 2 n x))

          testCase "a pivot that is not positive makes all entries that depend on it NaN" (fun () ->
              for n in [ 1; 3; 8; 12; 20 ] do
                  for bad in [ 0; n / 2; n - 1 ] do
                      for pivot in [ -1.0; 0.0; nan; infinity ] do
                          let a = positive 3 n
                          a[bad * n + bad] <- pivot
                          let x = NdArray(Float64, [| 1; n; n |], a)
                          near
                              $"pivot {pivot} at {bad} of {n}"
                              1e-13
                              (float n)
                              (EvaluateLinear.cholesky x)
                              (cholesky Float64 1 n x))

          testCase "solutions of triangular systems agree with the evaluator" (fun () ->
              for dtype in [ Float32; Float64 ] do
                  for lower in flags do
                      for transpose in flags do
                          for unit1 in flags do
                              for n in [ 0; 1; 2; 7; 8; 9; 16; 19; 40 ] do
                                  let t =
                                      NdArray.OfFloats(
                                          dtype,
                                          [| 2; n; n |],
                                          Array.append (triangular lower unit1 1 n) (triangular lower unit1 2 n)
                                      )

                                  for m in [ 0; 1; 2; 5; 17; 33 ] do
                                      let b = NdArray.OfFloats(dtype, [| 2; n; m |], numbers 3 [| 2; n; m |])
                                      let expected = EvaluateLinear.triangularSolve lower transpose unit1 t b
                                      let got = solve dtype (lower, transpose, unit1) 2 n m t b
                                      let what = $"lower {lower}, transpose {transpose}, unit {unit1}: {dtype} {n} {m}"
                                      let scale = Array.fold (fun large v -> max large (abs v)) 1.0 expected.Floats
                                      near what (8.0 * float (n + 4) * unit dtype) scale expected got)

          testCase "a right-hand side has the same solution alone and among others" (fun () ->
              let n, m = 21, 19
              let t = NdArray(Float64, [| 1; n; n |], triangular true false 4 n)
              let b = numbers 5 [| n; m |]
              let together = (solve Float64 (true, false, false) 1 n m t (NdArray(Float64, [| 1; n; m |], b))).Floats

              for c in 0 .. m - 1 do
                  let column (x: float[]) = NdArray(Float64, [| 1; n; 1 |], Array.init n (fun i -> x[i * m + c]))
                  sameBits $"column {c}" (column together) (solve Float64 (true, false, false) 1 n 1 t (column b)))

          testCase "a zero on the diagonal divides" (fun () ->
              let t = NdArray(Float64, [| 1; 2; 2 |], [| 0.0; 0.0; 1.0; 2.0 |])
              let b = NdArray(Float64, [| 1; 2; 3 |], [| 1.0; -1.0; 0.0; 1.0; 1.0; 1.0 |])
              let expected = EvaluateLinear.triangularSolve true false false t b
              sameBits "zero pivot" expected (solve Float64 (true, false, false) 1 2 3 t b))

          testCase "LU factors agree with the evaluator" (fun () ->
              for dtype in [ Float32; Float64 ] do
                  for n in sizes do
                      let heavy at v = if at / n % n = at % n then v + 3.0 * float n else v
                      let x = NdArray.OfFloats(dtype, [| 2; n; n |], numbers n [| 2; n; n |] |> Array.mapi heavy)
                      near $"lu {dtype} {n}" (8.0 * unit dtype) (4.0 * float n) (EvaluateLinear.lu x) (lu dtype 2 n x))

          testCase "row orders agree with the evaluator, and no factor exceeds 1" (fun () ->
              for dtype in [ Float32; Float64 ] do
                  for n in sizes do
                      let x = NdArray.OfFloats(dtype, [| 2; n; n |], numbers n [| 2; n; n |])
                      let order = pivots dtype 2 n x
                      sameBits $"pivots {dtype} {n}" (EvaluateLinear.pivots [| 2; n |] x) order
                      let at = order.Integers

                      let rows = Array.init x.Length (fun i -> x.Floats[(i / n / n * n + int at[i / n]) * n + i % n])

                      let factors = (lu dtype 2 n (NdArray.OfFloats(dtype, x.Shape, rows))).Floats

                      factors
                      |> Array.iteri (fun i v ->
                          if i % n < i / n % n && abs v > 1.0 then
                              failtest $"{dtype} {n}: factor {i} is {v}, expected at most 1"))

          testCase "singular and integral matrices give the evaluator's results" (fun () ->
              for seed in 1..60 do
                  let n = 1 + seed % 10
                  let random = System.Random seed
                  let x = NdArray(Float64, [| 1; n; n |], Array.init (n * n) (fun _ -> float (random.Next 3 - 1)))
                  let order = pivots Float64 1 n x
                  let what = $"matrix {seed} of {n}"

                  if n <= 4 then sameBits what (EvaluateLinear.pivots [| 1; n |] x) order

                  let rows = Array.init (n * n) (fun i -> x.Floats[int order.Integers[i / n] * n + i % n])
                  let rows = NdArray(Float64, [| 1; n; n |], rows)
                  near what 1e-12 10.0 (EvaluateLinear.lu rows) (lu Float64 1 n rows)

              let zeros = NdArray.Zeros(Float64, [| 1; 12; 12 |])
              sameBits "zeros" zeros (lu Float64 1 12 zeros)) ]
