/// A failed solve reports what limits its steps: error, stability or a jump of the field.
module NeuralDE.Tests.Solvers.StepLimitTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private message (p: OdeProblem<Tensor>) =
    match (Ode.trySolve p).Failure with
    | Some failure -> failure.Message
    | None -> failtest "The solve succeeded, expected a failure."

let private says (words: string list) (p: OdeProblem<Tensor>) =
    let got = message p
    let missing = words |> List.filter (got.Contains >> not)
    Expect.isTrue missing.IsEmpty $"got \"{got}\", expected it to contain {missing}"

let private robertson (_t: Tensor) (y: Tensor) =
    let a, b, c = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2.0
    stack [ b - a; a - b - c; c ]

let private stiff: (string * OdeProblem<Tensor>) list =
    [ "Robertson", Ode.problem robertson (tensor [ 1.0; 0.0; 0.0 ]) (0.0, 1e5)
      "Van der Pol 1000",
      Ode.problem
          (byComponent (fun _ y -> [ y[1]; 1000.0 * (1.0 - y[0] * y[0]) * y[1] - y[0] ]))
          (tensor [ 2.0; 0.0 ])
          (0.0, 2000.0)
      "relaxation", Ode.problem (fun t y -> 1e5 * (cos t - y)) (tensor [ 1.0 ]) (0.0, 100.0) ]

let private jumping: (string * OdeProblem<Tensor>) list =
    [ "relay", Ode.problem (fun _ (y: Tensor) -> where (y .> 1.0) -1.0 1.0) (tensor [ 0.0 ]) (0.0, 100.0)
      "policy",
      Ode.problem (fun _ (y: Tensor) -> where (y .> 1.0) (-2.0 - 0.1 * y) (1.0 - 0.1 * y)) (tensor [ 0.0 ]) (0.0, 100.0) ]

