/// Trainings between their steps: validation, early stopping, metrics, hooks, leaves that the loss updates.
module NeuralDE.Tests.Learning.TrainLoopTests

open System
open System.Collections.Generic
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Training

let private bowl (x: Tensor) = sum (square (x - 3.0))
let private towards3 = Train.start (tensor [ 0.0 ]) (GradientDescent 0.25) // halves the distance each time

/// y = 2 x + 1 with a little noise.
let private line =
    let x = linspace -1.0 1.0 40
    x, 2.0 * x + 1.0 + 0.01 * randn (Key 9) [ 40 ]

let private lineLoss (x: Tensor, y: Tensor) (slope: Tensor, offset: Tensor) = mean (square (slope * x + offset - y))

let private lineFit () =
    Train.start (scalar 0.0, scalar 0.0) (Adam 0.1)
    |> Train.epochs 60
    |> Train.runOn (Batches.ofTree 7 line |> Batches.shuffle (Key 1)) lineLoss

/// A model with a running mean of its inputs and a count of the batches.
type private Centred = { Weight: Tensor; Mean: Tensor; Count: Tensor; Idle: Tensor }

// ── losses that change from call to call ─────────────────────────────────────────────────────────────────────────
let private refusal (loss: Tensor -> Tensor) =
    let run () = towards3 |> Train.run loss |> ignore
    (Expect.thrown<TraceException> run).Message

