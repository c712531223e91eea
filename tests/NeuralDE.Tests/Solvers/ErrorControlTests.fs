/// The watch over derivatives must not change: plain solves, the steps of ordinary problems, values, other samples.
module NeuralDE.Tests.Solvers.ErrorControlTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Integration
open NeuralDE.Internal.Families
open NeuralDE.Tests.Solvers.OdeCases

let private lotka (p: Tensor) =
    let field _ (u: Tensor) = stack [ p[0] * u[0] - p[1] * u[0] * u[1]; -p[2] * u[1] + p[3] * u[0] * u[1] ]
    Ode.problem field (ones [ 2 ]) (0.0, 10.0)

let private rates = tensor [ 1.5; 1.0; 3.0; 1.0 ]

let private vanDerPol (mu: Tensor) =
    Ode.problem
        (fun _ (u: Tensor) -> stack [ u[1]; mu * (1.0 - u[0] * u[0]) * u[1] - u[0] ])
        (tensor [ 2.0; 0.0 ])
        (0.0, 10.0)

let private lorenz (p: Tensor) =
    let field _ (u: Tensor) = stack [ p[0] * (u[1] - u[0]); u[0] * (p[1] - u[2]) - u[1]; u[0] * u[1] - p[2] * u[2] ]

    Ode.problem field (ones [ 3 ]) (0.0, 2.0)

let private turned (a: Tensor) =
    Ode.problem (fun _ (u: Tensor) -> matmul (u ** 3.0) (reshape [ 2; 2 ] a)) (tensor [ 2.0; 0.0 ]) (0.0, 25.0)
    |> Ode.tolerance 1e-7 1e-9

let private net (w: Tensor) =
    let a, b = reshape [ 2; 50 ] w[0..99], w[100..149]
    let c, d = reshape [ 50; 2 ] w[150..249], w[250..]
    Ode.problem
        (fun _ (u: Tensor) -> matmul (tanh (matmul (u ** 3.0) a + b)) c + d)
        (tensor [ [ 2.0; 0.0 ] ])
        (0.0, 1.5)

let private layers = randn (Key 5) [ 3; 64; 64 ] * 0.125
let private images = randn (Key 6) [ 256; 64 ]

let private deep rtol (m: Tensor) =
    Ode.problem (fun _ (u: Tensor) -> matmul (tanh (matmul (tanh (matmul u m[0])) m[1])) m[2]) images (0.0, 1.0)
    |> Ode.tolerance rtol (1e-3 * rtol)

let private kinked rtol (w: Tensor) =
    let field _ u = matmul (relu (matmul u (reshape [ 2; 16 ] w[0..31]) + 0.1)) (reshape [ 16; 2 ] w[32..63]) - u
    Ode.problem field (tensor [ [ 1.0; -0.5 ]; [ 0.3; 0.2 ] ]) (0.0, 5.0) |> Ode.tolerance rtol (1e-3 * rtol)

/// Accepted and rejected steps of a differentiated solve, or of a plain one.
let private stepsOf control (p: OdeProblem<Tensor>) =
    let setup = SolveSetup.prepare "a test" p
    let report = SolveReport.unpack (setup.Run { setup.Plan with ErrorControl = control } setup.Ts).Report
    int (numbers report.Accepted |> Array.sum), int (numbers report.Rejected |> Array.sum)

/// Problems whose state error also controls the gradient: name, problem, steps of a plain solve, steps of a differentiated
/// one.
let private ordinary =
    let spiral = tensor [ -0.1; 2.0; -2.0; -0.1 ]

    [ "Lotka–Volterra", lotka rates, (91, 18), (91, 18)
      "Van der Pol, mu = 2", vanDerPol (scalar 2.0), (106, 28), (106, 28)
      "Lorenz", lorenz (tensor [ 10.0; 28.0; 8.0 / 3.0 ]), (72, 11), (74, 11)
      "spiral", turned spiral, (332, 78), (332, 78)
      "spiral net", net (0.3 * randn (Key 1) [ 252 ]), (16, 2), (16, 2)
      "deep net, 1e-6", deep 1e-6 layers, (6, 0), (6, 0)
      "deep net, 1e-3", deep 1e-3 layers, (3, 0), (3, 0)
      // a kink resembles a stiff tangent: the test for kinks keeps the number of steps
      "relu, 1e-3", kinked 1e-3 (0.7 * randn (Key 11) [ 98 ]), (12, 3), (12, 3)
      "relu, 1e-6", kinked 1e-6 (0.7 * randn (Key 11) [ 98 ]), (56, 58), (56, 58) ]

