/// Steps of equations with driven terms: strong orders along the same path, the integral to which they converge, and the
/// independence of how a solve is run.
module NeuralDE.Tests.Solvers.StochasticTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Steppers
open NeuralDE.Internal.Integration
open NeuralDE.Internal.Families
open NeuralDE.Tests.Solvers.OdeCases
open NeuralDE.Tests.Solvers.StochasticCases

let private paths = 512
let private mu, sigma = 0.6, 0.8
let private euler = StochasticSteps.eulerMaruyama
let private stepper name = (methodNamed name).Stepper
let private levels = [ 4..8 ]

/// The mean error at t1.
let private errorOf (right: Equation -> Tensor) (e: Equation) = float (mean (abs (solve e - right e)))

/// The errors with steps of 2^−level, and the slope of their logarithm over that of the step.
let private slope (right: Equation -> Tensor) (e: Equation) =
    let errors = levels |> List.map (fun l -> errorOf right { e with Dt = Some(2.0 ** float -l) })
    let x, y = levels |> List.map (fun l -> float -l), errors |> List.map System.Math.Log2
    let mx, my = List.average x, List.average y
    let top = List.sum (List.map2 (fun x y -> (x - mx) * (y - my)) x y)
    errors, top / List.sumBy (fun x -> (x - mx) ** 2.0) x

let private hasOrder what (order: float) right e =
    let errors, got = slope right e
    Expect.isTrue
        (abs (got - order) <= 0.15)
        $"{what}: got the slope {got:R} of the errors {text errors}, expected {order} ± 0.15"

/// The error does not decrease: the method solves another equation.
let private staysWrong what right e =
    let errors, got = slope right e
    Expect.isTrue
        (abs got < 0.1 && List.last errors > 0.1)
        $"{what}: got the slope {got:R} of the errors {text errors}, expected errors that stay above 0.1"

let private fixedGeometric stepper = geometric stepper paths (scalar mu) (scalar sigma)

let private orders =
    testList
        "Strong order"
        [ testCase "Euler–Maruyama, multiplicative noise: one half, Itô" (fun () ->
              hasOrder "geometric" 0.5 (geometricIto mu sigma) (fixedGeometric euler))

          testCase "Euler–Maruyama, additive noise: one" (fun () ->
              hasOrder "additive" 1.0 (additiveSolution 0.5) (additive euler paths 0.5))

          testList
              "Stratonovich methods, commutative noise: one"
              [ for name in [ "Heun"; "Midpoint"; "Ralston" ] do
                    testCase name (fun () ->
                        hasOrder name 1.0 (geometricStratonovich mu sigma) (fixedGeometric (stepper name))) ]

          testCase "Stratonovich methods evaluate g at the times of their stages" (fun () ->
              // order 2 here, because y is a function of t and W(t) only; order 1 if g were evaluated at one time of the
              // step
              for name in [ "Heun"; "Midpoint"; "Ralston" ] do
                  hasOrder name 2.0 (additiveSolution 0.5) (additive (stepper name) paths 0.5))

          testCase "The solution of the other integral is not approximated" (fun () ->
              staysWrong "Euler–Maruyama" (geometricStratonovich mu sigma) (fixedGeometric euler)

              for name in [ "Heun"; "Midpoint"; "Ralston" ] do
                  staysWrong name (geometricIto mu sigma) (fixedGeometric (stepper name)))

          testCase "Steppers declare their integral" (fun () ->
              let expected name =
                  match name with
                  | "Euler" -> Integral.Ito
                  | "Heun"
                  | "Midpoint"
                  | "Ralston" -> Integral.Stratonovich
                  | _ -> Integral.NoNoise // every other method

              Expect.equal euler.Integral Integral.Ito "Euler–Maruyama"

              for s in odeSolvers do
                  Expect.equal s.Stepper.Integral (expected s.Name) s.Name)

          testCase "Unsupported driven terms are refused" (fun () ->
              let refuses word e change =
                  let plan, field, _ = plan e
                  raises<GraphException> [ word; "driven" ] (fun () -> Integrate.graph (change plan) field |> ignore)
                  |> ignore
              let heun = fixedGeometric (stepper "Heun")
              refuses "Tsit5" (fixedGeometric (stepper "Tsit5")) id
              let backsolve () =
                  let plan, field, _ = plan heun
                  BacksolveRule.custom (fun _ o -> o.Final) plan BacksolveRule.defaults field |> ignore
              raises<GraphException> [ "adjoint"; "driven" ] backsolve |> ignore
              refuses "BDF2" (fixedGeometric (stepper "BDF2")) id
              refuses "times" heun (fun p -> { p with MovesEnd = true })
              let event =
                  Tracing.closed (Array.append [| scalar(0.0).Signature |] [| heun.Y0.Signature |]) (fun x ->
                      [| sum x[1] |])
              let event = { EventPart.Value = event; Change = ValueNone; Rising = true; Falling = true }
              refuses "events" heun (fun p -> { p with Events = [| event |]; MaxEvents = 1 })) ]

