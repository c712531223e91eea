module NeuralDE.Tests.Kernels.RandomTests

open Expecto
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Kernels
open NeuralDE.Tests.Kernels.NativeArrays

let private kinds =
    [ Random.Uniform, RandomKind.Uniform, Float32
      Random.Uniform, RandomKind.Uniform, Float64
      Random.Normal, RandomKind.Normal, Float32
      Random.Normal, RandomKind.Normal, Float64
      Random.Bits, RandomKind.Bits, Int64 ]

let private keys = [| 0L; 42L; -1L; 0x0123_4567_89AB_CDEFL |]

/// By the generic code with one width; width 1 calls the entry point of the engine.
let private fill width (kind, dtype, keyAddress, rows: int, columns: int, target) =
    let element, rows, columns = elementType dtype, int64 rows, int64 columns

    match width with
    | 512 -> RandomRows<Words512, Lanes512<float>>.Fill(kind, element, keyAddress, rows, columns, target)
    | 256 -> RandomRows<Words256, Lanes256<float>>.Fill(kind, element, keyAddress, rows, columns, target)
    | 0 -> RandomRows<Word, Lane<float>>.Fill(kind, element, keyAddress, rows, columns, target)
    | _ -> RandomNumbers.Fill(kind, element, keyAddress, rows, columns, target)

let private check widths rows columns =
    for op, kind, dtype in kinds do
        let shape = [| rows; columns |]
        let own = NdArray(Int64, [| rows |], Array.truncate rows keys)
        let signature = { Dtype = dtype; Shape = shape }
        let expected = Evaluate.primitive (Op.Random(op, signature)) signature [| own |]
        use keyMemory = holdArray true own

        for width in widths do
            use target = holdArray (columns % 2 = 0) (NdArray.Zeros(dtype, shape))
            fill width (kind, dtype, keyMemory.Address, rows, columns, target.Address)
            sameBits $"{op} {dtype} %A{shape} width {width}" expected (readArray dtype shape target)

let private all =
    1
    :: (widths
        |> List.filter (fun width ->
            match width with
            | 512 -> Words512.IsSupported
            | 256 -> Words256.IsSupported
            | _ -> true))

[<Tests>]
let tests =
    testList
        "Kernels.Random"
        [ testCase "rows of every length have the evaluator's bits" (fun () ->
              for columns in 0..256 do
                  check all 2 columns

              check all 0 5
              check all 4 1000)

          testCase "long rows have the evaluator's bits, including numbers far from the middle" (fun () ->
              check [ 1 ] 1 200_000)

          testCase "quantiles of numbers next to 0 and 1" (fun () ->
              let values =
                  [| for power in 1.0 .. 52.0 do
                         0.5 ** power
                         1.0 - 0.5 ** power |]

              let run width =
                  use memory = hold true values
                  use indices = hold true (Array.zeroCreate<int> values.Length)
                  use roots = hold true values
                  let p, outside, rest = memory.Address, indices.Address, roots.Address

                  match width with
                  | 512 -> NormalQuantile<Lanes512<float>>.Run(p, values.Length, outside, rest)
                  | 256 -> NormalQuantile<Lanes256<float>>.Run(p, values.Length, outside, rest)
                  | _ -> NormalQuantile<Lane<float>>.Run(p, values.Length, outside, rest)

                  NdArray(Float64, [| values.Length |], (read memory values.Length: float[]))

              let expected = NdArray(Float64, [| values.Length |], Array.map Special.normalQuantile values)

              for width in widths do
                  sameBits $"quantiles, width {width}" expected (run width)) ]
