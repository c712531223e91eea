/// Constant steps: step k starts at t0 + k dt, and float32 states do not drift.
module NeuralDE.Tests.Solvers.ConstantStepTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private everyMethod () = every odeSolvers

let private one _ (y: Tensor) = onesLike y
let private steady (solver: OdeSolver) dtype =
    Ode.problem one (cast dtype (tensor [ 0.0 ])) (0.0, 1000.0) |> Ode.using solver

let private gradients () =
    [ for method in [ Direct; Checkpointed; CheckpointedWithin 4096L; Backsolve ] -> $"{method}", method ]

[<Tests>]
let tests =
    testList
        "Solvers.ConstantStep"
        [ testList
              "0.01 over (0, 1000) is 100 000 steps, and y' = 1 gives 1000 in both types"
              [ for name in everyMethod () do
                    testCase name (fun () ->
                        let adds = (methodNamed name).Stepper.Compensates

                        for dtype in [ Float64; if adds then Float32 ] do
                            let solve = steady (methodNamed name) dtype |> Ode.dt 0.01 |> Ode.solve
                            Expect.equal solve.Stats.Steps 100000 "solve.Stats.Steps"
                            // methods' weights in float32 sum to 1 within 6e-7
                            relative
                                (if dtype = Float32 then 1e-6 else 1e-11)
                                $"y(1000) in {dtype}"
                                [ 1000.0 ]
                                (numbers solve.Y1)) ]

          testCase "steps start at t0 + k dt, rounded once" (fun () ->
              for t0, dt, n in [ 0.0, 0.1, 1000; 1e6, 0.01, 500; -3.0, 0.3, 40 ] do
                  for direction in [ 1.0; -1.0 ] do
                      let t1 = t0 + direction * dt * float n
                      let solve =
                          Ode.problem one (tensor [ 0.0 ]) (t0, t1)
                          |> Ode.using RK4
                          |> Ode.dt dt
                          |> Ode.saveSteps 1
                          |> Ode.solve
                      let expected = [ for k in 1..n -> if k = n then t1 else t0 + direction * (float k * dt) ]
                      same $"ends of steps from {t0}" expected (numbers solve.Ts))

          testCase "the last step is shorter if dt does not divide the interval" (fun () ->
              let ends dt = (steady RK4 Float64 |> Ode.dt dt |> Ode.saveSteps 1 |> Ode.solve).Ts |> numbers
              same "ends" [ 300.0; 600.0; 900.0; 1000.0 ] (ends 300.0)
              same "one step" [ 1000.0 ] (ends 5000.0)
              // a third, rounded: three steps, not a fourth of 1e-13
              Expect.equal ((ends (1000.0 / 3.0)).Length) 3 "(ends (1000.0 / 3.0)).Length")

          testCase "the grid restarts after each stop" (fun () ->
              let solve jumps stops =
                  Ode.problem
                      (fun t y -> where (t .< 333.3) (onesLike y) (2.0f * onesLike y))
                      (tensor [ 0.0f ])
                      (0.0, 1000.0)
                  |> Ode.using RK4
                  |> Ode.dt 0.01
                  |> Ode.jumpAt jumps
                  |> Ode.stepAt stops
                  |> Ode.solve

              let jumped = solve [ 333.3 ] []
              relative 2e-7 "a jump" [ 333.3 + 2.0 * 666.7 ] (numbers jumped.Y1)
              Expect.equal jumped.Stats.Steps 100000 "jumped.Stats.Steps"
              Expect.equal
                  ((solve [ 333.3 ] [ for i in 1..99 -> 10.0 * float i ]).Stats.Steps)
                  100000
                  "(solve [ 333.3 ] [ for i in 1..99 -> 10.0 * float i ]).Stats.Steps")

          testCase "outputs on the grid are the states there" (fun () ->
              for t0, t1 in [ 0.0, 1000.0; 1000.0, 0.0; 1e6, 1e6 + 500.0 ] do
                  let times = linspace t0 t1 50001

                  for dtype, bound in [ Float64, 1e-8; Float32, 7e-5 ] do
                      let solve =
                          Ode.problem one (cast dtype (tensor [ 0.0 ])) (t0, t1)
                          |> Ode.using Euler
                          |> Ode.dt 0.01
                          |> Ode.saveAt times
                          |> Ode.solve

                      within
                          bound
                          $"outputs from {t0} in {dtype}"
                          (numbers (times - t0))
                          (numbers (cast Float64 solve.Ys[*, 0]))
                      let dense = solve.At times
                      within bound $"At from {t0}" (numbers (times - t0)) (numbers (cast Float64 dense[*, 0])))

          testCase "each sample has its own grid" (fun () ->
              let solve =
                  Ode.problem one (zeros [ 3; 1 ] |> cast Float32) (0.0, tensor [ 1000.0; 500.0; -250.005 ])
                  |> Ode.using Heun
                  |> Ode.dt 0.01
                  |> Ode.perSample
                  |> Ode.solve

              Expect.equal (solve.Steps.ToInt64Array()) [| 100000L; 50000L; 25001L |] "solve.Steps.ToInt64Array()"
              within 6e-5 "ends" [ 1000.0; 500.0; -250.005 ] (numbers solve.Y1))

          testList
              "float32 has the value and gradient of float64 within its rounding"
              [ for name, method in gradients () do
                    testCase name (fun () ->
                        let loss dtype (p, y0) =
                            Ode.problem (fun t y -> p * cos t - cast dtype (scalar 0.1) * y) y0 (0.0, 20.0)
                            |> Ode.using RK4
                            |> Ode.dt 0.01
                            |> Ode.gradient method
                            |> Ode.solveFinal
                            |> sum

                        let at dtype =
                            let number (x: float) = cast dtype (tensor [ x ])
                            let value, (byP, byStart) = valueAndGrad (loss dtype) (number 1.0, number 0.5)
                            [ value; byP[0]; byStart[0] ] |> List.map float

                        relative 2e-6 "value and gradient" (at Float64) (at Float32)) ]

          testCase "compiled, and differentiated by t1" (fun () ->
              let final (t1: Tensor) =
                  Ode.problem one (tensor [ 0.0f ]) (0.0, t1)
                  |> Ode.using Euler
                  |> Ode.dt 0.01
                  |> Ode.solveFinal
                  |> sum
              Expect.near 6e-5 (float (compile final (scalar 1000.0))) 1000.0 "float (compile final (scalar 1000.0))"
              Expect.equal (float (grad final (scalar 1000.0))) 1.0 "float (grad final (scalar 1000.0))")

          testCase "an interval of length 0 takes no step" (fun () ->
              let solve = Ode.problem one (tensor [ 3.0f ]) (1.0, 1.0) |> Ode.using RK4 |> Ode.dt 0.01 |> Ode.solve
              Expect.equal solve.Stats.Steps 0 "solve.Stats.Steps"
              same "y0" [ 3.0 ] (numbers solve.Y1)) ]
