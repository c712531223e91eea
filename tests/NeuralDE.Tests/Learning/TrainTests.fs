module NeuralDE.Tests.Learning.TrainTests

open System.Collections.Generic
open System.Threading
open Expecto
open NeuralDE.Tests
open NeuralDE

let private bowl (x: Tensor) = sum (square (x - 3.0))

[<Tests>]
let tests =
    testList
        "Learning.Train"
        [ testCase "a training takes the optimiser's steps, and Losses has the loss before each" (fun () ->
              let fit = Train.start (tensor [ 0.0 ]) (GradientDescent 0.25) |> Train.steps 3 |> Train.run bowl
              Expect.equal fit.Status TrainStatus.Completed "fit.Status"
              Expect.near 1e-12 (float fit.Model[0]) 2.625 "float fit.Model[0]" // halves the distance each time
              Expect.equal fit.Losses [| 9.0; 2.25; 0.5625 |] "fit.Losses"
              Expect.near 1e-12 (float fit.Best[0]) 2.25 "float fit.Best[0]")

          testCase "a neural ODE learns a spiral" (fun () ->
              let ts, y0 = linspace 0.0 1.5 20, tensor [ 2.0; 0.0 ]
              let solve field = Ode.problem field y0 (0.0, 1.5) |> Ode.saveAt ts |> Ode.solveYs
              let data = solve (fun _t u -> stack [ 2.0 * u[1] - 0.1 * u[0]; -2.0 * u[0] - 0.1 * u[1] ])
              let loss net = mean (abs (solve (fun _t u -> Mlp.apply net u) - data))

              let fit =
                  Train.start (Mlp.init (Key 42) [ 2; 8; 2 ]) (Adam 3e-2)
                  |> Train.steps 150
                  |> Train.clip 1.0
                  |> Train.progress
                  |> Train.run loss

              Expect.equal fit.Losses.Length 150 "fit.Losses.Length"
              Expect.isTrue
                  (Array.min fit.Losses < 0.1 * fit.Losses[0])
                  $"Got {Array.min fit.Losses} after {fit.Losses[0]}.")

          testCase "the loss is traced twice, for any number of steps" (fun () ->
              let mutable traces = 0

              let loss (x: Tensor) =
                  traces <- traces + 1
                  bowl x

              Train.start (tensor [ 0.0 ]) (Adam 0.1) |> Train.steps 20 |> Train.run loss |> ignore
              Expect.equal traces 2 "traces")

          testCase "clip limits the norm of the whole gradient" (fun () ->
              let loss (a: Tensor, b: Tensor) = 30.0 * sum a + 40.0 * sum b
              let start = tensor [ 0.0 ], tensor [ 0.0 ]
              let lengths = List<float>()

              let fit =
                  Train.start start (GradientDescent 1.0)
                  |> Train.steps 1
                  |> Train.clip 2.0
                  |> Train.onStep (fun p -> lengths.Add p.GradientNorm)
                  |> Train.run loss

              let a, b = fit.Model
              Expect.near 1e-12 (float a[0]) (-1.2) "float a[0]"
              Expect.near 1e-12 (float b[0]) (-1.6) "float b[0]"
              Expect.equal (List.ofSeq lengths) [ 50.0 ] "List.ofSeq lengths")

          testCase "the first loss that is not finite ends the training with the best model" (fun () ->
              // 0.5 goes to −1.5, whose logarithm is NaN
              let fit = Train.start (tensor [ 0.5 ]) (GradientDescent 1.0) |> Train.run (fun x -> sum (log x))
              let cause = "The first operation whose result is not finite is log of float64 [1]: it returns NaN."
              Expect.equal fit.Status (TrainStatus.NonFinite(2, "loss", cause)) "fit.Status"
              Expect.stringStarts
                  fit.Status.Sentence
                  "Train.run: the loss of step 2 is not finite"
                  "fit.Status.Sentence"
              Expect.equal (float fit.Model[0]) 0.5 "float fit.Model[0]"
              Expect.equal fit.Losses.Length 1 "fit.Losses.Length")

          testCase "a gradient that is not finite also ends it" (fun () ->
              let fit = Train.start (tensor [ 0.0 ]) (GradientDescent 1.0) |> Train.run (fun x -> sum (sqrt x))
              Expect.equal
                  fit.Status
                  (TrainStatus.NonFinite(1, "gradient", "The gradient has the number Infinity."))
                  "fit.Status"
              Expect.equal (float fit.Model[0]) 0.0 "float fit.Model[0]")

          testCase "a solve that fails gives a status with the step" (fun () ->
              let final p =
                  Ode.problem (fun _t u -> p * u * u) (scalar 1.0) (0.0, 1.0) |> Ode.maxSteps 500 |> Ode.solveFinal
              let fit = Train.start (scalar 0.5) (GradientDescent 0.2) |> Train.run (fun p -> -(final p))

              match fit.Status with
              | TrainStatus.SolveFailed(2, failure) -> Expect.inRange failure.Time (0.1, 1.0) "failure.Time"
              | status -> failtest $"Got {status}, expected SolveFailed at step 2."

              Expect.equal (float fit.Model) 0.5 "float fit.Model")

          testCase "cancellation ends it before the next step" (fun () ->
              use source = new CancellationTokenSource()

              let fit =
                  Train.start (tensor [ 0.0 ]) (Adam 0.1)
                  |> Train.onStep (fun p -> if p.Step = 5 then source.Cancel())
                  |> Train.cancel source.Token
                  |> Train.run bowl

              Expect.equal fit.Status (TrainStatus.Cancelled 6) "fit.Status"
              Expect.equal fit.Losses.Length 5 "fit.Losses.Length")

          testCase "a cancellation during the solve of a step does not change the fit" (fun () ->
              use source = new CancellationTokenSource()
              let evaluations = ref 0

              let watched (u: Tensor) =
                  u
                  |> dynamic u (fun (u: Tensor) ->
                      evaluations.Value <- evaluations.Value + 1
                      if evaluations.Value = 300 then source.Cancel()
                      -u)

              let loss (p: Tensor) =
                  Ode.problem (fun _t u -> p * watched u) (tensor [ 1.0 ]) (0.0, 1.0)
                  |> Ode.using RK4
                  |> Ode.dt 0.05
                  |> Ode.solveFinal
                  |> square
                  |> sum

              let train token =
                  Train.start (scalar 0.5) (Adam 0.1) |> Train.steps 20 |> Train.cancel token |> Train.run loss
              let stopped = train source.Token

              match stopped.Status with
              | TrainStatus.Cancelled step ->
                  Expect.inRange step (2, 4) "step"
                  Expect.equal stopped.Losses.Length (step - 1) "stopped.Losses.Length"
                  let whole = train CancellationToken.None
                  Expect.equal stopped.Losses whole.Losses[.. step - 2] "stopped.Losses"
              | status -> failtest $"got {status}, expected Cancelled")

          testCase "zero steps return the model, and numbers out of range are refused" (fun () ->
              let start = Train.start (tensor [ 1.0 ]) (Adam 0.1)
              let fit = start |> Train.steps 0 |> Train.run bowl
              Expect.equal (float fit.Model[0]) 1.0 "float fit.Model[0]"
              Expect.isEmpty fit.Losses "fit.Losses"
              Expect.thrown<InputException>(fun () -> start |> Train.steps -1 |> ignore) |> ignore
              Expect.thrown<InputException>(fun () -> start |> Train.clip 0.0 |> ignore) |> ignore
              let narrow () = start |> Train.run (fun x -> x) |> ignore
              let expected = "Train.run: the loss returned shape [1], expected one number."
              Expect.stringStarts
                  ((Expect.thrown<ShapeException> narrow).Message)
                  expected
                  "(Expect.thrown<ShapeException> narrow).Message") ]
