/// Which methods run by lanes when each sample is solved by itself: their solves and their gradients, with the numbers of a plan of
/// the whole batch.
module NeuralDE.Tests.Engine.LaneStepperTests

open System
open Expecto
open NeuralDE
open NeuralDE.Internal.Engine
open NeuralDE.Tests.Engine.SameBits

let private field (_t: Tensor) (y: Tensor) = stack [ y[1] * 0.5 - y[0]; -y[0] * y[1] ]
let private norm (y: Tensor) = sum (y * y)

let private problem f y = Ode.problem f y (0.0, 1.0) |> Ode.perSample

let private noisy
    equation
    (noise: Noise<'E, Tensor>)
    (further: Problem<'E, Tensor> -> Problem<'E, Tensor>)
    (y: Tensor)
    =
    equation field noise y (0.0, 1.0) |> Sde.noise (Key 7) |> further |> Sde.perSample |> Sde.solveFinal

let private diagonal<'E when 'E :> DiagonalNoise> : Noise<DiagonalNoise, Tensor> = Diagonal(fun _ y -> 0.1 * y)
let private matrix: Noise<AnyNoise, Tensor> =
    General(fun _ y -> stack [ stack [ y[0] * 0.1; y[1] * 0.2 ]; stack [ y[1] * 0.1; y[0] ] ])

/// Newton's method with a fixed number of steps, and the derivative of its root.
let private root (_t: Tensor) (y: Tensor) =
    let newton (y: Tensor) = iterate 6 (fun (z: Tensor) -> z - (z + 0.1 * z * z * z - y) / (1.0 + 0.3 * z * z)) y
    -implicitRoot newton (fun (z: Tensor) (y: Tensor) -> z + 0.1 * z * z * z - y) y

/// Newton's method until it converges, and the derivative of its iterations.
let private search (_t: Tensor) (y: Tensor) =
    let away (z: Tensor) = any (abs (z - 0.5 * y) .> 0.1)
    -repeatWhile away 50 (fun (z: Tensor) -> 0.5 * (z + 0.5 * y)) y

/// Solves, and of what their gradients do not run by lanes: the reason.
let private solves: (string * (Tensor -> Tensor) * string) list =
    [ for s in odeSolvers do
          let fixedSteps = problem field >> Ode.using s >> Ode.dt 0.05 >> Ode.solveFinal
          $"{s.Name}, fixed steps", fixedSteps, ""
          if s.IsAdaptive then
              $"{s.Name}, adaptive", problem field >> Ode.using s >> Ode.tolerance 1e-4 1e-6 >> Ode.solveFinal, ""

      "EulerMaruyama, diagonal", noisy Sde.problem diagonal (Sde.using EulerMaruyama >> Sde.dt 0.1), ""
      "EulerMaruyama, general", noisy Sde.problem matrix (Sde.using EulerMaruyama >> Sde.dt 0.1), ""
      "Milstein", noisy Sde.problem diagonal (Sde.using Milstein >> Sde.dt 0.1), ""
      "Heun, Stratonovich", noisy Sde.stratonovich diagonal (Sde.using Heun >> Sde.tolerance 1e-2 1e-2), ""
      "outputs at times", problem field >> Ode.saveAt (tensor [ 0.25; 0.5; 1.0 ]) >> Ode.solve >> _.Ys, ""

      "outputs at times of each sample",
      (fun y ->
          let times = stack [ for k in 0 .. y.Dims[0] - 1 -> tensor [ for i in 1..50 -> float i / (51.0 + float k) ] ]
          (problem field y |> Ode.saveAt times |> Ode.solve).Ys),
      ""

      "an implicit root inside", problem root >> Ode.tolerance 1e-4 1e-6 >> Ode.solveFinal, ""

      "a search inside",
      problem search >> Ode.tolerance 1e-4 1e-6 >> Ode.solveFinal,
      "the reverse sweep of a loop inside whose number of iterations is unknown" ]

let private starts n = rand (Key 1) [ n; 2 ] + 0.1
let private bits (x: Tensor) = x.Numbers.Floats |> Array.map BitConverter.DoubleToInt64Bits

/// Where a plan does not run a loop or a reverse sweep by lanes.
let private refused (f: Tensor -> Tensor) : string list =
    (Engine.explain f (starts 4)).Split '\n' |> Array.filter _.Contains("not by lanes") |> List.ofArray

let private plan (f: Tensor -> Tensor) (x: Tensor) : Tensor = withLanes false (fun () -> f x)

[<Tests>]
let tests =
    testSequenced (
        testList
            "Engine.LaneSteppers"
            [ for name, solve, reason in solves do
                  testCase $"{name}: by lanes, with the bits of a plan" (fun () ->
                      Expect.equal (refused solve) [] "nothing is left to the plan"
                      Expect.stringContains (Engine.explain solve (starts 4)) "loop by lanes" "the loop"
                      let x = starts 11
                      let expected = bits (plan solve x)
                      Expect.equal (bits (withTier Tiled (fun () -> solve x))) expected "one node at a time"
                      Expect.equal (bits (withTier Compiled (fun () -> solve x))) expected "compiled")

                  testCase $"gradient of {name}" (fun () ->
                      let gradient = grad (solve >> norm)

                      if reason = "" then
                          Expect.equal (refused gradient) [] "nothing is left to the plan"
                          let text = Engine.explain gradient (starts 4)
                          Expect.stringContains text "reverse sweep by lanes" "the reverse sweep"
                      else
                          Expect.exists (refused gradient) _.Contains(reason) "the reason"

                      let x = starts 11
                      let tiled = withTier Tiled (fun () -> gradient x)
                      Expect.equal (bits (withTier Compiled (fun () -> gradient x))) (bits tiled) "compiled"

                      Array.iter2
                          (fun got expected -> Expect.isLessThan (abs (got - expected)) 1e-10 "beside a plan")
                          tiled.Numbers.Floats
                          (plan gradient x).Numbers.Floats) ]
    )
