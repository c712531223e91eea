/// Custom step controllers.
module NeuralDE.Tests.Solvers.OwnControllerTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private clamp (low: float) (high: float) (x: Tensor) = minimum (maximum x low) high

/// PI control as a custom rule: Safety q^(−0.7/k) q₁^(0.4/k), between 0.2 and 10.
let private ownPi =
    StepController.ofRule "own PI" [ "last", 1.0 ] (fun input ->
        let k = float input.Power
        let least x = maximum x 1e-30
        let q, last = least input.Error, least input.Slots["last"]
        let filtered = exp (-0.7 / k * log q) * exp (0.4 / k * log last)
        let steady = exp (-1.0 / k * log q)
        let factor = where input.Accepted (clamp 0.2 10.0 (0.9 * filtered)) (clamp 0.2 0.9 (0.9 * steady))
        factor, [ "last", where input.Accepted input.Error input.Slots["last"] ])

/// K. Gustafsson, Control-theoretic techniques for stepsize selection in implicit Runge–Kutta methods, ACM TOMS 20 (1994):
/// predicts the next error from the last two steps, with an error and a step size as slots.
let private predictive =
    StepController.ofRule "predictive" [ "error", 1.0; "size", 0.0 ] (fun input ->
        let k = float input.Power
        let q = maximum input.Error 1e-10
        let last, size = input.Slots["error"], input.Slots["size"]
        let plain = 0.9 * exp (-1.0 / k * log q)
        let known = where (size .> 0.0) size input.Size
        let trend = input.Size / known * exp (1.0 / k * (log (maximum last 1e-10) - log q))
        let factor = where input.Accepted (clamp 0.2 6.0 (minimum plain (plain * trend))) (clamp 0.1 0.9 plain)
        factor, [ "error", where input.Accepted q last; "size", where input.Accepted input.Size size ])

let private brusselator (_t: Tensor) (u: Tensor) =
    stack [ 1.0 + square u[0] * u[1] - 4.0 * u[0]; 3.0 * u[0] - square u[0] * u[1] ]

let private problem y0 = Ode.problem brusselator y0 (0.0, 10.0) |> Ode.tolerance 1e-6 1e-8
let private y0 = tensor [ 1.5; 3.0 ]

let private sameAsOurs =
    let options: (string * (OdeProblem<Tensor> -> OdeProblem<Tensor>)) list =
        [ "plain", id
          "outputs, stops and a jump", Ode.saveAt (linspace 0.0 10.0 5) >> Ode.stepAt [ 1.3 ] >> Ode.jumpAt [ 2.7 ]
          "an event",
          Ode.on (Event.rising (fun _ (u: Tensor) -> u[0] - 2.0)) (Event.apply (fun _ (u: Tensor) -> 1.01 * u))
          "Bosh3", Ode.using Bosh3
          "Kvaerno3", Ode.using Kvaerno3
          "a first step", Ode.dt0 0.01 ]

    testList
        "a custom rule for PI control equals PI control"
        [ for name, option in options do
              testCase name (fun () ->
                  let solve c y0 = problem y0 |> option |> Ode.controller c |> Ode.solve
                  let own, ours = solve ownPi y0, solve StepController.proportionalIntegral y0
                  Expect.equal (own.Stats.Steps, own.Stats.Rejected) (ours.Stats.Steps, ours.Stats.Rejected) "steps"
                  let difference = float (amax (abs (own.Y1 - ours.Y1)))
                  Expect.isTrue (difference < 1e-12) $"y(t1) differs by {string difference}"
                  let slope c = grad (fun y -> sum (solve c y).Y1) y0
                  let difference = float (amax (abs (slope ownPi - slope StepController.proportionalIntegral)))
                  Expect.isTrue (difference < 1e-9) $"the gradient differs by {string difference}")

          testCase "perSample has the bits of single solves" (fun () ->
              let rows = y0 + 0.2 * rand (Key 3) [ 3; 2 ]
              let solve y = problem y |> Ode.controller predictive
              let all = solve rows |> Ode.perSample |> Ode.solveFinal

              for k in 0..2 do
                  Expect.equal (all[k].ToArray()) ((Ode.solveFinal (solve rows[k])).ToArray()) $"row {k}")

          testCase "compiled, and stepped by hand" (fun () ->
              let solve y = problem y |> Ode.controller predictive |> Ode.solveFinal
              Expect.equal ((compile solve y0).ToArray()) ((solve y0).ToArray()) "compiled"
              let mutable stepping = Ode.integrator (problem y0 |> Ode.controller predictive)

              while not stepping.IsDone do
                  stepping <- stepping.Step()

              Expect.equal (stepping.Y.ToArray()) ((solve y0).ToArray()) "by hand") ]

