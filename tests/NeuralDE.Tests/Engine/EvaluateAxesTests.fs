module NeuralDE.Tests.EvaluateAxesTests

open System
open Expecto
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Tests.Arrays

[<Tests>]
let tests =
    testList
        "Engine.EvaluateAxes"
        [ testCase "sums over every set of axes" (fun () ->
              for dtype in numbers do
                  let x = counting dtype [| 2; 3; 2 |] // 1 … 12
                  let sum axes expected shape =
                      same (NdArray.OfIntegers(dtype, shape, Array.ofList expected)) (value (Reduce(Sum, axes)) [ x ])
                  same x (value (Reduce(Sum, [||])) [ x ])
                  sum [| 0 |] [ 8L; 10L; 12L; 14L; 16L; 18L ] [| 3; 2 |]
                  sum [| 1 |] [ 9L; 12L; 27L; 30L ] [| 2; 2 |]
                  sum [| 2 |] [ 3L; 7L; 11L; 15L; 19L; 23L ] [| 2; 3 |]
                  sum [| 0; 1 |] [ 36L; 42L ] [| 2 |]
                  sum [| 0; 2 |] [ 18L; 26L; 34L ] [| 3 |]
                  sum [| 1; 2 |] [ 21L; 57L ] [| 2 |]
                  sum [| 0; 1; 2 |] [ 78L ] [||]
                  same (counting dtype [||]) (value (Reduce(Sum, [||])) [ counting dtype [||] ])
                  let zeros = NdArray.Zeros(dtype, [| 2 |])
                  same zeros (value (Reduce(Sum, [| 1 |])) [ counting dtype [| 2; 0 |] ])
                  same zeros (value (Reduce(Sum, [| 0 |])) [ counting dtype [| 0; 2 |] ])
                  same (counting dtype [| 0 |]) (value (Reduce(Sum, [| 1 |])) [ counting dtype [| 0; 2 |] ])

              let ones = NdArray.OfFloats(Float32, [| 3 |], [| 16777216.0; 1.0; 1.0 |])
              same (f32 [||] [ 16777218.0 ]) (value (Reduce(Sum, [| 0 |])) [ ones ])
              same
                  (i32 [||] [ int64 Int32.MinValue ])
                  (value (Reduce(Sum, [| 0 |])) [ i32 [| 2 |] [ int64 Int32.MaxValue; 1L ] ]))

          testCase "maxima" (fun () ->
              for dtype in numbers do
                  let x = value (Unary Neg) [ counting dtype [| 2; 3 |] ]
                  let by axes shape expected =
                      same
                          (NdArray.OfIntegers(dtype, shape, Array.ofList expected))
                          (value (Reduce(Maximum, axes)) [ x ])
                  by [| 0 |] [| 3 |] [ -1L; -2L; -3L ]
                  by [| 1 |] [| 2 |] [ -1L; -4L ]
                  by [| 0; 1 |] [||] [ -1L ]
                  same (counting dtype [| 0 |]) (value (Reduce(Maximum, [| 1 |])) [ counting dtype [| 0; 2 |] ])

              same
                  (f64 [| 2 |] [ nan; 2.0 ])
                  (value (Reduce(Maximum, [| 1 |])) [ f64 [| 2; 2 |] [ 1.0; nan; 2.0; 1.0 ] ])
              same (f64 [||] [ -infinity ]) (value (Reduce(Maximum, [| 0 |])) [ f64 [| 1 |] [ -infinity ] ])
              let any = flags [| 2; 2 |] [ false; false; false; true ]
              same (flags [| 2 |] [ false; true ]) (value (Reduce(Maximum, [| 1 |])) [ any ]))

          testCase "argMax takes the first maximum, NaN before all numbers" (fun () ->
              let x = f64 [| 2; 3 |] [ 1.0; 3.0; 3.0; nan; 9.0; nan ]
              same (i64 [| 2 |] [ 1L; 0L ]) (value (ArgMax 1) [ x ])
              same (i64 [| 3 |] [ 1L; 1L; 1L ]) (value (ArgMax 0) [ x ])
              same (i64 [||] [ 0L ]) (value (ArgMax 0) [ f32 [| 3 |] [ -infinity; -infinity; -infinity ] ])
              same (i64 [||] [ 1L ]) (value (ArgMax 0) [ i64 [| 2 |] [ Int64.MaxValue - 1L; Int64.MaxValue ] ])
              same (i64 [||] [ 1L ]) (value (ArgMax 0) [ flags [| 3 |] [ false; true; true ] ])
              same (i64 [| 0 |] []) (value (ArgMax 1) [ f64 [| 0; 3 |] [] ]))

          testCase "argSort is stable and puts NaN last" (fun () ->
              let x = [ 2.0; nan; 1.0; 2.0; -infinity; nan; 0.0; -0.0; infinity ]
              let sorted = [ 4L; 6L; 7L; 2L; 0L; 3L; 8L; 1L; 5L ]
              same (i64 [| 9 |] sorted) (value (ArgSort 0) [ f64 [| 9 |] x ])
              same (i64 [| 9; 1 |] sorted) (value (ArgSort 0) [ f32 [| 9; 1 |] x ])
              same
                  (i64 [| 3; 2 |] [ 1L; 0L; 2L; 1L; 0L; 2L ])
                  (value (ArgSort 0) [ i32 [| 3; 2 |] [ 9L; 1L; 3L; 1L; 5L; 2L ] ])
              same
                  (i64 [| 2; 2 |] [ 1L; 0L; 0L; 1L ])
                  (value (ArgSort 1) [ flags [| 2; 2 |] [ true; false; true; true ] ])
              same (i64 [| 0; 2 |] []) (value (ArgSort 0) [ f64 [| 0; 2 |] [] ])

              forSeeds (fun r ->
                  let x = NdArray.OfIntegers(Int64, [| 40 |], Array.init 40 (fun _ -> r.NextInt64 8L))
                  let expected = List.sortBy (fun i -> x.Integers[int i]) [ 0L .. 39L ] // stable
                  same (i64 [| 40 |] expected) (value (ArgSort 0) [ x ])))

          testCase "cumulative sums in both directions" (fun () ->
              for dtype in numbers do
                  let x = counting dtype [| 2; 3 |]
                  let by axis reverse expected =
                      same
                          (NdArray.OfIntegers(dtype, [| 2; 3 |], Array.ofList expected))
                          (value (CumSum(axis, reverse)) [ x ])
                  by 1 false [ 1L; 3L; 6L; 4L; 9L; 15L ]
                  by 1 true [ 6L; 5L; 3L; 15L; 11L; 6L ]
                  by 0 false [ 1L; 2L; 3L; 5L; 7L; 9L ]
                  by 0 true [ 5L; 7L; 9L; 4L; 5L; 6L ]
                  same (counting dtype [| 3; 0 |]) (value (CumSum(1, false)) [ counting dtype [| 3; 0 |] ])
                  same (counting dtype [| 0; 3 |]) (value (CumSum(1, true)) [ counting dtype [| 0; 3 |] ]))

          testCase "searchSorted on both sides of equal elements" (fun () ->
              let sorted, values = [ 1.0; 2.0; 2.0; 3.0 ], [ 0.0; 1.0; 2.0; 2.5; 3.0; 4.0; nan ]

              for make in [ f64; f32 ] do
                  let search right = value (SearchSorted right) [ make [| 4 |] sorted; make [| 7 |] values ]
                  same (i64 [| 7 |] [ 0L; 0L; 1L; 3L; 3L; 4L; 4L ]) (search false)
                  same (i64 [| 7 |] [ 0L; 1L; 3L; 3L; 4L; 4L; 4L ]) (search true)

              let sorted, values = i32 [| 2; 2 |] [ 1L; 2L; 5L; 6L ], i32 [| 2; 1 |] [ 2L; 2L ]
              same (i64 [| 2; 1 |] [ 1L; 0L ]) (value (SearchSorted false) [ sorted; values ])
              same (i64 [| 2; 1 |] [ 2L; 0L ]) (value (SearchSorted true) [ sorted; values ])
              same (i64 [| 1 |] [ 1L ]) (value (SearchSorted false) [ f64 [| 2 |] [ 1.0; nan ]; f64 [| 1 |] [ nan ] ])
              same (i64 [| 2 |] [ 0L; 0L ]) (value (SearchSorted true) [ f64 [| 0 |] []; f64 [| 2 |] [ 1.0; nan ] ])
              same (i64 [| 2; 0 |] []) (value (SearchSorted true) [ f64 [| 2; 3 |] [ 1.0 .. 6.0 ]; f64 [| 2; 0 |] [] ])
              same (i64 [| 0; 2 |] []) (value (SearchSorted true) [ f64 [| 0; 3 |] []; f64 [| 0; 2 |] [] ])) ]
