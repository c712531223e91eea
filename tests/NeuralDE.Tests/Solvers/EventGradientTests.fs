/// Derivatives through events: of their times and of the following states, in every mode.
module NeuralDE.Tests.Solvers.EventGradientTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Solvers.OdeCases
open NeuralDE.Tests.Solvers.EventCases
open NeuralDE

let private third (how: OdeProblem<Tensor> -> OdeProblem<Tensor>) (p: Tensor) =
    (ball p |> how |> Ode.solve).Events.Times[2]

let private fine = Ode.tolerance 1e-11 1e-11

let private bits (x: Tensor) = x.ToArray() |> Array.map BitConverter.DoubleToInt64Bits

/// Central differences of a number by each of three parameters.
let private differences (h: float) (f: Tensor -> Tensor) (p: Tensor) =
    [| for j in 0..2 ->
           let d = tensor [ for i in 0..2 -> if i = j then h else 0.0 ]
           (float (f (p + d)) - float (f (p - d))) / (2.0 * h) |]

let private ofBalls =
    [ testTheory "the third impact by gravity, elasticity and height" accurate (fun (name, tolerance, bound) ->
          let how p = p |> Ode.using (methodNamed name) |> Ode.tolerance tolerance tolerance
          relative bound "gradient" (numbers (grad (impact 3) ofBall)) (numbers (grad (third how) ofBall)))

      testTheory "to 1e-8, and its Hessian" [ "Tsit5"; "DOP853"; "Kvaerno3" ] (fun name ->
          let how p = p |> Ode.using (methodNamed name) |> Ode.tolerance 1e-9 1e-9
          relative 1e-8 "gradient" (numbers (grad (impact 3) ofBall)) (numbers (grad (third how) ofBall))
          relative 1e-8 "Hessian" (numbers (hessian (impact 3) ofBall)) (numbers (hessian (third how) ofBall)))

      testCase "the state after four impacts, and outputs between them" (fun () ->
          let final p = (ball p |> fine |> Ode.solve).Y1
          relative 1e-9 "state" (numbers (jacobian (flight 4 8.0) ofBall)) (numbers (jacobian final ofBall))
          let saved p = (ball p |> fine |> Ode.saveAt (tensor [ 3.0; 6.0 ]) |> Ode.solve).Ys
          let exact p = stack [ flight 1 3.0 p; flight 3 6.0 p ]
          relative 1e-9 "outputs" (numbers (jacobian exact ofBall)) (numbers (jacobian saved ofBall)))

      testCase "constant steps" (fun () ->
          let how p = p |> Ode.using RK4 |> Ode.dt 0.05
          relative 1e-9 "gradient" (numbers (grad (impact 3) ofBall)) (numbers (grad (third how) ofBall)))

      testCase "by times: start, end and outputs" (fun () ->
          let ys ts = (ball ofBall |> fine |> Ode.saveAt ts |> Ode.solve).Ys
          let speed impacts t = (numbers (flight impacts t ofBall))[1]
          // [output; component; time]
          let byTimes = numbers (jacobian ys (tensor [ 3.0; 6.0 ]))
          within 1e-8 "outputs" [ speed 1 3.0; 0.0; -9.81; 0.0; 0.0; speed 3 6.0; 0.0; -9.81 ] byTimes
          let final t1 = ({ ball ofBall with T1 = t1 } |> fine |> Ode.solve).Y1
          within 1e-8 "end" [ speed 4 8.0; -9.81 ] (numbers (jacobian final (scalar 8.0)))
          let later t0 = ({ ball ofBall with T0 = t0 } |> fine |> Ode.solve).Events.Times[2]
          within 1e-8 "start" [ 1.0 ] (numbers (grad later (scalar 0.0))))

      testCase "rows of vmap have the bits of single gradients" (fun () ->
          let ps = stack [ ofBall; tensor [ 9.0; 0.7; 8.0 ]; tensor [ 12.0; 0.9; 11.0 ] ]
          let all = vmap (grad (third id)) ps

          for k in 0..2 do
              Expect.equal (bits all[k]) (bits (grad (third id) ps[k])) $"row {k}")

      testCase "compiled" (fun () ->
          Expect.equal (bits (compile (grad (third id)) ofBall)) (bits (grad (third id) ofBall)) "gradient") ]

let private endOf how (p: Tensor) = pendulum starts[0] p |> how |> Ode.solve

