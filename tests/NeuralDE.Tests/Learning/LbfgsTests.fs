module NeuralDE.Tests.Learning.LbfgsTests

open System
open System.Collections.Generic
open System.Threading
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Optimisers

let private exact =
    { LbfgsOptions.defaults with LossTolerance = 0.0; GradientTolerance = 1e-9; MaxIterations = 500 }

/// Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)², minimal at (1, …, 1)
let private rosenbrock (x: Tensor) =
    let a, b = x[.. x.Length - 2], x[1..]
    sum (100.0 * square (b - a * a) + square (1.0 - a))

let private losses: (string * (Tensor -> Tensor) * Tensor) list =
    [ "Rosenbrock", rosenbrock, tensor [ -1.2; 1.0; -1.2; 1.0 ]
      "quartic", (fun x -> sum (x ** 4.0 + 0.1 * square x)), tensor [ 3.0; -2.0 ]
      "waves", (fun x -> sum (sin (3.0 * x) + 0.1 * square x)), tensor [ 2.0; -3.0; 0.1 ]
      "logistic", (fun x -> sum (softplus x) - 0.3 * sum x + 0.01 * sum (square x)), tensor [ 9.0; -9.0 ]
      "steep", (fun x -> sum (exp x) - 2.0 * sum x), tensor [ 12.0; -12.0 ] ]

let private endsLower (loss: Tensor -> Tensor) =
    let fit = Lbfgs.minimise loss (tensor [ 1.0; 2.0 ])
    Expect.isTrue (Array.last fit.Losses < fit.Losses[0]) "Array.last fit.Losses < fit.Losses[0]"
    Expect.equal (Array.min fit.Losses) fit.Loss "Array.min fit.Losses"
    Expect.isTrue (fit.Evaluations < 500) "fit.Evaluations < 500"
    fit.Status

// Only the line search

let private search c2 f slope first =
    let at step : Trial<unit> = { Step = step; Loss = f step; Slope = slope step; Point = () }
    LineSearch.run 1e-4 c2 30 at (at 0.0) first

