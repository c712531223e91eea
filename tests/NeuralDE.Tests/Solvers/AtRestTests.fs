/// Gradients of solves at rest, near rest and in stability-limited phases, where the error of the state gives no information
/// about that of the gradient: the steps also control the error of derivatives. Bounds are multiples of errors measured
/// against closed forms or solves at 1e-12.
module NeuralDE.Tests.Solvers.AtRestTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private normal = 1e-6, 1e-9

/// A loss of parameters x through a solve.
type private Case =
    {
        Name: string
        X: Tensor
        Tolerance: float * float
        Problem: Tensor -> OdeProblem<Tensor>
        Loss: Tensor -> Tensor
        /// closed form; None: a solve at 1e-12
        Right: float[] option
        /// the largest relative error of the gradient: at least Alone with StateOnly, at most Bound with StateAndDerivatives
        Alone: float
        Bound: float
    }

let private case name x problem loss right alone bound =
    { Name = name
      X = x
      Tolerance = normal
      Problem = problem
      Loss = loss
      Right = right
      Alone = alone
      Bound = bound }

let private lossOf control tolerance (c: Case) x =
    c.Problem x
    |> Ode.tolerance (fst tolerance) (snd tolerance)
    |> Ode.errorControl control
    |> Ode.solveFinal
    |> c.Loss

let private errorOf (right: float[]) (got: Tensor) =
    let distance = Array.map2 (fun (x: float) y -> abs (x - y)) (numbers got) right |> Array.max
    distance / max 1e-300 (right |> Array.map abs |> Array.max)

let private rightOf (c: Case) =
    match c.Right with
    | Some right -> right
    | None -> numbers (grad (lossOf StateAndDerivatives (1e-12, 1e-14) c) c.X)

let private approach (t1: float) (p: Tensor) = Ode.problem (fun _ (u: Tensor) -> p - u) (tensor [ 1.0 ]) (0.0, t1)

let private neuron (t1: float) (i: Tensor) =
    Ode.problem (fun _ (v: Tensor) -> (i - (v + 65.0)) / 10.0) (tensor [ -65.0 ]) (0.0, t1)

let private switched (p: Tensor) =
    let rate (t: Tensor) = where (t .<= 1.0) p[0] (where (t .<= 2.0) p[1] (where (t .<= 3.0) p[2] p[3]))

    let field (t: Tensor) (u: Tensor) =
        let a = rate t
        stack [ a * u[0] - u[0] * u[1]; -a * u[1] + u[0] * u[1] ]

    Ode.problem field (ones [ 2 ]) (0.0, 4.0)

let private epidemic (i0: Tensor) =
    let field _ (u: Tensor) =
        let n = 0.5 * u[0] * u[1]
        stack [ -n; n - 0.1 * u[1] ]

    Ode.problem field (stack [ 1.0 - i0; i0 ]) (0.0, 30.0)

let private weights = 0.5 * randn (Key 3) [ 4; 4 ]

let private recurrent (b: Tensor) =
    Ode.problem (fun _ (h: Tensor) -> tanh (matmul weights h + b) - h) (zeros [ 4 ]) (0.0, 5.0)

let private besideMoving (p: Tensor) =
    Ode.problem (fun _ (u: Tensor) -> stack [ -u[0]; 100.0 * (p - u[1]) ]) (ones [ 2 ]) (0.0, 5.0)

let private rising (p: Tensor) =
    let field (t: Tensor) (u: Tensor) = stack [ u[1]; -u[0]; (1.0 + 100.0 * sigmoid (4.0 * (t - 5.0))) * (p - u[2]) ]

    Ode.problem field (tensor [ 1.0; 0.0; 1.0 ]) (0.0, 10.0)

let private vanDerPol (mu: Tensor) =
    let field _ (u: Tensor) = stack [ u[1]; mu * (1.0 - u[0] * u[0]) * u[1] - u[0] ]
    Ode.problem field (tensor [ 2.0; 0.0 ]) (0.0, 20.0)

let private forced (p: Tensor) =
    Ode.problem (fun (t: Tensor) (u: Tensor) -> p * sin (50.0 * t) + 0.0 * u) (zeros [ 1 ]) (0.0, 3.0)

/// Van der Pol's equation with μ = 0.5 at its origin, with a constant force p, to T = 15.
let private unstable (p: Tensor) =
    let field _ (u: Tensor) = stack [ u[1]; 0.5 * (1.0 - u[0] * u[0]) * u[1] - u[0] + p ]
    Ode.problem field (zeros [ 2 ]) (0.0, 15.0)

