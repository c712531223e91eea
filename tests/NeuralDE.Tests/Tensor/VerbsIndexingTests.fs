module NeuralDE.Tests.VerbsIndexingTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Expected

let private m = arange 0.0 6.0 1.0 |> reshape [ 2; 3 ]

[<Tests>]
let tests =
    testList
        "Tensor.VerbsIndexing"
        [ testCase "reading by index" (fun () ->
              holds [ 2; 2 ] [ 2.0; 0.0; 5.0; 3.0 ] (take 1 (tensor [ 2; 0 ]) m)
              holds [ 3 ] [ 3.0; 4.0; 5.0 ] (take 0 (scalar 1L) m)
              holds [ 2; 2; 1 ] [ 0.0; 1.0; 3.0; 4.0 ] (take 1 (tensor [ [ 0 ]; [ 1 ] ]) m)
              holds [ 0; 3 ] [] (take 0 (tensor Seq.empty<int>) m)
              holds [ 2; 1 ] [ 2.0; 3.0 ] (takeAlong 1 (tensor [ [ 2 ]; [ 0 ] ]) m)
              holds [ 1; 3 ] [ 0.0; 4.0; 2.0 ] (takeAlong 0 (tensor [ [ 0; 1; 0 ] ]) m)
              holds [ 2; 2 ] [ 1.0; 1.0; 5.0; 3.0 ] (gatherRows (tensor [ [ 1; 1 ]; [ 2; 0 ] ]) m)
              let cube = arange 0.0 12.0 1.0 |> reshape [ 2; 3; 2 ]
              holds [ 2; 1; 2 ] [ 4.0; 5.0; 6.0; 7.0 ] (gatherRows (tensor [ [ 2 ]; [ 0 ] ]) cube)
              raises<InputException> [ "take"; "index 3"; "0 to 2" ] (fun () -> take 1 (tensor [ 3 ]) m)
              raises<InputException> [ "take"; "index -1" ] (fun () -> take 1 (tensor [ -1 ]) m)
              raises<DtypeException> [ "take"; "float64"; "cast Int64" ] (fun () -> take 1 (tensor [ 1.0 ]) m)
              raises<ShapeException> [ "take"; "extent 0" ] (fun () -> take 0 (tensor [ 0 ]) (zeros [ 0 ]))
              raises<ShapeException> [ "takeAlong"; "[1; 1]" ] (fun () -> takeAlong 1 (tensor [ [ 0 ] ]) m)
              raises<ShapeException> [ "gatherRows"; "[batch…; m]" ] (fun () -> gatherRows (tensor [ [ 0 ] ]) m))

          testCase "writing by index" (fun () ->
              let x = zeros [ 3 ]
              let at = tensor [ 0; 2; 0 ]
              let updates = tensor [ 1.0; 2.0; 3.0 ]
              holds [ 3 ] [ 4.0; 0.0; 2.0 ] (scatterAdd at updates x)
              holds [ 3 ] [ 3.0; 0.0; 2.0 ] (scatterSet at updates x)
              holds [ 3 ] [ 3.0; 0.0; 2.0 ] (scatterMax at updates x)
              holds
                  [ 2; 3 ]
                  [ 0.0; 1.0; 2.0; 4.0; 5.0; 6.0 ]
                  (scatterAdd (tensor [ 1 ]) (tensor [ [ 1.0; 1.0; 1.0 ] ]) m)
              raises<ShapeException> [ "scatterAdd"; "[2]"; "expected [1; 3]" ] (fun () ->
                  scatterAdd (tensor [ 1 ]) (zeros [ 2 ]) m)
              raises<DtypeException> [ "scatterSet"; "cast" ] (fun () -> scatterSet (tensor [ 1 ]) (tensor [ 1.0f ]) x))

          testCase "windows with a computed start" (fun () ->
              let x = arange 0.0 5.0 1.0
              holds [ 2 ] [ 1.0; 2.0 ] (dynamicSlice 0 (scalar 1) 2 x)
              holds [ 2 ] [ 3.0; 4.0 ] (dynamicSlice 0 (scalar 3L) 2 x)
              raises<InputException> [ "dynamicSlice"; "start 9"; "0 to 3" ] (fun () -> dynamicSlice 0 (scalar 9L) 2 x)
              holds [ 0 ] [] (dynamicSlice 0 (scalar 1) 0 x)
              holds [ 2; 2 ] [ 1.0; 2.0; 4.0; 5.0 ] (dynamicSlice 1 (scalar 1) 2 m)
              holds [ 5 ] [ 0.0; 7.0; 8.0; 3.0; 4.0 ] (dynamicUpdate 0 (scalar 1) (tensor [ 7.0; 8.0 ]) x)
              holds [ 5 ] [ 0.0; 1.0; 2.0; 7.0; 8.0 ] (dynamicUpdate 0 (scalar 3) (tensor [ 7.0; 8.0 ]) x)
              holds [ 2; 3 ] [ 0.0; 1.0; 9.0; 3.0; 4.0; 9.0 ] (dynamicUpdate 1 (scalar 2) (full [ 2; 1 ] 9.0) m)
              raises<ShapeException> [ "dynamicSlice"; "window of 6"; "extent 5" ] (fun () ->
                  dynamicSlice 0 (scalar 0) 6 x)
              raises<ShapeException> [ "dynamicSlice"; "the start" ] (fun () -> dynamicSlice 0 (tensor [ 0 ]) 1 x)
              raises<ShapeException> [ "dynamicUpdate"; "[1; 1]" ] (fun () ->
                  dynamicUpdate 1 (scalar 0) (zeros [ 1; 1 ]) m))

          testCase "classes" (fun () ->
              holds [ 2; 2 ] [ 0.0; 1.0; 1.0; 0.0 ] (oneHot 2 (tensor [ 1; 0 ]))
              holds [ 2 ] [ 0.0; 1.0 ] (oneHot 2 (scalar 1L))
              Expect.equal ((oneHot 2 (scalar 1)).Dtype) Float64 "(oneHot 2 (scalar 1)).Dtype")

          testCase "groups of rows" (fun () ->
              let x = tensor [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ]; [ 5.0; 0.0 ] ]
              let ids = tensor [ 2; 0; 2 ]
              holds [ 4; 2 ] [ 3.0; 4.0; 0.0; 0.0; 6.0; 2.0; 0.0; 0.0 ] (segmentSum ids 4 x)
              holds [ 3; 2 ] [ 3.0; 4.0; -infinity; -infinity; 5.0; 2.0 ] (segmentMax ids 3 x)
              holds [ 3; 2 ] [ 3.0; 4.0; 0.0; 0.0; 3.0; 1.0 ] (segmentMean ids 3 x)
              let least = (segmentMax ids 3 (tensor [ 1; 2; 3 ])).ToInt64Array()
              Expect.equal least [| 2L; int64 System.Int32.MinValue; 3L |] "least"
              Expect.equal
                  ((segmentMax ids 3 (tensor [ 1L; 2L; 3L ])).ToInt64Array()[1])
                  System.Int64.MinValue
                  "maximum of an empty group"
              let large = segmentSum (tensor [ 0; 0 ]) 1 (tensor [ System.Int32.MaxValue; System.Int32.MaxValue ])
              Expect.equal (large.ToInt64Array()) [| 4294967294L |] "a sum of int32 beyond int32"
              raises<ShapeException> [ "segmentSum"; "[2]"; "[3]" ] (fun () -> segmentSum (tensor [ 0; 1 ]) 2 x)

              forExtents 3 (fun extents seed ->
                  let n, features, count = extents[0], extents[1], extents[2]
                  let x = noise seed [ n; features ]
                  let ids = randint (Key seed) 0 count [ n ]
                  let rows = ids.ToInt64Array()

                  let naive =
                      [ for g in 0 .. count - 1 do
                            for f in 0 .. features - 1 ->
                                Seq.sum (
                                    seq {
                                        for i in 0 .. n - 1 do
                                            if rows[i] = g then float x[i, f]
                                    }
                                ) ]

                  close 1e-14 [ count; features ] naive (segmentSum ids count x))) ]
