/// A training that is interrupted and resumed gives the bits of one that ran through.
module NeuralDE.Tests.Learning.ResumeTests

open System
open System.IO
open System.Threading
open Expecto
open NeuralDE.Tests
open NeuralDE

type private Interrupted() =
    inherit Exception("interrupted")

let private withFile (use': string -> unit) =
    let path = Path.Combine(Path.GetTempPath(), $"neuralde-{Guid.NewGuid()}.safetensors")

    try
        use' path
    finally
        File.Delete path

let private data =
    let x = randn (Key 8) [ 23; 2 ]
    x, sin (sumAlong 1 x)

let private batches = Batches.ofTree 5 data |> Batches.shuffle (Key 2) |> Batches.withKey (Key 3)

let private loss ((x: Tensor, y: Tensor), key) net =
    let noisy = x + 0.05 * randn key [ x.Length; 2 ]
    mean (square (reshape [ x.Length ] (Mlp.apply net noisy) - y))

let private steps = 40

/// Everything that a training has: groups, schedule, mean of models, clipping, validation, a metric, early stopping.
let private training () =
    let rate = Schedule.warmUp 5 (Schedule.cosine 35 0.1)
    let momentum = Sgd { SgdOptions.defaults with Rate = 0.02 }

    let optimiser =
        Optim.groups [ Optim.named "Bias", momentum; Optim.others, AdamW 0.01 |> Optim.schedule rate ]
        |> Optim.averaged (MovingAverage 0.9)

    Train.start (Mlp.init (Key 1) [ 2; 4; 1 ]) optimiser
    |> Train.steps steps
    |> Train.clip 1.0
    |> Train.validateEvery 3
    |> Train.validate (fun net -> mean (square (reshape [ 23 ] (Mlp.apply net (fst data)) - snd data)))
    |> Train.metric "first weight" (fun net -> net.Layers[0].Weight[0, 0])
    |> Train.stopEarly 100

let private bits (x: float[]) = Array.map BitConverter.DoubleToInt64Bits x
let private bitsOf tree = Tree.flatten tree |> Array.map (fun x -> bits (x.ToArray()))

let private isSame (expected: Fit<Mlp>) (got: Fit<Mlp>) =
    Expect.equal got.Status expected.Status "got.Status"
    Expect.equal got.Steps expected.Steps "got.Steps"
    Expect.equal (bitsOf got.Model) (bitsOf expected.Model) "bitsOf got.Model"
    Expect.equal (bitsOf got.Best) (bitsOf expected.Best) "bitsOf got.Best"
    Expect.equal (bitsOf got.Averaged) (bitsOf expected.Averaged) "bitsOf got.Averaged"
    Expect.equal (bits got.Losses) (bits expected.Losses) "bits got.Losses"
    Expect.equal got.Validation.Steps expected.Validation.Steps "got.Validation.Steps"
    Expect.equal (bits got.Validation.Values) (bits expected.Validation.Values) "bits got.Validation.Values"

    for (name, one), (other, two) in List.zip expected.Metrics got.Metrics do
        Expect.equal other name "other"
        Expect.equal two.Steps one.Steps "two.Steps"
        Expect.equal (bits two.Values) (bits one.Values) "bits two.Values"

let private whole = lazy (training () |> Train.runOn batches loss)

let private moments () =
    let random = System.Random 7
    [| for _ in 1..6 -> random.Next(1, steps), random.Next(1, steps), random.Next(1, 9) |]

let private refusal (t: Training<'M>) (batches: Batches<'B>) (loss: 'B -> 'M -> Tensor) =
    let run () = t |> Train.runOn batches loss |> ignore
    (Expect.thrown<FileException> run).Message

[<Tests>]
let tests =
    testList
        "Learning.Resume"
        [ testList
              "cancelled twice and resumed, a training gives the same bits"
              [ for first, second, every in moments () do
                    testCase $"{first}, {second}, {every}" (fun () ->
                        withFile (fun path ->
                            let resumed () = training () |> Train.checkpointEvery every path |> Train.resume path

                            for stop in List.sort [ first; second ] do
                                use source = new CancellationTokenSource()

                                let fit =
                                    resumed ()
                                    |> Train.onStep (fun p -> if p.Step = stop then source.Cancel())
                                    |> Train.cancel source.Token
                                    |> Train.runOn batches loss

                                Expect.isTrue (fit.Steps >= stop) "fit.Steps >= stop"

                            isSame whole.Value (resumed () |> Train.runOn batches loss))) ]

          testList
              "after a hook that throws, the last checkpoint leads to the same bits"
              [ for first, second, every in moments () do
                    testCase $"{first}, {second}, {every}" (fun () ->
                        withFile (fun path ->
                            let resumed () = training () |> Train.checkpointEvery every path |> Train.resume path

                            for stop in List.sort [ first; second ] do
                                let run () =
                                    resumed ()
                                    |> Train.onStep (fun p -> if p.Step = stop then raise (Interrupted()))
                                    |> Train.runOn batches loss
                                    |> ignore

                                // the second may lie before the checkpoint that the first has left
                                try
                                    run ()
                                with :? Interrupted ->
                                    ()

                            isSame whole.Value (resumed () |> Train.runOn batches loss))) ]

          testCase "a training that ended goes on when it gets more steps" (fun () ->
              withFile (fun path ->
                  let part =
                      training () |> Train.steps 17 |> Train.checkpointEvery 100 path |> Train.runOn batches loss
                  Expect.equal part.Steps 17 "part.Steps"
                  isSame whole.Value (training () |> Train.resume path |> Train.runOn batches loss)))

          testCase "a training that stopped early stays so" (fun () ->
              withFile (fun path ->
                  let run () =
                      Train.start (tensor [ 0.0 ]) (GradientDescent 0.25)
                      |> Train.validate (fun x -> sum (square (x - 2.7)))
                      |> Train.stopEarly 2
                      |> Train.checkpointEvery 1 path
                      |> Train.resume path
                      |> Train.run (fun x -> sum (square (x - 3.0)))

                  let once, again = run (), run ()
                  Expect.equal once.Status (TrainStatus.StoppedEarly 5) "once.Status"
                  Expect.equal again.Status (TrainStatus.StoppedEarly 5) "again.Status"
                  Expect.equal (float again.Model[0]) (float once.Model[0]) "float again.Model[0]"))

          testCase "float32, integers and keys come back as they were" (fun () ->
              withFile (fun path ->
                  let loss key (w: Tensor, count: Tensor, noise: Key) =
                      sum (
                          square (
                              w - cast Float32 (randn (Key.foldWith count noise) [ 3 ])
                              + cast Float32 (randn key [ 3 ])
                          )
                      ),
                      (w, count + 1, noise)

                  let run steps (t: Training<_>) =
                      t |> Train.steps steps |> Train.runUpdating (Batches.keys (Key 4)) loss
                  let start = Train.start (tensor [ 1.0f; 2.0f; 3.0f ], scalar 0, Key 5) (Adam 0.1)
                  let whole = run 9 start
                  start |> Train.checkpointEvery 100 path |> run 4 |> ignore
                  let resumed = start |> Train.resume path |> run 9
                  Expect.equal (bitsOf resumed.Model) (bitsOf whole.Model) "bitsOf resumed.Model"
                  Expect.equal (bits resumed.Losses) (bits whole.Losses) "bits resumed.Losses"
                  let w, count, noise = resumed.Model
                  Expect.equal w.Dtype Float32 "w.Dtype"
                  Expect.equal (int count) 9 "int count"
                  Expect.equal (string noise) "Key 5" "string noise"))

          testCase "a file of another training is refused by name" (fun () ->
              withFile (fun path ->
                  training () |> Train.steps 3 |> Train.checkpointEvery 1 path |> Train.runOn batches loss |> ignore
                  let other = Batches.ofTree 6 data |> Batches.shuffle (Key 2) |> Batches.withKey (Key 3)
                  let message = refusal (training () |> Train.resume path) other loss
                  Expect.stringContains
                      message
                      "the training ran on 23 samples in batches of 5, shuffled by Key 2, expected"
                      "message"
                  let message = refusal ({ training () with Metrics = [] } |> Train.resume path) batches loss
                  Expect.stringContains message "it has 'metrics.first weight." "message"
                  let adam = { training () with Optimiser = Adam 0.1 } |> Train.resume path
                  Expect.stringContains
                      (refusal adam batches loss)
                      "it has no 'optimiser.Slots["
                      "refusal adam batches loss"
                  let wider = { training () with Model = Mlp.init (Key 1) [ 2; 5; 1 ] } |> Train.resume path
                  Expect.stringContains
                      (refusal wider batches loss)
                      "'model.Layers[0].Weight' is float64 [2; 4], expected float64 [2; 5]"
                      "refusal wider batches loss"
                  Safetensors.write path [] [ "model", scalar 1.0 ]
                  Expect.stringContains
                      (refusal (training () |> Train.resume path) batches loss)
                      "it is no training"
                      "refusal (training () |> Train.resume path) batches loss"))

          testCase "without a file a training begins" (fun () ->
              let fit = training () |> Train.resume "there is no such file" |> Train.runOn batches loss
              isSame whole.Value fit) ]