let private growing =
    let a, b = 0.25, sqrt (1.0 - 0.0625)
    exp (a * 15.0) * (cos (b * 15.0) - a / b * sin (b * 15.0))

let private twoRates (p: Tensor) =
    Ode.problem (fun _ (u: Tensor) -> stack [ 1e4 * (p[0] - u[0]); p[1] * u[0] - u[1] ]) (ones [ 2 ]) (0.0, 20.0)

let private pulse (p: Tensor) =
    let field (t: Tensor) (u: Tensor) = -u + p * exp (-12.5 * (t - 20.0) ** 2.0)
    Ode.problem field (zeros [ 1 ]) (0.0, 22.0)

let private couplings = 0.15 * randn (Key 21) [ 32; 32 ]

let private twoSpeeds (b: Tensor) =
    let rate = concat [ ones [ 16 ]; 40.0 * ones [ 16 ] ]
    Ode.problem (fun _ (h: Tensor) -> rate * (tanh (matmul couplings h + b) - h)) (zeros [ 32 ]) (0.0, 20.0)

let private spiralling (rho: Tensor) =
    let field _ (u: Tensor) = stack [ 10.0 * (u[1] - u[0]); u[0] * (rho - u[2]) - u[1]; u[0] * u[1] - 8.0 / 3.0 * u[2] ]

    let c = sqrt (14.0 * 8.0 / 3.0)
    Ode.problem field (tensor [ c; c; 14.0 ]) (0.0, 20.0)

/// Bounds: three times the errors measured when the control was designed, unless a comment says otherwise.
let private cases =
    let one = scalar 1.0

    [ // the tangent controls no step: h λ reaches 0.9
      case "p - y, T = 1" one (approach 1.0) sum (Some [| 1.0 - exp -1.0 |]) 1e-4 4.2e-4
      case "p - y, T = 5" one (approach 5.0) sum (Some [| 1.0 - exp -5.0 |]) 0.5 9e-6
      // measured 1.6e-6; the controller need not be more accurate than rtol
      case "p - y, T = 10" one (approach 10.0) sum (Some [| 1.0 - exp -10.0 |]) 100.0 3e-6
      case "p - y, T = 100" one (approach 100.0) sum (Some [| 1.0 |]) 1e11 1.2e-5
      { case "SciMLSensitivity #273" (ones [ 4 ]) switched (fun u -> u[0]) None 1.0 4.2e-6 with
          Tolerance = (1e-9, 1e-9) }
      case "SIR, disease free" (scalar 0.0) epidemic (fun u -> u[1]) (Some [| exp 12.0 |]) 0.5 3e-5
      case "neuron, T = 50" (scalar 0.0) (neuron 50.0) sum (Some [| 1.0 - exp -5.0 |]) 0.5 9e-6
      // measured 4e-5, because of other random numbers than in the design (1e-5), and a tangent of size 65 that decays to 1
      case "neuron, T = 500" (scalar 0.0) (neuron 500.0) sum (Some [| 1.0 |]) 1e8 1.2e-4
      case "recurrent net from 0" (zeros [ 4 ]) recurrent sum None 3.0 6e-6
      case "one part at rest beside a moving one" one besideMoving (fun u -> u[1]) (Some [| 1.0 |]) 1e100 6e-6
      // measured 5e-8; 3e-9 in the design, where a probe was due at smaller h ρ
      case "its rate rising" one rising (fun u -> u[2]) (Some [| 1.0 |]) 1e100 1.5e-7
      case
          "y0 = 0.9999, T = 100"
          one
          (fun p -> { approach 100.0 p with Y0 = tensor [ 0.9999 ] })
          sum
          (Some [| 1.0 |])
          1e-3
          4.2e-5
      // exceeds 1e-4: y0 = 0 counts as 1, so the response of 1/50 is relatively small
      case "p sin 50t at p = 0" (scalar 0.0) forced sum (Some [| (1.0 - cos 150.0) / 50.0 |]) 100.0 3e-3
      // at an unstable rest errors grow as fast as the tangent
      case "unstable rest" (scalar 0.0) unstable (fun u -> u[0]) (Some [| 1.0 - growing |]) 5.0 6.6e-5
      case "two rates, 1e4 and 1" (ones [ 2 ]) twoRates (fun u -> u[1]) (Some [| 1.0; 1.0 |]) 1e90 1e-7
      case "a pulse at t = 20, p = 0" (scalar 0.0) pulse sum None 0.9 2e-5
      case "recurrent net of 32, rates 1 and 40" (zeros [ 32 ]) twoSpeeds sum None 1e30 5e-6
      // the reference solve has a long first step, because at tolerances of 1e-12 rounding errors matter
      case "Lorenz at its stable spiral" (scalar 15.0) spiralling (fun u -> u[2]) None 1e7 7e-6
      case "Van der Pol, mu = 50" (scalar 50.0) vanDerPol sum None 1e4 1.5e-5 ]

