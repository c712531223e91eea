/// Stiff equations by implicit methods: values, derivatives, work and failures.
module NeuralDE.Tests.Solvers.StiffTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

/// H. H. Robertson 1966: three rates, over nine decades.
let private robertson (k: Tensor) (_t: Tensor) (y: Tensor) =
    let a, b, c = k[0] * y[0], k[1] * y[1] * y[2], k[2] * y[1] ** 2.0
    stack [ b - a; a - b - c; c ]

let private rates = tensor [ 0.04; 1e4; 3e7 ]
let private start = tensor [ 1.0; 0.0; 0.0 ]

let private problem solver t1 k = Ode.problem (robertson k) start (0.0, t1) |> Ode.using solver

let private stiff = [ Rosenbrock23; Kvaerno3; BDF2 ]

/// ∂ (100 y1(t1)) / ∂ log k.
let private sensitivity solver rtol atol (logs: Tensor) =
    100.0 * (problem solver 1e5 (exp logs * rates) |> Ode.tolerance rtol atol |> Ode.solveFinal)[0]

/// Central differences of order 4 in each component.
let private differences (f: Tensor -> Tensor) (e: float) (x: Tensor) =
    let x = numbers x

    let along j =
        let at s = (numbers (f (tensor (Array.mapi (fun i v -> if i = j then v + s * e else v) x))))[0]
        (8.0 * (at 1.0 - at -1.0) - (at 2.0 - at -2.0)) / (12.0 * e)

    Array.init x.Length along

