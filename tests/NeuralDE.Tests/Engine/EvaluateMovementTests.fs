module NeuralDE.Tests.EvaluateMovementTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Tests.Arrays

/// The numbers at these positions of 1, 2, 3, … (0: the zero of the dtype).
let private picked dtype shape (places: int list) =
    let all = (counting dtype [| 100 |]).Integers
    NdArray.OfIntegers(dtype, shape, [| for p in places -> if p = 0 then 0L else all[p - 1] |])

[<Tests>]
let tests =
    testList
        "Engine.EvaluateMovement"
        [ testCase "a broadcast to axes out of order, or twice to one axis, is refused" (fun () ->
              for axes in [ [| 1; 0 |]; [| 0; 0 |]; [| 1; 1 |] ] do
                  let attempt () = value (Broadcast([| 3; 3 |], axes)) [ counting Float64 [| 3; 3 |] ] |> ignore
                  Expect.stringContains ((Expect.thrown<GraphException> attempt).Message) "increasing axes" $"%A{axes}")

          testCase "movement of every dtype" (fun () ->
              for dtype in every do
                  let x = counting dtype [| 2; 3 |]
                  let none = counting dtype [| 0; 3 |]
                  let one = counting dtype [||]
                  let pick = picked dtype
                  // reshape
                  let reshaped = value (Reshape [| 3; 2 |]) [ x ]
                  same (counting dtype [| 3; 2 |]) reshaped
                  Expect.same reshaped.Data x.Data "reshaped.Data"
                  same (counting dtype [| 1; 1 |]) (value (Reshape [| 1; 1 |]) [ one ])
                  same (counting dtype [| 5; 0 |]) (value (Reshape [| 5; 0 |]) [ none ])
                  // permute
                  same (pick [| 3; 2 |] [ 1; 4; 2; 5; 3; 6 ]) (value (Permute [| 1; 0 |]) [ x ])
                  same x (value (Permute [| 0; 1 |]) [ x ])
                  same one (value (Permute [||]) [ one ])
                  same (counting dtype [| 3; 0 |]) (value (Permute [| 1; 0 |]) [ none ])
                  let cube = value (Permute [| 2; 0; 1 |]) [ counting dtype [| 2; 2; 3 |] ]
                  same (pick [| 3; 2; 2 |] [ 1; 4; 7; 10; 2; 5; 8; 11; 3; 6; 9; 12 ]) cube
                  // broadcast
                  same
                      (pick [| 2; 2; 3 |] [ 1; 2; 3; 1; 2; 3; 4; 5; 6; 4; 5; 6 ])
                      (value (Broadcast([| 2; 2; 3 |], [| 0; 2 |])) [ x ])
                  same (pick [| 2; 2 |] [ 1; 1; 1; 1 ]) (value (Broadcast([| 2; 2 |], [||])) [ one ])
                  same one (value (Broadcast([||], [||])) [ one ])
                  same (counting dtype [| 0; 2 |]) (value (Broadcast([| 0; 2 |], [||])) [ one ])
                  same (counting dtype [| 2; 0; 3 |]) (value (Broadcast([| 2; 0; 3 |], [| 1; 2 |])) [ none ])
                  // slice
                  same (pick [| 1; 2 |] [ 4; 6 ]) (value (slice [| 1; 0 |] [| 2; 3 |] [| 1; 2 |]) [ x ])
                  same (pick [| 2; 1 |] [ 2; 5 ]) (value (slice [| 0; 1 |] [| 2; 3 |] [| 1; 2 |]) [ x ])
                  same (counting dtype [| 2; 0 |]) (value (slice [| 0; 2 |] [| 2; 1 |] [| 1; 1 |]) [ x ])
                  same (counting dtype [| 0; 2 |]) (value (slice [| 0; 1 |] [| 0; 3 |] [| 1; 1 |]) [ none ])
                  same one (value (slice [||] [||] [||]) [ one ])
                  // pad
                  same
                      (pick [| 3; 6 |] [ 0; 0; 0; 0; 0; 0; 0; 1; 0; 2; 0; 3; 0; 4; 0; 5; 0; 6 ])
                      (value (pad [| 1; 1 |] [| 0; 0 |] [| 0; 1 |]) [ x ])
                  same
                      (pick [| 4; 3 |] [ 1; 2; 3; 0; 0; 0; 4; 5; 6; 0; 0; 0 ])
                      (value (pad [| 0; 0 |] [| 1; 0 |] [| 1; 0 |]) [ x ])
                  same (NdArray.Zeros(dtype, [| 3; 3 |])) (value (pad [| 1; 0 |] [| 2; 0 |] [| 5; 0 |]) [ none ])
                  same one (value (pad [||] [||] [||]) [ one ])
                  // reverse
                  same (pick [| 2; 3 |] [ 3; 2; 1; 6; 5; 4 ]) (value (Reverse [| 1 |]) [ x ])
                  same (pick [| 2; 3 |] [ 4; 5; 6; 1; 2; 3 ]) (value (Reverse [| 0 |]) [ x ])
                  same (pick [| 2; 3 |] [ 6; 5; 4; 3; 2; 1 ]) (value (Reverse [| 0; 1 |]) [ x ])
                  same one (value (Reverse [||]) [ one ])
                  same none (value (Reverse [| 0; 1 |]) [ none ])
                  // concat
                  same (pick [| 4; 3 |] [ 1; 2; 3; 4; 5; 6; 1; 2; 3; 4; 5; 6 ]) (value (Concat 0) [ x; none; x ])
                  same (pick [| 2; 4 |] [ 1; 2; 3; 1; 4; 5; 6; 2 ]) (value (Concat 1) [ x; counting dtype [| 2; 1 |] ])
                  same none (value (Concat 0) [ none; none ])
                  same x (value (Concat 0) [ x ]))

          testCase "gather clamps its indices" (fun () ->
              for dtype in every do
                  let pick = picked dtype

                  for index in [ i64; i32 ] do
                      let x = counting dtype [| 3; 2 |]
                      same
                          (pick [| 4; 2 |] [ 5; 6; 1; 2; 1; 2; 5; 6 ])
                          (value (Gather 0) [ x; index [| 4 |] [ 2L; 0L; -7L; 99L ] ])
                      let rows = value (Gather 1) [ x; index [| 3; 1 |] [ 1L; 0L; 1L ] ]
                      same (pick [| 3; 1 |] [ 2; 3; 6 ]) rows
                      same (counting dtype [| 0; 2 |]) (value (Gather 0) [ x; index [| 0 |] [] ])
                      same
                          (counting dtype [| 0; 2 |])
                          (value (Gather 0) [ counting dtype [| 0; 2 |]; index [| 0 |] [] ])
                      same
                          (counting dtype [| 2; 0 |])
                          (value (Gather 0) [ counting dtype [| 3; 0 |]; index [| 2 |] [ 0L; 1L ] ])

              let huge = i64 [| 2 |] [ Int64.MinValue; Int64.MaxValue ]
              same (f64 [| 2 |] [ 1.0; 2.0 ]) (value (Gather 0) [ f64 [| 2 |] [ 1.0; 2.0 ]; huge ]))

          testCase "scatter ignores indices out of range" (fun () ->
              for dtype in numbers do
                  let made shape values = NdArray.OfIntegers(dtype, shape, Array.ofList values)
                  let x, updates =
                      counting dtype [| 3; 2 |], made [| 5; 2 |] [ 10L; 0L; 20L; 9L; 5L; 5L; 7L; 7L; 30L; 1L ]

                  for index in [ i64; i32 ] do
                      let by s = value (Scatter(s, 0)) [ x; index [| 5 |] [ 1L; 1L; -1L; 3L; 0L ]; updates ]
                      same (made [| 3; 2 |] [ 31L; 3L; 33L; 13L; 5L; 6L ]) (by ScatterAdd)
                      same (made [| 3; 2 |] [ 30L; 2L; 20L; 9L; 5L; 6L ]) (by ScatterMax)
                      same (made [| 3; 2 |] [ 30L; 1L; 20L; 9L; 5L; 6L ]) (by ScatterSet)

                  let batched =
                      value
                          (Scatter(ScatterAdd, 1))
                          [ x; i64 [| 3; 1 |] [ 0L; 1L; 0L ]; made [| 3; 1 |] [ 10L; 20L; 30L ] ]
                  same (made [| 3; 2 |] [ 11L; 2L; 3L; 24L; 35L; 6L ]) batched
                  same (counting dtype [| 3; 2 |]) x // the operand is unchanged
                  same x (value (Scatter(ScatterAdd, 0)) [ x; i64 [| 0 |] []; made [| 0; 2 |] [] ])
                  let none = made [| 0 |] []
                  same none (value (Scatter(ScatterSet, 0)) [ none; i64 [| 1 |] [ 0L ]; made [| 1 |] [ 5L ] ])

              let bools s =
                  value
                      (Scatter(s, 0))
                      [ flags [| 2 |] [ true; false ]; i64 [| 2 |] [ 0L; 1L ]; flags [| 2 |] [ false; true ] ]
              same (flags [| 2 |] [ true; true ]) (bools ScatterAdd)
              same (flags [| 2 |] [ true; true ]) (bools ScatterMax)
              same (flags [| 2 |] [ false; true ]) (bools ScatterSet)
              let largest =
                  value (Scatter(ScatterMax, 0)) [ f64 [| 1 |] [ 1.0 ]; i64 [| 1 |] [ 0L ]; f64 [| 1 |] [ nan ] ]
              same (f64 [| 1 |] [ nan ]) largest
              let once =
                  value
                      (Scatter(ScatterAdd, 0))
                      [ f32 [| 1 |] [ 16777216.0 ]; i64 [| 2 |] [ 0L; 0L ]; f32 [| 2 |] [ 1.0; 1.0 ] ]
              same (f32 [| 1 |] [ 16777218.0 ]) once) ]
