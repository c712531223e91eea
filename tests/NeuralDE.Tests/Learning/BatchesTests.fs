module NeuralDE.Tests.Learning.BatchesTests

open System.Collections.Generic
open Xunit
open NeuralDE

/// Ten samples: their number, and a row that tells of it.
let private data = arange 0.0 10.0 1.0, tensor [| for i in 0..9 -> [| float i; 10.0 * float i |] |]

let private numbers (x: Tensor, _: Tensor) = List.ofArray (x.ToArray())

let private epoch (batches: Batches<Tensor * Tensor>) e =
    List.init batches.PerEpoch (fun i -> numbers (batches.At(e * batches.PerEpoch + i)))

[<Fact>]
let ``batches go through the samples in order, the last one smaller`` () =
    let batches = Batches.ofTree 4 data
    Assert.Equal(3, batches.PerEpoch)
    Assert.Equal<float list list>([ [ 0.0; 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0; 7.0 ]; [ 8.0; 9.0 ] ], epoch batches 0)
    Assert.Equal<float list list>(epoch batches 0, epoch batches 5)
    Assert.Equal<float list list>(List.truncate 2 (epoch batches 0), epoch (Batches.dropLast batches) 0)
    let _, rows = batches.At 2
    Assert.Equal<float[]>([| 8.0; 80.0; 9.0; 90.0 |], rows.ToArray())

[<Fact>]
let ``a shuffled epoch is a permutation, its own and the same every time`` () =
    let batches = Batches.ofTree 3 data |> Batches.shuffle (Key 5)
    let epochs = List.init 4 (epoch batches)

    for order in epochs do
        Assert.Equal<float list>(List.init 10 float, List.sort (List.concat order))

    Assert.Equal(4, List.distinct epochs |> List.length)
    Assert.Equal<float list list>(epochs[2], epoch batches 2)
    Assert.NotEqual<float list list>(epochs[0], epoch (Batches.ofTree 3 data |> Batches.shuffle (Key 6)) 0)

[<Fact>]
let ``keys are one for each step, and map and withKey change what a batch is`` () =
    let keys = Batches.keys (Key 3)
    Assert.Equal(string (Key.fold 7 (Key 3)), string (keys.At 7))
    let batches = Batches.ofTree 5 data |> Batches.map fst |> Batches.withKey (Key 4)
    let x, key = batches.At 1
    Assert.Equal<float[]>([| 5.0; 6.0; 7.0; 8.0; 9.0 |], x.ToArray())
    Assert.Equal(string (Key.fold 1 (Key 4)), string key)

/// Sees every batch that a training's step sees: the gradient of the loss is minus the batch's sum.
let private seen (batches: Batches<Tensor * Tensor>) steps =
    let sums = List<float>()

    Train.start (scalar 0.0) (GradientDescent 1.0)
    |> Train.steps steps
    |> Train.onStep (fun p -> sums.Add p.GradientNorm)
    |> Train.runOn batches (fun (x, rows) w -> w * (sum x + 0.0 * sum rows))
    |> ignore

    List.ofSeq sums

[<Fact>]
let ``a training's step sees the batches in their order`` () =
    for batches in
        [ Batches.ofTree 4 data
          Batches.ofTree 4 data |> Batches.shuffle (Key 1)
          Batches.ofTree 4 data |> Batches.shuffle (Key 1) |> Batches.dropLast
          Batches.ofTree 10 data |> Batches.shuffle (Key 2)
          Batches.ofTree 1 data ] do
        let expected = List.init 12 (fun step -> List.sum (numbers (batches.At step)))
        Assert.Equal<float list>(expected, seen batches 12)

[<Fact>]
let ``data of every dtype is fed row by row`` () =
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

    Assert.Equal<float list>([ 11741.0; 20852.0; 31963.0 ], List.ofSeq seen)

[<Fact>]
let ``what makes no batches is refused`` () =
    for size in [ 0; 11 ] do
        let e = Assert.Throws<InputException>(fun () -> Batches.ofTree size data |> ignore)
        Assert.StartsWith($"Batches.ofTree: got size {size}, expected 1 to 10", e.Message)

    let e = Assert.Throws<ShapeException>(fun () -> Batches.ofTree 1 (ones [ 3; 2 ], ones [ 4 ]) |> ignore)
    Assert.StartsWith("Batches.ofTree: Item2 has shape [4], expected [samples; …]", e.Message)
    Assert.Throws<ShapeException>(fun () -> Batches.ofTree 1 (scalar 1.0) |> ignore) |> ignore
    Assert.Throws<TreeException>(fun () -> Batches.ofTree 1 "no tensors" |> ignore) |> ignore
    Assert.Throws<InputException>(fun () -> (Batches.ofTree 2 data).At -1 |> ignore) |> ignore