/// p − y at rest to T = 5 by a method: the smallest error with StateOnly, the largest with StateAndDerivatives.
let private methods =
    [ // bounds are three times the measured errors; with orders 2 and 3 a tangent's ten tolerances accumulate over more steps
      "Tsit5", 0.5, 1.3e-5
      "Dopri5", 0.1, 3e-5
      "DOP853", 1e-3, 1e-6
      "Vern7", 0.05, 4e-6
      // Bosh3's embedded error is −z³ (1 + z) / 48; steps that grow by factors of ten from 1e-6 reach its zero, so one step
      // of length 1 is accepted
      "Bosh3", 1.0, 2e-3
      "Heun", 1.0, 3e-5
      "Kvaerno3", 0.02, 2e-5
      "Rosenbrock23", 0.04, 2e-4
      "BDF2", 0.2, 5e-4
      "AsynchronousLeapfrog", 1.0, 1e-5 ]

[<Tests>]
let tests =
    testList
        "Solvers.AtRest"
        [ testList
              "The gradient is accurate where StateOnly gives a wrong one"
              [ for c in cases do
                    testCase c.Name (fun () ->
                        let right = rightOf c
                        let error control = errorOf right (grad (lossOf control c.Tolerance c) c.X)
                        isAtMost $"{c.Name}, relative error" c.Bound (error StateAndDerivatives)
                        let alone = error StateOnly
                        Expect.isTrue
                            (alone >= c.Alone)
                            $"{c.Name}: got {alone:R} with StateOnly, expected {c.Alone} or more") ]

          testList
              "Every kind of method, T = 5"
              [ for name, alone, bound in methods do
                    testCase name (fun () ->
                        let right = 1.0 - exp -5.0

                        let loss control p =
                            approach 5.0 p
                            |> Ode.using (methodNamed name)
                            |> Ode.errorControl control
                            |> Ode.solveFinal
                            |> sum

                        let error control = abs (float (grad (loss control) (scalar 1.0)) - right) / right
                        isAtMost $"{name}, relative error" bound (error StateAndDerivatives)
                        Expect.isTrue
                            (error StateOnly >= alone)
                            $"{name}: got {error StateOnly:R}, expected {alone} or more") ]

          testList
              "Backwards in time, with PI control and in float32"
              [ testCase "backwards" (fun () ->
                    let loss (p: Tensor) =
                        Ode.problem (fun _ (u: Tensor) -> u - p) (ones [ 1 ]) (10.0, 0.0) |> Ode.solveFinal |> sum
                    relative 3e-5 "dy/dp" [ 1.0 - exp -10.0 ] [ float (grad loss (scalar 1.0)) ])

                testCase "PI control" (fun () ->
                    let loss p =
                        approach 10.0 p |> Ode.controller StepController.proportionalIntegral |> Ode.solveFinal |> sum
                    relative 3e-5 "dy/dp" [ 1.0 - exp -10.0 ] [ float (grad loss (scalar 1.0)) ])

                testCase "float32 at 1e-5" (fun () ->
                    let loss (p: Tensor) =
                        Ode.problem (fun _ (u: Tensor) -> p - u) (tensor [ 1.0f ]) (0.0, 10.0)
                        |> Ode.tolerance 1e-5 1e-8
                        |> Ode.solveFinal
                        |> sum

                    relative 3e-4 "dy/dp" [ 1.0 - exp -10.0 ] (numbers (grad loss (scalar 1.0 |> cast Float32)))) ]

          testList
              "A state that is below atol, or 0 except for rounding"
              [ for size in [ 1e-3; 1e-5; 1e-8; 1e-12; 1.2e-16; -1e-320 ] do
                    testCase $"{size}" (fun () ->
                        let loss control (p: Tensor) =
                            Ode.problem (fun _ (u: Tensor) -> p - u) (tensor [ size ]) (0.0, 10.0)
                            |> Ode.errorControl control
                            |> Ode.solveFinal
                            |> sum

                        let right = [ 1.0 - exp -10.0 ]
                        let got control = float (grad (loss control) (scalar size))
                        relative 9e-6 "dy/dp" right [ got StateAndDerivatives ]
                        Expect.isTrue
                            (abs (got StateOnly) > 100.0)
                            $"got {got StateOnly:R} with StateOnly, expected a slope off by 100 or more") ]

          testCase "A tangent whose first probe fails starts anew, also if no parameter changes it" (fun () ->
              // it grows from below atol, where the error of the state allows steps of h λ = 3
              let y0, growth = 1e-8, exp 10.5

              let loss control y0 =
                  Ode.problem (fun _ (u: Tensor) -> 0.7 * u * (1.0 - u)) y0 (0.0, 15.0)
                  |> Ode.errorControl control
                  |> Ode.solveFinal
                  |> sum

              let right = growth / (1.0 + y0 * (growth - 1.0)) ** 2.0
              let error control = abs (float (grad (loss control) (tensor [ y0 ]) |> sum) / right - 1.0)
              isAtMost "relative error" 4.5e-5 (error StateAndDerivatives)
              Expect.isTrue (error StateOnly > 5e-3) $"got {error StateOnly:R} with StateOnly, expected 5e-3 or more")

          testCase "The time of an event that depends on a component at rest" (fun () ->
              // a ramp reaches 8 y, where y rests at p
              let time control (p: Tensor) =
                  Ode.problem
                      (fun _ (u: Tensor) -> stack [ p - u[0]; onesLike u[1] ])
                      (tensor [ 1.0; 0.0 ])
                      (0.0, 30.0)
                  |> Ode.on (Event.rising (fun _ (u: Tensor) -> u[1] - 8.0 * u[0])) Event.stop
                  |> Ode.errorControl control
                  |> Ode.solve
                  |> fun s -> s.Events.Times[0]

              let right = 8.0 * (1.0 - exp -8.0)
              let error control = abs (float (grad (time control) (scalar 1.0)) - right) / right
              isAtMost "relative error" 3e-5 (error StateAndDerivatives)
              Expect.isTrue (error StateOnly > 1.0) $"got {error StateOnly:R} with StateOnly, expected 1 or more")

          testCase "Reverse and forward mode, direct and checkpointed, perSample and joint agree" (fun () ->
              let right = [ 1.0 - exp -10.0 ]

              for gradient in [ Direct; Checkpointed; CheckpointedWithin 600L ] do
                  let solve p = approach 10.0 p |> Ode.gradient gradient |> Ode.solveFinal |> sum
                  let reverse = float (grad solve (scalar 1.0))
                  relative 3e-6 $"grad, {gradient}" right [ reverse ]
                  let _, forward = jvp solve (scalar 1.0) (scalar 1.0)
                  relative 1e-14 $"jvp, {gradient}" [ reverse ] [ float forward ]

                  let bySample p =
                      Ode.problem (fun _ (u: Tensor) -> p - u) (ones [ 2; 1 ]) (0.0, 10.0)
                      |> Ode.gradient gradient
                      |> Ode.perSample
                      |> Ode.solveFinal
                      |> sum

                  relative 1e-14 $"by sample, {gradient}" [ 2.0 * reverse ] [ float (grad bySample (scalar 1.0)) ])

          testCase "Hessians at rest, in every order of modes" (fun () ->
              // y' = p² − y: ∂²y/∂p² = 2 (1 − e^−T)
              let y (p: Tensor) =
                  Ode.problem (fun _ (u: Tensor) -> p * p - u) (ones [ 1 ]) (0.0, 10.0) |> Ode.solveFinal |> sum
              let right = [ 2.0 * (1.0 - exp -10.0) ]
              let one = scalar 1.0
              relative 2e-5 "grad of grad" right [ float (grad (grad y) one) ]
              relative 2e-5 "jvp of grad" right [ float (snd (jvp (grad y) one one)) ]
              relative 2e-5 "hvp" right [ float (hvp y one one) ]
              relative 2e-5 "grad of jvp" right [ float (grad (fun p -> snd (jvp y p one)) one) ]
              relative 2e-5 "hessian" right (numbers (hessian (fun p -> y p[0]) (ones [ 1 ])))) ]
