/// Trainings with steps that fail, and with checkpoints that cannot be written.
module NeuralDE.Tests.Learning.FailurePolicyTests

open System
open System.Collections.Generic
open System.IO
open System.Threading
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Data.TemporaryFiles
open NeuralDE

// ── batches of which some fail ───────────────────────────────────────────────────────────────────────────────────
/// 8 batches of one sample each; y' = s y² from 1 reaches t = 1 only if s is below 1.
let private speeds (wrong: (int * float) list) =
    let speeds = Array.create 8 0.5

    for i, speed in wrong do
        speeds[i] <- speed

    Batches.ofTree 1 (tensor speeds)

let private final (s: Tensor) =
    Ode.problem (fun _t u -> s * u * u) (ones [ 1 ]) (0.0, 1.0) |> Ode.maxSteps 200 |> Ode.solveFinal

let private loss (s: Tensor) (w: Tensor) = sum (square (w * final s - 3.0))
let private start = Train.start (tensor [ 0.5 ]) (Adam 0.05) |> Train.steps 16

let private isNan (xs: float[]) = Array.map Double.IsNaN xs |> Array.indexed |> Array.filter snd |> Array.map fst

/// The training without its failing steps, by hand.
let private without (skipped: int list) steps =
    let mutable state = Optim.init (Adam 0.05) (tensor [ 0.5 ])
    let mutable w = tensor [ 0.5 ]

    for step in 0 .. steps - 1 do
        if not (List.contains (step % 8) skipped) then
            let next, after = Optim.step (Adam 0.05) (grad (loss (tensor [ 0.5 ])) w) state w
            w <- next
            state <- after

    float w[0]

