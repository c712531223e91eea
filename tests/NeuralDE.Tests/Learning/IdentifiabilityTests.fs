/// Parameters that the data do not determine, and fits that end at the error of a solve.
module NeuralDE.Tests.Learning.IdentifiabilityTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

type private Pair = { Level: Tensor; Slope: Tensor }

let private grid = linspace 1.0 2.0 10

// ---- one compartment with absorption: subject 1 of R's Theoph; ka 1.777414, ke 0.05395454 by the closed form ----------

let private hours = [ 0.0; 0.25; 0.57; 1.12; 2.02; 3.82; 5.1; 7.03; 9.05; 12.12; 24.37 ]
let private measured = tensor [ 0.74; 2.84; 6.57; 10.5; 9.66; 8.58; 8.36; 7.47; 6.89; 5.94; 3.28 ]
let private dose = 4.02

let private theophylline tolerance (p: Tensor) =
    let ka, ke, clearance = exp p[0], exp p[1], exp p[2]

    let amounts =
        Ode.problem (fun _ y -> stack [ -ka * y[0]; ka * y[0] - ke * y[1] ]) (tensor [ dose; 0.0 ]) (0.0, 25.0)
        |> Ode.tolerance tolerance (1e-3 * tolerance)
        |> Ode.saveAt (tensor hours)
        |> Ode.solveYs

    amounts[*, 1] * ke / clearance - measured

let private isDone (status: LevenbergMarquardtStatus) =
    Expect.isTrue
        (status = LevenbergMarquardtStatus.Converged || status = LevenbergMarquardtStatus.Settled)
        $"got {status}, expected Converged or Settled"

let private start = log (tensor [ 1.0; 0.1; 0.05 ])