/// y times B dW, component-wise: three channels for two components. Stratonovich, y = exp(μ t + B W).
let private mixing = tensor [ [ 0.5; -0.2; 0.3 ]; [ 0.1; 0.4; -0.6 ] ]

let private general stepper =
    let along _ (y: Tensor) (dw: Tensor) = y * matmul dw (transpose mixing)
    equation stepper (fun _ y -> mu * y) [ noise (Key 21) [ paths; 3 ] along ] (ones [ paths; 2 ])

let private generalSolution (e: Equation) = exp (mu * e.T1 + matmul (pathAt e 0 e.T1) (transpose mixing))

/// σ₁ y dV + σ₂ y dW
let private twofold stepper =
    let along (s: float) _ (y: Tensor) (dw: Tensor) = s * y * dw
    let terms = [ noise (Key 31) [ paths ] (along 0.5); noise (Key 32) [] (along 0.7) ]
    equation stepper (fun _ y -> mu * y) terms (ones [ paths ])

let private twofoldSolution (e: Equation) = exp (mu * e.T1 + 0.5 * pathAt e 0 e.T1 + 0.7 * pathAt e 1 e.T1)

let private kinds =
    testList
        "Kinds of noise"
        [ testCase "more channels than components" (fun () ->
              hasOrder "general" 1.0 generalSolution (general (stepper "Heun")))

          testCase "two driven terms at once, of different shapes" (fun () ->
              hasOrder "two terms" 1.0 twofoldSolution (twofold (stepper "Midpoint")))

          testCase "non-commutative noise: the area limits the order to one half" (fun () ->
              // dy = (dV, dW, ½ (y₀ dW − y₁ dV)) does not commute. The error of the third component is the area between
              // steps.
              let along _ (y: Tensor) (dw: Tensor) =
                  let area = 0.5 * (y[*, 0] * dw[*, 1] - y[*, 1] * dw[*, 0])
                  stack [ dw[*, 0]; dw[*, 1]; area ] |> transpose
              let e =
                  equation
                      (stepper "Heun")
                      (fun _ y -> 0.0 * y)
                      [ noise (Key 41) [ paths; 2 ] along ]
                      (zeros [ paths; 3 ])
              let fine = solve { e with Dt = Some(2.0 ** -13.0) }
              hasOrder "the area" 0.5 (fun _ -> fine) e)

          testCase "a smooth control: order 2, and the solution is the one along the path" (fun () ->
              // dy = y dX with X = sin 3t / 2
              for name in [ "Heun"; "Midpoint"; "Ralston" ] do
                  let along _ (y: Tensor) (dx: Tensor) = y * dx
                  let term = { Along = along; Shape = []; Path = Smooth(fun t -> 0.5 * sin (3.0 * t)) }
                  let e = equation (stepper name) (fun _ y -> mu * y) [ term ] (ones [ 1 ])
                  hasOrder name 2.0 (fun e -> exp (mu * e.T1 + pathAt e 0 e.T1)) e)

          testCase "backwards in time" (fun () ->
              let e = { fixedGeometric (stepper "Heun") with T0 = 1.0; T1 = -0.5 }
              hasOrder "backwards" 1.0 (geometricStratonovich mu sigma) e)

          testCase "without noise it equals the method for ordinary equations" (fun () ->
              for name in [ "Euler"; "Heun"; "Midpoint"; "Ralston" ] do
                  let e = { equation (stepper name) (fun t y -> sin t - y) [] (ones [ 3 ]) with Dt = Some 0.125 }
                  let plain = { e with Stepper = ExplicitSteps.ofTableau (stepper name).Tableau.Value }
                  same name (numbers (solve plain)) (numbers (solve e))) ]

