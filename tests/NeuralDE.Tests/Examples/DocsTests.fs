/// The pages of docs/ run unchanged, and all names on them exist.
module NeuralDE.Tests.Examples.DocsTests

open System.IO
open System.Text.RegularExpressions
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Repository
open NeuralDE.Tests.Examples.Scripts

/// Each page, and a text that only its code prints.
let private pages =
    [ "index", "iterations, loss "
      "quick-start", "tensor [-0.1; 2] float64 [2], Converged"
      "tensors-and-calculus", "+: got float64 [3] and float32 [3]"
      "solve", "stopped at t = 1 (StepTooSmall)"
      "differentiate", "Checkpointed      Backsolve"
      "learn", ", the truth is 4"
      "models", "got hidden@"
      "engine", "loop by lanes, "
      "extend", "hyper Euler does not estimate its error"
      "save-and-serve", "has shape [2; 16] in the file, and [2; 32] in the tree"
      "distributed", "expected a multiple of the 8 parts"
      "from-torchdiffeq-and-diffrax", "calls of the F# function: 1,"
      "verbs-of-models", "Activation.apply LeakyRelu 0.01 tensor [-0.01; 0; 1]"
      "verbs-of-tensors", "OutputPadding      tensor [[[-1; 1; -2; 2; 0]]] float64 [1; 1; 5]" ]

let private text page = File.ReadAllText(Root.file $"docs/{page}.fsx")

[<Tests>]
let tests =
    testList
        "Examples.Docs"
        [ testCase "every page is known to these tests" (fun () ->
              let files = Directory.GetFiles(Root.file "docs", "*.fsx") |> Array.map Path.GetFileNameWithoutExtension
              Expect.equal
                  (files |> List.ofArray |> List.map string |> List.sort)
                  (pages |> List.map fst |> List.sort)
                  "files |> List.ofArray |> List.map string |> List.sort")

          testCase "links between pages have targets" (fun () ->
              let known = set (pages |> List.map fst)

              let broken =
                  [ for page, _ in pages do
                        for link in Regex.Matches(text page, @"\]\(([\w-]+)\.html\)") do
                            let target = link.Groups[1].Value
                            if not (known.Contains target) then $"{page} to {target}" ]

              Expect.isTrue broken.IsEmpty $"Got links to pages that are not there: %A{broken}. Name one of %A{known}.")

          testCase "module functions named on a page exist" (fun () ->
              let surface = File.ReadAllLines(Root.file "tests/NeuralDE.Tests/Repository/PublicSurface.approved.txt")

              let members =
                  set
                      [ for line in surface do
                            let name = Regex.Match(line, @"^NeuralDE\.(\w+?)(?:Module)?\.(\w+)")
                            if name.Success then name.Groups[1].Value, name.Groups[2].Value ]

              let modules = members |> Set.map fst

              let missing =
                  [ for page, _ in pages do
                        for span in Regex.Matches(text page, @"`[^`\r\n]+`") do
                            for call in Regex.Matches(span.Value, @"(?<![\w.])([A-Z]\w*)\.([a-z]\w*)") do
                                let owner, name = call.Groups[1].Value, call.Groups[2].Value

                                if modules.Contains owner && not (members.Contains(owner, name)) then
                                    $"{page}: {owner}.{name}" ]

              Expect.isTrue missing.IsEmpty $"Got names that the library does not have: %A{missing}.") ]

[<Tests>]
let gates =
    testList
        "gates.Examples.Docs"
        [ testCase "every page runs and prints its output" (fun () ->
              inFolder (fun folder ->
                  for page, _ in pages do
                      File.WriteAllText(Path.Combine(folder, page + ".fsx"), withThisLibrary (text page))

                  // one process for all: each page becomes a module
                  let loads = pages |> List.map (fun (page, _) -> $"#load \"{page}.fsx\"")
                  File.WriteAllLines(Path.Combine(folder, "all.fsx"), loads)
                  let printed = fsi folder 5.0 [ "all.fsx" ]

                  for page, expected in pages do
                      Expect.isTrue (printed.Contains expected) $"Got no `{expected}` of {page} in\n{printed}")) ]
