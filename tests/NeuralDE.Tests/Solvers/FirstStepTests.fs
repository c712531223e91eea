/// The first step of an adaptive solve, against plain code.
module NeuralDE.Tests.Solvers.FirstStepTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private rtol, atol = 1e-3, 1e-6

/// E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, section II.4, for the error of order p − 1.
let private hairer (power: float) (f: float -> float[] -> float[]) (t0: float, t1: float) (y: float[]) =
    let dir = float (sign (t1 - t0))
    let size x = sqrt (Array.averageBy (fun v -> v * v) (Array.map2 (fun x y -> x / (atol + rtol * abs y)) x y))
    let f0 = f t0 y
    let d0, d1 = size y, size f0
    let h0 = min (abs (t1 - t0)) (if d0 < 1e-5 || d1 < 1e-5 then 1e-6 else 0.01 * d0 / d1)
    let f1 = f (t0 + dir * h0) (Array.map2 (fun y d -> y + dir * h0 * d) y f0)
    let d2 = size (Array.map2 (-) f1 f0) / h0
    let most = max d1 d2
    let h1 = if most <= 1e-15 then max 1e-6 (1e-3 * h0) else (0.01 / most) ** (1.0 / power)
    min (100.0 * h0) h1

/// Problems where different parts of the formula decide: name, derivatives of the two components, interval, start.
let private problems
    : (string * (float -> float[] -> float[]) * (Tensor -> Tensor[] -> Tensor list) * (float * float) * float[]) list =
    [ "the slope",
      (fun _ y -> [| -2.0 * y[0]; -2.0 * y[1] |]),
      (fun _ y -> [ -2.0 * y[0]; -2.0 * y[1] ]),
      (0.0, 100.0),
      [| 1.0; -3.0 |]
      "the curvature",
      (fun t y -> [| y[1] + t; -900.0 * y[0] |]),
      (fun t y -> [ y[1] + t; -900.0 * y[0] ]),
      (0.5, 100.0),
      [| 1.0; 0.0 |]
      "the curvature, backwards in time",
      (fun t y -> [| y[1] + t; -900.0 * y[0] |]),
      (fun t y -> [ y[1] + t; -900.0 * y[0] ]),
      (0.5, -100.0),
      [| 1.0; 0.0 |]
      "100 times the probe, from a small state",
      (fun _ y -> [| 1e-3 - 0.1 * y[0]; 2e-3 |]),
      (fun _ y -> [ 1e-3 - 0.1 * y[0]; 2e-3 + 0.0 * y[1] ]),
      (0.0, 100.0),
      [| 1e-4; 1e-4 |]
      "100 times the probe, from zero",
      (fun _ y -> [| 1.0 - y[0]; cos y[1] |]),
      (fun _ y -> [ 1.0 - y[0]; cos y[1] ]),
      (0.0, 100.0),
      [| 0.0; 0.0 |]
      "a field that is zero",
      (fun _ _ -> [| 0.0; 0.0 |]),
      (fun _ y -> [ 0.0 * y[0]; 0.0 * y[1] ]),
      (0.0, 100.0),
      [| 1.0; 2.0 |] ]

let private methods = [ "Bosh3", 3.0; "Tsit5", 5.0; "DOP853", 8.0; "Rosenbrock23", 3.0 ]

[<Tests>]
let tests =
    testList
        "Solvers.FirstStep"
        [ testList
              "is Hairer's"
              [ for method, power in methods do
                    for name, plain, field, interval, y0 in problems do
                        testCase $"{method}, {name}" (fun () ->
                            let solution =
                                Ode.problem (byComponent field) (tensor (List.ofArray y0)) interval
                                |> by method
                                |> Ode.tolerance rtol atol
                                |> Ode.maxSteps 1
                                |> Ode.saveSteps 1
                                |> Ode.trySolve

                            Expect.equal solution.Stats.Steps 1 "accepted steps"
                            let expected = hairer power plain interval y0
                            let got = abs (float solution.LastTime - fst interval)
                            relative 1e-9 "the first step" [ expected ] [ got ]) ]

          testCase "is not longer than the interval" (fun () ->
              let solution =
                  Ode.problem (fun _ (y: Tensor) -> 1e-3 * y) (ones [ 2 ]) (0.0, 1e-3)
                  |> Ode.tolerance rtol atol
                  |> Ode.solve

              Expect.equal solution.Stats.Steps 1 "steps"
              Expect.equal (float solution.LastTime) 1e-3 "the last time") ]
