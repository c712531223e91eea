/// The Lotka–Volterra equations fitted to the pelts of hares and lynxes, by gradients through the solve.
module NeuralDE.Tests.Learning.LotkaVolterraTests

open System
open System.IO
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Repository

let private table =
    [| for line in File.ReadLines(Root.file "examples/data/hare-lynx.csv") do
           if Char.IsDigit line[0] then line.Split ',' |> Array.map float |]

let private ts = tensor [ for row in table -> row[0] - 1900.0 ]
let private us = tensor [| for row in table -> row[1..] |]

/// log α, log β, log γ, log δ and the logarithms of the initial state
let private residuals (theta: Tensor) =
    let p = exp theta

    let field (_t: Tensor) (u: Tensor) =
        let hare, lynx = u[0], u[1]
        stack [ p[0] * hare - p[1] * hare * lynx; p[3] * hare * lynx - p[2] * lynx ]

    let states = Ode.problem field p[4..5] (0.0, 20.0) |> Ode.tolerance 1e-6 1e-6 |> Ode.saveAt ts |> Ode.solveYs
    log states - log us

let private halfSquares theta = 0.5 * sum (square (residuals theta))
let private guess = log (concat [ tensor [ 0.5; 0.02; 0.8; 0.02 ]; us[0] ])

let private isTheOptimum (theta: Tensor) =
    let p = exp theta
    for i, expected in List.indexed [ 0.5402; 0.0272; 0.7964; 0.0237 ] do
        Expect.near 2e-4 (float p[i]) expected "float p[i]"
    Expect.near
        1e-4
        (sqrt (float (mean (square (residuals theta)))))
        0.2192
        "sqrt (float (mean (square (residuals theta))))"

[<Tests>]
let tests =
    testList
        "Learning.LotkaVolterra"
        [ testCase "the table has 21 years of two animals" (fun () ->
              Expect.equal us.Shape [| 21; 2 |] "us.Shape"
              Expect.equal (float us[0, 0]) 30.0 "float us[0, 0]"
              Expect.equal (float us[20, 1]) 8.6 "float us[20, 1]")

          testCase "L-BFGS finds the optimum of half the sum of squares" (fun () ->
              isTheOptimum (Lbfgs.minimise halfSquares guess).Model)

          testCase "L-BFGS finds the optimum of the log-RMSE" (fun () ->
              isTheOptimum (Lbfgs.minimise (fun theta -> sqrt (mean (square (residuals theta)))) guess).Model)

          testCase "Levenberg–Marquardt finds the optimum in a few steps" (fun () ->
              let fit = LevenbergMarquardt.minimise residuals guess
              isTheOptimum fit.Model
              Expect.inRange fit.Iterations (1, 20) "fit.Iterations")

          testCase "conjugate gradients find it, too" (fun () ->
              let options = { LevenbergMarquardtOptions.defaults with Solve = LeastSquaresSolve.ConjugateGradients }
              isTheOptimum (LevenbergMarquardt.minimiseWith options ignore residuals guess).Model)

          testCase "standard errors from the Hessian are close to those from the Jacobian" (fun () ->
              // near the optimum H = JᵀJ + Σ r ∂²r, and the residuals are small
              let theta = (Lbfgs.minimise halfSquares guess).Model
              let variance = 2.0 * float (halfSquares theta) / 36.0
              let errorsOf (h: Tensor) = (sqrt (diagonal (variance * inverse h)) * exp theta).ToArray()
              let byHessian = errorsOf (hessian halfSquares theta)
              let j = jacobian (fun theta -> reshape [ 42 ] (residuals theta)) theta
              let byJacobian = errorsOf (matmul (transpose j) j)
              Expect.near 1e-4 byHessian[0] 0.0592 "byHessian[0]"
              Array.iter2 (fun (a: float) b -> Expect.inRange (b / a) (0.7, 1.4) "b / a") byHessian byJacobian) ]