[<Tests>]
let tests =
    testList
        "Learning.Identifiability"
        [ testCase "if only a product is identifiable, covariance names its factors" (fun () ->
              let residuals (x: Tensor) = x[0] * x[1] * grid - square grid

              for factors in [ [ 1.0; 2.0 ]; [ 1e-6; 1e6 ]; [ 0.3; 0.7 ] ] do
                  raises<InputException>
                      [ "LevenbergMarquardt.covariance"; "model[0], model[1] are not identifiable" ]
                      (fun () -> LevenbergMarquardt.covariance residuals (tensor factors) |> ignore)
                  |> ignore

              // each of 400 summands has a twentieth of the null direction
              let slopes = linspace 0.0 1.0 500
              let residuals (x: Tensor) = slopes * sum x

              raises<InputException> [ "model[0], model[1], model[2]"; "… are not identifiable" ] (fun () ->
                  LevenbergMarquardt.covariance residuals (ones [ 400 ]) |> ignore)
              |> ignore

              // numbers that float64 does not hold are no covariance
              for scale in [ 1e200; 1e-200 ] do
                  raises<InputException> [ "outside the range of float64" ] (fun () ->
                      LevenbergMarquardt.covariance (fun (x: Tensor) -> scale * (x[0] * grid + x[1])) (ones [ 2 ])
                      |> ignore)
                  |> ignore

              // through a solve: y' = −a b y
              let decay (p: Pair) =
                  let final =
                      Ode.problem (fun _ y -> -p.Level * p.Slope * y) (tensor [ 1.0 ]) (0.0, 2.0)
                      |> Ode.saveAt grid
                      |> Ode.solveYs
                  final[*, 0] - exp -grid

              raises<InputException> [ "Level, Slope are not identifiable" ] (fun () ->
                  LevenbergMarquardt.covariance decay { Level = scalar 1.1; Slope = scalar 0.9 } |> ignore)
              |> ignore)

          testCase "only a parameter without effect is named" (fun () ->
              let residuals (p: Pair) = p.Level[0] * grid + p.Level[1] - square grid

              raises<InputException> [ "Slope[0, 1], Slope[1, 0] are not identifiable" ] (fun () ->
                  LevenbergMarquardt.covariance
                      (fun p -> residuals p + p.Slope[0, 0] * grid * grid + p.Slope[1, 1] * grid ** 3.0)
                      { Level = tensor [ 1.0; 2.0 ]; Slope = ones [ 2; 2 ] }
                  |> ignore)
              |> ignore)

          testCase "the covariance of a line is that of the normal equations, in any units" (fun () ->
              let x = grid.ToArray()
              let mean = Array.average x
              let spread = x |> Array.sumBy (fun x -> (x - mean) ** 2.0)

              for unit in [ 1.0; 1e-7; 1e9 ] do
                  let residuals (p: Tensor) = p[0] + unit * p[1] * grid - square grid
                  let fit = LevenbergMarquardt.minimise residuals (tensor [ 0.0; 1.0 / unit ])
                  let s2 = 2.0 * fit.Loss / 8.0
                  let covariance = LevenbergMarquardt.covariance residuals fit.Model
                  let slope, level = s2 / spread, s2 * (0.1 + mean * mean / spread)
                  let expected = [ level; -mean * s2 / spread / unit; -mean * s2 / spread / unit; slope / unit / unit ]
                  let got = numbers covariance
                  for (e, g) in List.zip expected (List.ofArray got) do
                      Expect.near 1e-8 (g / e) 1.0 "g / e")

          testCase "covariance refuses residuals whose derivatives are not finite" (fun () ->
              raises<InputException> [ "covariance"; "not finite" ] (fun () ->
                  LevenbergMarquardt.covariance (fun (x: Tensor) -> sqrt x * grid) (tensor [ 0.0 ]) |> ignore)
              |> ignore

              Expect.thrown<TreeException>(fun () ->
                  LevenbergMarquardt.covariance (fun (_: Tensor) -> grid) (tensor [ 1 ]) |> ignore)
              |> ignore)

          testCase "Levenberg–Marquardt converges at the optimum, for any accuracy of the solve" (fun () ->
              for tolerance, bound in [ 1e-9, 2e-6; 1e-6, 1e-5; 1e-3, 2e-3 ] do
                  for damping in [ Nielsen; Marquardt 10.0; Undamped ] do
                      for solve in [ LeastSquaresSolve.Factors; LeastSquaresSolve.ConjugateGradients ] do
                          let options = { LevenbergMarquardtOptions.defaults with Damping = damping; Solve = solve }
                          let run = LevenbergMarquardt.minimiseWith options ignore (theophylline tolerance)
                          let fit = run start
                          isDone fit.Status
                          let rates = numbers (exp fit.Model[..1])
                          Expect.near (bound * 1.8) rates[0] 1.777414 "rates[0]"
                          Expect.near (bound * 0.054) rates[1] 0.05395454 "rates[1]"
                          // again from there
                          isDone (run fit.Model).Status)

          testCase "also from the published optimum" (fun () ->
              let printed = log (tensor [ 1.777; 0.054; 0.0399 ])
              Expect.equal
                  ((LevenbergMarquardt.minimise (theophylline 1e-6) printed).Status)
                  LevenbergMarquardtStatus.Converged
                  "(LevenbergMarquardt.minimise (theophylline 1e-6) printed).Status")

          testCase "L-BFGS settles at the optimum" (fun () ->
              for tolerance in [ 1e-9; 1e-6; 1e-3 ] do
                  let run = Lbfgs.minimise (fun p -> sum (square (theophylline tolerance p)))
                  let fit = run start
                  let again = run fit.Model

                  for status in [ fit.Status; again.Status ] do
                      Expect.isTrue (status = LbfgsStatus.Settled || status = LbfgsStatus.Converged) $"got {status}"

                  Expect.near 3e-3 (float (exp again.Model[0])) 1.7774 "float (exp again.Model[0])")

          testCase "a jump, or a wrong slope, is not an optimum" (fun () ->
              let uphill (x: Tensor) = x + 2.0 * stopGradient (3.0 - x) // the value decreases where the slope says that it increases
              let fit = LevenbergMarquardt.minimise (fun x -> concat [ uphill x; ones [ 3 ] ]) (tensor [ 1.0 ])
              Expect.equal fit.Status LevenbergMarquardtStatus.NoLowerStep "fit.Status"
              let search = Lbfgs.minimise (fun x -> sum (square (uphill x))) (tensor [ 1.0 ])
              Expect.equal search.Status LbfgsStatus.LineSearchFailed "search.Status") ]
