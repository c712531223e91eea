/// Stochastic equations: kinds of noise, methods, keys, outputs, and refused input.
module NeuralDE.Tests.Solvers.SdeTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Steppers
open NeuralDE.Tests.Solvers.OdeCases

let private float64Of shape = { Signature.Dtype = Float64; Shape = shape }
let private key = Key 7
let private mu, sigma, paths = 0.6, 0.8, 512

/// W of a problem on [0, 1] at a time.
let private pathAt shape (key: Key) (t: float) = Brownian.at (float64Of shape) key (scalar 0.0) (scalar 1.0) (scalar t)

let private drift (_t: Tensor) (y: Tensor) = mu * y
let private diffusion (_t: Tensor) (y: Tensor) = sigma * y
let private ito () = Sde.problem drift (Diagonal diffusion) (ones [ paths ]) (0.0, 1.0) |> Sde.noise key
let private stratonovich () = Sde.stratonovich drift (Diagonal diffusion) (ones [ paths ]) (0.0, 1.0) |> Sde.noise key

let private exactIto t = exp ((mu - 0.5 * sigma * sigma) * t + sigma * pathAt [| paths |] key t)
let private exactStratonovich t = exp (mu * t + sigma * pathAt [| paths |] key t)
let private distance (a: Tensor) (b: Tensor) = float (mean (abs (a - b)))

