module NeuralDE.Tests.Kernels.SortTests

open System
open Expecto
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Kernels
open NeuralDE.Tests.Kernels.NativeArrays

/// Numbers of which many are equal, including NaN, infinities and both zeros for floats.
let private numbers (dtype: Dtype) (shape: int[]) seed =
    let random = System.Random(seed: int)
    let special = [| nan; infinity; -infinity; -0.0; 0.0; 5e-324; -5e-324 |]
    let size = Shape.stored "test" shape
    let few = random.Next 2 = 0

    if dtype.IsFloat then
        let value _ =
            if random.Next 5 = 0 then special[random.Next special.Length]
            elif few then float (random.Next 9 - 4)
            else (random.NextDouble() - 0.5) * Math.Pow(10.0, float (random.Next 30))

        NdArray.OfFloats(dtype, shape, Array.init size value)
    else
        let value _ = if few then random.NextInt64(-4L, 5L) else random.NextInt64() - random.NextInt64()
        NdArray.OfIntegers(dtype, shape, Array.init size value)

let private dtypes = [ Float32; Float64; Int32; Int64; Bool ]

[<Tests>]
let tests =
    testList
        "Kernels.Sort"
        [ testCase "sorting agrees with the evaluator" (fun () ->
              let shapes =
                  [ for count in 0..60 -> [| 1; count; 1 |]
                    for count in [ 100; 256; 257 ] -> [| 2; count; 1 |]
                    for count in [ 5; 49; 90 ] -> [| 2; count; 3 |] ]

              for dtype in dtypes do
                  shapes
                  |> List.iteri (fun seed shape ->
                      let x = numbers dtype shape seed
                      let expected = EvaluateAxes.argSort 1 x
                      use source = holdArray true x
                      use target = holdArray false expected

                      Sorting.ArgSort(
                          elementType dtype,
                          int64 shape[0],
                          int64 shape[1],
                          int64 shape[2],
                          source.Address,
                          target.Address
                      )

                      sameBits $"argsort {dtype} %A{shape}" expected (readArray Int64 shape target)))

          testCase "searching agrees with the evaluator" (fun () ->
              for dtype in dtypes do
                  for right in [ false; true ] do
                      for n, m in [ 0, 3; 1, 4; 2, 0; 7, 30; 64, 50; 200, 100 ] do
                          let unsorted = numbers dtype [| 2; n |] n
                          let order = (EvaluateAxes.argSort 1 unsorted).Integers

                          let sorted =
                              if dtype.IsFloat then
                                  let all = unsorted.Floats
                                  NdArray.OfFloats(
                                      dtype,
                                      [| 2; n |],
                                      Array.mapi (fun i o -> all[i / n * n + int o]) order
                                  )
                              else
                                  let all = unsorted.Integers
                                  NdArray.OfIntegers(
                                      dtype,
                                      [| 2; n |],
                                      Array.mapi (fun i o -> all[i / n * n + int o]) order
                                  )

                          let values = numbers dtype [| 2; m |] n
                          let expected = EvaluateAxes.searchSorted right sorted values
                          use sortedMemory = holdArray true sorted
                          use valueMemory = holdArray false values
                          use target = holdArray true (NdArray.Zeros(Int64, [| 2; m |]))

                          Sorting.SearchSorted(
                              elementType dtype,
                              right,
                              2L,
                              int64 n,
                              int64 m,
                              sortedMemory.Address,
                              valueMemory.Address,
                              target.Address
                          )

                          sameBits
                              $"search {dtype} right {right} {m} in {n}"
                              expected
                              (readArray Int64 [| 2; m |] target)) ]
