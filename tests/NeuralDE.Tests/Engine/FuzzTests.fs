/// Random graphs: plans give the results of the reference interpreter. NEURALDE_FUZZ_COUNT and NEURALDE_FUZZ_SEED set
/// the number of graphs and the first seed.
module NeuralDE.Tests.Engine.FuzzTests

open System
open System.Collections.Generic
open Expecto
open NeuralDE.Tests
open NeuralDE.Internal.Graph

let private setting (name: string) (usual: int) =
    match Environment.GetEnvironmentVariable name with
    | null
    | "" -> usual
    | text -> int text

[<Tests>]
let tests =
    testList
        "Engine.Fuzz"
        [ testCase "plans give the interpreter's results" (fun () ->
              let count = setting "NEURALDE_FUZZ_COUNT" 1000
              let first = setting "NEURALDE_FUZZ_SEED" 0

              for seed in first .. first + count - 1 do
                  let r = RandomGraphs.ofSeed seed
                  Verify.graph r.Graph

                  match Agreement.planDifference r with
                  | Some difference -> failtest $"{difference}\n{RandomGraphs.describe r}"
                  | None -> ())

          testCase "random graphs contain every operation" (fun () ->
              let seen = HashSet<string>()

              let rec visit (g: Graph) =
                  for n in g.Walk do
                      match n.Op with
                      | Apply fn ->
                          seen.Add((Print.fn (fun _ -> "") fn).Split(' ')[0]) |> ignore
                          Print.graphsOf fn |> List.iter visit
                      | op -> seen.Add((Print.op (fun _ -> "") op).Split(' ')[0]) |> ignore

              for seed in 0..399 do
                  visit (RandomGraphs.ofSeed seed).Graph

              let others =
                  "input constant data iota add sub mul div pow max min atan2 mod and or xor foldKey equal notEqual less lessEqual \
                 greater greaterEqual select fma cast sum maximum argMax argSort cumSum searchSorted reshape permute broadcast slice pad \
                 reverse concat gather scatterAdd scatterMax scatterSet dot conv fft cholesky triangularSolve pivots lu random \
                 stopGradient check output call custom cond loop pullback root host"

              let expected = Array.append (others.Split ' ') (Array.ofList UnaryCases.words)
              let missing = expected |> Array.filter (fun name -> not (seen.Contains name))
              Expect.isTrue
                  (missing.Length = 0)
                  $"""Got no {String.Join(", ", missing)} in 400 graphs, expected every operation: add it to tests/NeuralDE.Tests/Engine/RandomPrimitives.fs.""") ]
