module NeuralDE.Tests.Learning.LevenbergMarquardtTests

open System
open System.Collections.Generic
open System.Threading
open Expecto
open NeuralDE.Tests
open NeuralDE

let private options = LevenbergMarquardtOptions.defaults

/// Residuals whose sum of squares is twice Rosenbrock's function.
let private rosenbrock (x: Tensor) = concat [ 10.0 * (x[1..] - square x[.. x.Length - 2]); 1.0 - x[.. x.Length - 2] ]

let private variants =
    [ for damping in [ Nielsen; Marquardt 10.0; Undamped ] do
          for solve in [ LeastSquaresSolve.Factors; LeastSquaresSolve.ConjugateGradients ] do
              $"{damping} by {solve}", { options with Damping = damping; Solve = solve } ]

let private names () = [| for name, _ in variants -> name |]
let private variant name = variants |> List.find (fun (known, _) -> known = name) |> snd

let private isFound (fit: LevenbergMarquardtFit<'M>) =
    let isDone = fit.Status = LevenbergMarquardtStatus.Converged || fit.Status = LevenbergMarquardtStatus.Settled

    Expect.isTrue isDone $"Got {fit.Status}, expected Converged or Settled."

let private times = linspace 0.0 3.0 20

/// a e^(−b t) + c, with a small, fixed noise.
let private decay =
    let t = times.ToArray()
    tensor [ for i in 0..19 -> 2.5 * exp (-1.3 * t[i]) + 0.5 + 0.01 * sin (float (i * i)) ]

let private misfit (a: Tensor, b: Tensor, c: Tensor) = a * exp (-b * times) + c - decay

[<Tests>]
let tests =
    testList
        "Learning.LevenbergMarquardt"
        [ testList
              "Rosenbrock's function is minimised"
              [ for name in names () do
                    testCase name (fun () ->
                        let fit =
                            LevenbergMarquardt.minimiseWith (variant name) ignore rosenbrock (tensor [ -1.2; 1.0 ])
                        isFound fit
                        for x in fit.Model.ToArray() do
                            Expect.near 1e-8 x 1.0 "x"
                        Expect.inRange fit.Iterations (1, 40) "fit.Iterations"
                        Expect.equal fit.Losses.Length (fit.Iterations + 1) "fit.Losses.Length"
                        for before, after in Array.pairwise fit.Losses do
                            Expect.isTrue (after < before) "after < before"
                        Expect.equal (Array.last fit.Losses) fit.Loss "Array.last fit.Losses") ]

          testList
              "an exponential is fitted until the gradient vanishes"
              [ for name in names () do
                    testCase name (fun () ->
                        let fit =
                            LevenbergMarquardt.minimiseWith
                                (variant name)
                                ignore
                                misfit
                                (scalar 1.0, scalar 1.0, scalar 0.0)
                        isFound fit
                        let ga, gb, gc = grad (fun m -> 0.5 * sum (square (misfit m))) fit.Model

                        for g in [ ga; gb; gc ] do
                            Expect.near 1e-8 (float g) 0.0 "float g"

                        let a, b, c = fit.Model
                        Expect.near 0.02 (float a) 2.5 "float a"
                        Expect.near 0.03 (float b) 1.3 "float b"
                        Expect.near 0.02 (float c) 0.5 "float c") ]

          testCase "a linear problem takes one undamped step" (fun () ->
              let matrix = tensor [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ]; [ 5.0; 7.0 ] ]
              let right = tensor [ 1.0; 2.0; 4.0 ]
              let undamped = { options with Damping = Undamped }
              let fit =
                  LevenbergMarquardt.minimiseWith
                      undamped
                      ignore
                      (fun x -> matmul matrix x - right)
                      (tensor [ 5.0; -5.0 ])
              Expect.equal fit.Status LevenbergMarquardtStatus.Converged "fit.Status"
              Expect.equal fit.Iterations 1 "fit.Iterations"
              let normal = matmul (transpose matrix) matrix
              let expected = (solve normal (matmul (transpose matrix) right)).ToArray()
              Array.iter2 (fun (e: float) g -> Expect.near 1e-10 g e "g") expected (fit.Model.ToArray()))

          testCase "the units of a parameter do not change the steps" (fun () ->
              let losses (unit: float) =
                  let inUnit (x: Tensor) = rosenbrock (stack [ x[0] * unit; x[1] ])
                  (LevenbergMarquardt.minimise inUnit (tensor [ -1.2 / unit; 1.0 ])).Losses

              let one, other = losses 1.0, losses 1024.0 // a power of 2: the same rounding
              Expect.equal other.Length one.Length "other.Length"
              Array.iter2
                  (fun (a: float) (b: float) -> Expect.isTrue (abs (a - b) <= 1e-9 * a) $"Got {b}, expected {a}.")
                  one
                  other)

          testList
              "the first step solves the damped equations"
              [ for name in [ "Factors"; "ConjugateGradients" ] do
                    testCase name (fun () ->
                        let solver =
                            if name = "Factors" then
                                LeastSquaresSolve.Factors
                            else
                                LeastSquaresSolve.ConjugateGradients

                        // squares of singular values from 1 to 100, which conjugate gradients need many steps for
                        let n, damping = 40, 0.25
                        let reflection (key: int) =
                            let v = randn (Key key) [ n; 1 ]
                            eye n - 2.0 / sum (square v) * matmul v (transpose v)

                        let j = matmul (reflection 3) (matmul (diag (linspace 1.0 10.0 n)) (reflection 5))
                        let right = randn (Key 4) [ n ]

                        let fit =
                            LevenbergMarquardt.minimiseWith
                                { options with Solve = solver; InitialDamping = damping; MaxIterations = 1 }
                                ignore
                                (fun x -> matmul j x - right)
                                (zeros [ n ])

                        let normal, g = matmul (transpose j) j, matmul (transpose j) right

                        // the squared lengths of the columns, or the curvature along the gradient
                        let scale =
                            if name = "Factors" then
                                diag (sumAlong 0 (square j))
                            else
                                sum (g * matmul normal g) / sum (square g) * eye n

                        let expected = solve (normal + damping * scale) g
                        let miss = float (amax (abs (fit.Model - expected))) / float (amax (abs expected))
                        Expect.isTrue (miss <= 1e-7) $"got a step off by {miss:R}, relatively") ]

          testCase "trees are fitted; integers and keys are constant, float32 stays float32" (fun () ->
              let residuals (w: Tensor, count: Tensor, _: Key) = w - cast Float32 count
              let fit = LevenbergMarquardt.minimise residuals (tensor [ 0.0f; 0.0f ], tensor [ 3; 4 ], Key 5)
              let w, count, key = fit.Model
              Expect.equal w.Dtype Float32 "w.Dtype"
              Expect.near 1e-5 (float w[0]) 3.0 "float w[0]"
              Expect.near 1e-5 (float w[1]) 4.0 "float w[1]"
              Expect.equal (count.ToInt64Array()) [| 3L; 4L |] "count.ToInt64Array()"
              Expect.equal (string key) "Key 5" "string key")

          testCase "a parameter without effect on the residuals is constant" (fun () ->
              for solve in [ LeastSquaresSolve.Factors; LeastSquaresSolve.ConjugateGradients ] do
                  let fit =
                      LevenbergMarquardt.minimiseWith
                          { options with Solve = solve }
                          ignore
                          (fun (x: Tensor) -> square x[0] - 2.0 + 0.0 * x[1])
                          (tensor [ 1.0; 7.0 ])

                  isFound fit
                  Expect.near 1e-9 (float fit.Model[0]) (Math.Sqrt 2.0) "float fit.Model[0]"
                  Expect.equal (float fit.Model[1]) 7.0 "float fit.Model[1]")

          testCase "if residuals are NaN, or their solve fails, steps become shorter" (fun () ->
              let fit = LevenbergMarquardt.minimise (fun (x: Tensor) -> log x + 3.0) (tensor [ 0.9 ])
              Expect.near 1e-9 (float fit.Model[0]) (Math.Exp -3.0) "float fit.Model[0]"

              // u' = p u² from 1 ends at 1 / (1 − p), and blows up for p ≥ 1
              let final p =
                  Ode.problem (fun _t u -> p * u * u) (scalar 1.0) (0.0, 1.0)
                  |> Ode.tolerance 1e-9 1e-9
                  |> Ode.maxSteps 500
                  |> Ode.solveFinal

              let fit = LevenbergMarquardt.minimise (fun p -> log (final p) - log (scalar 5.0)) (scalar -3.0)
              Expect.near 1e-6 (float fit.Model) 0.8 "float fit.Model")

          testCase "every status is reached" (fun () ->
              let from = tensor [ -1.2; 1.0 ]
              let fit = LevenbergMarquardt.minimiseWith { options with MaxIterations = 3 } ignore rosenbrock from
              Expect.equal fit.Status LevenbergMarquardtStatus.MaxIterations "fit.Status"
              Expect.equal fit.Iterations 3 "fit.Iterations"
              let fit = LevenbergMarquardt.minimise log (tensor [ -1.0 ])
              Expect.equal fit.Status LevenbergMarquardtStatus.NonFinite "fit.Status"
              let fit = LevenbergMarquardt.minimise (fun x -> x - 1.0) (tensor [ 1.0 ])
              Expect.equal fit.Status LevenbergMarquardtStatus.Converged "fit.Status"
              Expect.equal fit.Iterations 0 "fit.Iterations"
              // a jump upwards in the direction of descent
              let jump (x: Tensor) = where (x .< 1.0) (2.0 - x) 9.0
              let fit =
                  LevenbergMarquardt.minimiseWith
                      { options with StepTolerance = 0.0 }
                      ignore
                      jump
                      (tensor [ 1.0 - 1e-16 ])
              Expect.equal fit.Status LevenbergMarquardtStatus.NoLowerStep "fit.Status"
              // undamped, a parameter without effect on the residuals has no step
              let undamped = { options with Damping = Undamped; Solve = LeastSquaresSolve.Factors }
              let unfelt (x: Tensor) = stack [ x[0] - 2.0; 0.0 * x[1]; x[0] * x[0] ]
              let fit = LevenbergMarquardt.minimiseWith undamped ignore unfelt (tensor [ 1.0; 7.0 ])
              Expect.equal fit.Status LevenbergMarquardtStatus.NoLowerStep "fit.Status"
              let fit =
                  LevenbergMarquardt.minimiseWith undamped ignore (fun (x: Tensor) -> sum x) (tensor [ 1.0; 7.0 ])
              Expect.equal fit.Status LevenbergMarquardtStatus.NoLowerStep "fit.Status"
              use source = new CancellationTokenSource()
              let seen = List<float>()

              let look (p: LevenbergMarquardtProgress<Tensor>) =
                  seen.Add p.Loss
                  if p.Iteration = 2 then source.Cancel()

              let fit =
                  LevenbergMarquardt.minimiseWith { options with Cancellation = source.Token } look rosenbrock from
              Expect.equal fit.Status LevenbergMarquardtStatus.Cancelled "fit.Status"
              Expect.equal (seen.ToArray()) fit.Losses[1..] "seen.ToArray()")

          testCase "the covariance of a straight line is that of the textbook" (fun () ->
              let x, y = tensor [ 0.0; 1.0; 2.0; 3.0 ], tensor [ 1.1; 2.9; 5.2; 6.8 ]
              let residuals (slope: Tensor, offset: Tensor) = slope * x + offset - y
              let fit = LevenbergMarquardt.minimise residuals (scalar 0.0, scalar 0.0)
              let variance = 2.0 * fit.Loss / 2.0
              let covariance = LevenbergMarquardt.covariance residuals fit.Model
              Expect.near 1e-12 (float covariance[0, 0]) (variance / 5.0) "float covariance[0, 0]" // σ² / Σ (x − x̄)²
              Expect.near 1e-12 (float covariance[0, 1]) (-1.5 * variance / 5.0) "float covariance[0, 1]"
              Expect.near 1e-12 (float covariance[1, 1]) (variance * (0.25 + 2.25 / 5.0)) "float covariance[1, 1]"
              let few () = LevenbergMarquardt.covariance id (tensor [ 1.0; 2.0 ]) |> ignore
              Expect.stringStarts
                  ((Expect.thrown<InputException> few).Message)
                  "LevenbergMarquardt.covariance: got 2 residuals"
                  "(Expect.thrown<InputException> few).Message")

          testCase "invalid fits are refused" (fun () ->
              for options in
                  [ { options with MaxIterations = -1 }
                    { options with InitialDamping = 0.0 }
                    { options with StepTolerance = nan }
                    { options with Damping = Marquardt 1.0 } ] do
                  let run () =
                      LevenbergMarquardt.minimiseWith options ignore rosenbrock (tensor [ 0.0; 0.0 ]) |> ignore
                  Expect.stringStarts
                      ((Expect.thrown<InputException> run).Message)
                      "LevenbergMarquardt: "
                      "(Expect.thrown<InputException> run).Message"

              let run () = LevenbergMarquardt.minimise (fun _ -> scalar 1.0) (tensor [ 1 ]) |> ignore
              Expect.thrown<TreeException> run |> ignore
              let run () = LevenbergMarquardt.minimise (fun (x: Tensor) -> x[1..]) (tensor [ 1.0 ]) |> ignore
              Expect.thrown<ShapeException> run |> ignore) ]
