/// The F# compiler's messages for impossible pairs of method and equation; possible pairs compile and run.
module NeuralDE.Tests.Examples.RefusalTests

open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Examples.Scripts

let private head =
    $"""{Library.references}
open NeuralDE
let f (_t: Tensor) (y: Tensor) = -y
let g (_t: Tensor) (y: Tensor) = 0.1 * y
let y0 = tensor [ 1.0 ]
"""

/// The messages of an interactive session for each line.
let private run (lines: string list) =
    let mutable ended = 0, "", ""
    let input = String.concat ";;\n" (head :: lines) + ";;\n#quit;;\n"
    inFolder (fun folder -> ended <- endOfDotnet [] input folder 3.0 [ "fsi"; "--nologo"; "--quiet" ])
    let _, output, errors = ended
    output, errors

/// A line, and the two kinds of equation that the compiler names.
let private impossible =
    [ "Sde.problem f (General g) y0 (0.0, 1.0) |> Sde.using Milstein |> ignore", "AnyNoise", "CommutativeNoise"
      "Sde.problem f (Diagonal g) y0 (0.0, 1.0) |> Sde.using Tsit5 |> ignore", "DiagonalNoise", "AnyOde"
      "Sde.problem f (Additive(fun _ -> y0)) y0 (0.0, 1.0) |> Sde.using Kvaerno3 |> ignore", "AdditiveNoise", "AnyOde"
      "Ode.problem f y0 (0.0, 1.0) |> Ode.using EulerMaruyama |> ignore", "AnyOde", "AnyNoise"
      "Ode.problem f y0 (0.0, 1.0) |> Ode.using Milstein |> ignore", "AnyOde", "CommutativeNoise"
      "Ode.problem f y0 (0.0, 1.0) |> Sde.noise (Key 1) |> ignore", "AnyOde", "AnyNoise"
      "Sde.problem f (Diagonal g) y0 (0.0, 1.0) |> Ode.augment 2 |> ignore", "AnyOde", "DiagonalNoise" ]

[<Tests>]
let tests =
    testList
        "Examples.Refusal"
        [ testCase "the error of each impossible pair names both kinds of equation" (fun () ->
              let output, errors = run (impossible |> List.map (fun (line, _, _) -> line))
              let said = errors.Split "error FS" |> Array.skip 1

              Expect.isTrue
                  (said.Length = impossible.Length)
                  $"Got {said.Length} errors for {impossible.Length} lines.\n{errors}\n{output}"

              for (line, first, second), text in List.zip impossible (List.ofArray said) do
                  for word in [ first; second ] do
                      Expect.isTrue
                          (text.Contains $"'{word}'")
                          $"Got for `{line}` the error {text}, expected it to name {word}.")

          testCase "stored methods need a type annotation, as the README says" (fun () ->
              let _, errors = run [ "let best = [| Tsit5; Vern7 |]"; "let mutable method = Tsit5" ]
              Expect.equal ((errors.Split "error FS0030").Length - 1) 2 errors
              let output, errors =
                  run
                      [ "let best: OdeSolver[] = [| Tsit5; Vern7 |]"
                        "let mutable method: OdeSolver = Tsit5"
                        "type Settings = { Solver: OdeSolver; Rtol: float }"
                        "let byName: Map<string, OdeSolver> = Map [ for m in odeSolvers -> m.Name, m ]"
                        "let all: Method list = [ Tsit5; Heun; Milstein ]"
                        "let any (p: Problem<'E, 'S>) = p |> Ode.usingMethod all[1] |> Ode.solveFinal"
                        "printfn \"%O\" (any (Ode.problem f y0 (0.0, 1.0) |> Ode.using byName[\"Kvaerno3\"]))" ]
              Expect.equal errors "" "errors"
              Expect.stringContains output "0.36787" "y(1)")

          testCase "possible pairs compile and run, and values of methods stay generic" (fun () ->
              let output, errors =
                  run
                      [ "let heun, all = Heun, [ Tsit5; Heun; Kvaerno3 ]"
                        "let one = Heun"
                        "let steps p = p |> Ode.using Tsit5 |> Ode.solveFinal"
                        "for m in all do Ode.problem f y0 (0.0, 1.0) |> Ode.using m |> Ode.solve |> ignore"
                        "Ode.problem f y0 (0.0, 1.0) |> Ode.using one |> Ode.solve |> ignore"
                        "Sde.stratonovich f (General(fun t y -> reshape [ 1; 1 ] (g t y))) y0 (0.0, 1.0) |> Sde.using one |> Sde.noise (Key 1) |> Sde.solve |> ignore"
                        "for m in [ EulerMaruyama; Milstein ] do Sde.problem f (Diagonal g) y0 (0.0, 1.0) |> Sde.using m |> Sde.noise (Key 1) |> Sde.dt 0.1 |> Sde.solve |> ignore"
                        "for m in odeSolvers do Ode.problem f y0 (0.0, 1.0) |> Ode.usingMethod m |> Ode.dt 0.1 |> Ode.solve |> ignore"
                        "printfn \"%O\" (steps (Ode.problem f y0 (0.0, 1.0)))" ]

              Expect.equal errors "" "errors"
              Expect.stringContains output "0.36787" "y(1)") ]
