/// An interrupted and resumed training gives the same bits as an uninterrupted one.
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

/// A training with all options: groups, schedule, mean of models, clipping, validation, a metric, early stopping.
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

let private decaying (share: float) batch net = loss batch net + share * sum (square net.Layers[0].Weight)

let private optimiser (optimiser: Optimiser) (t: Training<Mlp>) = { t with Optimiser = optimiser }

/// The change, the expected message, the changed training and loss.
let private changes =
    let same = decaying 0.1

    [ "the rate", "the rate: 0.01 → 0.02", optimiser (Adam 0.02), same
      "an option",
      "the beta2: 0.999 → 0.99",
      optimiser (AdamWith { AdamOptions.defaults with Rate = 0.01; Beta2 = 0.99 }),
      same
      "weight decay", "the weight decay: 0 → 0.01", optimiser (AdamW 0.01), same
      "the optimiser of some leaves",
      "the optimiser of Layers[0].Bias and 1 more: Adam → Frozen",
      optimiser (Optim.freeze (Optim.named "Bias") (Adam 0.01)),
      same
      "a schedule",
      "the schedule at steps 0, 1, 10, 100, 1000, 10000: nothing → 1, 0.9, 0.348678, 2.65614E-05, ",
      optimiser (Adam 0.01 |> Optim.schedule (Schedule.exponential 0.9)),
      same
      "a custom rule",
      "the optimiser: Adam → mine",
      optimiser (
          OwnRule
              { Name = "mine"
                Slots = (fun _ -> [])
                Step = fun leaf -> leaf.X - leaf.Scaled(0.1, leaf.Gradient), [] }
      ),
      same
      "clipping", "the clip: none → 0.5", Train.clip 0.5, same
      "clipping of values", "the clipValue: none → 0.5", Train.clipValue 0.5, same
      "a mean of models",
      "the mean of models: nothing → plain, from 1 every 1",
      optimiser (Optim.averaged (PlainAverage(1, 1)) (Adam 0.01)),
      same
      "validation", "the validation: none → every 5 steps", Train.validate (fun (m: Mlp) -> sum m.Layers[0].Bias), same
      "an activation",
      "the model of Activation: Tanh → Relu",
      (fun t -> { t with Model = Mlp.withActivation Activation.Relu t.Model }),
      same
      "the loss", "the loss: ", id, (fun batch net -> same batch net + sum (abs net.Layers[0].Bias))
      "a number in the loss", "the numbers that the loss captures: ", id, decaying 0.2 ]

