module NeuralDE.Tests.MakersTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Expected

let private is dtype (x: Tensor) = Expect.equal x.Dtype dtype "x.Dtype"

let private moments (x: Tensor) =
    let v = x.ToArray()
    let mean = Array.average v
    mean, v |> Array.averageBy (fun e -> (e - mean) ** 2.0)

[<Tests>]
let tests =
    testList
        "Tensor.Makers"
        [ testCase "numbers make tensors of their type" (fun () ->
              let ints = [ 1; 2 ]
              is Float64 (tensor [ 1.0; 2.0 ])
              is Float32 (tensor [ 1.0f ])
              is Dtype.Int32 (tensor ints)
              is Dtype.Int64 (tensor [ 1L ])
              is Bool (tensor [ true ])
              is Float64 (tensor (seq { 1.0 .. 3.0 }))
              is Float64 (tensor [| 1.0 |])
              holds [ 2; 2 ] [ 1.0; 2.0; 3.0; 4.0 ] (tensor [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ])
              holds [ 2; 1 ] [ 1.0; 2.0 ] (tensor [ [ 1.0f ]; [ 2.0f ] ])
              holds [ 2; 1 ] [ 1.0; 2.0 ] (tensor [ [ 1 ]; [ 2 ] ])
              holds [ 2; 1 ] [ 1.0; 0.0 ] (tensor [ [ true ]; [ false ] ])
              holds [ 2; 2 ] [ 1.0; 2.0; 3.0; 4.0 ] (tensor [| [| 1.0; 2.0 |]; [| 3.0; 4.0 |] |])
              holds [ 1; 2 ] [ 1.0; 2.0 ] (tensor [| [| 1.0f; 2.0f |] |])
              is Dtype.Int64 (tensor [ [ 1L ] ])
              is Dtype.Int32 (tensor [| [| 1; 2 |]; [| 3; 4 |] |])
              is Dtype.Int64 (tensor [| [| 1L |] |])
              is Bool (tensor [| [| true |] |])
              holds [ 2; 2 ] [ 1.0; 2.0; 3.0; 4.0 ] (tensor [| [| 1; 2 |]; [| 3; 4 |] |])
              holds
                  [ 2; 3 ]
                  [ 0.0; 1.0; 2.0; 10.0; 11.0; 12.0 ]
                  (tensor (Array2D.init 2 3 (fun i j -> float (10 * i + j))))
              is Float32 (tensor (Array2D.create 1 1 1.0f))
              holds [ 1; 2; 2 ] [ 1.0; 2.0; 3.0; 4.0 ] (tensor [ [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ] ])
              let cube = tensor (Array3D.init 2 2 2 (fun i j k -> float (4 * i + 2 * j + k)))
              holds [ 2; 2; 2 ] [ 0.0 .. 7.0 ] cube
              holds [ 0 ] [] (tensor Seq.empty<float>)
              holds [ 2; 0 ] [] (tensor [ []; ([]: float list) ])
              holds [ 0; 0 ] [] (tensor ([]: float list list))
              holds [ 2; 0; 0 ] [] (tensor [ []; ([]: float list list) ])
              holds [ 0; 0; 0 ] [] (tensor ([]: float list list list)))

          testCase "scalars have no axes" (fun () ->
              holds [] [ 1.5 ] (scalar 1.5)
              is Float32 (scalar 1.0f)
              is Dtype.Int32 (scalar 1)
              is Dtype.Int64 (scalar 1L)
              is Bool (scalar true)
              holds [] [ 2.0 ] (scalar (tensor [ [ 2.0 ] ]))
              raises<ShapeException> [ "scalar"; "[2]"; "one element" ] (fun () -> scalar (tensor [ 1.0; 2.0 ])))

          testCase "ragged rows are refused" (fun () ->
              raises<ShapeException> [ "tensor: row 1"; "1 elements"; "has 2"; "pad" ] (fun () ->
                  tensor [ [ 1.0; 2.0 ]; [ 3.0 ] ])
              raises<ShapeException> [ "tensor: row 1" ] (fun () -> tensor [| [| 1.0f |]; [||] |])
              raises<ShapeException> [ "tensor: row 0, 1" ] (fun () -> tensor [ [ [ 1.0 ]; [] ] ])
              raises<ShapeException> [ "tensor: row 1" ] (fun () -> tensor [ [ [ 1.0 ] ]; [] ]))

          testCase "tensors print in F# notation" (fun () ->
              Expect.equal (string (tensor [ 1.0; 2.5 ])) "tensor [1; 2.5] float64 [2]" "string (tensor [ 1.0; 2.5 ])"
              Expect.equal
                  (string (tensor [ [ 1; 2 ]; [ 3; 4 ] ]))
                  "tensor [[1; 2]; [3; 4]] int32 [2; 2]"
                  "text of a matrix"
              Expect.equal (string (scalar true)) "tensor true bool []" "string (scalar true)"
              Expect.equal (string (zeros [ 0 ])) "tensor [] float64 [0]" "string (zeros [ 0 ])"
              Expect.equal
                  (string (arange 0.0 10.0 1.0))
                  "tensor [0; 1; 2; …; 7; 8; 9] float64 [10]"
                  "text of a long vector")

          testCase "filled tensors" (fun () ->
              holds [ 2; 1 ] [ 0.0; 0.0 ] (zeros [ 2; 1 ])
              holds [] [ 1.0 ] (ones [])
              holds [ 2 ] [ 7.0; 7.0 ] (full [ 2 ] 7.0)
              holds [ 0; 3 ] [] (ones [ 0; 3 ])
              like 0.0 (tensor [ 0; 0 ]) (zerosLike (tensor [ 5; 6 ]))
              like 0.0 (tensor [ true ]) (onesLike (tensor [ false ]))
              holds [ 2; 2 ] [ 1.0; 0.0; 0.0; 1.0 ] (eye 2)
              holds [ 0; 0 ] [] (eye 0)
              raises<ShapeException> [ "zeros"; "[2; -1]" ] (fun () -> zeros [ 2; -1 ]))

          testCase "evenly spaced points" (fun () ->
              holds [ 5 ] [ 0.0; 0.25; 0.5; 0.75; 1.0 ] (linspace 0.0 1.0 5)
              holds [ 1 ] [ 3.0 ] (linspace 3.0 4.0 1)
              holds [ 0 ] [] (linspace 3.0 4.0 0)
              holds [ 2 ] [ 2.0; -1.0 ] (linspace 2.0 -1.0 2)

              for n in 2..200 do // the last point is exact
                  Expect.equal ((linspace 0.1 0.3 n).ToArray() |> Array.last) 0.3 "last point"

              close 1e-15 [ 3 ] [ 0.1; 1.0; 10.0 ] (logspace -1.0 1.0 3)
              holds [ 4 ] [ 0.0; 1.0; 2.0; 3.0 ] (arange 0.0 4.0 1.0)
              holds [ 3 ] [ 1.0; 0.5; 0.0 ] (arange 1.0 -0.5 -0.5)
              holds [ 0 ] [] (arange 1.0 0.0 1.0)
              raises<InputException> [ "arange"; "step" ] (fun () -> arange 0.0 1.0 0.0)
              raises<InputException> [ "linspace"; "-1" ] (fun () -> linspace 0.0 1.0 -1))

          testCase "random numbers have their distribution's moments" (fun () ->
              let n = 20000
              let within tolerance expected (got: float) =
                  Expect.inRange got (expected - tolerance, expected + tolerance) "got"
              let mean, variance = moments (rand (Key 1) [ n ])
              within 0.01 0.5 mean
              within 0.005 (1.0 / 12.0) variance
              let mean, variance = moments (randn (Key 1) [ n / 2; 2 ])
              within 0.03 0.0 mean
              within 0.05 1.0 variance
              let coins = bernoulli (Key 2) 0.3 [ n ]
              is Bool coins
              within 0.02 0.3 (fst (moments coins))
              holds [ 3 ] [ 0.0; 0.0; 0.0 ] (bernoulli (Key 2) 0.0 [ 3 ])
              holds [ 3 ] [ 1.0; 1.0; 1.0 ] (bernoulli (Key 2) 1.0 [ 3 ])
              let dice = randint (Key 3) 1 7 [ n ]
              is Dtype.Int64 dice

              for _, count in dice.ToInt64Array() |> Array.countBy id do
                  within 0.02 (1.0 / 6.0) (float count / float n)

              Expect.equal (dice.ToInt64Array() |> Array.distinct |> Array.sort) [| 1L .. 6L |] "distinct numbers"
              holds [ 2 ] [ -5.0; -5.0 ] (randint (Key 3) -5 -4 [ 2 ])
              raises<InputException> [ "randint"; "exclusive" ] (fun () -> randint (Key 3) 2 2 [ 1 ])
              raises<InputException> [ "bernoulli"; "1.5" ] (fun () -> bernoulli (Key 3) 1.5 [ 1 ]))

          testCase "permutations" (fun () ->
              let p = permutation (Key 1) 50
              Expect.equal (Array.sort (p.ToInt64Array())) [| 0L .. 49L |] "Array.sort (p.ToInt64Array())"
              Expect.notEqual (p.ToInt64Array()) [| 0L .. 49L |] "p.ToInt64Array()"
              holds [ 0 ] [] (permutation (Key 1) 0)
              let x = reshape [ 50; 2 ] (arange 0.0 100.0 1.0)
              like 0.0 (take 0 p x) (shuffle (Key 1) x)
              let batch = Key.foldWith (tensor [ 0; 1 ]) (Key 4)
              Expect.equal ((permutation batch 7).Shape) [| 2; 7 |] "(permutation batch 7).Shape"
              raises<ShapeException> [ "shuffle"; "[]" ] (fun () -> shuffle (Key 1) (scalar 1.0))
              raises<ShapeException> [ "shuffle"; "key" ] (fun () -> shuffle batch x))

          testCase "other dtypes by cast" (fun () ->
              is Float32 (zeros [ 2 ] |> cast Float32)
              like 0.0 (tensor [ 0; 1; 2 ]) (arange 0.0 3.0 1.0 |> cast Dtype.Int32)) ]