/// Lotka–Volterra by methods without a tableau, where the tangent of the history must be consistent with that of the state:
/// BDF2 took 100 more steps while the history of a new tangent had no curvature.
let private byOthers = [ "Kvaerno3", (1156, 46); "Rosenbrock23", (653, 59); "BDF2", (1988, 56) ]

/// The largest error of a gradient relative to its largest component.
let private missOf (right: float[]) (got: Tensor) =
    let distance = Array.map2 (fun (x: float) y -> abs (x - y)) (numbers got) right |> Array.max
    distance / (right |> Array.map abs |> Array.max)

[<Tests>]
let tests =
    testList
        "Solvers.ErrorControl"
        [ testList
              "Ordinary problems keep their number of steps"
              [ for name, problem, alone, watched in ordinary do
                    testCase name (fun () ->
                        Expect.equal (stepsOf StateOnly problem) alone "steps alone"
                        Expect.equal (stepsOf StateAndDerivatives problem) watched "steps of a differentiated solve") ]

          testList
              "And with implicit methods"
              [ for name, steps in byOthers do
                    testCase name (fun () ->
                        let problem = lotka rates |> Ode.using (methodNamed name)
                        Expect.equal (stepsOf StateOnly problem) steps "steps alone"
                        Expect.equal (stepsOf StateAndDerivatives problem) steps "steps of a differentiated solve") ]

          testCase "The graph of a plain or compiled solve is that of StateOnly" (fun () ->
              let solve control p = lotka p |> Ode.errorControl control |> Ode.solveFinal
              let bits = numbers (solve StateOnly rates)
              same "bare" bits (numbers (solve StateAndDerivatives rates))
              same "compiled" bits (numbers (compile (solve StateAndDerivatives) rates))
              // the plan contains nothing of the watch
              let text = Engine.explain (solve StateAndDerivatives) rates
              let plan (s: string) = s.Substring(s.IndexOf "── the plan")
              Expect.equal (plan text) (plan (Engine.explain (solve StateOnly) rates)) "the plan")

          testCase "If no tangent controls a step, value and gradient are those of StateOnly" (fun () ->
              let loss control p = lotka p |> Ode.errorControl control |> Ode.solveFinal |> sum
              let value, gradient = valueAndGrad (loss StateAndDerivatives) rates
              same "value" [ float (loss StateOnly rates) ] [ float value ]
              same "gradient" (numbers (grad (loss StateOnly) rates)) (numbers gradient))

          testCase "StateOnly does not affect a watched solve of the same field, and vice versa" (fun () ->
              let solve control (p: Tensor) =
                  Ode.problem (fun _ (u: Tensor) -> p - u) (ones [ 1 ]) (0.0, 10.0)
                  |> Ode.errorControl control
                  |> Ode.solveFinal
                  |> sum

              let both p = stack [ solve StateOnly p; solve StateAndDerivatives p ]
              let slopes = numbers (snd (jvp both (scalar 1.0) (scalar 1.0)))
              relative 3e-6 "watched" [ 1.0 - exp -10.0 ] [ slopes[1] ]
              Expect.isTrue
                  (abs slopes[0] > 100.0)
                  $"got {slopes[0]:R} with StateOnly, expected a slope off by 100 or more")

          testCase "A forward product agrees with the gradient, and all tapes give the same bits" (fun () ->
              let loss gradient p = lorenz p |> Ode.gradient gradient |> Ode.solveFinal |> sum
              let p, v = tensor [ 10.0; 28.0; 8.0 / 3.0 ], tensor [ 0.3; -1.1; 0.7 ]
              let direct = grad (loss Direct) p
              let _, forward = jvp (loss Checkpointed) p v
              relative 1e-13 "jvp" [ float (sum (direct * v)) ] [ float forward ]
              same "checkpointed" (numbers direct) (numbers (grad (loss Checkpointed) p))
              same "within 600 bytes" (numbers direct) (numbers (grad (loss (CheckpointedWithin 600L)) p)))

          testCase "The unit of time changes no bit" (fun () ->
              // an oscillator keeps the steps short; beside it rests a component whose rate rises at 5
              let slope (unit: float) (last: float) =
                  let field (t: Tensor) (u: Tensor) =
                      let rate = 1.0 + (last - 1.0) * sigmoid (20.0 * (t / unit - 5.0))
                      stack [ u[1]; -u[0]; -rate * u[2] ] / unit

                  let loss (rest: Tensor) =
                      Ode.problem field (stack [ scalar 1.0; scalar 0.0; rest ]) (0.0, 8.0 * unit)
                      |> Ode.dt0 (0.01 * unit)
                      |> Ode.solveFinal
                      |> fun u -> u[2]

                  numbers (grad loss (scalar 0.0))

              // powers of two scale without rounding
              for last in [ 30.0; 100.0 ] do
                  same $"a rate of {string last}" (slope (2.0 ** -20.0) last) (slope (2.0 ** 20.0) last))

          testCase "A sample has the same bits alone and in a batch, at rest or not" (fun () ->
              let solve (p: Tensor) (y0: Tensor) =
                  Ode.problem (fun _ (u: Tensor) -> p * (1.0 - u) * (u + 0.5)) y0 (0.0, 20.0)
                  |> Ode.perSample
                  |> Ode.solveFinal

              let p, y0 = scalar 2.0, tensor [ [ 1.0 ]; [ 0.2 ]; [ 0.9999 ]; [ 3.0 ] ]
              let all = grad (fun y0 -> sum (solve p y0)) y0

              for i in 0..3 do
                  let alone = grad (fun y0 -> sum (solve p y0)) (reshape [ 1; 1 ] y0[i])
                  same $"sample {i}" (numbers alone) (numbers all[i])

                  let single (y: Tensor) =
                      Ode.problem (fun _ (u: Tensor) -> p * (1.0 - u) * (u + 0.5)) y (0.0, 20.0)
                      |> Ode.solveFinal
                      |> sum

                  within 1e-15 $"sample {i}, its own solve" (numbers (grad single y0[i])) (numbers all[i]))

          testCase "A sample has the same bits in a batch of a hundred, of which few are probed at a time" (fun () ->
              let solve (p: Tensor) (y0: Tensor) =
                  Ode.problem (fun _ (u: Tensor) -> p * (1.0 - u) * (u + 0.5)) y0 (0.0, 20.0)
                  |> Ode.perSample
                  |> Ode.solveFinal

              let p = scalar 2.0
              let y0 = tensor [ for i in 0..99 -> [ if i = 7 then 1.0 else 0.02 * float (i + 1) ] ]
              let all = grad (fun y0 -> sum (solve p y0)) y0

              for i in [ 0; 7; 50; 99 ] do
                  let alone = grad (fun y0 -> sum (solve p y0)) (reshape [ 1; 1 ] y0[i])
                  same $"sample {i}" (numbers alone) (numbers all[i]))

          testCase "vmap of a branch that few rows take gives the same results" (fun () ->
              let f (x: Tensor) = cond (x .> 0.0) (fun x -> stopGradient (exp x, x * x)) (fun x -> x - 1.0, -x) x

              for n in [ 63; 64; 100 ] do
                  for taken in [ 0; 1; n / 4; n / 4 + 1; n ] do
                      // the rows that take the branch are not adjacent
                      let isTaken i = (7 * i) % n < taken
                      let xs = [| for i in 0 .. n - 1 -> if isTaken i then 0.5 + 0.01 * float i else -0.1 * float i |]
                      let a, b = vmap f (tensor xs)
                      let first = xs |> Array.map (fun x -> numbers (fst (f (scalar x))))
                      let second = xs |> Array.map (fun x -> numbers (snd (f (scalar x))))
                      same $"{taken} of {n}" (Array.concat first) (numbers a)
                      same $"{taken} of {n}, second" (Array.concat second) (numbers b))

          testCase "vmap carries the watch" (fun () ->
              let solve (p: Tensor) =
                  Ode.problem (fun _ (u: Tensor) -> p - u) (ones [ 1 ]) (0.0, 10.0) |> Ode.solveFinal |> sum
              let ps = tensor [ 1.0; 1.0; 1.0 ]
              let right = Array.create 3 (1.0 - exp -10.0)
              relative 3e-6 "grad of a sum of rows" right (numbers (grad (fun ps -> sum (vmap solve ps)) ps))
              relative 3e-6 "rows of gradients" right (numbers (vmap (grad solve) ps))
              relative
                  3e-6
                  "grad of a compiled function"
                  right
                  (numbers (grad (compile (fun ps -> sum (vmap solve ps))) ps))
              let jacobian = numbers (jacobian (fun ps -> vmap solve ps) ps)
              relative 3e-6 "jacobian" [ 1.0 - exp -10.0 ] [ jacobian[0] ])

          testCase "A solve that does not depend on the argument of grad is unchanged" (fun () ->
              let bare = Ode.problem (fun _ (u: Tensor) -> 1.0 - u) (ones [ 1 ]) (0.0, 10.0) |> Ode.solveFinal |> sum
              let loss (w: Tensor) =
                  w * (Ode.problem (fun _ (u: Tensor) -> 1.0 - u) (ones [ 1 ]) (0.0, 10.0) |> Ode.solveFinal |> sum)
              same "value" [ float bare ] [ float (fst (valueAndGrad loss (scalar 1.0))) ])

          testCase "A field without a forward derivative is differentiated as with StateOnly" (fun () ->
              // a rule that is not linear in the cotangent has no transpose
              let clipped =
                  customGradient (fun (u: Tensor) -> -u) (fun _ _ w -> where (abs w .< 1e6) (-w) (zerosLike w))

              let loss control (y0: Tensor) =
                  Ode.problem (fun _ (u: Tensor) -> clipped u) y0 (0.0, 2.0)
                  |> Ode.errorControl control
                  |> Ode.solveFinal
                  |> sum

              let y0 = tensor [ 1.0; 2.0 ]
              same "gradient" (numbers (grad (loss StateOnly) y0)) (numbers (grad (loss StateAndDerivatives) y0)))

          testCase "Leaves without elements are skipped" (fun () ->
              let field _ (u: Tensor, none: Tensor) = -u, none
              let loss y = Ode.problem field (y, zeros [ 0 ]) (0.0, 1.0) |> Ode.solveFinal |> fst |> sum
              relative 1e-5 "gradient" [ exp -1.0 ] (numbers (grad loss (ones [ 1 ]))))

          testList
              "Known limits keep their size"
              [ testCase "a field with kinks, at 1e-4" (fun () ->
                    // the steps cross kinks, for which a tangent may not shorten them: as with StateOnly
                    let w = 0.7 * randn (Key 11) [ 98 ]
                    let loss control rtol w =
                        kinked rtol w |> Ode.errorControl control |> Ode.solveFinal |> (fun u -> sum (u * u))
                    let right = numbers (grad (loss StateOnly 1e-11) w)
                    Expect.inRange
                        (missOf right (grad (loss StateAndDerivatives 1e-4) w))
                        (1e-3, 3e-2)
                        "relative error")

                testCase "fast forcing at rest beside a moving component" (fun () ->
                    // a response of 1/40, but the tangent keeps the mean size of the leaf: 6700 rtol
                    let solve (p: Tensor) =
                        Ode.problem
                            (fun (t: Tensor) (u: Tensor) -> stack [ -u[0]; p * sin (40.0 * t) ])
                            (tensor [ 1.0; 0.0 ])
                            (0.0, 3.0)

                    let loss p = (solve p |> Ode.solveFinal)[1]
                    let right = [| (1.0 - cos 120.0) / 40.0 |]
                    Expect.inRange (missOf right (grad loss (scalar 0.0))) (1e-3, 2e-2) "relative error")

                testCase "at 1e-3, a response within one long step, where the embedded error is no measure" (fun () ->
                    // h λ = 7 of an unstable rest: 560 rtol. cos t over h = 10: 9000 rtol
                    let at1e3 p = p |> Ode.tolerance 1e-3 1e-6 |> Ode.solveFinal |> sum

                    let logistic y0 = Ode.problem (fun _ (u: Tensor) -> 0.7 * u * (1.0 - u)) y0 (0.0, 15.0) |> at1e3

                    let forced (p: Tensor) =
                        Ode.problem (fun t (u: Tensor) -> p * cos t * onesLike u) (zeros [ 1 ]) (0.0, 100.0) |> at1e3

                    let unstable = missOf [| exp 10.5 |] (grad logistic (zeros [ 1 ]))
                    Expect.inRange unstable (0.2, 0.9) "unstable rest, relative error"
                    let late = missOf [| sin 100.0 |] (grad forced (scalar 0.0))
                    Expect.inRange late (1.0, 20.0) "forcing, relative error")

                testCase "at 1e-3, sizes of 1e6 and 1e-6 in one leaf" (fun () ->
                    // the root mean square of a leaf only shows the large element: 950 rtol of the small one
                    let loss (p: Tensor) =
                        Ode.problem
                            (fun _ (u: Tensor) -> tensor [ 1.0; 3.0 ] * (stack [ scalar 1e6; 1e-6 * p ] - u))
                            (tensor [ 1e6; 1e-6 ])
                            (0.0, 10.0)
                        |> Ode.tolerance 1e-3 1e-6
                        |> Ode.solveFinal
                        |> fun u -> 1e6 * u[1]

                    let right = [| 1.0 - exp -30.0 |]
                    Expect.inRange (missOf right (grad loss (scalar 1.0))) (0.3, 2.0) "relative error")

                testCase "a tangent that never failed, T = 1" (fun () ->
                    let loss (p: Tensor) =
                        Ode.problem (fun _ (u: Tensor) -> p - u) (ones [ 1 ]) (0.0, 1.0) |> Ode.solveFinal |> sum
                    let right = [| 1.0 - exp -1.0 |]
                    Expect.inRange
                        (missOf right (grad loss (scalar 1.0)))
                        (1e-5, 2e-4)
                        "relative error: at most 200 rtol") ] ]
