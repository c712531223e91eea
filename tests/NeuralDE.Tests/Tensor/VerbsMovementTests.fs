module NeuralDE.Tests.VerbsMovementTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Expected

let private counting (shape: int list) = arange 0.0 (float (List.fold (*) 1 shape)) 1.0 |> reshape shape

let private m = counting [ 2; 3 ]

[<Tests>]
let tests =
    testList
        "Tensor.VerbsMovement"
        [ testCase "shapes" (fun () ->
              holds [ 3; 2 ] [ 0.0 .. 5.0 ] (reshape [ 3; 2 ] m)
              holds [ 6 ] [ 0.0 .. 5.0 ] (reshape [ -1 ] m)
              holds [ 2; 3; 1 ] [ 0.0 .. 5.0 ] (reshape [ 2; -1; 1 ] m)
              holds [] [ 4.0 ] (reshape [] (tensor [ 4.0 ]))
              holds [ 1 ] [ 4.0 ] (reshape [ -1 ] (scalar 4.0))
              holds [ 0; 5 ] [] (reshape [ 0; 5 ] (zeros [ 3; 0 ]))
              holds [ 6 ] [ 0.0 .. 5.0 ] (flatten m)
              holds [ 0 ] [] (ravel (zeros [ 3; 0 ]))
              holds [ 2; 1; 3 ] [ 0.0 .. 5.0 ] (expandDims 1 m)
              holds [ 2; 3; 1 ] [ 0.0 .. 5.0 ] (expandDims -1 m)
              holds [ 2; 3 ] [ 0.0 .. 5.0 ] (squeeze 0 (expandDims 0 m))
              holds [ 2; 2 ] [ 1.0; 1.0; 2.0; 2.0 ] (broadcastTo [ 2; 2 ] (tensor [ [ 1.0 ]; [ 2.0 ] ]))
              holds [ 2; 0 ] [] (broadcastTo [ 2; 0 ] (scalar 1.0))
              raises<ShapeException> [ "reshape"; "[2; 3]"; "6 elements"; "[4; -1]" ] (fun () -> reshape [ 4; -1 ] m)
              raises<ShapeException> [ "reshape"; "at most one" ] (fun () -> reshape [ -1; -1 ] m)
              raises<ShapeException> [ "reshape" ] (fun () -> reshape [ 0; -1 ] (zeros [ 0 ]))
              raises<ShapeException> [ "squeeze"; "extent 3"; "take" ] (fun () -> squeeze 1 m)
              raises<ShapeException> [ "broadcastTo"; "[2; 3]"; "[3; 2]" ] (fun () -> broadcastTo [ 3; 2 ] m)
              raises<ShapeException> [ "broadcastTo" ] (fun () -> broadcastTo [ 3 ] m)
              raises<ShapeException> [ "expandDims"; "axis 4" ] (fun () -> expandDims 4 m))

          testCase "order of axes" (fun () ->
              holds [ 3; 2 ] [ 0.0; 3.0; 1.0; 4.0; 2.0; 5.0 ] (transpose m)
              holds [ 1; 3; 2 ] [ 0.0; 3.0; 1.0; 4.0; 2.0; 5.0 ] (transpose (expandDims 0 m))
              let cube = counting [ 2; 3; 4 ]
              Expect.equal ((permute [ 2; 0; 1 ] cube).Shape) [| 4; 2; 3 |] "(permute [ 2; 0; 1 ] cube).Shape"
              like 0.0 (permute [ 2; 0; 1 ] cube) (permute [ -1; 0; 1 ] cube)
              like 0.0 (permute [ 2; 0; 1 ] cube) (moveAxis -1 0 cube)
              like 0.0 (permute [ 1; 2; 0 ] cube) (moveAxis 0 2 cube)
              like 0.0 (permute [ 2; 1; 0 ] cube) (swapAxes 0 -1 cube)
              Expect.equal (float (permute [ 2; 0; 1 ] cube).[3, 1, 2]) 23.0 "an element after permute"
              raises<ShapeException> [ "permute"; "[0; 0]"; "once" ] (fun () -> permute [ 0; 0 ] m)
              raises<ShapeException> [ "transpose"; "[3]"; "2 axes" ] (fun () -> transpose (zeros [ 3 ])))

          testCase "joining" (fun () ->
              holds [ 3 ] [ 1.0; 2.0; 3.0 ] (concat [ tensor [ 1.0 ]; tensor [ 2.0; 3.0 ] ])
              holds [ 2; 4 ] [ 0.0; 1.0; 2.0; 9.0; 3.0; 4.0; 5.0; 9.0 ] (concatAlong -1 [ m; full [ 2; 1 ] 9.0 ])
              holds [ 1 ] [ 1.0 ] (concat [ zeros [ 0 ]; tensor [ 1.0 ] ])
              holds [ 2 ] [ 1.0; 2.0 ] (stack [ scalar 1.0; scalar 2.0 ])
              holds [ 2; 2 ] [ 1.0; 3.0; 2.0; 4.0 ] (stackAlong 1 [ tensor [ 1.0; 2.0 ]; tensor [ 3.0; 4.0 ] ])
              raises<ShapeException> [ "stack"; "tensor 1"; "[2]"; "[1]" ] (fun () ->
                  stack [ zeros [ 1 ]; zeros [ 2 ] ])
              raises<ShapeException> [ "stack"; "no tensors" ] (fun () -> stack [])
              raises<DtypeException> [ "stack"; "float32"; "cast Float64" ] (fun () ->
                  stack [ zeros [ 1 ]; tensor [ 1.0f ] ])
              raises<ShapeException> [ "concat"; "stack" ] (fun () -> concat [ scalar 1.0 ])
              raises<ShapeException> [ "concat"; "tensor 1"; "[1; 2]"; "axis 0" ] (fun () ->
                  concat [ m; zeros [ 1; 2 ] ]))

          testCase "splitting" (fun () ->
              match split [ 1; 0; 3 ] (arange 0.0 4.0 1.0) with
              | [ a; b; c ] ->
                  holds [ 1 ] [ 0.0 ] a
                  holds [ 0 ] [] b
                  holds [ 3 ] [ 1.0; 2.0; 3.0 ] c
              | other -> failtest $"{other.Length} pieces"

              let pieces = chunk 3 (arange 0.0 8.0 1.0)
              Expect.equal (pieces |> List.map (fun p -> p.Length)) [ 3; 3; 2 ] "lengths of the pieces"
              like 0.0 (arange 0.0 8.0 1.0) (concat pieces)
              like 0.0 m (concatAlong 1 (splitAlong 1 [ 2; 1 ] m))
              like 0.0 m (concatAlong 1 (chunkAlong -1 2 m))
              raises<ShapeException> [ "split"; "add up to 2"; "extent 3" ] (fun () ->
                  List.head (splitAlong 1 [ 1; 1 ] m))
              raises<InputException> [ "chunk"; "0" ] (fun () -> List.head (chunk 0 m)))

          testCase "repetition" (fun () ->
              holds [ 4 ] [ 1.0; 1.0; 2.0; 2.0 ] (repeat 0 2 (tensor [ 1.0; 2.0 ]))
              holds [ 2; 2 ] [ 1.0; 1.0; 2.0; 2.0 ] (repeat 1 2 (tensor [ [ 1.0 ]; [ 2.0 ] ]))
              holds [ 0 ] [] (repeat 0 0 (tensor [ 1.0; 2.0 ]))
              holds [ 4 ] [ 1.0; 2.0; 1.0; 2.0 ] (tile [ 2 ] (tensor [ 1.0; 2.0 ]))
              holds [ 2; 2 ] [ 1.0; 2.0; 1.0; 2.0 ] (tile [ 2; 1 ] (tensor [ 1.0; 2.0 ]))
              holds
                  [ 2; 6 ]
                  (List.concat [ [ 0.0; 1.0; 2.0 ]; [ 0.0; 1.0; 2.0 ]; [ 3.0; 4.0; 5.0 ]; [ 3.0; 4.0; 5.0 ] ])
                  (tile [ 2 ] m)

              match meshgrid [ tensor [ 1.0; 2.0 ]; tensor [ 3.0; 4.0; 5.0 ] ] with
              | [ a; b ] ->
                  holds [ 2; 3 ] [ 1.0; 1.0; 1.0; 2.0; 2.0; 2.0 ] a
                  holds [ 2; 3 ] [ 3.0; 4.0; 5.0; 3.0; 4.0; 5.0 ] b
              | other -> failtest $"{other.Length} grids")

          testCase "order and position of elements" (fun () ->
              holds [ 2; 3 ] [ 2.0; 1.0; 0.0; 5.0; 4.0; 3.0 ] (flip 1 m)
              holds [ 2; 3 ] [ 2.0; 0.0; 1.0; 5.0; 3.0; 4.0 ] (roll 1 1 m)
              holds [ 2; 3 ] [ 1.0; 2.0; 0.0; 4.0; 5.0; 3.0 ] (roll -1 -4 m)
              holds [ 0 ] [] (roll 0 3 (zeros [ 0 ]))
              holds [ 4 ] [ 0.0; 1.0; 2.0; 0.0 ] (pad [ 1, 1 ] (tensor [ 1.0; 2.0 ]))
              holds [ 2; 2 ] [ 9.0; 9.0; 9.0; 1.0 ] (padWith 9.0 [ 1, 0; 1, 0 ] (tensor [ [ 1.0 ] ]))
              like 0.0 (tensor [ 7; 1 ]) (padWith 7.0 [ 1, 0 ] (tensor [ 1 ]))
              raises<ShapeException> [ "pad"; "1 pairs"; "[2; 3]" ] (fun () -> pad [ 1, 1 ] m)
              raises<InputException> [ "pad"; "negative" ] (fun () -> pad [ -1, 0 ] (zeros [ 3 ])))

          testCase "diagonals and triangles" (fun () ->
              holds [ 2 ] [ 0.0; 4.0 ] (diagonal m)
              holds [ 2 ] [ 0.0; 3.0 ] (diagonal (counting [ 3; 2 ]))
              holds [ 2; 2 ] [ 0.0; 3.0; 4.0; 7.0 ] (diagonal (counting [ 2; 2; 2 ]))
              holds [ 0 ] [] (diagonal (zeros [ 0; 3 ]))
              holds [ 2; 2 ] [ 1.0; 0.0; 0.0; 2.0 ] (diag (tensor [ 1.0; 2.0 ]))
              like 0.0 m (diagonal (diag m))
              let s = counting [ 3; 3 ]
              holds [ 3; 3 ] [ 0.0; 0.0; 0.0; 3.0; 4.0; 0.0; 6.0; 7.0; 8.0 ] (tril s)
              holds [ 3; 3 ] [ 0.0; 1.0; 2.0; 0.0; 4.0; 5.0; 0.0; 0.0; 8.0 ] (triu s)
              holds [ 3; 3 ] [ 0.0; 1.0; 0.0; 3.0; 4.0; 5.0; 6.0; 7.0; 8.0 ] (trilFrom 1 s)
              holds [ 3; 3 ] [ 0.0; 1.0; 2.0; 0.0; 0.0; 5.0; 0.0; 0.0; 0.0 ] (triuFrom 1 s)
              raises<ShapeException> [ "diagonal"; "[3]" ] (fun () -> diagonal (zeros [ 3 ])))

          testCase "inverse movements of random shapes" (fun () ->
              forExtents 3 (fun shape seed ->
                  let x = noise seed shape
                  let axis = seed % 3
                  like 0.0 x (flip axis (flip axis x))
                  like 0.0 x (roll axis -seed (roll axis seed x))
                  like 0.0 x (concatAlong axis (chunkAlong axis 2 x))
                  like 0.0 x (moveAxis axis 0 x |> moveAxis 0 axis)
                  like 0.0 x (transpose (transpose x)))) ]
