/// Times that are placeholders: checked at run time, and jumps that are differentiated by their times.
module NeuralDE.Tests.Solvers.TimesWhenRunTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private decay (ts: Tensor) = Ode.problem (fun _ y -> -y) (tensor [ 1.0 ]) (0.0, 1.0) |> Ode.saveAt ts |> Ode.solveYs

/// The message of the eager check of these times.
let private said (ts: Tensor) =
    (raises<InputException> [ "Ode.saveAt"; "[0, 1]" ] (fun () -> decay ts |> ignore)).Message

/// 5 before s, then 0: u' = v − u from 0 to 4.
let private switched solver (s: Tensor) : Tensor =
    Ode.problem (fun t u -> where (t .< s) 5.0 0.0 - u) (tensor [ 0.0 ]) (0.0, 4.0)
    |> Ode.using solver
    |> Ode.tolerance 1e-10 1e-12
    |> Ode.jumpAt [ s ]
    |> Ode.solveFinal
    |> sum

let private right = 5.0 * exp -2.0

[<Tests>]
let tests =
    testList
        "Solvers.TimesWhenRun"
        [ testList
              "invalid output times are refused with the message of the eager check"
              [ for name, ts in
                    [ "out of order", [ 0.5; 0.2; 0.9 ]
                      "NaN", [ 0.5; nan; 0.9 ]
                      "beyond t1", [ 0.5; 0.7; 1.9 ]
                      "before t0", [ -0.5; 0.7; 0.9 ] ] do
                    testCase name (fun () ->
                        let ts = tensor ts
                        let words = said ts

                        for verb, run in
                            [ "compile", (fun () -> compile decay ts |> ignore)
                              "grad", (fun () -> grad (fun ts -> sum (decay ts)) ts |> ignore)
                              "jvp", (fun () -> jvp decay ts ts |> ignore)
                              "vmap", (fun () -> vmap decay (stack [ tensor [ 0.1; 0.2; 0.3 ]; ts ]) |> ignore)
                              "compiled grad", (fun () -> compile (grad (fun ts -> sum (decay ts))) ts |> ignore) ] do
                            let got = (Expect.thrown<InputException> run).Message
                            Expect.equal got words $"{verb}: the message") ]

          testCase "an end that is a placeholder is checked" (fun () ->
              let solve t1 =
                  Ode.problem (fun _ y -> -y) (tensor [ 1.0 ]) (0.0, t1)
                  |> Ode.saveAt (tensor [ 0.5; 0.9 ])
                  |> Ode.solveYs
                  |> sum

              raises<InputException> [ "[0, 0.7]"; "0.9" ] (fun () -> compile solve (scalar 0.7) |> ignore) |> ignore
              within 1e-6 "inside" [ exp -0.5 + exp -0.9 ] (numbers (compile solve (scalar 1.0))))

          testCase "a time within a rounding of t1 is t1, and keeps its derivative" (fun () ->
              let ts = tensor [ 0.5; 1.0000000000000002 ]
              within 1e-6 "values" [ exp -0.5; exp -1.0 ] (numbers (compile decay ts))
              within 1e-6 "derivatives" [ -exp -0.5; -exp -1.0 ] (numbers (grad (fun ts -> sum (decay ts)) ts)))

          testCase "with perSample, each row of times is checked against its own ends" (fun () ->
              let solve (ends: Tensor) =
                  Ode.problem (fun _ y -> -y) (ones [ 2; 1 ]) (0.0, ends)
                  |> Ode.perSample
                  |> Ode.saveAt (tensor [ [ 0.5; 1.0 ]; [ 0.5; 2.0 ] ])
                  |> Ode.solveYs

              within
                  1e-6
                  "values"
                  [ exp -0.5; exp -1.0; exp -0.5; exp -2.0 ]
                  (numbers (compile solve (tensor [ 1.0; 2.0 ])))

              raises<InputException> [ "sample 1"; "[0, 1.5]"; "2" ] (fun () ->
                  compile solve (tensor [ 1.0; 1.5 ]) |> ignore)
              |> ignore)

          testList
              "the derivative by a switching time"
              [ for solver in [ Tsit5; Dopri5; Vern7; DOP853; Kvaerno3 ] do
                    testCase solver.Name (fun () ->
                        // Kvaerno3's steps have order 3: the error of its solution is larger than that of the derivative
                        let bound = if solver.Name = "Kvaerno3" then 1e-6 else 1e-8
                        relative bound "reverse" [ right ] (numbers (grad (switched solver) (scalar 2.0)))
                        let _, forward = jvp (switched solver) (scalar 2.0) (scalar 1.0)
                        relative bound "forward" [ right ] (numbers forward)
                        relative bound "second" [ right ] (numbers (grad (grad (switched solver)) (scalar 2.0)))) ]

          testCase "with constant steps, and with steps in float32" (fun () ->
              let constant (s: Tensor) =
                  Ode.problem (fun t u -> where (t .< s) 5.0 0.0 - u) (tensor [ 0.0 ]) (0.0, 4.0)
                  |> Ode.using RK4
                  |> Ode.dt 0.01
                  |> Ode.jumpAt [ s ]
                  |> Ode.solveFinal
                  |> sum

              relative 1e-8 "RK4" [ right ] (numbers (grad constant (scalar 2.0)))

              let single (s: Tensor) =
                  Ode.problem (fun t u -> where (t .< s) 5.0f 0.0f - u) (tensor [ 0.0f ]) (0.0f, 4.0f)
                  |> Ode.jumpAt [ s ]
                  |> Ode.solveFinal
                  |> sum

              relative 1e-5 "float32" [ right ] (numbers (grad single (scalar 2.0f))))

          testCase "backwards in time, with separate times for each row, and several jumps in any order" (fun () ->
              let backwards (s: Tensor) =
                  Ode.problem (fun t u -> where (t .< s) 5.0 0.0 - u) (tensor [ 0.0 ]) (4.0, 0.0)
                  |> Ode.tolerance 1e-10 1e-12
                  |> Ode.jumpAt [ s ]
                  |> Ode.solveFinal
                  |> sum

              // u(0) = −∫ 5 eᵗ from 0 to s
              relative 1e-8 "backwards" [ -5.0 * exp 2.0 ] (numbers (grad backwards (scalar 2.0)))
              let s = tensor [ 1.0; 2.0; 3.0 ]
              let rows = [ for k in 0..2 -> (numbers (grad (switched Tsit5) s[k]))[0] ]
              relative 1e-12 "rows" rows (numbers (vmap (grad (switched Tsit5)) s))

              let two (s: Tensor) =
                  Ode.problem
                      (fun t u -> where (t .< s[0]) 5.0 (where (t .< s[1]) -1.0 2.0) - u)
                      (tensor [ 0.0 ])
                      (0.0, 4.0)
                  |> Ode.tolerance 1e-10 1e-12
                  |> Ode.jumpAt [ s[1]; s[0]; s[1] ]
                  |> Ode.solveFinal
                  |> sum

              relative 1e-8 "two" [ 6.0 * exp -3.0; -3.0 * exp -1.0 ] (numbers (grad two (tensor [ 1.0; 3.0 ]))))

          testCase "a jump outside the interval has no derivative, and one that is NaN is refused" (fun () ->
              same "outside" [ 0.0 ] (numbers (grad (switched Tsit5) (scalar 7.0)))
              raises<InputException> [ "Ode.jumpAt"; "NaN" ] (fun () ->
                  compile (switched Tsit5) (scalar nan) |> ignore)
              |> ignore

              raises<ShapeException> [ "Ode.jumpAt"; "[2]" ] (fun () ->
                  Ode.problem (fun _ y -> -y) (tensor [ 1.0 ]) (0.0, 1.0)
                  |> Ode.jumpAt [ tensor [ 0.1; 0.2 ] ]
                  |> ignore)
              |> ignore

              raises<InputException> [ "Backsolve"; "Checkpointed" ] (fun () ->
                  grad
                      (fun s ->
                          Ode.problem (fun _ y -> -y) (tensor [ 1.0 ]) (0.0, 1.0)
                          |> Ode.jumpAt [ s ]
                          |> Ode.gradient Backsolve
                          |> Ode.solveFinal
                          |> sum)
                      (scalar 0.5)
                  |> ignore)
              |> ignore) ]
