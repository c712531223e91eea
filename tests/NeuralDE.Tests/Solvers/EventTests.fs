/// Events: found at their times, in the right order, with their changes; and refused input.
module NeuralDE.Tests.Solvers.EventTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Solvers.OdeCases
open NeuralDE.Tests.Solvers.EventCases
open NeuralDE

let private first = Event.falling (fun _ (u: Tensor) -> u[0])
let private second = Event.falling (fun _ (u: Tensor) -> u[1])

let private bits (x: Tensor) = x.ToArray() |> Array.map BitConverter.DoubleToInt64Bits

let private found =
    [ testTheory "the third impact of a ball, by every adaptive method" accurate (fun (name, tolerance, bound) ->
          let s = ball ofBall |> Ode.using (methodNamed name) |> Ode.tolerance tolerance tolerance |> Ode.solve
          within bound "impact" [ float (impact 3 ofBall) ] [ float s.Events.Times[2] ]
          Expect.equal (kinds s) [| 0; 0; 0; 0 |] "kinds"
          Expect.equal s.Status Success "status"
          within (10.0 * bound) "state at 8" (numbers (flight 4 8.0 ofBall)) (numbers s.Y1))

      testTheory
          "directions and kinds, by steps with and without polynomials"
          [ "Tsit5"; "Vern7"; "DOP853"; "Kvaerno3"; "Bosh3" ]
          (fun name ->
              let s =
                  cosine 10.0
                  |> Ode.using (methodNamed name)
                  |> Ode.on first told
                  |> Ode.on (Event.rising (fun _ u -> u[0])) told
                  |> Ode.on (Event.crossing (fun _ u -> u[1])) told
                  |> Ode.solve

              let halves = [ for k in 1..6 -> float k * Math.PI / 2.0 ]
              within 1e-6 "times" halves (times s)
              Expect.equal (kinds s) [| 0; 2; 1; 2; 0; 2 |] "kinds")

      testCase "two impacts in a quarter of a step" (fun () ->
          // parabolas are exact for the method: its step from 0.1 would end at t1, far after the short flights of the ball
          let thrown v =
              Ode.problem (fun _ (u: Tensor) -> stack [ u[1]; scalar -9.81 ]) (tensor [ -1.0; v ]) (0.0, 30.0)
              |> Ode.dt0 0.1
              |> Ode.on (Event.crossing (fun _ u -> u[0])) told
              |> Ode.solve

          for v in [ 4.5; 6.0; 9.0 ] do
              let rest = sqrt (v * v - 2.0 * 9.81)
              within 1e-9 "times" [ (v - rest) / 9.81; (v + rest) / 9.81 ] (times (thrown v))

          Expect.equal (times (thrown 4.4)) [||] "the velocity is too small to reach it")

      testCase "backwards, falling is in the direction of the solve" (fun () ->
          let s = cosine -10.0 |> Ode.on first told |> Ode.solve
          within 1e-7 "times" [ -0.5 * Math.PI; -2.5 * Math.PI ] (times s))

      testCase "constant steps are counted again from an event" (fun () ->
          let s = cosine 10.0 |> Ode.using RK4 |> Ode.dt 0.01 |> Ode.on first told |> Ode.solve
          within 1e-8 "times" [ 0.5 * Math.PI; 2.5 * Math.PI ] (times s)
          within 1e-8 "state" [ cos 10.0; -(sin 10.0) ] (numbers s.Y1)
          Expect.equal s.Stats.Steps 1002 "two steps are shortened")

      testCase "events of the time only, and events of records" (fun () ->
          let s =
              Ode.problem (fun _ (s: {| A: Tensor |}) -> {| A = -s.A |}) {| A = scalar 1.0 |} (0.0, 2.0)
              |> Ode.on (Event.rising (fun t _ -> t - 1.0)) (Event.apply (fun _ s -> {| A = 2.0 * s.A |}))
              |> Ode.solve

          within 1e-12 "time" [ 1.0 ] (times s)
          within 1e-6 "state" [ 2.0 * exp -2.0 ] (numbers s.Y1.A))

      testCase "float32" (fun () ->
          for step in [ Ode.tolerance 1e-5 1e-5; Ode.dt 0.01 ] do
              let s =
                  Ode.problem (fun _ (u: Tensor) -> stack [ u[1]; scalar -9.81f ]) (tensor [ 10.0f; 0.0f ]) (0.0, 8.0)
                  |> Ode.on first (Event.apply (fun _ u -> stack [ u[0]; -0.8f * u[1] ]))
                  |> step
                  |> Ode.solve

              within 1e-4 "times" [ for k in 1..4 -> float (impact k ofBall) ] (times s))

      testCase "at a large time, where floats are coarse" (fun () ->
          let exact = flight 1 3.0 ofBall

          for start, bound in [ 1e6, 1e-8; 1e9, 1e-5; 1e12, 1e-2 ] do
              let p = { ball ofBall with T0 = scalar start; T1 = scalar (start + 3.0) }
              let s = Ode.solve p
              within bound $"time from {start}" [ float (impact 1 ofBall) ] [ (times s)[0] - start ]
              within bound $"state from {start}" (numbers exact) (numbers s.Y1))

      testCase "an event that never happens changes no bit" (fun () ->
          for m in [ Tsit5; DOP853; Kvaerno3; BDF2 ] do
              let p = cosine 10.0 |> Ode.using m |> Ode.tolerance 1e-5 1e-5 |> Ode.saveAt (linspace 0.0 10.0 7)
              let a = Ode.solve p
              let b = p |> Ode.on (Event.crossing (fun _ u -> u[0] + 100.0)) Event.stop |> Ode.solve
              Expect.equal (bits b.Ys) (bits a.Ys) m.Name
              Expect.equal b.Stats a.Stats "stats"
              Expect.equal (times b) [||] "times") ]

