module NeuralDE.Tests.Learning.BatchesTests

open System.Collections.Generic
open Expecto
open NeuralDE.Tests
open NeuralDE

/// Ten samples: their index, and a row that depends on it.
let private data = arange 0.0 10.0 1.0, tensor [| for i in 0..9 -> [| float i; 10.0 * float i |] |]

let private numbers (x: Tensor, _: Tensor) = List.ofArray (x.ToArray())

let private epoch (batches: Batches<Tensor * Tensor>) e =
    List.init batches.PerEpoch (fun i -> numbers (batches.At(e * batches.PerEpoch + i)))

/// Records every batch of a training's steps: the gradient of the loss is minus the sum of the batch.
let private seen (batches: Batches<Tensor * Tensor>) steps =
    let sums = List<float>()

    Train.start (scalar 0.0) (GradientDescent 1.0)
    |> Train.steps steps
    |> Train.onStep (fun p -> sums.Add p.GradientNorm)
    |> Train.runOn batches (fun (x, rows) w -> w * (sum x + 0.0 * sum rows))
    |> ignore

    List.ofSeq sums

[<Tests>]
let tests =
    testList
        "Learning.Batches"
        [ testCase "batches contain the samples in order, the last one is smaller" (fun () ->
              let batches = Batches.ofTree 4 data
              Expect.equal batches.PerEpoch 3 "batches.PerEpoch"
              Expect.equal
                  (epoch batches 0)
                  [ [ 0.0; 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0; 7.0 ]; [ 8.0; 9.0 ] ]
                  "epoch batches 0"
              Expect.equal (epoch batches 5) (epoch batches 0) "epoch batches 5"
              Expect.equal
                  (epoch (Batches.dropLast batches) 0)
                  (List.truncate 2 (epoch batches 0))
                  "epoch (Batches.dropLast batches) 0"
              let _, rows = batches.At 2
              Expect.equal (rows.ToArray()) [| 8.0; 80.0; 9.0; 90.0 |] "rows.ToArray()")

          testCase "a shuffled epoch is a permutation, different in each epoch and reproducible" (fun () ->
              let batches = Batches.ofTree 3 data |> Batches.shuffle (Key 5)
              let epochs = List.init 4 (epoch batches)

              for order in epochs do
                  Expect.equal (List.sort (List.concat order)) (List.init 10 float) "List.sort (List.concat order)"

              Expect.equal (List.distinct epochs |> List.length) 4 "List.distinct epochs |> List.length"
              Expect.equal (epoch batches 2) epochs[2] "epoch batches 2"
              Expect.notEqual
                  (epoch (Batches.ofTree 3 data |> Batches.shuffle (Key 6)) 0)
                  epochs[0]
                  "epoch (Batches.ofTree 3 data |> Batches.shuffle (Key 6)) 0")

          testCase "there is one key for each step, and map and withKey change the batches" (fun () ->
              let keys = Batches.keys (Key 3)
              Expect.equal (string (keys.At 7)) (string (Key.fold 7 (Key 3))) "string (keys.At 7)"
              let batches = Batches.ofTree 5 data |> Batches.map fst |> Batches.withKey (Key 4)
              let x, key = batches.At 1
              Expect.equal (x.ToArray()) [| 5.0; 6.0; 7.0; 8.0; 9.0 |] "x.ToArray()"
              Expect.equal (string key) (string (Key.fold 1 (Key 4))) "string key")

          testCase "the steps of a training get the batches in their order" (fun () ->
              for batches in
                  [ Batches.ofTree 4 data
                    Batches.ofTree 4 data |> Batches.shuffle (Key 1)
                    Batches.ofTree 4 data |> Batches.shuffle (Key 1) |> Batches.dropLast
                    Batches.ofTree 10 data |> Batches.shuffle (Key 2)
                    Batches.ofTree 1 data ] do
                  let expected = List.init 12 (fun step -> List.sum (numbers (batches.At step)))
                  Expect.equal (seen batches 12) expected "seen batches 12")

          testCase "data of every dtype is fed row by row" (fun () ->
              let flags = tensor [ true; false; true ]
              let data =
                  tensor [ 1.0f; 2.0f; 3.0f ],
                  tensor [ 4; 5; 6 ],
                  tensor [ 7L; 8L; 9L ],
                  flags,
                  tensor [ [ 1.0 ]; [ 2.0 ]; [ 3.0 ] ]
              let seen = List<float>()

              Train.start (scalar 1.0) (GradientDescent 1e-9)
              |> Train.steps 3
              |> Train.onStep (fun p -> seen.Add p.Loss)
              |> Train.runOn (Batches.ofTree 1 data) (fun (a, b, c, d, e) w ->
                  let total x = sum (cast Float64 x)
                  total a + 10.0 * total b + 100.0 * total c + 1000.0 * total d + 10000.0 * total e + 0.0 * w)
              |> ignore

              Expect.equal (List.ofSeq seen) [ 11741.0; 20852.0; 31963.0 ] "List.ofSeq seen")

          testCase "invalid batches are refused" (fun () ->
              for size in [ 0; 11 ] do
                  let e = Expect.thrown<InputException>(fun () -> Batches.ofTree size data |> ignore)
                  Expect.stringStarts e.Message $"Batches.ofTree: got size {size}, expected 1 to 10" "e.Message"

              let e = Expect.thrown<ShapeException>(fun () -> Batches.ofTree 1 (ones [ 3; 2 ], ones [ 4 ]) |> ignore)
              Expect.stringStarts e.Message "Batches.ofTree: Item2 has shape [4], expected [samples; …]" "e.Message"
              Expect.thrown<ShapeException>(fun () -> Batches.ofTree 1 (scalar 1.0) |> ignore) |> ignore
              Expect.thrown<TreeException>(fun () -> Batches.ofTree 1 "no tensors" |> ignore) |> ignore
              Expect.thrown<InputException>(fun () -> (Batches.ofTree 2 data).At -1 |> ignore) |> ignore) ]