let private adaptive =
    testList
        "Adaptive steps"
        [ testCase "The error decreases with the tolerance, although steps are rejected" (fun () ->
              let at tolerance =
                  let e = { fixedGeometric (stepper "Heun") with Tolerance = tolerance }
                  let o = outputs e
                  let rejected = float (SolveReport.unpack o.Report).Rejected
                  float (mean (abs (o.Final[0] - geometricStratonovich mu sigma e))), rejected

              let errors, rejected = [ 3e-2; 3e-3; 3e-4; 3e-5 ] |> List.map at |> List.unzip
              Expect.isTrue
                  (List.last rejected > 10.0)
                  $"got the rejections {text rejected}, expected more than ten at last"

              for a, b in List.pairwise errors do
                  Expect.isTrue
                      (b < 0.4 * a)
                      $"got the errors {text errors}, expected each below 0.4 of the one before")

          testCase "With perSample every row rejects its own steps, and keeps its path" (fun () ->
              let n = 64
              let keys = Key.splitN n (Key 51)
              let noise = noiseByRow keys [] (fun _ y dw -> sigma * y * dw)
              let e = equation (stepper "Heun") (fun _ y -> mu * y) [ noise ] (ones [ n ])
              let o = outputs { e with PerSample = true; Tolerance = 1e-4 }
              let rejected = numbers (SolveReport.unpack o.Report).Rejected
              Expect.isTrue (Array.min rejected > 0.0) $"got the rejections {text rejected}, expected some in each row"
              Expect.isTrue
                  ((Array.distinct rejected).Length > 10)
                  "rows reject the same steps, expected different ones"
              let ends =
                  stack
                      [ for key in keys -> pathAt { e with Noise = [ StochasticCases.noise key [] noise.Along ] } 0 1.0 ]
              let errors = abs (o.Final[0] / exp (mu + sigma * ends) - 1.0)
              isAtMost "the largest relative error" 3e-3 (float (amax errors))) ]

/// Rows with separate noise and a separate start.
let private rows stepper dt =
    let n = 7
    let keys = Key.splitN n (Key 61)
    let along (t: Tensor) (y: Tensor) (dw: Tensor) = (0.4 + 0.1 * t) * y * dw
    let y0 = 1.0 + 0.1 * randn (Key 62) [ n; 3 ]
    let all =
        { equation stepper (fun t y -> sin t - y * y) [ noiseByRow keys [ 3 ] along ] y0 with
            Dt = dt
            PerSample = true }
    let one k = { all with Noise = [ noise keys[k] [ 3 ] along ]; Y0 = y0[k]; PerSample = false }
    all, List.init n one