/// Values that jump over 0: signs, thresholds, phases.
let private jumping =
    [ testTheory
          "the sign of a threshold, with and without a slope, by every adaptive method"
          [ for m in adaptive do
                if m.Order > 1 then m.Name ]
          (fun name ->
              let m = methodNamed name
              let bound = if m.Order = 2 then 2e-2 else 1e-3

              for slope in [ 0.0; 0.1 ] do
                  for c in [ -0.8; -0.37; 0.05; 0.36; 0.66 ] do
                      let s =
                          cosine 6.2
                          |> Ode.using m
                          |> Ode.tolerance 1e-6 1e-6
                          |> Ode.on (Event.crossing (fun _ u -> where (u[0] .> c) 1.0 -1.0 + slope * u[1])) told
                          |> Ode.solve

                      within bound $"at {c}" [ acos c; 2.0 * Math.PI - acos c ] (times s))

      testCase "a clock that restarts, and changes the state" (fun () ->
          // u' = −u/2, and 1 is added at every whole time: u(n⁺) = (1 + u) e^(−n/2) …
          let s =
              Ode.problem (fun _ (u: Tensor) -> -0.5 * u) (scalar 1.0) (0.0, 5.5)
              |> Ode.dtBetween 0.0 0.2
              |> Ode.on (Event.falling (fun t _ -> t - floor t - 0.5)) (Event.apply (fun _ u -> u + 1.0))
              |> Ode.solve

          let right = List.sum [ for n in 0..5 -> exp (-0.5 * (5.5 - float n)) ]
          within 1e-12 "times" [ 1.0; 2.0; 3.0; 4.0; 5.0 ] (times s)
          within 1e-6 "state" [ right ] (numbers s.Y1))

      testCase "a variable that is reset at a threshold fires once in each period" (fun () ->
          let fire (value: Tensor -> Tensor) =
              Ode.problem (fun _ (u: Tensor) -> 1.5 - u) (scalar 0.0) (0.0, 5.0)
              |> Ode.on (Event.rising (fun _ u -> value u)) (Event.apply (fun _ u -> zerosLike u))
              |> Ode.solve

          let period = log 3.0
          let right = [ for k in 1..4 -> float k * period ]
          within 1e-5 "its sign" right (times (fire (fun u -> where (u .> 1.0) 1.0 -1.0)))
          within
              1e-5
              "steeper than its jump"
              right
              (times (fire (fun u -> 3.0 * (u - 1.0) + where (u .> 1.0) 1.0 -1.0)))
          within 1e-5 "smooth" right (times (fire (fun u -> u - 1.0))))

      testCase "a value that is infinite at its sign change" (fun () ->
          let s = cosine 7.0 |> Ode.on (Event.crossing (fun _ u -> 1.0 / u[0])) told |> Ode.solve
          within 1e-6 "1/cos t" [ 0.5 * Math.PI; 1.5 * Math.PI ] (times s)
          let s = cosine 7.0 |> Ode.on (Event.falling (fun t _ -> sin t / cos t)) told |> Ode.solve
          within 1e-6 "tan t" [ 0.5 * Math.PI; 1.5 * Math.PI ] (times s))

      testCase "a value without a slope at 0, or with an infinite one" (fun () ->
          for power in [ 3.0; 5.0 ] do
              let s = cosine 5.0 |> Ode.on (Event.rising (fun t _ -> (t - 1.0) ** power)) told |> Ode.solve
              within 1e-3 $"to the power {power}" [ 1.0 ] (times s)

          let root (x: Tensor) = where (x .< 0.0) -1.0 1.0 * sqrt (abs x)
          let s = cosine 5.0 |> Ode.on (Event.rising (fun t _ -> root (t - 1.0))) told |> Ode.solve
          within 1e-9 "root" [ 1.0 ] (times s)
          let doubled = Event.apply (fun _ (u: Tensor) -> 2.0 * u)
          let s = cosine 6.0 |> Ode.on (Event.crossing (fun _ u -> u[0] ** 3.0)) doubled |> Ode.solve
          within 1e-3 "the cube of the state" [ 0.5 * Math.PI; 1.5 * Math.PI ] (times s)
          within 1e-6 "changed twice" [ 4.0 * cos 6.0; -4.0 * sin 6.0 ] (numbers s.Y1))

      testCase "the time of a jump is a constant of differentiation" (fun () ->
          // dosed at 1: u(3) = (u₀ e^(−k) + 1) e^(−2k)
          let final slope (k: Tensor) =
              Ode.problem (fun _ (u: Tensor) -> -k * u) (scalar 1.0) (0.0, 3.0)
              |> Ode.tolerance 1e-10 1e-10
              |> Ode.on
                  (Event.rising (fun t u -> where (t .< 1.0) -1.0 1.0 + slope * u))
                  (Event.apply (fun _ u -> u + 1.0))
              |> Ode.solveFinal

          for slope in [ 0.0; 0.1 ] do
              relative
                  1e-8
                  "by the rate"
                  [ -3.0 * exp -1.5 - 2.0 * exp -1.0 ]
                  (numbers (grad (final slope) (scalar 0.5)))) ]