let private skipping n (t: Training<'M>) = t |> Train.onFailure (FailurePolicy.Skip n)

// ── steps that are too large ─────────────────────────────────────────────────────────────────────────────────────
/// Has no solution for p ≥ 1, which gradient descent from 0.5 reaches.
let private blowUp (p: Tensor) =
    let y = Ode.problem (fun _t u -> p * u * u) (scalar 1.0) (0.0, 1.0) |> Ode.maxSteps 500 |> Ode.solveFinal
    square (log y - log 10.0) // y = 1 / (1 − p): p = 0.9

// ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────
let private bowl (x: Tensor) = sum (square (x - 3.0))
let private towards3 = Train.start (tensor [ 0.0 ]) (GradientDescent 0.25) |> Train.steps 20

[<Tests>]
let tests =
    testList
        "Learning.FailurePolicy"
        [ testCase "by default the first failure ends a training, with the best model" (fun () ->
              let fit = start |> Train.runOn (speeds [ 5, 2.0 ]) loss

              match fit.Status with
              | TrainStatus.SolveFailed(6, _) -> ()
              | status -> failtest $"got {status}, expected SolveFailed at step 6"

              Expect.stringContains fit.Status.Sentence "Train.onFailure" "fit.Status.Sentence"
              Expect.equal (fit.Steps, fit.Skipped) (5, 0) "fit.Steps, fit.Skipped")

          testCase "a failed solve is skipped, and counted" (fun () ->
              let seen = List<int * int>()
              let epochs = List<EpochProgress>()

              let fit =
                  start
                  |> skipping 3
                  |> Train.onStep (fun p -> seen.Add((p.Step, p.Skipped)))
                  |> Train.onEpoch epochs.Add
                  |> Train.runOn (speeds [ 2, 2.0; 7, 3.0 ]) loss

              Expect.equal fit.Status TrainStatus.Completed "fit.Status"
              Expect.equal (fit.Steps, fit.Skipped, fit.Shortened) (16, 4, 0) "fit.Steps, fit.Skipped"
              Expect.equal (isNan fit.Losses) [| 2; 7; 10; 15 |] "isNan fit.Losses"
              Expect.near 1e-12 (float fit.Model[0]) (without [ 2; 7 ] 16) "float fit.Model[0]"
              Expect.equal (Seq.last seen) (15, 3) "Seq.last seen"
              Expect.equal
                  [ for s, n in seen do
                        if s < 9 then n ]
                  [ 0; 0; 1; 1; 1; 1 ]
                  "skipped so far"
              // the last step of each epoch is skipped; the epoch is still reported
              Expect.equal [ for e in epochs -> e.Epoch ] [ 1; 2 ] "epochs"
              Expect.isFalse (Double.IsNaN epochs[1].Loss) "epochs[1].Loss is a mean of the successful steps"
              let warning = Expect.single fit.Warnings "fit.Warnings"
              Expect.stringStarts
                  warning
                  "4 of 16 steps were skipped; the first failure: a solve of step 3 failed. Ode.solve: "
                  "warning")

          testCase "a number that is not finite is skipped, too" (fun () ->
              let data = tensor [ 1.0; nan; 1.0; 1.0 ]
              let fit = start |> skipping 1 |> Train.runOn (Batches.ofTree 1 data) (fun x w -> sum (square (w - x)))
              Expect.equal (fit.Status, fit.Skipped) (TrainStatus.Completed, 4) "fit.Status, fit.Skipped"
              Expect.stringContains
                  fit.Warnings[0]
                  "the loss of step 2 is not finite. The batch has the number NaN in [0]."
                  "warning"
              // a gradient
              let fit =
                  start
                  |> skipping 1
                  |> Train.runOn (Batches.ofTree 1 (tensor [ 1.0; 0.0 ])) (fun x w -> sum (sqrt (x * square w)))
              Expect.equal (fit.Status, fit.Skipped) (TrainStatus.Completed, 8) "of a gradient")

          testCase "more consecutive failures than allowed end the training before the first of them" (fun () ->
              let batches = speeds [ 4, 2.0; 5, 2.0; 6, 2.0 ]
              let fit = start |> skipping 2 |> Train.runOn batches loss

              match fit.Status with
              | TrainStatus.SolveFailed(5, _) -> ()
              | status -> failtest $"got {status}, expected SolveFailed at step 5"

              let alone = start |> Train.steps 4 |> Train.runOn batches loss
              Expect.equal (fit.Steps, fit.Skipped, fit.Losses) (4, 0, alone.Losses) "the values before"
              Expect.equal (float fit.Model[0]) (float alone.Best[0]) "the best model"
              let fit = start |> skipping 3 |> Train.runOn batches loss
              Expect.equal (fit.Status, fit.Skipped) (TrainStatus.Completed, 6) "three are allowed")

          testCase "with one loss for all steps, Skip ends the training" (fun () ->
              let mutable steps = 0
              let fit =
                  Train.start (scalar 0.5) (GradientDescent 0.2)
                  |> skipping 1000
                  |> Train.onStep (fun _ -> steps <- steps + 1)
                  |> Train.run (fun p -> -(final p |> sum))

              match fit.Status with
              | TrainStatus.SolveFailed(2, _) -> Expect.equal steps 1 "steps"
              | status -> failtest $"got {status}, expected SolveFailed at step 2")

          testCase "an update that is too large is shrunk until the loss is finite" (fun () ->
              let descent = Train.start (scalar 0.5) (GradientDescent 0.1) |> Train.steps 60
              let failed = descent |> Train.run blowUp

              match failed.Status with
              | TrainStatus.SolveFailed(2, _) -> ()
              | status -> failtest $"got {status}, expected SolveFailed at step 2"

              let fit =
                  Train.start (scalar 0.5) (Adam 0.6 |> Optim.schedule (Schedule.exponential 0.9))
                  |> Train.steps 60
                  |> Train.onFailure (FailurePolicy.Shrink(0.5, 20))
                  |> Train.run blowUp
              Expect.equal fit.Status TrainStatus.Completed "fit.Status"
              Expect.equal (fit.Shortened, fit.Skipped) (3, 0) "fit.Shortened, fit.Skipped" // as in exact arithmetic
              Expect.isTrue (Array.forall Double.IsFinite fit.Losses) "every step has its loss"
              Expect.equal fit.Losses.Length 60 "fit.Losses.Length"
              Expect.isTrue (Array.last fit.Losses < 1e-3) $"got {Array.last fit.Losses}, expected less than 1e-3"
              Expect.stringContains fit.Warnings[0] "shrunk; the first failure: a solve of step 2 failed." "warning")

          testCase "a shrunk update is a fraction of the last one" (fun () ->
              // x = 0 goes to 2 by a step of 2; for x above 1.2 the loss is NaN: 2, then 1
              let models = List<float>()
              let loss (x: Tensor) = sum (sqrt (1.2 - x)) * 0.0 - 2.0 * sum x

              let fit =
                  Train.start (tensor [ 0.0 ]) (GradientDescent 1.0)
                  |> Train.steps 2
                  |> Train.onFailure (FailurePolicy.Shrink(0.5, 3))
                  |> Train.onModel 1 (fun _ x -> models.Add(float x[0]))
                  |> Train.run loss

              Expect.equal fit.Shortened 1 "fit.Shortened"
              Expect.near 1e-12 models[1] (1.0 + 2.0) "the second step starts at 1")

          testCase "a training whose loss is always NaN ends, however small its steps" (fun () ->
              let fit =
                  Train.start (tensor [ 0.5 ]) (GradientDescent 1.0)
                  |> Train.onFailure (FailurePolicy.Shrink(0.999, 5))
                  |> Train.run (fun x -> sum (log x))

              match fit.Status with
              | TrainStatus.NonFinite(2, "loss", _) -> ()
              | status -> failtest $"got {status}, expected NonFinite at step 2"

              Expect.equal (float fit.Model[0]) 0.5 "float fit.Model[0]"
              // and one whose first loss is NaN has no update to shrink
              let fit =
                  Train.start (tensor [ -1.0 ]) (Adam 0.1)
                  |> Train.onFailure (FailurePolicy.Shrink(0.5, 5))
                  |> Train.run (fun x -> sum (log x))
              Expect.equal (fit.Steps, fit.Shortened) (0, 0) "fit.Steps, fit.Shortened")

          testCase "policies out of range are refused" (fun () ->
              for policy in
                  [ FailurePolicy.Skip 0
                    FailurePolicy.Shrink(1.0, 3)
                    FailurePolicy.Shrink(nan, 3)
                    FailurePolicy.Shrink(0.5, 0) ] do
                  let set () = start |> Train.onFailure policy |> ignore
                  Expect.stringStarts (Expect.thrown<InputException> set).Message "Train.onFailure: got " "message")

          testCase "a training with skipped steps is resumed with the same bits" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "training")
                  let batches = speeds [ 2, 2.0; 3, 2.0 ]
                  let whole = start |> skipping 2 |> Train.runOn batches loss

                  for stop in [ 2; 3; 4; 5; 11 ] do
                      start
                      |> skipping 2
                      |> Train.steps stop
                      |> Train.checkpointEvery 1 path
                      |> Train.runOn batches loss
                      |> ignore
                      let rest = start |> skipping 2 |> Train.resume path |> Train.runOn batches loss
                      Expect.equal (float rest.Model[0]) (float whole.Model[0]) "the model"
                      Expect.equal rest.Losses whole.Losses "the losses"
                      Expect.equal (rest.Skipped, rest.Warnings) (whole.Skipped, whole.Warnings) "the skipped steps"))

          testCase "a training with shrunk updates is resumed with the same bits" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "training")

                  let training =
                      Train.start (scalar 0.5) (Adam 0.6 |> Optim.schedule (Schedule.exponential 0.9))
                      |> Train.steps 12
                      |> Train.onFailure (FailurePolicy.Shrink(0.5, 3))

                  let whole = training |> Train.run blowUp
                  Expect.isGreaterThan whole.Shortened 1 "whole.Shortened"

                  for stop in 1..5 do
                      training |> Train.steps stop |> Train.checkpointEvery 1 path |> Train.run blowUp |> ignore
                      let rest = training |> Train.resume path |> Train.run blowUp
                      Expect.equal rest.Status TrainStatus.Completed "rest.Status"
                      Expect.equal (float rest.Model) (float whole.Model) "the model"
                      Expect.equal rest.Losses whole.Losses "the losses"
                      Expect.equal rest.Shortened whole.Shortened "rest.Shortened"))

          testCase
              "fits that are cancelled during a solve have the status Cancelled and the results up to there"
              (fun () ->
                  /// y(1) of y' = −p y, whose field cancels the token at its n-th evaluation.
                  let final (source: CancellationTokenSource) n =
                      let mutable evaluations = 0

                      let watched (u: Tensor) =
                          u
                          |> dynamic u (fun (u: Tensor) ->
                              evaluations <- evaluations + 1
                              if evaluations = n then source.Cancel()
                              -u)

                      fun (p: Tensor) ->
                          Ode.problem (fun _t u -> p * watched u) (tensor [ 1.0 ]) (0.0, 1.0)
                          |> Ode.using RK4
                          |> Ode.dt 0.05
                          |> Ode.solveFinal

                  let start = scalar 0.2

                  for n in [ 1; 500 ] do
                      use source = new CancellationTokenSource()
                      let loss = final source n
                      let options = { LbfgsOptions.defaults with Cancellation = source.Token }
                      let fit = Lbfgs.minimiseWith options ignore (fun p -> sum (square (loss p - 0.1))) start
                      Expect.equal fit.Status LbfgsStatus.Cancelled "L-BFGS"
                      use source = new CancellationTokenSource()
                      let residuals = final source n
                      let options = { LevenbergMarquardtOptions.defaults with Cancellation = source.Token }
                      let fit = LevenbergMarquardt.minimiseWith options ignore (fun p -> residuals p - 0.1) start
                      Expect.equal fit.Status LevenbergMarquardtStatus.Cancelled "Levenberg–Marquardt")

          testCase "a token of the caller ends a training like its own token" (fun () ->
              use source = new CancellationTokenSource()

              let run () =
                  start |> Train.onStep (fun p -> if p.Step = 3 then source.Cancel()) |> Train.runOn (speeds []) loss

              let fit = Engine.cancellable source.Token run
              Expect.equal (fit.Status, fit.Steps) (TrainStatus.Cancelled 4, 3) "fit.Status, fit.Steps")

          // ── files ──────────────────────────────────────────────────────────────────────────────────────────────
          testCase "a file that cannot be written is refused before the first step" (fun () ->
              inFolder (fun folder ->
                  let mutable steps = 0
                  let run path () =
                      towards3
                      |> Train.onStep (fun _ -> steps <- steps + 1)
                      |> Train.checkpointEvery 5 path
                      |> Train.run bowl
                      |> ignore
                  let file = Path.Combine(folder, "file")
                  File.WriteAllText(file, "")
                  refuses folder [ "Train.checkpointEvery"; "it is a folder" ] (run folder)
                  let below = Path.Combine(file, "training")
                  refuses below [ "Train.checkpointEvery" ] (run below)
                  Expect.equal steps 0 "steps"))

          testCase
              "an exception of a callback leaves a checkpoint of the steps taken, and reaches the caller"
              (fun () ->
                  inFolder (fun folder ->
                      let path = Path.Combine(folder, "training.safetensors")
                      let saved (t: Training<Tensor>) = t |> Train.checkpointEvery 100 path

                      let failing =
                          towards3
                          |> saved
                          |> Train.onStep (fun p -> if p.Step = 7 then invalidOp "the callback of step 7")

                      let raised =
                          Expect.thrown<InvalidOperationException>(fun () -> failing |> Train.run bowl |> ignore)

                      Expect.equal raised.Message "the callback of step 7" "raised.Message"
                      let resumed = towards3 |> saved |> Train.resume path |> Train.run bowl
                      let whole = towards3 |> Train.run bowl
                      Expect.equal resumed.Steps 20 "resumed.Steps"
                      Expect.equal
                          (resumed.Losses |> Array.take 7)
                          (whole.Losses |> Array.take 7)
                          "losses of the first 7 steps"
                      Expect.equal (resumed.Model.ToArray()) (whole.Model.ToArray()) "the model, bit for bit"))

          testList
              "a failed or cancelled solve of a hook reaches the caller with every policy"
              [ for policy in [ FailurePolicy.Stop; FailurePolicy.Skip 3; FailurePolicy.Shrink(0.5, 3) ] do
                    for name, hook in
                        [ "onStep", (fun f -> Train.onStep (fun p -> if p.Step = 8 then f ()))
                          "onEpoch", (fun f -> Train.onEpoch (fun _ -> f ()))
                          "onModel", (fun f -> Train.onModel 8 (fun _ _ -> f ())) ] do
                        testCase $"{policy}, {name}" (fun () ->
                            inFolder (fun folder ->
                                let path = Path.Combine(folder, "training")
                                let training = start |> Train.onFailure policy |> Train.checkpointEvery 100 path
                                let run f () = training |> hook f |> Train.runOn (speeds []) loss |> ignore
                                let failed =
                                    Expect.thrown<SolveException>(run (fun () -> final (scalar 2.0) |> ignore))
                                Expect.equal failed.Failure.Status Status.MaxStepsReached "failed.Failure.Status"
                                use source = new CancellationTokenSource()
                                source.Cancel()
                                let solve () =
                                    Engine.cancellable source.Token (fun () -> final (scalar 0.5)) |> ignore
                                Expect.thrown<SolveCancelledException>(run solve) |> ignore
                                let rest = start |> Train.resume path |> Train.runOn (speeds []) loss
                                let whole = start |> Train.runOn (speeds []) loss
                                Expect.equal (rest.Steps, rest.Skipped) (16, 0) "rest.Steps, rest.Skipped"
                                Expect.equal rest.Losses whole.Losses "rest.Losses")) ]

          testCase "a failed write of a checkpoint does not end the training" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "training")

                  let run (until: int) =
                      towards3
                      |> Train.checkpointEvery 4 path
                      |> Train.onStep (fun p ->
                          if p.Step = 5 then
                              File.Delete path
                              Directory.CreateDirectory path |> ignore
                          elif p.Step = until then
                              Directory.Delete path)
                      |> Train.run bowl

                  let whole = towards3 |> Train.run bowl
                  let fit = run 13
                  Expect.equal (fit.Status, float fit.Model[0]) (whole.Status, float whole.Model[0]) "the fit"
                  Expect.equal fit.Unsaved None "fit.Unsaved"
                  Expect.equal
                      fit.Warnings
                      [| "The checkpoint could not be written 2 times; the last one was." |]
                      "fit.Warnings"
                  let resumed = towards3 |> Train.steps 25 |> Train.resume path |> Train.run bowl
                  Expect.equal resumed.Losses[..19] whole.Losses "the file is complete"
                  // to the end
                  let fit = run 99
                  Expect.equal (fit.Status, float fit.Model[0]) (whole.Status, float whole.Model[0]) "the fit"

                  match fit.Unsaved with
                  | Some e -> Expect.equal e.Path path "e.Path"
                  | None -> failtest "got no failure, expected one"

                  Expect.stringStarts
                      fit.Warnings[0]
                      "The last checkpoint was not written: Train.checkpointEvery: "
                      "warning"
                  Directory.Delete path
                  Expect.isEmpty (Directory.GetFileSystemEntries folder) "no incomplete file is left"))

          testCase "a full disk does not end a training" (fun () ->
              let full = "/dev/full"

              if File.Exists full then
                  let fit = towards3 |> Train.checkpointEvery 4 full |> Train.run bowl
                  Expect.equal (fit.Status, fit.Steps) (TrainStatus.Completed, 20) "fit.Status, fit.Steps"

                  match fit.Unsaved with
                  | Some e -> Expect.stringContains e.Message "No space left on device" "e.Message"
                  | None -> failtest "got no failure, expected one"

                  // the device is unchanged
                  refuses full [ "No space left" ] (fun () -> Checkpoint.save full (ones [ 100000 ]))
                  Checkpoint.save "/dev/null" (ones [ 3 ])
                  Expect.equal (FileInfo "/dev/null").Length 0L "the length of /dev/null") ]