[<Tests>]
let tests =
    testList
        "Solvers.Stiff"
        [ testList
              "Robertson's equations to 1e5"
              [ // the error of y1 is about that of the method at this tolerance; the reference is CVODE at 1e-12
                for solver, rtol, atol, bound in
                    [ Rosenbrock23, 1e-3, 1e-6, 1e-2
                      Rosenbrock23, 1e-5, 1e-9, 1e-3
                      Kvaerno3, 1e-3, 1e-6, 2e-3
                      Kvaerno3, 1e-7, 1e-11, 1e-6
                      BDF2, 1e-3, 1e-6, 2e-2
                      BDF2, 1e-6, 1e-10, 1e-3 ] do
                    testCase $"{solver.Name}, {rtol}" (fun () ->
                        let s = problem solver 1e5 rates |> Ode.tolerance rtol atol |> Ode.solve
                        relative bound "y1(1e5)" [ 0.0178659211 ] [ (numbers s.Y1)[0] ]
                        within 1e-9 "the sum of the concentrations" [ 1.0 ] [ Array.sum (numbers s.Y1) ]) ]

          testCase "the gradient by the rates agrees with differences" (fun () ->
              let f = sensitivity Kvaerno3 1e-7 1e-11
              let g = numbers (grad f (zeros [ 3 ]))
              relative 1e-6 "100 ∂y1/∂log k" (differences f 1e-4 (zeros [ 3 ])) g)

          testList
              "forward and reverse mode, checkpointed and direct"
              [ for solver in stiff do
                    testCase solver.Name (fun () ->
                        let f method k =
                            (problem solver 40.0 k |> Ode.gradient method |> Ode.tolerance 1e-5 1e-9 |> Ode.solveFinal)[0]

                        let reverse = numbers (grad (f Direct) rates)
                        let forward =
                            [ for j in 0..2 ->
                                  (let unit: Tensor = eye 3 in (numbers (snd (jvp (f Direct) rates unit[j])))[0]) ]
                        relative 1e-10 "forward mode" reverse forward
                        same "checkpointed" reverse (numbers (grad (f Checkpointed) rates))
                        same "within 600 bytes" reverse (numbers (grad (f (CheckpointedWithin 600L)) rates))) ]

          testList
              "the Hessian is symmetric and agrees with differences"
              [ for solver in stiff do
                    testCase solver.Name (fun () ->
                        let f logs =
                            (problem solver 40.0 (exp logs * rates) |> Ode.tolerance 1e-7 1e-10 |> Ode.solveFinal)[0]

                        let h = hessian f (zeros [ 3 ])
                        relative 1e-9 "its transpose" (numbers h) (numbers (transpose h))
                        // the steps depend on the rates, and so does their error: the difference has that size
                        let row = differences (fun logs -> (grad f logs)[0]) 1e-4 (zeros [ 3 ])
                        relative 2e-2 "its first row" row (numbers h[0])) ]

          testList
              "perSample: the bits of each row are those of its own solve"
              [ for solver in stiff do
                    testCase solver.Name (fun () ->
                        let starts = stack [ start; tensor [ 0.9; 0.0; 0.1 ]; tensor [ 0.5; 1e-5; 0.5 ] ]
                        let p y0 = Ode.problem (robertson rates) y0 (0.0, 40.0) |> Ode.using solver
                        let rows = p starts |> Ode.perSample |> Ode.solve

                        for k in 0..2 do
                            let alone = p starts[k] |> Ode.solve
                            same $"row {k}" (numbers alone.Y1) (numbers rows.Y1[k])

                        let gradient y0 = grad (fun y0 -> (p y0 |> Ode.solveFinal)[0]) y0
                        let together =
                            grad
                                (fun y -> (let ys: Tensor = p y |> Ode.perSample |> Ode.solveFinal in sum ys[*, 0]))
                                starts
                        for k in 0..2 do
                            relative 1e-10 $"gradient of row {k}" (numbers (gradient starts[k])) (numbers together[k])) ]

          testCase "the work is counted" (fun () ->
              let stats solver = (problem solver 1e5 rates |> Ode.tolerance 1e-3 1e-6 |> Ode.solve).Stats
              let rosenbrock, kvaerno, bdf = stats Rosenbrock23, stats Kvaerno3, stats BDF2
              let attempts (s: Stats) = s.Steps + s.Rejected
              Expect.equal rosenbrock.Jacobians (attempts rosenbrock) "one Jacobian per attempt"
              Expect.equal rosenbrock.LinearSolves (3 * attempts rosenbrock) "three linear solves per attempt"
              Expect.equal
                  rosenbrock.Evaluations
                  (2 + 2 * attempts rosenbrock)
                  "the first slope, its estimate, two per attempt"
              Expect.equal kvaerno.Jacobians (attempts kvaerno) "one Jacobian per attempt"
              for name, s in [ "Kvaerno3", kvaerno; "BDF2", bdf ] do
                  Expect.equal
                      s.Evaluations
                      (2 + s.LinearSolves)
                      $"{name}: the first slope, its estimate, one per linear solve"
              isAtMost "BDF2's Jacobians" (0.15 * float (attempts bdf)) (float bdf.Jacobians)
              Expect.isTrue
                  (bdf.LinearSolves >= attempts bdf)
                  $"got {bdf.LinearSolves} solves, expected at least one per attempt"
              let explicit = (Ode.problem (fun _ y -> -y) start (0.0, 1.0) |> Ode.solve).Stats
              Expect.equal (explicit.Jacobians, explicit.LinearSolves) (0, 0) "an explicit method has none")

          testList
              "an implicit step without a solution ends in a status"
              [ for solver in [ Kvaerno3; BDF2 ] do
                    testCase solver.Name (fun () ->
                        // y' = y² + 1 from 0 with one step of 100: z = c (z² + 1) has no root
                        let s =
                            Ode.problem (fun _ y -> y * y + 1.0) (tensor [ 0.0 ]) (0.0, 100.0)
                            |> Ode.using solver
                            |> Ode.dt 100.0
                            |> Ode.trySolve

                        Expect.equal s.Status NonlinearSolveFailed "s.Status"
                        Expect.isTrue
                            (Double.IsNaN((numbers s.Y1).[0]))
                            "y1 is NaN, not a number that does not solve the equation") ]

          testCase "Van der Pol with μ = 1000 takes few steps" (fun () ->
              let field = byComponent (fun _ y -> [ y[1]; 1000.0 * (1.0 - y[0] * y[0]) * y[1] - y[0] ])

              for solver in stiff do
                  let s =
                      Ode.problem field (tensor [ 2.0; 0.0 ]) (0.0, 2000.0)
                      |> Ode.using solver
                      |> Ode.tolerance 1e-4 1e-6
                  let s = Ode.solve s
                  // E. Hairer, G. Wanner: y(2000) = 1.706167732170469
                  relative 2e-2 solver.Name [ 1.706167732170469 ] [ (numbers s.Y1)[0] ]
                  isAtMost $"{solver.Name}: steps" 5000.0 (float s.Stats.Steps)) ]