let private outputs =
    [ testCase "outputs and dense output between impacts; at an impact the velocity before it" (fun () ->
          let at = [ 1.0; 2.0; 3.0; 4.5; 6.0; 7.5 ]
          let number = [ 0; 1; 1; 2; 3; 4 ]
          let s = ball ofBall |> Ode.saveAt (tensor at) |> Ode.solve

          for t, k, row in List.zip3 at number [ 0..5 ] do
              let expected = if k = 0 then [| 10.0 - 0.5 * 9.81 * t * t; -9.81 * t |] else numbers (flight k t ofBall)

              within 1e-6 "saved" expected (numbers s.Ys[row])
              within 1e-6 "dense" expected (numbers (s.At t))

          let hit = float s.Events.Times[0]
          within 1e-6 "before" [ 0.0; -9.81 * hit ] (numbers (s.At hit)))

      testCase "steps are saved at events" (fun () ->
          let s = ball ofBall |> Ode.saveSteps 1 |> Ode.solve
          let ts = numbers s.Ts

          for t in times s do
              Expect.isTrue (ts |> Array.exists (fun x -> abs (x - t) < 1e-12)) $"{t} is expected among the steps")

      testCase "outputs after the end of the solve are NaN" (fun () ->
          let s =
              cosine 10.0
              |> Ode.on first Event.stop
              |> Ode.saveAt (tensor [ 0.5; 1.5; 2.0; 9.0 ])
              |> Ode.saveEnd
              |> Ode.solve

          Expect.equal s.Status EventOccurred "status"
          Expect.isTrue s.Failure.IsNone "no failure is expected"
          within 1e-7 "T1" [ 0.5 * Math.PI ] (numbers s.T1)
          within 1e-7 "Y1" [ 0.0; -1.0 ] (numbers s.Y1)
          within 1e-6 "rows" [ cos 0.5; -(sin 0.5); cos 1.5; -(sin 1.5); nan; nan; nan; nan; 0.0; -1.0 ] (numbers s.Ys)
          within 1e-7 "times" [ 0.5; 1.5; 2.0; 9.0; 0.5 * Math.PI ] (numbers s.Ts)
          within 1e-6 "dense" [ cos 1.5; -(sin 1.5); nan; nan ] (numbers (s.At(tensor [ 1.5; 1.6 ]))))

      testCase "a compiled solve has the same bits; its log is padded" (fun () ->
          let f (y0: Tensor) = (let s = room y0 (scalar 9.81) |> Ode.solve in s.Ys, s.Events.Times, s.Events.Kinds)
          let ys, ts, ks = f inRoom[0]
          let ys', ts', ks' = compile f inRoom[0]
          Expect.equal (bits ys') (bits ys) "states"
          Expect.equal ts'.Length 1000 "room"
          Expect.equal (bits ts'[.. ts.Length - 1]) (bits ts) "times"
          Expect.isTrue
              (ts'[ts.Length ..].ToArray() |> Array.forall Double.IsNaN)
              "NaN is expected after the last event"
          Expect.equal (numbers (cast Float64 ks'[.. ks.Length])) [| 1.0; 0.0; 1.0; 0.0; 0.0; -1.0 |] "kinds")

      testTheory
          "perSample has the bits of single solves"
          [ "Tsit5"; "Vern7"; "DOP853"; "Kvaerno3"; "Rosenbrock23"; "BDF2" ]
          (fun name ->
              let by = Ode.using (methodNamed name)
              let s = room inRoom (scalar 9.81) |> by |> Ode.perSample |> Ode.solve
              Expect.equal s.Events.Times.Shape [| 4; 19 |] "the largest number of events of a sample"

              for k in 0..3 do
                  let one = room inRoom[k] (scalar 9.81) |> by |> Ode.solve
                  let n = one.Events.Times.Length
                  Expect.equal n (List.item k [ 5; 3; 4; 19 ]) "events"
                  Expect.equal (bits s.Ys[k]) (bits one.Ys) "states"
                  Expect.equal (bits (s.Events.Times[k, .. n - 1])) (bits one.Events.Times) "times"
                  Expect.equal (bits (s.At(scalar 1.2)[k])) (bits (one.At 1.2)) "dense"
                  let rest = s.Events.Kinds[k, n..] |> cast Float64 |> numbers
                  Expect.isTrue (Array.forall ((=) -1.0) rest) "-1 is expected after the last event")

      testCase "samples end at their events" (fun () ->
          let s = pendulum starts ofPendulum |> Ode.perSample |> Ode.solve
          Expect.equal s.Statuses [| EventOccurred; EventOccurred; EventOccurred; Success |] "statuses"

          for k in 0..3 do
              let one = pendulum starts[k] ofPendulum |> Ode.solve
              Expect.equal (bits s.T1[k]) (bits one.T1) "T1"
              Expect.equal (bits s.Y1[k]) (bits one.Y1) "Y1") ]

let private together =
    [ testCase "a corner: both events happen" (fun () ->
          let free _ (u: Tensor) = stack [ u[2]; u[3]; scalar 0.0; scalar 0.0 ]

          let s =
              Ode.problem free (tensor [ 1.0; 1.0; -1.0; -1.0 ]) (0.0, 3.0)
              |> Ode.on first (Event.apply (fun _ u -> stack [ u[0]; u[1]; -u[2]; u[3] ]))
              |> Ode.on second (Event.apply (fun _ u -> stack [ u[0]; u[1]; u[2]; -u[3] ]))
              |> Ode.solve

          Expect.equal (kinds s) [| 0; 1 |] "kinds"
          within 1e-12 "times" [ 1.0; 1.0 ] (times s)
          within 1e-12 "state" [ 2.0; 2.0; 1.0; 1.0 ] (numbers s.Y1))

      testCase "in the order of the calls, up to one that ends the solve" (fun () ->
          let at (time: float) = Event.rising (fun t (_: Tensor) -> t - time)

          let s =
              Ode.problem (fun _ (u: Tensor) -> zerosLike u) (scalar 1.0) (0.0, 3.0)
              |> Ode.on (at 1.0) (Event.apply (fun _ u -> 2.0 * u))
              |> Ode.on (at 1.0) (Event.apply (fun _ u -> u + 1.0))
              |> Ode.on (at 2.0) (Event.apply (fun _ u -> 2.0 * u))
              |> Ode.on (Event.rising (fun t _ -> 3.0 * (t - 2.0))) Event.stop
              |> Ode.on (at 2.0) (Event.apply (fun _ u -> 100.0 * u))
              |> Ode.solve

          Expect.equal (kinds s) [| 0; 1; 2; 3; 4 |] "kinds"
          within 1e-12 "times" [ 1.0; 1.0; 2.0; 2.0; 2.0 ] (times s)
          same "state" [ 6.0 ] (numbers s.Y1))

      testCase "two events that are close are two" (fun () ->
          let near (d: float) = Event.falling (fun _ (u: Tensor) -> u[0] - d)
          let s = cosine 3.0 |> Ode.on (near (-1e-8)) told |> Ode.on (near 1e-8) told |> Ode.solve
          Expect.equal (kinds s) [| 1; 0 |] "kinds"
          within 1e-12 "between" [ 2e-8 ] [ (times s)[1] - (times s)[0] ])

      testCase "with jumps of the field, and with stops" (fun () ->
          let field (t: Tensor) (u: Tensor) = stack [ u[1]; where (t .< scalar 1.0) (scalar -2.0) (scalar -8.0) ]

          let s =
              Ode.problem field (tensor [ 2.0; 0.0 ]) (0.0, 1.8)
              |> Ode.jumpAt [ 1.0 ]
              |> Ode.stepAt [ 0.3; 1.5 ]
              |> Ode.on first (bounce (scalar 0.5))
              |> Ode.solve

          // at 1: height 1, speed −2; the floor at 1 + s with 1 = 2 s + 4 s²
          let hit = 1.0 + (sqrt 20.0 - 2.0) / 8.0
          let up = 0.5 * sqrt 20.0
          within 1e-9 "times" [ hit ] (times s)
          within 1e-9 "state" [ up * (1.8 - hit) - 4.0 * (1.8 - hit) ** 2.0; up - 8.0 * (1.8 - hit) ] (numbers s.Y1))

      testTheory "an event at a stop" [ "stepAt"; "jumpAt" ] (fun kind ->
          let stop = if kind = "stepAt" then Ode.stepAt [ 1.0 ] else Ode.jumpAt [ 1.0 ]

          let s =
              Ode.problem (fun _ (u: Tensor) -> onesLike u) (scalar 0.0) (0.0, 2.0)
              |> stop
              |> Ode.on (Event.rising (fun t _ -> t - 1.0)) (Event.apply (fun _ u -> 10.0 * u))
              |> Ode.solve

          within 1e-12 "times" [ 1.0 ] (times s)
          within 1e-9 "state" [ 11.0 ] (numbers s.Y1)) ]

let private endings =
    [ testCase "more events than the maximum" (fun () ->
          let s = cosine 10.0 |> Ode.maxEvents 2 |> Ode.on (Event.crossing (fun _ u -> u[0])) told |> Ode.trySolve
          Expect.equal s.Status TooManyEvents "status"
          within 1e-7 "those up to the maximum" [ 0.5 * Math.PI; 1.5 * Math.PI ] (times s)
          within 1e-7 "stopped at the third" [ 2.5 * Math.PI ] (numbers s.LastTime)
          Expect.isTrue (numbers s.Y1 |> Array.forall Double.IsNaN) "NaN is expected at t1")

      testCase "two simultaneous events with a maximum of one" (fun () ->
          let two (y0: Tensor) =
              { cosine 6.0 with Y0 = y0 }
              |> Ode.maxEvents 3
              |> Ode.on (Event.crossing (fun _ u -> u[0])) told
              |> Ode.on (Event.crossing (fun _ u -> 2.0 * u[0])) told
              |> Ode.trySolve

          let s = two (tensor [ 1.0; 0.0 ])
          Expect.equal s.Status TooManyEvents "status"
          within 1e-7 "times" [ 0.5 * Math.PI; 0.5 * Math.PI ] (times s)
          Expect.equal (kinds s) [| 0; 1 |] "kinds"
          let padded = compile (fun y0 -> (two y0).Events.Times) (tensor [ 1.0; 0.0 ])
          within 1e-7 "in a compiled function" [ 0.5 * Math.PI; 0.5 * Math.PI; nan ] (numbers padded))

      testTheory "a ball that comes to rest" [ 0.5; 0.8; 0.0 ] (fun elasticity ->
          let p = tensor [ 9.81; elasticity; 10.0 ]
          let s = Ode.trySolve { ball p with T1 = scalar 50.0 }
          Expect.equal s.Status EventsAccumulate "status"
          let rest = sqrt (2.0 * 10.0 / 9.81) * (1.0 + 2.0 * elasticity / (1.0 - elasticity))
          within 1e-6 "the position at rest" [ rest ] (numbers s.LastTime)
          isAtMost "steps" 500.0 (float (attempts s))

          raises<SolveException> [ "EventsAccumulate"; "Event.stop" ] (fun () ->
              Ode.solve { ball p with T1 = scalar 50.0 } |> ignore)
          |> ignore)

      testTheory
          "balls that come to rest, where the errors of rounding and method hide the last impacts"
          [ for name in [ "Tsit5"; "DOP853"; "Fehlberg45"; "Kvaerno3"; "Rosenbrock23"; "BDF2" ] do
                for floor in [ 0.0; 1000.0 ] do
                    for drag in [ 0.0; 0.1; 1.0 ] do
                        name, floor, drag ]
          (fun (name, floor, drag) ->
              for elasticity in [ 0.0; 0.3; 0.8 ] do
                  let s =
                      Ode.problem
                          (fun _ (u: Tensor) -> stack [ u[1]; -9.81 - drag * u[1] * abs u[1] ])
                          (tensor [ floor + 2.35; -0.76 ])
                          (0.0, 20.0)
                      |> Ode.using (methodNamed name)
                      |> Ode.tolerance 1e-4 1e-6
                      |> Ode.on (Event.falling (fun _ u -> u[0] - floor)) (bounce (scalar elasticity))
                      |> Ode.trySolve

                  let isTold = (s.Status = EventsAccumulate || s.Status = TooManyEvents)
                  Expect.isTrue
                      isTold
                      $"elasticity {elasticity}: got {s.Status}, expected EventsAccumulate or TooManyEvents"
                  within (1e-3 + 1e-4 * floor) "it lies on the floor" [ floor ] [ float s.LastState[0] ])

      testCase "a float32 ball on a high floor" (fun () ->
          let s =
              Ode.problem (fun _ (u: Tensor) -> stack [ u[1]; scalar -9.81f ]) (tensor [ 110.0f; 0.0f ]) (0.0, 50.0)
              |> Ode.on
                  (Event.falling (fun _ u -> u[0] - 100.0f))
                  (Event.apply (fun _ u -> stack [ u[0]; -0.8f * u[1] ]))
              |> Ode.trySolve

          Expect.equal s.Status EventsAccumulate "status"
          within 1e-3 "it lies on the floor" [ 100.0 ] [ float s.LastState[0] ])

      testCase "a relay that switches infinitely often" (fun () ->
          let turn (v: float) = Event.apply (fun _ (u: Tensor) -> stack [ u[0]; scalar v ])

          let s =
              Ode.problem (fun _ (u: Tensor) -> stack [ -u[1]; scalar 0.0 ]) (tensor [ 1.0; 1.0 ]) (0.0, 5.0)
              |> Ode.on first (turn -1.0)
              |> Ode.on (Event.rising (fun _ u -> u[0])) (turn 1.0)
              |> Ode.trySolve

          Expect.equal s.Status EventsAccumulate "status"
          within 1e-9 "where" [ 1.0 ] (numbers s.LastTime))

      testCase "the message names a sample that comes to rest" (fun () ->
          let y0 = tensor [ [ 1.0; 0.0 ]; [ 0.001; 0.05 ] ]
          let s = room y0 (scalar 9.81) |> Ode.perSample |> Ode.trySolve
          Expect.equal s.Statuses [| Success; EventsAccumulate |] "statuses"
          Expect.equal (s.Failure |> Option.bind _.Sample) (Some 1) "sample") ]

let private refused =
    let plain = Ode.problem (fun _ (u: Tensor) -> -u) (tensor [ 1.0; 2.0 ]) (0.0, 1.0)
    let solve p = fun () -> Ode.solve p |> ignore

    [ testCase "a value that is not one float" (fun () ->
          plain
          |> Ode.on (Event.falling (fun _ u -> u)) Event.stop
          |> solve
          |> raises<ShapeException> [ "event 0"; "[2]"; "one float" ]
          |> ignore

          plain
          |> Ode.on first told
          |> Ode.on (Event.falling (fun _ u -> u[0] .< scalar 0.0)) Event.stop
          |> solve
          |> raises<DtypeException> [ "event 1"; "bool"; "one float" ]
          |> ignore)

      testCase "a change of another shape or type" (fun () ->
          plain
          |> Ode.on first (Event.apply (fun _ u -> u[0]))
          |> solve
          |> raises<ShapeException> [ "event 0"; "[]"; "[2]" ]
          |> ignore

          plain
          |> Ode.on first (Event.apply (fun _ u -> cast Float32 u))
          |> solve
          |> raises<DtypeException> [ "event 0"; "float32"; "float64" ]
          |> ignore)

      testCase "the continuous adjoint with events, and with implicit methods" (fun () ->
          plain
          |> Ode.on first told
          |> Ode.gradient Backsolve
          |> solve
          |> raises<InputException> [ "Backsolve"; "events"; "Checkpointed" ]
          |> ignore

          for m in [ Kvaerno3; Rosenbrock23; BDF2 ] do
              plain
              |> Ode.using m
              |> Ode.gradient Backsolve
              |> solve
              |> raises<InputException> [ "Backsolve"; m.Name; "Checkpointed" ]
              |> ignore)

      testCase "a maximum of zero events" (fun () ->
          raises<InputException> [ "Ode.maxEvents"; "0" ] (fun () -> plain |> Ode.maxEvents 0 |> ignore) |> ignore) ]

[<Tests>]
let tests =
    testList
        "Solvers.Events"
        [ testList "found" found
          testList "jumping" jumping
          testList "outputs" outputs
          testList "together" together
          testList "endings" endings
          testList "refused" refused ]
