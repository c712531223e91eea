/// What the norm of a backward solve sees: state, adjoint and integrals, in problems where one of them alone needs short steps.
module NeuralDE.Tests.Solvers.BacksolveNormTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private back norm p =
    p |> Ode.tolerance 1e-9 1e-9 |> Ode.gradient (BacksolveWith { Rtol = None; Atol = None; Norm = norm })

/// The state stays 0, and the adjoint is exp ∫ 5 cos 5t.
let private byStart norm =
    let final y0 =
        Ode.problem (fun t (y: Tensor) -> 5.0 * cos (5.0 * t) * y) y0 (0.0, 1.3) |> back norm |> Ode.solveFinal
    float (grad (final >> sum) (scalar 0.0))

/// State and adjoint are constant, and the integral of the parameter is that of sin 50t.
let private byParameter norm =
    let final p =
        Ode.problem (fun t (y: Tensor) -> p * sin (50.0 * t) + 0.0 * y) (scalar 1.0) (0.0, 3.0)
        |> back norm
        |> Ode.solveFinal

    float (grad (final >> sum) (scalar 0.0))

let private integral = (1.0 - cos 150.0) / 50.0

[<Tests>]
let tests =
    testList
        "Solvers.BacksolveNorm"
        [ testList
              "the adjoint counts"
              [ for name, norm in
                    [ "full", FullNorm
                      "seminorm", Seminorm
                      "own", UserNorm(fun e -> sqrt (mean (square e.Adjoint.Head))) ] do
                    testCase name (fun () -> relative 1e-7 "dy/dy0" [ exp (sin 6.5) ] [ byStart norm ]) ]

          testCase "integrals count in the full norm" (fun () ->
              within 1e-7 "dy/dp" [ integral ] [ byParameter FullNorm ])

          testCase "integrals do not count in the seminorm, whose steps are longer" (fun () ->
              let miss = abs (byParameter Seminorm - integral)
              Expect.isTrue (miss > 1e-4) $"got an error of {miss:R}, expected steps that pass over sin 50t") ]