let private remembers =
    testList
        "memory"
        [ testCase "a controller with two slots controls the error" (fun () ->
              let exact = problem y0 |> Ode.tolerance 1e-12 1e-12 |> Ode.solveFinal

              for rtol in [ 1e-4; 1e-6; 1e-8 ] do
                  let solution = problem y0 |> Ode.tolerance rtol rtol |> Ode.controller predictive |> Ode.solve
                  let error = float (amax (abs (solution.Y1 - exact)))
                  Expect.isTrue (error < 100.0 * rtol) $"rtol {string rtol}: error {string error}"
                  Expect.isTrue (solution.Stats.Steps > 20) $"{string solution.Stats.Steps} steps")

          testCase "the second slot of PID is the error of the accepted step before the last" (fun () ->
              let rule (input: ControllerInput) =
                  let k = float input.Power
                  let raised (x: Tensor) a = exp (a / k * log (maximum x 1e-30))
                  let q, one, two = input.Error, input.Slots["one"], input.Slots["two"]
                  let filtered = raised q -0.75 * raised one 0.75 * raised two -0.25
                  let factor =
                      where input.Accepted (clamp 0.2 10.0 (0.9 * filtered)) (clamp 0.2 0.9 (0.9 * raised q -1.0))
                  factor, [ "two", where input.Accepted one two; "one", where input.Accepted q one ]

              let own = StepController.ofRule "own PID" [ "one", 1.0; "two", 1.0 ] rule
              let solve c = problem y0 |> Ode.controller c |> Ode.solve
              let own, ours = solve own, solve (StepController.pid 0.25 0.25 0.25)
              Expect.equal (own.Stats.Steps, own.Stats.Rejected) (ours.Stats.Steps, ours.Stats.Rejected) "steps")

          testCase "a controller that is made once is traced once" (fun () ->
              let mutable traces = 0

              let counting =
                  StepController.ofRule "counting" [] (fun input ->
                      traces <- traces + 1
                      where input.Accepted (scalar 1.1) (scalar 0.5), [])

              for k in 1..3 do
                  problem (y0 + 0.01 * float k) |> Ode.controller counting |> Ode.solveFinal |> ignore

              Expect.equal traces 1 "traces") ]

let private errors =
    let bad slots rule = problem y0 |> Ode.controller (StepController.ofRule "bad" slots rule) |> Ode.solve |> ignore

    let tooSmall rule =
        let c = StepController.ofRule "bad" [] rule
        let e = Expect.thrown<SolveException>(fun () -> problem y0 |> Ode.controller c |> Ode.solve |> ignore)
        Expect.equal e.Status StepTooSmall "status"
        Expect.stringContains e.Message "The step controller 'bad' returned a factor" "message"

    testList
        "errors"
        [ testCase "the factor must be float64 []" (fun () ->
              for factor in [ ones [ 2 ]; scalar 1.0f; scalar 1 ] do
                  raises<ShapeException>
                      [ "StepController.ofRule bad"; "the factor"; "expected float64 []" ]
                      (fun () -> bad [] (fun _ -> factor, []))
                  |> ignore)

          testCase "slots must have the declared names, and be numbers" (fun () ->
              raises<InputException> [ "[b]"; "[a]" ] (fun () -> bad [ "a", 1.0 ] (fun i -> i.Error, [ "b", i.Error ]))
              |> ignore

              raises<InputException> [ "[]"; "[a]" ] (fun () -> bad [ "a", 1.0 ] (fun i -> i.Error, [])) |> ignore

              raises<ShapeException> [ "the slot 'a'" ] (fun () ->
                  bad [ "a", 1.0 ] (fun i -> i.Error, [ "a", ones [ 3 ] ]))
              |> ignore

              raises<InputException> [ "different names" ] (fun () ->
                  bad [ "a", 1.0; "a", 2.0 ] (fun i -> i.Error, []))
              |> ignore)

          testCase "null" (fun () ->
              let number = Unchecked.defaultof<Tensor>
              let slots = Unchecked.defaultof<(string * Tensor) list>

              for got, rule in
                  [ "the factor is null", (fun (i: ControllerInput) -> number, [ "a", i.Error ])
                    "the slot 'a' is null", (fun i -> i.Error, [ "a", number ])
                    "the rule returned null", (fun i -> i.Error, slots) ] do
                  raises<InputException> [ "StepController.ofRule bad"; got ] (fun () -> bad [ "a", 1.0 ] rule)
                  |> ignore

              for slots in [ [ Unchecked.defaultof<string>, 1.0 ]; Unchecked.defaultof<_> ] do
                  let e = Expect.thrown<ArgumentNullException>(fun () -> bad slots (fun i -> i.Error, []))
                  Expect.equal e.ParamName "slots" "parameter")

          testCase "a captured argument of an outer function is refused" (fun () ->
              let solve (shorter: Tensor) =
                  let rule (i: ControllerInput) = where i.Accepted (scalar 1.1) shorter, []
                  problem y0 |> Ode.controller (StepController.ofRule "bad" [] rule) |> Ode.solveFinal |> sum

              solve (scalar 0.5) |> ignore

              for transformed in [ compile solve; grad solve ] do
                  raises<InputException> [ "StepController.ofRule bad"; "captured a float64 []" ] (fun () ->
                      transformed (scalar 0.5) |> ignore)
                  |> ignore)

          testCase "a factor that is not a positive finite number ends the solve" (fun () ->
              for factor in [ nan; infinity; 0.0; -1.0 ] do
                  tooSmall (fun _ -> scalar factor, []))

          testCase "a rejected step must become shorter" (fun () -> tooSmall (fun _ -> scalar 1.5, []))

          testCase "PID weights that do not control the step size" (fun () ->
              for c in
                  [ { PidController.integral with Safety = -1.0 }
                    { PidController.integral with I = 0.0 }
                    { PidController.integral with MaxFactor = 1.0 } ] do
                  raises<InputException> [ "StepController"; "expected P + I + D > 0" ] (fun () ->
                      StepController.ofPid c |> ignore)
                  |> ignore) ]

[<Tests>]
let tests = testList "Solvers.OwnController" [ sameAsOurs; remembers; errors ]