let private terminal =
    [ testTheory
          "time and state of the event that ends the solve, also by a parameter of the event"
          [ "Tsit5", 1e-11, 1e-7
            "DOP853", 1e-12, 1e-7
            "Vern7", 1e-12, 1e-7
            "Dopri5", 1e-11, 1e-7
            "Kvaerno3", 1e-9, 1e-7
            "Rosenbrock23", 1e-7, 2e-4
            "BDF2", 1e-7, 2e-4 ]
          (fun (name, tolerance, bound) ->
              let how p = p |> Ode.using (methodNamed name) |> Ode.tolerance tolerance tolerance
              let time p = (endOf how p).T1
              let speed p = (endOf how p).Y1[1]
              // differences of the most accurate method: those of an inaccurate one are as noisy as its steps
              let exact p = p |> Ode.using DOP853 |> Ode.tolerance 1e-12 1e-12
              relative
                  bound
                  "time"
                  (differences 1e-4 (fun p -> (endOf exact p).T1) ofPendulum)
                  (numbers (grad time ofPendulum))
              relative
                  bound
                  "speed"
                  (differences 1e-4 (fun p -> (endOf exact p).Y1[1]) ofPendulum)
                  (numbers (grad speed ofPendulum)))

      testCase "Hessians, and forward over reverse" (fun () ->
          let time p = (endOf fine p).T1
          let h = hessian time ofPendulum
          let rows = Array.concat [ for k in 0..2 -> differences 1e-4 (fun p -> (grad time p)[k]) ofPendulum ]
          relative 1e-6 "differences" rows (numbers h)
          relative 1e-12 "symmetric" (numbers h) (numbers (transpose h))
          let v = tensor [ 1.0; -2.0; 0.5 ]
          let _, along = jvp (grad time) ofPendulum v
          relative 1e-12 "jvp of grad" (numbers (matmul h v)) (numbers along)
          within 1e-13 "jvp" [ float (sum (grad time ofPendulum * v)) ] (numbers (snd (jvp time ofPendulum v))))

      testCase "a stiff equation: the time when half of Robertson's first substance is left" (fun () ->
          let robertson (k: Tensor) (_: Tensor) (y: Tensor) =
              let a, b, c = k[0] * y[0], k[1] * y[1] * y[2], k[2] * y[1] ** 2.0
              stack [ b - a; a - b - c; c ]

          let half (q: Tensor) =
              Ode.problem (robertson (tensor [ 0.04; 1e4; 3e7 ] * exp q)) (tensor [ 1.0; 0.0; 0.0 ]) (0.0, 1e5)
              |> Ode.using Kvaerno3
              |> Ode.tolerance 1e-8 1e-12
              |> Ode.on (Event.falling (fun _ y -> y[0] - 0.5)) Event.stop
              |> Ode.solve
              |> fun s -> log s.T1

          let q = zeros [ 3 ]
          within 1e-6 "log time" [ log 268.3247 ] (numbers (half q))
          relative 1e-6 "gradient" (differences 1e-3 half q) (numbers (grad half q)))

      testCase "the tape changes no bit" (fun () ->
          let time how p = sum (pendulum starts p |> Ode.perSample |> Ode.gradient how |> Ode.solve).T1
          let direct = bits (grad (time Direct) ofPendulum)

          for how in [ Checkpointed; CheckpointedWithin 600L ] do
              Expect.equal (bits (grad (time how) ofPendulum)) direct $"{how}")

      testCase "samples: sums of single gradients and Hessians, although one has no event" (fun () ->
          let all p = sum (pendulum starts p |> Ode.perSample |> Ode.solve).T1
          let single p = List.sum [ for k in 0..3 -> (pendulum starts[k] p |> Ode.solve).T1 ]
          relative 1e-13 "gradient" (numbers (grad single ofPendulum)) (numbers (grad all ofPendulum))
          relative 1e-12 "Hessian" (numbers (hessian single ofPendulum)) (numbers (hessian all ofPendulum)))

      testCase "events a few roundings beside the points at which a step is checked" (fun () ->
          // the points are at 0.25, 0.5, 0.75 and 1
          let time (p: Tensor) =
              Ode.problem (fun _ (u: Tensor) -> onesLike u) (scalar 0.0) (0.0, 2.0)
              |> Ode.using Euler
              |> Ode.dt 1.0
              |> Ode.on (Event.rising (fun _ u -> u - p)) Event.stop
              |> Ode.solve
              |> _.T1

          for point in [ 0.25; 0.5; 0.75; 1.0 ] do
              for roundings in -3 .. 3 do
                  let p = point + float roundings * (Math.BitIncrement point - point)
                  let t, slope = valueAndGrad time (scalar p)
                  within
                      1e-15
                      $"{string point} and %d{roundings} roundings, time and slope"
                      [ p; 1.0 ]
                      [ float t; float slope ])

      testCase "t1 has a derivative only if it is reached" (fun () ->
          let ends t1 = ({ pendulum starts ofPendulum with T1 = t1 } |> Ode.perSample |> Ode.solve).T1
          within 1e-12 "rows" [ 0.0; 1.0; 0.0; 1.0 ] (numbers (jacobian ends (scalar 1.5)))) ]

let private rooms =
    [ testTheory
          "samples between floor and ceiling: gradients are those of single solves"
          [ "Tsit5"; "Vern7"; "DOP853"; "Kvaerno3"; "Rosenbrock23"; "BDF2" ]
          (fun name ->
              let by = Ode.using (methodNamed name)
              let all (y0, g) = sum (square (room y0 g |> by |> Ode.perSample |> Ode.solve).Ys)
              let one (y0, g) = sum (square (room y0 g |> by |> Ode.solve).Ys)
              let byStart, byGravity = grad all (inRoom, scalar 9.81)
              let singles = [ for k in 0..3 -> grad one (inRoom[k], scalar 9.81) ]

              for k in 0..3 do
                  Expect.equal (bits byStart[k]) (bits (fst singles[k])) $"row {k}"

              relative 1e-13 "gravity" [ singles |> List.sumBy (fun (_, g) -> float g) ] (numbers byGravity)) ]

[<Tests>]
let tests =
    testList "Solvers.EventGradients" [ testList "balls" ofBalls; testList "terminal" terminal; testList "rooms" rooms ]