[<Tests>]
let tests =
    testList
        "Solvers.StepLimit"
        [ testList
              "stability: the message names implicit methods"
              [ for name, p in stiff do
                    for solver in [ Tsit5; Dopri5; Bosh3 ] do
                        testCase $"{name}, {solver.Name}" (fun () ->
                            p
                            |> Ode.using solver
                            |> Ode.maxSteps 5000
                            |> says [ "MaxStepsReached"; "Stability"; "Kvaerno3" ]) ]

          testList
              "a jump that the solution crosses again and again: the message names events"
              [ for name, p in jumping do
                    testCase name (fun () -> p |> Ode.maxSteps 20000 |> says [ "jumps"; "Ode.on" ]) ]

          testCase "in a compiled function and with perSample" (fun () ->
              let final y0 = Ode.problem robertson y0 (0.0, 1e5) |> Ode.maxSteps 3000 |> Ode.solveFinal
              raises<SolveException> [ "Stability" ] (fun () -> compile final (tensor [ 1.0; 0.0; 0.0 ]) |> ignore)
              |> ignore

              let rows = tensor [ [ 1.0; 0.0; 0.0 ]; [ 0.9; 0.0; 0.1 ] ]
              Ode.problem robertson rows (0.0, 1e5)
              |> Ode.perSample
              |> Ode.maxSteps 3000
              |> says [ "Stability"; "sample" ])

          testCase "limited by the error: the message is that of the limit" (fun () ->
              let orbit = Ode.problem (byComponent (fun _ y -> [ y[1]; -y[0] ])) (tensor [ 1.0; 0.0 ]) (0.0, 1e5)
              let got = orbit |> Ode.tolerance 1e-10 1e-10 |> Ode.maxSteps 1000 |> message
              Expect.stringContains got "Raise it with Ode.maxSteps" "the advice"
              Expect.isFalse (got.Contains "Stability") $"got \"{got}\", expected no mention of stability")

          testList
              "an oscillation, for any step size: the message is that of the limit"
              [ for w in [ 1.0; 1000.0 ] do
                    for tolerance in [ 1e-1; 1e-2; 1e-3 ] do
                        for solver in [ Tsit5; Bosh3 ] do
                            testCase $"{solver.Name} {w} {tolerance}" (fun () ->
                                // written as u″ = −w² u, whose Jacobian is far from normal
                                let swing = byComponent (fun _ y -> [ y[1]; -w * w * y[0] ])

                                let got =
                                    Ode.problem swing (tensor [ 1.0; 0.0 ]) (0.0, 1e6)
                                    |> Ode.using solver
                                    |> Ode.tolerance tolerance tolerance
                                    |> Ode.maxSteps 1500
                                    |> message

                                Expect.stringContains got "Raise it with Ode.maxSteps" "the advice") ]

          testList
              "no stiffness: chaos, a limit of steps"
              [ let lorenz =
                    byComponent (fun _ y ->
                        [ 10.0 * (y[1] - y[0]); y[0] * (28.0 - y[2]) - y[1]; y[0] * y[1] - 8.0 / 3.0 * y[2] ])

                let decay = Ode.problem (fun _ (y: Tensor) -> -y) (tensor [ 1.0 ]) (0.0, 1e4)

                for name, p in
                    [ "Lorenz 1e-4", Ode.problem lorenz (ones [ 3 ]) (0.0, 1e4) |> Ode.tolerance 1e-4 1e-4
                      "Lorenz 1e-6", Ode.problem lorenz (ones [ 3 ]) (0.0, 1e4)
                      "dtBetween", decay |> Ode.dtBetween 0.0 1.2 ] do
                    testCase name (fun () ->
                        let got = p |> Ode.maxSteps 2000 |> message
                        Expect.stringContains got "Raise it with Ode.maxSteps" "the advice") ]

          testCase "backwards in time a growing component is stiff" (fun () ->
              Ode.problem (fun _ (y: Tensor) -> 1e5 * y) (tensor [ 1.0 ]) (1.0, 0.0)
              |> Ode.maxSteps 2000
              |> says [ "Stability" ])

          testCase "a solution that blows up is neither a jump nor stiff, in both directions" (fun () ->
              for t0, t1, sign in [ 0.0, 2.0, 1.0; 2.0, 0.0, -1.0 ] do
                  let got = Ode.problem (fun _ (y: Tensor) -> sign * y * y) (tensor [ 1.0 ]) (t0, t1) |> message
                  Expect.stringContains got "No step is small enough" "the advice")

          testCase "a method that is stable only for oscillations: the message names another" (fun () ->
              Ode.problem (fun _ (y: Tensor) -> -y) (tensor [ 1.0 ]) (0.0, 20.0)
              |> Ode.using AsynchronousLeapfrog
              |> Ode.tolerance 1e-8 1e-8
              |> Ode.maxSteps 20000
              |> says [ "AsynchronousLeapfrog"; "oscillate"; "Tsit5" ])

          testCase "a component that oscillates and decays is stiff" (fun () ->
              // λ = −1000 ± 1000i with a slow forcing
              let field =
                  byComponent (fun t y ->
                      let a, b = y[0] - cos t, y[1]
                      [ -1000.0 * a + 1000.0 * b; -1000.0 * a - 1000.0 * b ])

              Ode.problem field (tensor [ 1.0; 0.0 ]) (0.0, 100.0) |> Ode.maxSteps 5000 |> says [ "Stability" ])

          testCase "the message for an implicit method does not advise one" (fun () ->
              let got =
                  Ode.problem robertson (tensor [ 1.0; 0.0; 0.0 ]) (0.0, 1e5)
                  |> Ode.using Kvaerno3
                  |> Ode.maxSteps 20
                  |> message

              Expect.isFalse (got.Contains "Kvaerno3") $"got \"{got}\"")

          testCase "a field without derivatives keeps the sentence of the status" (fun () ->
              let hidden (y: Tensor) = dynamic (zerosLike y) (fun (y: Tensor) -> tensor [ -1e6 * float y[0] ]) y
              let got =
                  Ode.problem (fun t y -> hidden y + cos t) (tensor [ 1.0 ]) (0.0, 100.0)
                  |> Ode.maxSteps 500
                  |> message
              Expect.stringContains got "MaxStepsReached" "the status")

          testCase "a start that is not finite is refused at the call" (fun () ->
              let p (y0: float list) = Ode.problem (fun _ y -> -y) (tensor y0) (0.0, 1.0)
              raises<InputException> [ "y0"; "NaN"; "position 1" ] (fun () -> p [ 1.0; nan ] |> Ode.solve |> ignore)
              |> ignore
              raises<InputException> [ "y0"; "position 0" ] (fun () -> p [ infinity; 1.0 ] |> Ode.trySolve |> ignore)
              |> ignore
              raises<InputException> [ "NaN" ] (fun () ->
                  Ode.problem (fun _ y -> -y) (tensor [ 1.0 ]) (nan, 1.0) |> ignore)
              |> ignore)

          testCase "in a compiled function, and with perSample, it is reported after one attempt" (fun () ->
              let final y = Ode.problem (fun _ y -> -y) y (0.0, 1.0) |> Ode.solveFinal
              raises<SolveException> [ "NonFinite"; "after 1 steps"; "component 1" ] (fun () ->
                  compile final (tensor [ 1.0; nan ]) |> ignore)
              |> ignore

              let s =
                  Ode.problem (fun _ y -> -y) (tensor [ [ 1.0 ]; [ nan ] ]) (0.0, 1.0) |> Ode.perSample |> Ode.trySolve
              Expect.equal s.Statuses [| Success; NonFinite |] "s.Statuses"
              Expect.equal s.Stats.Rejected 1 "s.Stats.Rejected")

          testCase "with atol = 0, a component that starts at 0 is solved" (fun () ->
              let field = byComponent (fun t y -> [ cos (5.0 * t); -y[1] ])
              let p = Ode.problem field (tensor [ 0.0; 1.0 ]) (0.0, 10.0) |> Ode.tolerance 1e-6 0.0
              within 1e-5 "y(10)" [ sin 50.0 / 5.0; exp -10.0 ] (numbers (Ode.solve p).Y1)) ]