let private running =
    testList
        "However the solve is run"
        [ for name, dt in [ "EulerMaruyama", Some 0.03; "Heun", Some 0.03; "Heun", None; "Ralston", None ] do
              let stepper = if name = euler.Name then euler else stepper name
              let steps = if dt.IsSome then "constant" else "adaptive"

              testCase $"perSample has the bits of each row's own solve: {name}, {steps}" (fun () ->
                  let all, ones = rows stepper dt
                  same "rows" (ones |> Seq.collect (solve >> numbers)) (numbers (solve all))
                  let reports (o: SolveOutputs) = numbers o.Report
                  same "reports" (ones |> Seq.collect (outputs >> reports)) (reports (outputs all)))

          testCase "a saved state is the state of a solve that ends there" (fun () ->
              for dt in [ Some 0.0625; None ] do
                  let e = { fixedGeometric (stepper "Heun") with Dt = dt; Ts = [ 0.25; 0.5; 1.0 ] }
                  let o = outputs e
                  let saved = o.Saved[0]
                  // steps end at outputs, and those before ½ are equal
                  let half = { e with T1 = 0.5; PathEnd = Some 1.0; Ts = [ 0.25 ] }
                  same "at ½" (numbers (solve half)) (numbers saved[1])
                  same "at 1" (numbers o.Final[0]) (numbers saved[2]))

          testCase "float32: the same path, within the rounding of float32" (fun () ->
              for name in [ "EulerMaruyama"; "Heun" ] do
                  let at dtype =
                      let along _ (y: Tensor) dw = sigma * y * dw
                      let method = if name = euler.Name then euler else stepper name
                      let y0 = ones [ paths ] |> cast dtype
                      solve
                          { equation method (fun _ y -> mu * y) [ noise (Key 71) [ paths ] along ] y0 with
                              Dt = Some(2.0 ** -10.0) }

                  let single, right = at Float32, at Float64
                  Expect.equal single.Dtype Float32 "the dtype"
                  let relative = abs (cast Float64 single - right) / right
                  // a plain sum of 1024 steps would have an error of 1e-5
                  isAtMost $"{name}, relative error" 2e-6 (float (amax relative)))

          testCase "a failed solve is reported" (fun () ->
              let heun = { fixedGeometric (stepper "Heun") with Tolerance = 1e-6; MaxSteps = 10 }
              let broken =
                  { heun with
                      MaxSteps = 100000
                      Noise = [ noise (Key 11) [ paths ] (fun _ y dw -> log (y - 2.0) * dw) ] }

              for e, status in
                  [ heun, MaxStepsReached
                    broken, NonFinite
                    { broken with Dt = Some 0.1 }, NonFinite
                    { broken with Stepper = euler; Dt = Some 0.1 }, NonFinite ] do
                  let plan, field, arguments = plan e
                  let o = outputs e
                  let own = arguments[SolveInputs.count + 1 .. SolveInputs.count + field.Inputs.Length - 2]
                  let suspects: SolveOutcome.Suspects =
                      { Family = "Sde"
                        Plan = { plan with Driven = [||] }
                        HasNoise = true
                        Field = field
                        Captured = Array.map fst own
                        Names = [| "" |]
                        Rtol = e.Tolerance
                        Atol = e.Tolerance
                        T0 = scalar e.T0 }

                  match SolveOutcome.failure (ValueSome suspects) o.Last o.Report with
                  | Some failure -> Expect.equal failure.Status status "the status"
                  | None -> failtest $"got no failure, expected {status}") ]

let private float0 = (scalar 0.0).Signature