[<Tests>]
let tests =
    testList
        "Learning.Resume"
        [ testList
              "cancelled twice and resumed, a training gives the same bits"
              [ for first, second, every in moments () do
                    testCase $"{first}, {second}, {every}" (fun () ->
                        withFile (fun path ->
                            let resumed () =
                                training () |> Train.checkpointEvery every path |> Train.resumeIfThere path

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
              "after a hook that throws, resuming from the last checkpoint gives the same bits"
              [ for first, second, every in moments () do
                    testCase $"{first}, {second}, {every}" (fun () ->
                        withFile (fun path ->
                            let resumed () =
                                training () |> Train.checkpointEvery every path |> Train.resumeIfThere path

                            for stop in List.sort [ first; second ] do
                                let run () =
                                    resumed ()
                                    |> Train.onStep (fun p -> if p.Step = stop then raise (Interrupted()))
                                    |> Train.runOn batches loss
                                    |> ignore

                                // the second may be before the checkpoint at which the first ended
                                try
                                    run ()
                                with :? Interrupted ->
                                    ()

                            isSame whole.Value (resumed () |> Train.runOn batches loss))) ]

          testCase "a completed training continues with more steps" (fun () ->
              withFile (fun path ->
                  let part =
                      training () |> Train.steps 17 |> Train.checkpointEvery 100 path |> Train.runOn batches loss
                  Expect.equal part.Steps 17 "part.Steps"
                  isSame whole.Value (training () |> Train.resume path |> Train.runOn batches loss)))

          testCase "a training that stopped early stays stopped" (fun () ->
              withFile (fun path ->
                  let run () =
                      Train.start (tensor [ 0.0 ]) (GradientDescent 0.25)
                      |> Train.validate (fun x -> sum (square (x - 2.7)))
                      |> Train.stopEarly 2
                      |> Train.checkpointEvery 1 path
                      |> Train.resumeIfThere path
                      |> Train.run (fun x -> sum (square (x - 3.0)))

                  let once, again = run (), run ()
                  Expect.equal once.Status (TrainStatus.StoppedEarly 5) "once.Status"
                  Expect.equal again.Status (TrainStatus.StoppedEarly 5) "again.Status"
                  Expect.equal (float again.Model[0]) (float once.Model[0]) "float again.Model[0]"))

          testCase "float32, integers and keys are loaded unchanged" (fun () ->
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

          testCase "a different training is refused, with both settings" (fun () ->
              withFile (fun path ->
                  training () |> Train.steps 3 |> Train.checkpointEvery 1 path |> Train.runOn batches loss |> ignore
                  let resumed () = training () |> Train.resume path
                  let isRefused words message =
                      for word in "File → now: " :: words do
                          Expect.stringContains message word "message"

                  let other = Batches.ofTree 6 data |> Batches.shuffle (Key 2) |> Batches.withKey (Key 3)
                  refusal (resumed ()) other loss
                  |> isRefused
                      [ "the batches: 23 samples in batches of 5, shuffled by Key 2 → "
                        "→ 23 samples in batches of 6, shuffled by Key 2."
                        "Train.acceptChanges" ]

                  let reshuffled = Batches.ofTree 5 data |> Batches.shuffle (Key 7) |> Batches.withKey (Key 3)
                  refusal (resumed ()) reshuffled loss |> isRefused [ "shuffled by Key 2 → "; "shuffled by Key 7" ]
                  let x, y = data
                  let others = Batches.ofTree 5 (x, y + 1e-9) |> Batches.shuffle (Key 2) |> Batches.withKey (Key 3)
                  refusal (resumed ()) others loss |> isRefused [ "the samples: " ]

                  refusal { resumed () with Metrics = [] } batches loss
                  |> isRefused [ "the metric 'first weight': there → nothing" ]

                  refusal { resumed () with Optimiser = Adam 0.1 } batches loss
                  |> isRefused
                      [ "the optimiser of Layers[0].Bias and 1 more: Sgd → Adam"
                        "the mean of models: moving, 0.9 → nothing"
                        "the rate of Layers[0].Weight and 1 more: 0.01 → 0.1"
                        "the weight decay of Layers[0].Weight and 1 more: 0.01 → 0" ]

                  // options that only one of two kinds of optimisers has are not listed
                  let message = refusal { resumed () with Optimiser = Adam 0.1 } batches loss
                  Expect.isFalse (message.Contains "Nesterov" || message.Contains "AMSGrad") "message"

                  refusal { resumed () with Model = Mlp.init (Key 1) [ 2; 5; 1 ] } batches loss
                  |> isRefused [ "model.Layers[0].Weight: float64 [2; 4] → float64 [2; 5]"; "same tensors" ]

                  Safetensors.write path [] [ "model", scalar 1.0 ]
                  Expect.stringContains
                      (refusal (resumed ()) batches loss)
                      "it does not contain a training"
                      "the file"))

          testList
              "every setting that determines a training is compared"
              [ for name, words, change, otherLoss in changes do
                    testCase name (fun () ->
                        withFile (fun path ->
                            let was = Train.start (Mlp.init (Key 1) [ 2; 4; 1 ]) (Adam 0.01) |> Train.steps 4
                            was |> Train.checkpointEvery 9 path |> Train.runOn batches (decaying 0.1) |> ignore
                            // the same settings are accepted
                            was |> Train.resume path |> Train.runOn batches (decaying 0.1) |> ignore
                            let changed = change was |> Train.steps 7 |> Train.resume path
                            Expect.stringContains (refusal changed batches otherLoss) words "message"
                            let fit = changed |> Train.acceptChanges |> Train.runOn batches otherLoss
                            Expect.equal (fit.Status, fit.Steps) (TrainStatus.Completed, 7) "accepted")) ]

          testCase "number of steps, hooks and failure policy may change" (fun () ->
              withFile (fun path ->
                  training () |> Train.steps 9 |> Train.checkpointEvery 9 path |> Train.runOn batches loss |> ignore

                  training ()
                  |> Train.epochs 3
                  |> Train.stopEarly 90
                  |> Train.onFailure (FailurePolicy.Skip 3)
                  |> Train.onEpoch ignore
                  |> Train.resume path
                  |> Train.runOn batches loss
                  |> ignore))

          testCase
              "accepted changes reset the memory of another optimiser, and the best model of another loss"
              (fun () ->
                  withFile (fun path ->
                      let start = Train.start (tensor [ 0.0 ]) (Sgd { SgdOptions.defaults with Rate = 0.1 })
                      let first =
                          start
                          |> Train.steps 3
                          |> Train.checkpointEvery 9 path
                          |> Train.run (fun x -> sum (square (x - 3.0)))
                      let resumed =
                          { start with Optimiser = Adam 0.5 }
                          |> Train.steps 4
                          |> Train.resume path
                          |> Train.acceptChanges
                          |> Train.run (fun x -> 100.0 + sum (square (x - 3.0)))

                      // after the fourth step of the file, Adam's first step has the length that its mean allows
                      Expect.equal resumed.Steps 4 "resumed.Steps"
                      Expect.equal resumed.Losses[..2] first.Losses "the losses before the resume"
                      Expect.equal (float resumed.Best[0]) (float first.Model[0]) "the best model of the new loss"))

          testCase "a missing file is an error, unless the training may start anew" (fun () ->
              let missing = Path.Combine(Path.GetTempPath(), "neuralde", "there is no such file")
              let message = refusal (training () |> Train.resume missing) batches loss
              Expect.stringContains message "Train.resume: " "message"
              Expect.stringContains message "there is no such file. Check its name and folder" "message"
              let fit = training () |> Train.resumeIfThere missing |> Train.runOn batches loss
              isSame whole.Value fit)

          testCase "a validation that an exception interrupted is computed after the resume" (fun () ->
              withFile (fun path ->
                  let mutable calls = 0
                  let mutable failsAt = -1

                  // of the validation, and of the metric after it
                  let counted (net: Mlp) =
                      net.Layers[0].Weight[0, 0]
                      |> dynamic (scalar 0.0) (fun (w: Tensor) ->
                          calls <- calls + 1
                          if calls = failsAt then raise (Interrupted())
                          w)

                  let watched () =
                      training ()
                      |> Train.validate (fun net -> square (counted net))
                      |> Train.metric "counted" counted

                  let expected = watched () |> Train.runOn batches loss

                  for call in 1..12 do
                      calls <- 0
                      failsAt <- call
                      let interrupted = watched () |> Train.checkpointEvery 100 path

                      Expect.thrown<Interrupted>(fun () -> interrupted |> Train.runOn batches loss |> ignore)
                      |> ignore

                      failsAt <- -1
                      isSame expected (watched () |> Train.resume path |> Train.runOn batches loss)))

          testCase "another validation and another metric are refused, or accepted with a new best model" (fun () ->
              withFile (fun path ->
                  training () |> Train.steps 9 |> Train.checkpointEvery 9 path |> Train.runOn batches loss |> ignore
                  let resuming = training () |> Train.resume path
                  let shifted net = loss (data, Key 3) net + 5.0

                  for name, t in
                      [ "the validation: ", resuming |> Train.validate shifted
                        "the validation: ",
                        resuming |> Train.validateOn (Batches.ofTree 4 data) (fun d net -> loss (d, Key 3) net)
                        "the metric 'first weight': ",
                        { resuming with Metrics = [] }
                        |> Train.metric "first weight" (fun net -> net.Layers[0].Weight[0, 1]) ] do
                      Expect.stringContains (refusal t batches loss) name "message"

                  let fit = resuming |> Train.validate shifted |> Train.acceptChanges |> Train.runOn batches loss
                  Expect.equal fit.Steps steps "fit.Steps"
                  // the numbers of batches for validation belong to it
                  let on n t = t |> Train.validateOn (Batches.ofTree n data) (fun d net -> loss (d, Key 3) net)

                  training ()
                  |> on 4
                  |> Train.steps 9
                  |> Train.checkpointEvery 9 path
                  |> Train.runOn batches loss
                  |> ignore
                  Expect.equal (resuming |> on 4 |> Train.runOn batches loss).Steps steps "the same batches"
                  Expect.stringContains (refusal (resuming |> on 5) batches loss) "the validation: " "message"))

          testCase "a file whose best model or record was changed is refused" (fun () ->
              withFile (fun path ->
                  training () |> Train.steps 9 |> Train.checkpointEvery 9 path |> Train.runOn batches loss |> ignore
                  let file = Safetensors.read path

                  let withTensor name (x: Tensor) =
                      file.Tensors
                      |> List.map (fun (known, old) -> known, (if known = name then x else old))
                      |> Safetensors.write path (Map.toList file.Metadata)

                      let message = refusal (training () |> Train.resume path) batches loss
                      Expect.stringContains message name "message"
                      Expect.stringContains message "it was changed later" "message"

                  let tensorOf name = file.Tensors |> List.find (fun (known, _) -> known = name) |> snd

                  for name in [ "best.Layers[0].Weight"; "losses"; "validation.values"; "lowest"; "seconds" ] do
                      withTensor name (cast Float32 (tensorOf name))
                      withTensor name (expandDims 0 (tensorOf name))

                  for name in [ "validation.steps"; "metrics.first weight.steps"; "waited"; "failures" ] do
                      withTensor name (-1 - tensorOf name)
                      withTensor name (cast Float64 (tensorOf name))

                  withTensor "validation.values" (tensor [ 1.0 ])
                  withTensor "metrics.first weight.steps" (10 * tensorOf "metrics.first weight.steps")
                  withTensor "waited" (tensor (Array.zeroCreate<int64> 0))))

          testCase "a path that cannot be that of a file is an error, even if the training may start anew" (fun () ->
              let resuming path () = training () |> Train.resumeIfThere path |> Train.runOn batches loss |> ignore

              for path in [ ""; " "; "a\000b" ] do
                  let message = (Expect.thrown<InputException>(resuming path)).Message
                  Expect.stringStarts message "Train.resumeIfThere: got the path" "message"

              let message = (Expect.thrown<FileException>(resuming (Path.GetTempPath()))).Message
              Expect.stringContains message "it is a folder, expected the name of a file" "message")

          testCase
              "a schedule that differs between the compared steps, and a rule with the same name, are found by their computation"
              (fun () ->
                  withFile (fun path ->
                      let scheduled step factor =
                          Train.start
                              (tensor [ 0.0 ])
                              (Adam 0.1 |> Optim.schedule (Schedule.piecewise [ step, factor; step + 1, 1.0 ]))
                          |> Train.steps 2

                      let run (t: Training<Tensor>) = t |> Train.run (fun x -> sum (square (x - 3.0)))
                      scheduled 5 0.5 |> Train.checkpointEvery 9 path |> run |> ignore
                      let again () = scheduled 5 0.25 |> Train.resume path |> run |> ignore
                      Expect.stringContains
                          (Expect.thrown<FileException> again).Message
                          "the optimiser's computation: "
                          "message"))

          testCase "the texts of an identity do not depend on earlier traces" (fun () ->
              let made () =
                  let field (p: Tensor) (_t: Tensor) (u: Tensor) = tanh (p * u) + 0.25 * u
                  let solve (p: Tensor) =
                      Ode.problem (field p) (tensor [ 1.0; 2.0 ]) (0.0, 1.0) |> Ode.solveFinal |> sum
                  let traced =
                      NeuralDE.Internal.Calculus.TracedFunction.trace
                          "test"
                          NeuralDE.Internal.Tensor.Hoisted
                          solve
                          (scalar 0.5)
                  NeuralDE.Internal.Training.Digest.ofGraph traced.Graph

              let first = made ()
              grad (fun (x: Tensor) -> sum (0.25 * x * tanh x)) (tensor [ 1.0; 2.0 ]) |> ignore
              GC.Collect()
              Expect.equal (made ()) first "made ()"
              let numbers = NeuralDE.Internal.Graph.NdArray(Float64, [| 2 |], [| 1.0; 2.0 |])
              Expect.equal (NeuralDE.Internal.Training.Digest.ofArrays [ numbers ]) "6b8b3b1ff27e53fe" "of numbers") ]
