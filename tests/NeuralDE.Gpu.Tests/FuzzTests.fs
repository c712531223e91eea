/// Random graphs give the interpreter's numbers on the device, all arguments in tensors, or every other one uploaded.
/// NEURALDE_FUZZ_COUNT and NEURALDE_FUZZ_SEED set the number of graphs and the first seed.
module NeuralDE.Gpu.Tests.FuzzTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Tests.Engine

let private setting (name: string) (usual: int) =
    match Environment.GetEnvironmentVariable name with
    | null
    | "" -> usual
    | text -> int text

/// Sums are in another order than the interpreter's: no float is exact.
let private tolerances (r: RandomGraph) = r.Levels |> Array.map (fun l -> Agreement.bound (max l Level.Double))

let private hold (seed: int) =
    let r = RandomGraphs.ofSeed seed
    let expected = Agreement.byInterpreter r.Graph r.Args

    let mixed i = if i % 2 = 0 then OnDevice.Uploaded else OnDevice.InManagedMemory

    for name, placeOf in [ "tensors", (fun _ -> OnDevice.InTensors); "every other uploaded", mixed ] do
        let got =
            try
                OnDevice.run r.Graph r.Args placeOf
            with e ->
                failtest $"seed {seed}, {name}: {e}"

        match Agreement.differenceOf (tolerances r) expected got with
        | Some difference when not (Agreement.isSensitive r expected) ->
            failtest $"{name}: {difference}\n{RandomGraphs.describe r}"
        | _ -> ()

let private first = setting "NEURALDE_FUZZ_SEED" 0
let private count = setting "NEURALDE_FUZZ_COUNT" 1000

[<Tests>]
let tests =
    testList
        "Fuzz"
        [ for start in first..50 .. first + count - 1 do
              let last = min (start + 50) (first + count) - 1
              testCase $"seeds {start} to {last}" (fun () ->
                  for seed in start..last do
                      hold seed) ]
