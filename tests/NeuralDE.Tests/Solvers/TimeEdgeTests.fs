/// Output times within a rounding of t0 and t1, and a tolerance with atol = 0.
module NeuralDE.Tests.Solvers.TimeEdgeTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private decay _ (y: Tensor) = -y
let private problem t0 t1 = Ode.problem decay (tensor [ 1.0 ]) (t0, t1)

[<Tests>]
let tests =
    testList
        "Solvers.TimeEdge"
        [ testCase "times within a rounding of t0 or t1 are t0 or t1" (fun () ->
              let times = cast Float32 (linspace 0.0 0.6 7)
              Expect.notEqual (float times[6]) 0.6 "float times[6]"
              let solve = problem 0.0 0.6 |> Ode.saveAt times |> Ode.solve
              Expect.equal (float solve.Ts[6]) 0.6 "float solve.Ts[6]"
              within 1e-6 "the end" [ exp -0.6 ] (numbers solve.Ys[6])
              same "the end" (numbers solve.Y1) (numbers solve.Ys[6])
              same "dense output" (numbers solve.Y1) (numbers (solve.At times[6]))
              // backwards, with perSample, and a sum that rounds in float64
              let back = problem 0.6 0.05 |> Ode.saveAt (cast Float32 (tensor [ 0.6; 0.05 ])) |> Ode.solve
              same "backwards" [ 0.6; float 0.05f ] (numbers back.Ts) // 0.05f is inside, and is not changed
              let back = problem 0.9 0.7 |> Ode.saveAt (cast Float32 (tensor [ 0.7 ])) |> Ode.solve
              same "backwards, at its end" [ 0.7 ] (numbers back.Ts)

              let bySample =
                  Ode.problem decay (tensor [ [ 1.0f ]; [ 1.0f ] ]) (0.0, tensor [ 0.6; 0.1 ])
                  |> Ode.perSample
                  |> Ode.saveAt (cast Float32 (tensor [ [ 0.3; 0.6 ]; [ 0.05; 0.1 ] ]))
                  |> Ode.solve

              same "by sample" [ 0.6; 0.1 ] (numbers bySample.Ts[*, 1])
              same "float64" [ 0.3 ] (numbers (problem 0.0 0.3 |> Ode.saveAt (tensor [ 0.1 + 0.2 ]) |> Ode.solve).Ts))

          testCase "times further outside are refused" (fun () ->
              for times in [ tensor [ 0.6000001 ]; cast Float32 (tensor [ 0.6001 ]); tensor [ -1e-12 ] ] do
                  raises<InputException> [ "Ode.saveAt"; "[0, 0.6]" ] (fun () ->
                      problem 0.0 0.6 |> Ode.saveAt times |> Ode.solve |> ignore)
                  |> ignore)

          testCase "a component that stays at 0 needs no atol" (fun () ->
              for solver in [ Tsit5; DOP853; Bosh3 ] do
                  let solve =
                      Ode.problem decay (tensor [ 1.0; 0.0 ]) (0.0, 1.0) |> Ode.using solver |> Ode.tolerance 1e-6 0.0
                  within 1e-5 solver.Name [ exp -1.0; 0.0 ] (numbers (Ode.solveFinal solve)))

          testCase "with atol = 0, a solve without a step that is small enough reports that" (fun () ->
              // y₀ decreases to 0 quadratically, where rtol |y| is 0
              let solve =
                  Ode.problem (fun t y -> stack [ 1.0 / (0.5 - t); -y[1] ]) (tensor [ 0.0; 1.0 ]) (0.0, 1.0)
                  |> Ode.tolerance 1e-6 0.0
                  |> Ode.trySolve

              Expect.equal solve.Status StepTooSmall "solve.Status"
              Expect.stringContains solve.Failure.Value.Message "atol above 0" "solve.Failure.Value.Message")

          testCase "with atol = 0, a field that is NaN is still reported as such" (fun () ->
              let solve =
                  Ode.problem (fun t y -> sqrt (0.5 - t) * y) (tensor [ 1.0 ]) (0.0, 1.0)
                  |> Ode.tolerance 1e-6 0.0
                  |> Ode.trySolve

              Expect.equal solve.Status NonFinite "solve.Status") ]
