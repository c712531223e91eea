/// Edge cases of events, jumps and ends: values that are NaN, times that coincide, solves that stop early.
module NeuralDE.Tests.Solvers.EdgeTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

/// u' = −1 from 2
let private falling () = Ode.problem (fun _t u -> -onesLike u) (tensor [ 2.0 ]) (0.0, 3.0)

let private notNumbers =
    testList
        "Values of events that are NaN"
        [ for m in adaptive do
              testCase $"beyond the event: the step is shortened, and the event is found, {m.Name}" (fun () ->
                  let s =
                      falling ()
                      |> Ode.using m
                      |> Ode.on (Event.falling (fun _t u -> sqrt u[0] - 0.1)) Event.stop
                      |> Ode.solve

                  Expect.equal s.Status EventOccurred m.Name
                  Expect.isTrue (abs (float s.T1 - 1.99) < 1e-7) $"Got {s.T1}, expected 1.99")

          testCase "everywhere: the solve fails and names the event" (fun () ->
              let p =
                  falling ()
                  |> Ode.on (Event.falling (fun _t u -> u[0] - 1.0)) (Event.apply (fun _t u -> u))
                  |> Ode.on (Event.falling (fun _t u -> sqrt (u[0] - 5.0))) Event.stop
              let s = p |> Ode.trySolve
              Expect.equal s.Status NonFinite "the status"
              Expect.stringContains s.Failure.Value.Message "the value of event 1 is not finite" "the message")

          testCase "with perSample each row independently" (fun () ->
              let s =
                  Ode.problem (fun _t u -> -onesLike u) (tensor [ [ 2.0 ]; [ 9.0 ] ]) (0.0, 3.0)
                  |> Ode.on (Event.falling (fun _t u -> sqrt u[0] - 0.1)) Event.stop
                  |> Ode.perSample
                  |> Ode.solve
              Expect.equal s.Statuses [| EventOccurred; Success |] "statuses"
              Expect.isTrue (abs (float s.T1[0] - 1.99) < 1e-7 && float s.T1[1] = 3.0) $"Got {s.T1}") ]

let private coinciding =
    let switch (s: Tensor) (t: Tensor) = where (t .< s) (scalar 0.0) (scalar 1.0)

    let final (first: Tensor) (second: Tensor) =
        Ode.problem (fun t u -> 0.3 * u * switch first t + 0.1 * u * u * switch second t) (tensor [ 1.0 ]) (0.0, 3.0)
        |> Ode.jumpAt [ first; second ]
        |> Ode.solveFinal
        |> sum

    testList
        "Jumps at times that are arguments"
        [ testCase "two jumps at the same time have no derivative: refused" (fun () ->
              for second in [ 2.0; System.Math.BitIncrement 2.0 ] do
                  raises<InputException> [ "Ode.jumpAt"; "two jumps"; "2" ] (fun () ->
                      grad (fun (s: Tensor) -> final s[0] s[1]) (tensor [ 2.0; second ]) |> ignore)
                  |> ignore)

          testCase "also with vmap" (fun () ->
              raises<InputException> [ "Ode.jumpAt"; "two jumps" ] (fun () ->
                  vmap (grad (fun (s: Tensor) -> final s[0] s[1])) (tensor [ [ 1.0; 2.0 ]; [ 2.0; 2.0 ] ]) |> ignore)
              |> ignore)

          testCase "one jump given twice is one" (fun () ->
              let twice (s: Tensor) = final s s
              let got, h = float (grad twice (scalar 2.0)), 1e-5
              let difference = float (twice (scalar (2.0 + h)) - twice (scalar (2.0 - h))) / (2.0 * h)
              Expect.isTrue (abs (got - difference) < 1e-5) $"Got {got}, expected {difference}") ]

let private ends =
    testList
        "The end of a solve"
        [ testCase "T1 of a solve that stopped early is the time reached" (fun () ->
              let s = Ode.problem (fun _t u -> u * u) (tensor [ 1.0 ]) (0.0, 2.0) |> Ode.trySolve
              Expect.equal (float s.T1) (float s.LastTime) "T1"
              Expect.isTrue (abs (float s.T1 - 1.0) < 1e-3) $"Got {s.T1}")

          testCase "by row" (fun () ->
              let s =
                  Ode.problem (fun _t u -> u * u) (tensor [ [ 1.0 ]; [ 0.1 ] ]) (0.0, 2.0)
                  |> Ode.perSample
                  |> Ode.trySolve
              Expect.isTrue (abs (float s.T1[0] - 1.0) < 1e-3) $"Got {s.T1}"
              Expect.equal (float s.T1[1]) 2.0 "the row that reached its end")

          testCase "T1 has the same derivative as before" (fun () ->
              let d =
                  grad
                      (fun t1 -> (Ode.problem (fun _t u -> u) (tensor [ 1.0 ]) (0.0, t1) |> Ode.solve).T1 * 3.0)
                      (scalar 1.0)
              Expect.equal (float d) 3.0 "∂T1/∂t1")

          testCase "the last row of saveSteps is not saved twice if an event ends the solve" (fun () ->
              let p = falling () |> Ode.on (Event.falling (fun _t u -> u[0] - 1.0)) Event.stop |> Ode.saveSteps 1
              let one, both = (p |> Ode.solve).Ts.ToArray(), (p |> Ode.saveEnd |> Ode.solve).Ts.ToArray()
              Expect.equal both one "times") ]

let private singles =
    testList
        "Jumps in float32"
        [ for start in [ 0.0; 1e3; 1e6 ] do
              for solver in [ Euler; Tsit5; Kvaerno3 ] do
                  testCase
                      $"the integral of the field includes the gap of floats around a jump at {start} + 5, {solver.Name}"
                      (fun () ->
                          let y =
                              Ode.problem (fun _t u -> onesLike u) (tensor [ 0.0f ]) (start, start + 10.0)
                              |> Ode.using solver
                              |> Ode.dt 0.5
                              |> Ode.jumpAt [ start + 5.0 ]
                              |> Ode.solveFinal

                          Expect.isTrue (abs (float y[0] - 10.0) < 1e-5) $"Got {y}, expected 10") ]

let private relative =
    testList
        "atol = 0 with a component that stays 0"
        [ for m in [ Tsit5; Kvaerno3; BDF2; Rosenbrock23 ] do
              testCase m.Name (fun () ->
                  let y =
                      Ode.problem (fun _t u -> -u) (tensor [ 1.0; 0.0 ]) (0.0, 1.0)
                      |> Ode.using m
                      |> Ode.tolerance 1e-6 0.0
                      |> Ode.solveFinal
                  Expect.isTrue (abs (float y[0] - exp -1.0) < 1e-4 && float y[1] = 0.0) $"Got {y}") ]

[<Tests>]
let tests = testList "Solvers.Edge" [ notNumbers; coinciding; ends; singles; relative ]