// ── numbers that are not finite ──────────────────────────────────────────────────────────────────────────────────
let private causeOf (fit: Fit<'M>) =
    match fit.Status with
    | TrainStatus.NonFinite(step, what, cause) -> step, what, cause
    | status -> failwith $"Got {status}, expected NonFinite."

[<Tests>]
let tests =
    testList
        "Learning.TrainLoop"
        [ testCase "mini-batches learn a line, with the same bits for the same keys" (fun () ->
              let fit = lineFit ()
              Expect.equal fit.Steps (60 * 6) "fit.Steps"
              Expect.equal fit.Losses.Length (60 * 6) "fit.Losses.Length"
              let slope, offset = fit.Model
              Expect.near 0.02 (float slope) 2.0 "float slope"
              Expect.near 0.02 (float offset) 1.0 "float offset"
              Expect.equal ((lineFit ()).Losses) fit.Losses "(lineFit ()).Losses")

          testCase "a key for each step gives different noise in each step and the same in each run" (fun () ->
              let run key =
                  Train.start (scalar 0.0) (GradientDescent 0.1)
                  |> Train.steps 20
                  |> Train.runOn (Batches.keys key) (fun key w -> sum (square (w - randn key [ 3 ])))

              Expect.equal ((run (Key 1)).Losses) ((run (Key 1)).Losses) "(run (Key 1)).Losses"
              Expect.equal
                  (Array.distinct (run (Key 1)).Losses |> Array.length)
                  20
                  "Array.distinct (run (Key 1)).Losses |> Array.length"
              Expect.notEqual ((run (Key 2)).Losses) ((run (Key 1)).Losses) "(run (Key 2)).Losses")

          testCase "validation happens after each epoch and determines the best model" (fun () ->
              // the distance to 3 after step k is 3 / 2ᵏ; validation is minimal near 2.7
              let fit = towards3 |> Train.steps 6 |> Train.validate (fun x -> sum (square (x - 2.7))) |> Train.run bowl
              Expect.equal fit.Validation.Steps [| 1..6 |] "fit.Validation.Steps"
              let at k = 3.0 - 3.0 / 2.0 ** float k
              Array.iteri (fun i v -> Expect.near 1e-12 v ((at (i + 1) - 2.7) ** 2.0) "v") fit.Validation.Values
              Expect.near 1e-12 (float fit.Best[0]) (at 3) "float fit.Best[0]"
              Expect.near 1e-12 (float fit.Model[0]) (at 6) "float fit.Model[0]")

          testCase "validateEvery and batches of validation" (fun () ->
              let other = linspace 0.0 1.0 10, 3.0 * linspace 0.0 1.0 10

              let fit =
                  Train.start (scalar 0.0, scalar 0.0) (Adam 0.1)
                  |> Train.epochs 3
                  |> Train.validateEvery 4
                  |> Train.validateOn (Batches.ofTree 4 other) lineLoss
                  |> Train.metric "whole" (lineLoss other)
                  |> Train.runOn (Batches.ofTree 10 line) lineLoss

              Expect.equal fit.Validation.Steps [| 4; 8; 12 |] "fit.Validation.Steps"
              let whole = Expect.single fit.Metrics "fit.Metrics"
              Expect.equal (fst whole) "whole" "fst whole"
              Expect.equal ((snd whole).Steps) [| 4; 8; 12 |] "(snd whole).Steps"
              // the mean over batches, weighted by their samples, is the mean over all samples
              Array.iter2 (fun (a: float) b -> Expect.near 1e-12 b a "b") (snd whole).Values fit.Validation.Values)

          testCase "a training stops early with the best model" (fun () ->
              let options = { EarlyStopping.defaults with Patience = 2 }
              let validated = towards3 |> Train.validate (fun x -> sum (square (x - 2.7)))
              let fit = validated |> Train.stopEarlyWith options |> Train.run bowl
              Expect.equal fit.Status (TrainStatus.StoppedEarly 5) "fit.Status" // best at 3, then two validations without improvement
              Expect.equal fit.Steps 5 "fit.Steps"
              Expect.equal (float fit.Model[0]) (float fit.Best[0]) "float fit.Model[0]"
              Expect.near 1e-12 (float fit.Model[0]) 2.625 "float fit.Model[0]"
              let fit = validated |> Train.stopEarlyWith { options with RestoresBest = false } |> Train.run bowl
              Expect.near 1e-12 (float fit.Model[0]) (3.0 - 3.0 / 32.0) "float fit.Model[0]")

          testCase
              "without validation the loss of each step counts, and only sufficiently large improvements"
              (fun () ->
                  // losses 9, 9/4, 9/16, …: after the second, none is 9/4 lower
                  let options = { EarlyStopping.defaults with Patience = 3; MinImprovement = 2.25 }
                  let fit = towards3 |> Train.stopEarlyWith options |> Train.run bowl
                  Expect.equal fit.Status (TrainStatus.StoppedEarly 5) "fit.Status"
                  Expect.equal fit.Losses[..1] [| 9.0; 2.25 |] "fit.Losses[..1]")

          testCase "hooks are called after every step, every epoch and with the model" (fun () ->
              let steps, epochs, models = List<int>(), List<EpochProgress>(), List<int * float>()

              let fit =
                  Train.start (scalar 0.0, scalar 0.0) (Adam 0.1)
                  |> Train.epochs 2
                  |> Train.onStep (fun p -> steps.Add p.Step)
                  |> Train.onStep (fun p -> Expect.equal p.Steps 8 "p.Steps")
                  |> Train.onEpoch epochs.Add
                  |> Train.onModel 3 (fun step (slope, _) -> models.Add((step, float slope)))
                  |> Train.validate (lineLoss line)
                  |> Train.runOn (Batches.ofTree 10 line) lineLoss

              Expect.equal (List.ofSeq steps) [ 1..8 ] "List.ofSeq steps"
              Expect.equal [ for e in epochs -> e.Epoch ] [ 1; 2 ] "[ for e in epochs -> e.Epoch ]"
              Expect.equal [ for e in epochs -> e.Step ] [ 4; 8 ] "[ for e in epochs -> e.Step ]"
              Expect.near 1e-15 epochs[1].Loss (Array.average fit.Losses[4..7]) "epochs[1].Loss"
              Expect.equal epochs[1].Validation (Some fit.Validation.Values[1]) "epochs[1].Validation"
              Expect.equal [ for step, _ in models -> step ] [ 3; 6 ] "[ for step, _ in models -> step ]"
              Expect.notEqual (snd models[1]) (snd models[0]) "snd models[1]")

          testCase "a validation whose solve fails is NaN, and not an improvement" (fun () ->
              let final p =
                  Ode.problem (fun _t u -> p * u * u) (scalar 1.0) (0.0, 1.0) |> Ode.maxSteps 500 |> Ode.solveFinal

              let fit =
                  Train.start (scalar 0.5) (GradientDescent 0.2)
                  |> Train.steps 4
                  |> Train.validate (fun p -> -(final p))
                  |> Train.run (fun p -> -p) // 0.7, 0.9, 1.1, 1.3: from 1 on the solution blows up

              Expect.equal fit.Status TrainStatus.Completed "fit.Status"
              Expect.equal
                  [ for v in fit.Validation.Values -> Double.IsNaN v ]
                  [ false; false; true; true ]
                  "[ for v in fit.Validation.Values -> Double.IsNaN v ]"
              Expect.near 1e-12 (float fit.Best) 0.9 "float fit.Best")

          testCase "the line of progress is overwritten, and not written without a terminal" (fun () ->
              let at step seconds =
                  { Step = step
                    Steps = 30
                    Loss = 0.125
                    GradientNorm = 1.0
                    Skipped = (if step = 20 then 2 else 0)
                    Shortened = 0
                    Seconds = seconds }

              let write isTerminal =
                  use output = new IO.StringWriter(NewLine = "|")
                  let line = ProgressLine(output, isTerminal)
                  line.Write(at 1 0.0, ValueNone)
                  line.Write(at 2 0.1, ValueSome 0.5) // too early
                  line.Write(at 20 0.3, ValueSome 0.5)
                  line.Write(at 30 0.4, ValueNone)
                  line.End()
                  output.ToString()

              let first = "step 1 of 30, loss 1.250E-001, 0.0 s"
              let second = "step 20 of 30, loss 1.250E-001, validation 5.000E-001, 2 skipped, 0.3 s"
              let last = "step 30 of 30, loss 1.250E-001, 0.4 s"
              Expect.equal (write true) $"\r{first}\r{second}\r{last.PadRight second.Length}|" "write true"
              Expect.equal (write false) "" "write false")

          testCase "the mean of models is a separate result" (fun () ->
              let models = List<float>()

              let fit =
                  Train.start (tensor [ 0.0 ]) (GradientDescent 0.25 |> Optim.averaged (PlainAverage(2, 1)))
                  |> Train.steps 5
                  |> Train.onModel 1 (fun _ x -> models.Add(float x[0]))
                  |> Train.run bowl

              match fit.Averaged with
              | Some mean -> Expect.near 1e-14 (float mean[0]) (Seq.average (Seq.skip 2 models)) "float mean[0]"
              | None -> failtest "Got no mean, expected one."

              Expect.isTrue
                  ((towards3 |> Train.steps 1 |> Train.run bowl).Averaged.IsNone)
                  "(towards3 |> Train.steps 1 |> Train.run bowl).Averaged.IsNone")

          testCase "the loss updates the leaves that it replaces, gradients update the rest" (fun () ->
              let x = tensor [ 1.0; 2.0; 3.0; 6.0 ]

              let loss (x: Tensor) (model: Centred) =
                  let updated = { model with Mean = 0.5 * model.Mean + 0.5 * mean x; Count = model.Count + 1 }
                  sum (square (model.Weight * (x - stopGradient updated.Mean))) + 100.0 * model.Mean, updated

              let lengths = List<float>()

              let fit =
                  Train.start
                      { Weight = scalar 1.0; Mean = scalar 0.0; Count = scalar 0; Idle = scalar 5.0 }
                      (GradientDescent 0.01)
                  |> Train.steps 2
                  |> Train.onStep (fun p -> lengths.Add p.GradientNorm)
                  |> Train.runUpdating (Batches.ofTree 2 x) loss

              // batches (1, 2) and (3, 6): means 1.5 and 4.5
              Expect.near 1e-14 (float fit.Model.Mean) (0.5 * 0.75 + 0.5 * 4.5) "float fit.Model.Mean"
              Expect.equal (int fit.Model.Count) 2 "int fit.Model.Count"
              Expect.equal (float fit.Model.Idle) 5.0 "float fit.Model.Idle"
              // ∂/∂w = 2 w Σ (x − 0.75)²; the slope by Mean, 100, is not included
              Expect.near 1e-12 lengths[0] (2.0 * (0.0625 + 1.5625)) "lengths[0]"
              Expect.near 1e-12 (1.0 - 0.01 * lengths[0]) (1.0 - 0.01 * 2.0 * 1.625) "1.0 - 0.01 * lengths[0]")

          testCase "a loss that returns another structure is refused" (fun () ->
              let run () =
                  Train.start (tensor [ 1.0 ]) (Adam 0.1)
                  |> Train.runUpdating (Batches.keys (Key 0)) (fun _ x -> sum x, concat [ x; x ])
                  |> ignore

              Expect.stringStarts
                  ((Expect.thrown<TreeException> run).Message)
                  "Train.runUpdating: the loss returned a model that differs from its argument"
                  "(Expect.thrown<TreeException> run).Message")

          testCase "frozen leaves are constant, and do not count in the norm of the gradient" (fun () ->
              let lengths = List<float>()

              let fit =
                  Train.start (scalar 0.0, scalar 0.0) (GradientDescent 1.0 |> Optim.freeze (Optim.named "Item1"))
                  |> Train.steps 1
                  |> Train.onStep (fun p -> lengths.Add p.GradientNorm)
                  |> Train.clip 2.0
                  |> Train.run (fun (a, b) -> 30.0 * a + 4.0 * b)

              let a, b = fit.Model
              Expect.equal (float a) 0.0 "float a"
              Expect.near 1e-14 (float b) (-2.0) "float b"
              Expect.equal lengths[0] 4.0 "lengths[0]")

          testCase "clipValue is applied before clip" (fun () ->
              let fit =
                  Train.start (tensor [ 0.0; 0.0 ]) (GradientDescent 1.0)
                  |> Train.steps 1
                  |> Train.clipValue 3.0
                  |> Train.clip 2.5
                  |> Train.run (fun x -> 30.0 * x[0] + 4.0 * x[1])

              let each = 2.5 / sqrt 2.0
              for x in fit.Model.ToArray() do
                  Expect.near 1e-12 x (-each) "x")

          testCase "a changing learning rate is not traced again" (fun () ->
              let mutable traces = 0

              let loss (x: Tensor) =
                  traces <- traces + 1
                  bowl x

              Train.start (tensor [ 0.0 ]) (Adam 0.1 |> Optim.schedule (Schedule.cosine 30 0.0))
              |> Train.steps 30
              |> Train.run loss
              |> ignore
              Expect.equal traces 2 "traces")

          testCase "random numbers drawn while the loss is traced are detected" (fun () ->
              let random = System.Random 1
              let message = refusal (fun x -> sum (square (x - random.NextDouble())))
              Expect.stringStarts
                  message
                  "Train.run: the function changes from call to call: got different values of a float64 [1]"
                  "message"
              Expect.stringContains message "Batches.keys" "message")

          testCase "a loss that computes something else at its second call is detected" (fun () ->
              let mutable calls = 0

              let loss x =
                  calls <- calls + 1
                  if calls % 2 = 1 then bowl x else sum (abs x)

              let message = refusal loss
              Expect.stringStarts message "Train.run: the function changes from call to call: got '" "message")

          testCase "a solve in the loss is the same computation in each trace" (fun () ->
              let loss (w: Tensor) =
                  Ode.problem (fun _t u -> w * u) (tensor [ 1.0 ]) (0.0, 1.0)
                  |> Ode.saveAt (linspace 0.0 1.0 3)
                  |> Ode.solveYs
                  |> sum

              Expect.equal
                  ((towards3 |> Train.steps 2 |> Train.run loss).Status)
                  TrainStatus.Completed
                  "(towards3 |> Train.steps 2 |> Train.run loss).Status")

          testCase "a number in the data that is not finite is found" (fun () ->
              let data = tensor [ 1.0; 2.0; nan; 4.0 ], tensor [ 1.0; 2.0; 3.0; 4.0 ]

              let fit =
                  Train.start (scalar 1.0) (Adam 0.1)
                  |> Train.runOn (Batches.ofTree 2 data) (fun (x, y) w -> mean (square (w * x - y)))

              Expect.equal (causeOf fit) (2, "loss", "The batch has the number NaN in [0].") "causeOf fit")

          testCase "the leaf of a gradient that is not finite is named" (fun () ->
              let fit =
                  Train.start {| Shift = tensor [ 1.0 ]; Scale = tensor [ 4.0; 0.0 ] |} (Adam 0.1)
                  |> Train.run (fun m -> sum (sqrt m.Scale) + sum m.Shift)

              Expect.equal
                  (causeOf fit)
                  (1, "gradient", "The gradient has the number Infinity in Scale.")
                  "causeOf fit")

          testCase "the operation that causes NaN is found before others" (fun () ->
              let fit =
                  Train.start (tensor [ 1.0; -1.0 ]) (Adam 0.1)
                  |> Train.run (fun x -> sum (2.0 * exp (sqrt x) + where (x .> 0.0) (log x) 0.0))

              let step, what, cause = causeOf fit
              Expect.equal (step, what) (1, "loss") "(step, what)"
              Expect.equal
                  cause
                  "The first operation whose result is not finite is sqrt of float64 [2]: it returns NaN."
                  "cause")

          testCase "loops, captured tensors and numbers of the loss are named" (fun () ->
              let cause loss =
                  let _, _, cause = causeOf (Train.start (tensor [ 2.0; 3.0 ]) (Adam 0.1) |> Train.run loss)
                  cause

              Expect.equal
                  (cause (fun x -> sum (iterate 20 square x)))
                  "The first operation whose result is not finite is a loop (a solve, scan or iteration): it returns Infinity."
                  "cause (fun x -> sum (iterate 20 square x))"

              let captured = tensor [ 1.0; nan ]
              Expect.equal
                  (cause (fun x -> sum (x * captured)))
                  "The loss captures a float64 [2] with the number NaN."
                  "cause (fun x -> sum (x * captured))"
              let divided = "The first operation whose result is not finite is div of"
              Expect.stringStarts (cause (fun x -> sum (x / (x - x)))) divided "cause (fun x -> sum (x / (x - x)))"
              // found inside another function
              Expect.stringStarts
                  (cause (fun x -> sum (checkpoint (fun x -> 1.0 / (x - x)) x)))
                  divided
                  "cause (fun x -> sum (checkpoint (fun x -> 1.0 / (x - x)) x))")

          testCase "a completely frozen model is refused" (fun () ->
              Expect.thrown<InputException>(fun () -> Train.start (tensor [ 1.0 ]) Frozen |> Train.run bowl |> ignore)
              |> ignore)

          testCase "numbers out of range are refused" (fun () ->
              let refused: (unit -> Training<Tensor>) list =
                  [ fun () -> Train.epochs -1 towards3
                    fun () -> Train.clipValue 0.0 towards3
                    fun () -> Train.validateEvery 0 towards3
                    fun () -> Train.stopEarly 0 towards3
                    fun () -> Train.stopEarlyWith { EarlyStopping.defaults with MinImprovement = nan } towards3
                    fun () -> Train.onModel 0 (fun _ _ -> ()) towards3
                    fun () -> Train.checkpointEvery 0 "nowhere" towards3
                    fun () -> towards3 |> Train.metric "a" sum |> Train.metric "a" sum ]

              for make in refused do
                  Expect.stringStarts
                      ((Expect.thrown<InputException>(fun () -> make () |> ignore)).Message)
                      "Train."
                      "(Expect.thrown<InputException> (fun () -> make () |> ignore)).Message"

              let run () = towards3 |> Train.validate id |> Train.run bowl |> ignore
              towards3 |> Train.steps 1 |> Train.validate (fun x -> 2.0 * x) |> Train.run bowl |> ignore // a tensor [1] counts as one number
              run ()) ]