/// The slope of the mean error at t1 over steps of 2^−4 to 2^−8.
let private order (exact: Tensor) (p: Problem<'E, Tensor>) =
    let errors = [ for l in 4..8 -> distance (p |> Sde.dt (2.0 ** float -l) |> Sde.solveFinal) exact ]
    errors, System.Math.Log2(errors[0] / errors[4]) / 4.0

let private hasOrder what expected exact p =
    let errors, got = order exact p
    Expect.isTrue
        (abs (got - expected) <= 0.2)
        $"{what}: got the order {got} of the errors {errors}, expected {expected} ± 0.2"

let private orders =
    testList
        "Strong order"
        [ testCase "Euler–Maruyama has strong order one half, Milstein one" (fun () ->
              hasOrder "EulerMaruyama" 0.5 (exactIto 1.0) (ito () |> Sde.using EulerMaruyama)
              hasOrder "Milstein" 1.0 (exactIto 1.0) (ito () |> Sde.using Milstein))

          testCase "Milstein with additive noise equals Euler–Maruyama, bit for bit" (fun () ->
              let p =
                  Sde.problem drift (Additive(fun t -> (1.0 + t) * ones [ 5 ])) (ones [ 5 ]) (0.0, 1.0)
                  |> Sde.noise key
                  |> Sde.dt 0.05
              Expect.equal
                  ((p |> Sde.using Milstein |> Sde.solveFinal).ToArray())
                  ((p |> Sde.using EulerMaruyama |> Sde.solveFinal).ToArray())
                  "y(1)")

          testCase "Milstein backwards in time, and with a time-dependent diffusion" (fun () ->
              // dy = t y dW from t = 1 to 0, in the solve's direction: ln y = ∫ s dW − ½ ∫ s² |ds|
              let p =
                  Sde.problem (fun _ y -> 0.0 * y) (Diagonal(fun t y -> t * y)) (ones [ paths ]) (1.0, 0.0)
                  |> Sde.noise key
              let fine = p |> Sde.using EulerMaruyama |> Sde.dt (2.0 ** -13.0) |> Sde.solveFinal
              let coarse = p |> Sde.using Milstein |> Sde.dt (2.0 ** -6.0) |> Sde.solveFinal
              let plain = p |> Sde.using EulerMaruyama |> Sde.dt (2.0 ** -6.0) |> Sde.solveFinal
              Expect.isTrue
                  (distance coarse fine < 0.4 * distance plain fine)
                  $"Got the errors {distance coarse fine} of Milstein and {distance plain fine} of Euler–Maruyama")

          testList
              "One method for ordinary and for Stratonovich equations"
              [ for m in ([ Heun; Midpoint; Ralston ]: Solver<DiagonalNoise> list) do
                    testCase m.Name (fun () ->
                        hasOrder m.Name 1.0 (exactStratonovich 1.0) (stratonovich () |> Sde.using m)) ]

          testCase "Heun's adaptive steps follow the tolerance" (fun () ->
              let error tolerance =
                  distance
                      (stratonovich () |> Sde.tolerance tolerance tolerance |> Sde.solveFinal)
                      (exactStratonovich 1.0)
              let errors = [ error 1e-1; error 1e-2; error 1e-3 ]
              Expect.isTrue
                  (errors[1] < 0.5 * errors[0] && errors[2] < 0.5 * errors[1] && errors[2] < 4e-3)
                  $"Got the errors {errors}") ]

let private outputs =
    testList
        "Outputs"
        [ testCase "steps end at output times: values there have the error of the method, for any step size" (fun () ->
              let ts = [ 0.0; 0.123; 0.1234; 0.5; 1.0 ]
              let ys = (stratonovich () |> Sde.dt 0.01 |> Sde.saveAt (tensor ts) |> Sde.solve).Ys

              ts
              |> List.iteri (fun k t ->
                  let error = distance ys[k] (exactStratonovich t)
                  Expect.isTrue (error < 0.012) $"at {t}: got the error {error}"))

          testCase "outputs do not change the path" (fun () ->
              let final = ito () |> Sde.using Milstein |> Sde.dt (1.0 / 64.0)
              let a = final |> Sde.solveFinal
              let b = (final |> Sde.saveAt (linspace 0.0 1.0 65) |> Sde.solve).Y1
              Expect.equal (a.ToArray()) (b.ToArray()) "y(1)")

          testCase "the number of evaluations is that of the steps" (fun () ->
              let s = ito () |> Sde.dt 0.01 |> Sde.saveAt (tensor [ 0.5; 1.0 ]) |> Sde.solve
              Expect.equal (s.Stats.Steps, s.Stats.Evaluations) (100, 100) "steps, evaluations")

          testCase "the leaves of a tree have independent noise" (fun () ->
              let p =
                  Sde.problem
                      (fun _ (a: Tensor, b: Tensor) -> 0.0 * a, 0.0 * b)
                      (Additive(fun _ -> ones [ 4000 ], ones [ 4000 ]))
                      (zeros [ 4000 ], zeros [ 4000 ])
                      (0.0, 1.0)
              let a, b = p |> Sde.noise key |> Sde.dt 0.5 |> Sde.solveFinal
              // a correlation of 4000 independent pairs has a deviation of 0.016
              Expect.isTrue (abs (float (mean (a * b))) < 0.065) $"Got the correlation {mean (a * b)}"
              Expect.isTrue (abs (float (mean (a * a)) - 1.0) < 0.09) $"Got the variance {mean (a * a)}") ]

let private samples =
    testList
        "Samples"
        [ testCase "row k of perSample is the single solve with Key.fold k, bit for bit" (fun () ->
              let y0 = 1.0 + rand (Key 1) [ 5; 2 ]
              let mix = tensor [ [ 0.3; 0.1; 0.0 ]; [ 0.0; -0.2; 0.4 ] ]
              let g (_t: Tensor) (y: Tensor) = reshape [ 2; 1 ] y * mix
              let solve key (y0: Tensor) f =
                  Sde.stratonovich drift (General g) y0 (0.0, 1.0)
                  |> Sde.noise key
                  |> Sde.tolerance 1e-2 1e-2
                  |> f
                  |> Sde.solveFinal
              let all = solve key y0 Sde.perSample

              for k in 0..4 do
                  Expect.equal (all[k].ToArray()) ((solve (Key.fold k key) y0[k] id).ToArray()) $"row {k}"

              let fewer = solve key y0[0..2] Sde.perSample
              Expect.equal (fewer.ToArray()) (all[0..2].ToArray()) "in a smaller batch")

          testCase "vmap over keys" (fun () ->
              let solve k =
                  Sde.problem drift (Diagonal diffusion) (ones [ 2 ]) (0.0, 1.0)
                  |> Sde.noise k
                  |> Sde.dt 0.1
                  |> Sde.solveFinal
              let keys = Key.foldWith (tensor [| 0; 1; 2 |]) key
              let all = vmap solve keys
              for k in 0..2 do
                  Expect.equal (all[k].ToArray()) ((solve (Key.fold k key)).ToArray()) $"key {k}")

          testCase "rows may have their own end times" (fun () ->
              let t1 = tensor [ 0.5; 1.0 ]
              let y =
                  Sde.problem drift (Diagonal diffusion) (ones [ 2; 1 ]) (0.0, t1)
                  |> Sde.noise key
                  |> Sde.dt 0.1
                  |> Sde.perSample
                  |> Sde.solveFinal
              let one =
                  Sde.problem drift (Diagonal diffusion) (ones [ 1 ]) (0.0, 0.5)
                  |> Sde.noise (Key.fold 0 key)
                  |> Sde.dt 0.1
                  |> Sde.solveFinal
              Expect.equal (y[0].ToArray()) (one.ToArray()) "the row to 0.5") ]

let private gradients =
    testList
        "Gradients"
        [ testList
              "reverse = forward = central differences, with the same key"
              [ for m in ([ EulerMaruyama; Milstein ]: Solver<DiagonalNoise> list) do
                    for tape in [ Direct; Checkpointed ] do
                        testCase $"{m.Name}, {tape}" (fun () ->
                            let loss (p: Tensor) =
                                Sde.problem
                                    (fun _ y -> -p[0] * y)
                                    (Diagonal(fun _ y -> p[1] * sin y))
                                    (p[2] * ones [ 3 ])
                                    (0.0, 1.0)
                                |> Sde.using m
                                |> Sde.gradient tape
                                |> Sde.noise key
                                |> Sde.dt 0.02
                                |> Sde.solveFinal
                                |> fun y -> sum (y * y)
                            let at = tensor [ 0.7; 0.5; 1.3 ]
                            let reverse = (grad loss at).ToArray()

                            for k in 0..2 do
                                let e = tensor [ for i in 0..2 -> if i = k then 1.0 else 0.0 ]
                                let forward = float (snd (jvp loss at e))
                                let h = 1e-5
                                let difference = float (loss (at + h * e) - loss (at - h * e)) / (2.0 * h)
                                Expect.isTrue
                                    (abs (forward - reverse[k]) <= 1e-11 * abs forward)
                                    $"p[{k}]: got {reverse[k]} in reverse, {forward} forwards"
                                Expect.isTrue
                                    (abs (difference - reverse[k]) <= 1e-7 * abs difference)
                                    $"p[{k}]: got {reverse[k]}, expected {difference}") ] ]

let private refusals =
    let p () = Sde.problem drift (Diagonal diffusion) (ones [ 2 ]) (0.0, 1.0) |> Sde.noise key |> Sde.dt 0.1

    let refuses (parts: string list) f = raises<InputException> parts (fun () -> f () |> ignore) |> ignore

    testList
        "Refused"
        [ testCase "no key" (fun () ->
              refuses [ "Sde.solve"; "no key"; "Sde.noise" ] (fun () ->
                  Sde.problem drift (Diagonal diffusion) (ones [ 2 ]) (0.0, 1.0) |> Sde.dt 0.1 |> Sde.solve))
          testCase "adaptive steps of a method without an estimate" (fun () ->
              refuses [ "EulerMaruyama"; "Sde.dt"; "Heun" ] (fun () -> ito () |> Sde.solve))
          testCase "a method for the other integral, unless noise is additive" (fun () ->
              refuses [ "Heun"; "Itô"; "EulerMaruyama"; "Sde.stratonovich" ] (fun () ->
                  p () |> Sde.using Heun |> Sde.solve)
              refuses [ "Milstein"; "Stratonovich"; "Heun"; "Sde.problem" ] (fun () ->
                  stratonovich () |> Sde.dt 0.1 |> Sde.using Milstein |> Sde.solve)

              let additive =
                  Sde.problem drift (Additive(fun _ -> ones [ 2 ])) (ones [ 2 ]) (0.0, 1.0)
                  |> Sde.noise key
                  |> Sde.dt 0.1
              Expect.isTrue
                  (distance (additive |> Sde.using Heun |> Sde.solveFinal) (additive |> Sde.solveFinal) < 0.2)
                  "additive noise")
          testCase "a method for ordinary equations, chosen at run time" (fun () ->
              refuses [ "Sde.usingMethod"; "Tsit5"; "AnyOde" ] (fun () -> p () |> Sde.usingMethod (Tsit5: OdeSolver))
              refuses [ "Ode.usingMethod"; "Milstein"; "CommutativeNoise" ] (fun () ->
                  Ode.problem drift (ones [ 2 ]) (0.0, 1.0) |> Ode.usingMethod (Milstein: Solver<DiagonalNoise>))
              let heun: Method = (Heun: OdeSolver)
              Expect.equal ((stratonovich () |> Sde.usingMethod heun).Solver.Name) "Heun" "a method for all")
          testCase "events" (fun () ->
              refuses [ "events"; "noise" ] (fun () ->
                  p () |> Sde.on (Event.falling (fun _ y -> y[0])) Event.stop |> Sde.solve))
          testCase "Backsolve" (fun () ->
              refuses [ "Sde.gradient"; "Checkpointed" ] (fun () -> p () |> Sde.gradient Backsolve |> Sde.solve))
          testCase "values between steps" (fun () ->
              refuses [ "Solution.At"; "Sde.saveAt" ] (fun () -> (p () |> Sde.solve).At 0.5))
          testCase "derivatives by time" (fun () ->
              refuses [ "time"; "noise" ] (fun () ->
                  scalar 1.0
                  |> grad (fun t1 ->
                      Sde.problem drift (Diagonal diffusion) (ones [ 2 ]) (0.0, t1)
                      |> Sde.noise key
                      |> Sde.dt 0.1
                      |> Sde.solveFinal
                      |> sum))
              refuses [ "output times"; "noise" ] (fun () ->
                  tensor [ 0.5 ] |> grad (fun ts -> p () |> Sde.saveAt ts |> Sde.solveYs |> sum)))
          testCase "shapes of diffusions" (fun () ->
              let solve g =
                  Sde.problem drift (Diagonal g) (ones [ 2 ]) (0.0, 1.0)
                  |> Sde.noise key
                  |> Sde.dt 0.1
                  |> Sde.solve
                  |> ignore
              raises<ShapeException> [ "the diffusion returned"; "[3]"; "[2]"; "General" ] (fun () ->
                  solve (fun _ _ -> ones [ 3 ]))
              |> ignore
              let general g =
                  Sde.problem drift (General g) (ones [ 2 ]) (0.0, 1.0)
                  |> Sde.noise key
                  |> Sde.dt 0.1
                  |> Sde.solve
                  |> ignore
              raises<ShapeException> [ "the diffusion returned"; "[2]"; "channels" ] (fun () -> general (fun _ y -> y))
              |> ignore
              raises<ShapeException> [ "[3; 2]"; "channels" ] (fun () -> general (fun _ _ -> ones [ 3; 2 ])) |> ignore) ]

/// Every method that the library declares, with the kind of equation that the compiler requires.
let private declared: (Method * System.Type) list =
    [ for m in (nonNull (Library.typeOf "NeuralDE.SolversModule")).GetMethods() do
          if m.IsGenericMethodDefinition then
              let kind = Array.exactlyOne (m.GetGenericArguments())
              let asked = Array.exactlyOne (kind.GetGenericParameterConstraints())
              let made = nonNull (m.MakeGenericMethod(asked).Invoke(null, [||]))
              made :?> Method, asked ]

let private kinds =
    testList
        "The kind of equation that a method needs"
        [ testCase "the compiler and Ode.usingMethod require the same" (fun () ->
              Expect.isTrue (declared.Length >= 19) $"Got {declared.Length} methods"

              for m, asked in declared do
                  Expect.equal m.Needs asked m.Name)
          testCase "methods for equations with noise support driven terms" (fun () ->
              for m, asked in declared do
                  if asked.IsAssignableFrom typeof<DiagonalNoise> then
                      Expect.isTrue (m.Stepper.Integral <> Integral.NoNoise) m.Name)
          testCase "odeSolvers contains all methods for ordinary equations" (fun () ->
              let right = declared |> List.filter (fun (_, asked) -> asked.IsAssignableFrom typeof<AnyOde>)
              let names = right |> List.map (fun (m, _) -> m.Name) |> List.sort
              Expect.equal (odeSolvers |> List.map _.Name |> List.sort) names "names") ]

let private advice =
    let stopped field =
        let p =
            Sde.stratonovich field (Additive(fun _ -> tensor [ 1e-8 ])) (tensor [ 1.0 ]) (0.0, 1.0)
            |> Sde.noise key
            |> Sde.tolerance 1e-3 1e-3
            |> Sde.maxSteps 300
            |> Sde.trySolve
        p.Failure.Value.Message

    testList
        "The advice after a failure is valid for noise"
        [ testCase "if stability limits the steps" (fun () ->
              let said = stopped (fun _ y -> -1e5 * y)
              Expect.stringContains said "Stability, not the error" "the cause"
              Expect.stringContains said "Sde.maxSteps" "the cure"
              Expect.isFalse (said.Contains "Kvaerno3") said)
          testCase "if the field jumps" (fun () ->
              let said = stopped (fun _ y -> 100.0 * where (y .> 0.5) (scalar -1.0) 1.0)
              Expect.stringContains said "The field jumps there" "the cause"
              Expect.isFalse (said.Contains "event") said) ]

[<Tests>]
let tests = testList "Solvers.Sde" [ orders; outputs; samples; gradients; refusals; kinds; advice ]