let private parts =
    testList
        "Parts"
        [ testCase "several leaves of a state and of a control" (fun () ->
              let driven =
                  { Driven.Along = fun t y dx -> [| y[0] * dx[0] + t * dx[1]; y[1] * y[0] * dx[1] |]
                    Control = fun t -> [| 2.0 * t; t * t |] }

              let terms =
                  { Field = fun _ y -> [| -y[0]; y[0] |]
                    Driven = [| driven |]
                    Scale = id
                    Captured = [||]
                    MostIterations = 1 }

              let step (s: Stepper) =
                  let y = [| scalar 2.0; scalar 3.0 |]
                  let t, t1 = scalar 1.0, scalar 1.5
                  let carried = s.Begin terms t y
                  let a =
                      { Time = t
                        TimeNew = t1
                        H = t1 - t
                        Y = y
                        Carried = carried
                        Memory = [||]
                        Rounding = [| None; None |] }
                  s.Step terms a

              // dX = (1, 1.25), h = 0.5; K = h f + g dX at (1, (2, 3)), then at (1.5, (4.25, 11.5))
              let k1, k2 = [ -1.0 + 2.0 + 1.25; 1.0 + 7.5 ], [ -2.125 + 4.25 + 1.875; 2.125 + 61.09375 ]
              let plus = List.map2 (+) [ 2.0; 3.0 ]
              let numbers (xs: Tensor[]) = xs |> Array.map float
              let e, h = step euler, step (stepper "Heun")
              let errors = h.Errors()
              within 1e-14 "Euler–Maruyama" (plus k1) (numbers e.Y1)
              within 1e-14 "Heun" (plus (List.map2 (fun a b -> 0.5 * (a + b)) k1 k2)) (numbers h.Y1)
              within
                  1e-14
                  "its error"
                  (List.map2 (fun a b -> 0.5 * (b - a)) k1 k2)
                  (numbers (Array.choose id errors[0]))
              within 1e-14 "the controls carried" [ 3.0; 2.25 ] (numbers h.Carried)

              match h.Dense with
              | Ready polynomial ->
                  for y, y1, p in Array.zip3 [| 2.0; 3.0 |] (numbers h.Y1) (polynomial ()) do
                      within 1e-14 "the line" [ y; y1 - y; 0.0; 0.0 ] (p.ToArray())
              | OnDemand _ -> failtest "got a polynomial on demand, expected one that is ready")

          testCase "captured values are assigned to the field, the terms in their order, then the events" (fun () ->
              let graph inputs f = Tracing.closed (Array.create inputs float0) f
              // inputs: time, state, increment if there is one, captured values
              let field = graph 3 (fun x -> [| x[2] |])
              let term (k: float) =
                  { DrivenGraph.Along = graph 5 (fun x -> [| k * x[2] * x[3] + x[4] |])
                    Control = graph 2 (fun x -> [| k * x[0] + x[1] |]) }
              let event =
                  { EventPart.Value = graph 3 (fun x -> [| x[2] |])
                    Change = ValueNone
                    Rising = true
                    Falling = true }

              let p, _, arguments = plan (equation euler (fun _ y -> y) [] (scalar 1.0))
              let p = { p with Driven = [| term 1.0; term 10.0 |]; Events = [| event |] }
              let i = arguments[.. SolveInputs.count - 1] |> Array.map fst |> SolveInputs.ofArray
              let captured = [| 1.0; 2.0; 3.0; 4.0; 5.0; 6.0; 7.0; 8.0 |] |> Array.map scalar
              Expect.equal (StepLoop.captured p field).Length 8 "the captured values"
              let terms, events = StepLoop.terms p field i captured
              let one = scalar 1.0
              let y = [| one |]
              let value (xs: Tensor[]) = float xs[0]
              same "the field" [ 1.0 ] [ value (terms.Field one y) ]
              same "the first term" [ 2.0 + 3.0 ] [ value (terms.Driven[0].Along one y [| one |]) ]
              same "its control" [ 1.0 + 4.0 ] [ value (terms.Driven[0].Control one) ]
              same "the second term" [ 50.0 + 6.0 ] [ value (terms.Driven[1].Along one y [| one |]) ]
              same "its control" [ 10.0 + 7.0 ] [ value (terms.Driven[1].Control one) ]
              same "the event" [ 8.0 ] [ float (events[0].Value one y) ]) ]

[<Tests>]
let tests = testList "Solvers.Stochastic" [ orders; kinds; adaptive; running; parts ]