[<Tests>]
let tests =
    testList
        "Learning.Lbfgs"
        [ testList
              "Rosenbrock's function is minimised"
              [ for n in [ 2; 10 ] do
                    testCase $"{n}" (fun () ->
                        let start = tensor [ for i in 0 .. n - 1 -> if i % 2 = 0 then -1.2 else 1.0 ]
                        let fit = Lbfgs.minimiseWith exact ignore rosenbrock start
                        Expect.equal fit.Status LbfgsStatus.Converged "fit.Status"
                        Expect.isTrue (fit.GradientNorm <= 1e-9) "fit.GradientNorm <= 1e-9"
                        Expect.inRange fit.Iterations (5, 100) "fit.Iterations"
                        Expect.inRange fit.Evaluations (fit.Iterations, 2 * fit.Iterations + 20) "fit.Evaluations"
                        Expect.equal fit.Losses.Length (fit.Iterations + 1) "fit.Losses.Length"
                        for before, after in Array.pairwise fit.Losses do
                            Expect.isTrue (after < before) "after < before"
                        // the ten-dimensional function has a second minimum near (−1, 1, …, 1)
                        if n = 2 then
                            for x in fit.Model.ToArray() do
                                Expect.near 1e-8 x 1.0 "x") ]

          testList
              "a quadratic of n unknowns takes about n nearly exact steps"
              [ for n in [ 2; 5; 8 ] do
                    testCase $"{n}" (fun () ->
                        let scales = tensor [ for i in 1..n -> float (i * i) ]
                        let loss (x: Tensor) = 0.5 * sum (scales * square (x - 1.0))
                        let options = { exact with Curvature = 2e-4; GradientTolerance = 1e-7 }
                        let fit = Lbfgs.minimiseWith options ignore loss (zeros [ n ])
                        Expect.equal fit.Status LbfgsStatus.Converged "fit.Status"
                        Expect.inRange fit.Iterations (1, n + 1) "fit.Iterations") ]

          testCase "every accepted step satisfies the strong Wolfe conditions" (fun () ->
              for name, loss, start in losses do
                  for curvature in [ 0.9; 0.1 ] do
                      let seen = List<LbfgsProgress<Tensor>>()
                      let options = { exact with Curvature = curvature; GradientTolerance = 1e-6 }
                      let fit = Lbfgs.minimiseWith options seen.Add loss start
                      Expect.isTrue
                          (fit.Status = LbfgsStatus.Converged)
                          $"{name}: got {fit.Status}, expected Converged."
                      let mutable before = start

                      for step in seen do
                          Expect.isTrue step.IsWolfe $"{name}: step {step.Iteration} is not a Wolfe step."
                          let f0, g0 = valueAndGrad loss before
                          let f1, g1 = valueAndGrad loss step.Model
                          let moved = step.Model - before
                          let slope0, slope1 = float (sum (g0 * moved)), float (sum (g1 * moved))
                          let room = 1e-9 * (1.0 + abs (float f0))
                          Expect.isTrue (slope0 < 0.0) $"{name}: step {step.Iteration} increases the loss."
                          Expect.isTrue
                              (float f1 <= float f0 + 1e-4 * slope0 + room)
                              $"{name}: step {step.Iteration} violates the Armijo condition."
                          Expect.isTrue
                              (abs slope1 <= curvature * abs slope0 + room)
                              $"{name}: step {step.Iteration} violates the curvature condition."
                          before <- step.Model)

          testCase "a tree is minimised; integers and keys are constant" (fun () ->
              let loss (w: Tensor, steps: Tensor, _noise: Key, b: Tensor) =
                  sum (square (w - cast Float64 steps)) + square (b - 2.0)

              let fit = Lbfgs.minimise loss (tensor [ 0.0; 0.0 ], tensor [ 3; 4 ], Key 5, scalar 0.0)
              let w, steps, noise, b = fit.Model
              Expect.near 1e-6 (float w[0]) 3.0 "float w[0]"
              Expect.near 1e-6 (float w[1]) 4.0 "float w[1]"
              Expect.near 1e-6 (float b) 2.0 "float b"
              Expect.equal (steps.ToInt64Array()) [| 3L; 4L |] "steps.ToInt64Array()"
              Expect.equal (noise.ToString()) "Key 5" "noise.ToString()")

          testCase "float32 models stay float32" (fun () ->
              let fit = Lbfgs.minimise (fun x -> sum (square (x - 3.0))) (tensor [ 0.0f ])
              Expect.equal fit.Model.Dtype Float32 "fit.Model.Dtype"
              Expect.near 1e-5 (float fit.Model[0]) 3.0 "float fit.Model[0]")

          testCase "a trial with a NaN loss shortens the step" (fun () ->
              // NaN outside (0, 1); the first trial is at 1.001
              let loss (x: Tensor) = sum (-(log x) - log (1.0 - x))
              let fit = Lbfgs.minimise loss (tensor [ 1e-3 ])
              Expect.near 1e-4 (float fit.Model[0]) 0.5 "float fit.Model[0]"
              for loss in fit.Losses do
                  Expect.isTrue (Double.IsFinite loss) "Double.IsFinite loss")

          testCase "a trial whose solve fails shortens the step" (fun () ->
              // u' = p u² from 1 ends at 1 / (1 − p), and blows up for p ≥ 1
              let loss p =
                  square (
                      Ode.problem (fun _t u -> p * u * u) (scalar 1.0) (0.0, 1.0) |> Ode.maxSteps 500 |> Ode.solveFinal
                  )
                  - 5.0
                  |> square

              let fit = Lbfgs.minimise loss (scalar 0.2)
              Expect.near 1e-4 (float fit.Model) (1.0 - 1.0 / Math.Sqrt 5.0) "float fit.Model")

          testCase "a loss that is not finite at the start gives a status" (fun () ->
              let fit = Lbfgs.minimise (fun x -> sum (log x)) (tensor [ -1.0 ])
              Expect.equal fit.Status LbfgsStatus.NonFinite "fit.Status"
              Expect.equal fit.Iterations 0 "fit.Iterations"
              Expect.equal (float fit.Model[0]) (-1.0) "float fit.Model[0]")

          testCase "a start at the minimum is returned" (fun () ->
              let fit = Lbfgs.minimise (fun x -> sum (square x)) (tensor [ 0.0 ])
              Expect.equal fit.Status LbfgsStatus.Converged "fit.Status"
              Expect.equal fit.Evaluations 1 "fit.Evaluations")

          testCase "a loss without a lower bound, which no step brackets, ends the search" (fun () ->
              Expect.equal (endsLower sum) LbfgsStatus.LineSearchFailed "endsLower sum")

          testCase "a kink, where no slope is 0, ends the search" (fun () ->
              for loss in [ (fun x -> sum (abs (x - 0.3))); (fun x -> sum (abs x ** 1.2)); (fun x -> normInf x) ] do
                  Expect.notEqual (endsLower loss) LbfgsStatus.MaxIterations "endsLower loss")

          testCase "the limit of iterations and a cancellation end it" (fun () ->
              let start = tensor [ -1.2; 1.0 ]
              let fit = Lbfgs.minimiseWith { exact with MaxIterations = 3 } ignore rosenbrock start
              Expect.equal fit.Status LbfgsStatus.MaxIterations "fit.Status"
              Expect.equal fit.Iterations 3 "fit.Iterations"
              use source = new CancellationTokenSource()
              let stopAt (p: LbfgsProgress<Tensor>) = if p.Iteration = 4 then source.Cancel()
              let fit = Lbfgs.minimiseWith { exact with Cancellation = source.Token } stopAt rosenbrock start
              Expect.equal fit.Status LbfgsStatus.Cancelled "fit.Status"
              Expect.equal fit.Iterations 4 "fit.Iterations")

          testCase "the loss is traced once" (fun () ->
              let mutable traces = 0

              let loss (x: Tensor) =
                  traces <- traces + 1
                  rosenbrock x

              Lbfgs.minimise loss (tensor [ -1.2; 1.0 ]) |> ignore
              Expect.equal traces 1 "traces")

          testCase "options out of range are refused" (fun () ->
              for options in
                  [ { exact with History = 0 }
                    { exact with Curvature = 1.0 }
                    { exact with Armijo = 0.95 }
                    { exact with FirstStep = 0.0 }
                    { exact with GradientTolerance = nan } ] do
                  let run () = Lbfgs.minimiseWith options ignore rosenbrock (tensor [ 0.0; 0.0 ]) |> ignore
                  Expect.stringStarts
                      ((Expect.thrown<InputException> run).Message)
                      "Lbfgs: "
                      "(Expect.thrown<InputException> run).Message")

          testList
              "the line search succeeds on the functions of Moré and Thuente from every first step"
              [ for first in [ 1e-3; 0.1; 1.0; 30.0; 1e3 ] do
                    testCase $"{first}" (fun () ->
                        // their first two test functions: a distant minimum, and one after a steep increase
                        let cases =
                            [ (fun a -> -a / (a * a + 2.0)), (fun a -> (a * a - 2.0) / (a * a + 2.0) ** 2.0)
                              (fun a -> (a + 0.004) ** 5.0 - 2.0 * (a + 0.004) ** 4.0),
                              (fun a -> 5.0 * (a + 0.004) ** 4.0 - 8.0 * (a + 0.004) ** 3.0) ]

                        for f, slope in cases do
                            match search 0.1 f slope first with
                            | Wolfe t ->
                                Expect.isTrue
                                    (t.Loss <= f 0.0 + 1e-4 * t.Step * slope 0.0)
                                    "t.Loss <= f 0.0 + 1e-4 * t.Step * slope 0.0"
                                Expect.isTrue
                                    (abs t.Slope <= 0.1 * abs (slope 0.0))
                                    "abs t.Slope <= 0.1 * abs (slope 0.0)"
                            | Lower _
                            | NoStep -> failtest "expected a Wolfe step") ]

          testCase "the minimum is exact for a cubic, and the midpoint if the cubic has none" (fun () ->
              let at f slope step : Trial<unit> = { Step = step; Loss = f step; Slope = slope step; Point = () }
              let point = at (fun a -> a * a * a - 3.0 * a) (fun a -> 3.0 * a * a - 3.0)
              Expect.near
                  1e-12
                  (LineSearch.cubic (point 0.0) (point 2.5))
                  1.0
                  "LineSearch.cubic (point 0.0) (point 2.5)"
              Expect.near
                  1e-12
                  (LineSearch.cubic (point 2.5) (point 0.0))
                  1.0
                  "LineSearch.cubic (point 2.5) (point 0.0)"
              let line = at id (fun _ -> 1.0)
              Expect.near 1e-12 (LineSearch.cubic (line 1.0) (line 4.0)) 2.5 "LineSearch.cubic (line 1.0) (line 4.0)"
              Expect.near
                  1e-12
                  (LineSearch.cubic (point 0.0) { point 1.0 with Loss = infinity; Slope = nan })
                  0.2
                  "LineSearch.cubic (point 0.0) { point 1.0 with Loss = infinity; Slope …") ]
