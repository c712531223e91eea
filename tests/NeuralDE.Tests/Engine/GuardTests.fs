/// Random graphs whose arrays lie between pages that may not be touched: a kernel that reads or writes too far ends the process.
/// NEURALDE_GUARD_COUNT and NEURALDE_GUARD_SEED say how many graphs there are and which is the first.
module NeuralDE.Tests.Engine.GuardTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE.Compiler

let private setting (name: string) (usual: int) =
    match Environment.GetEnvironmentVariable name with
    | null
    | "" -> usual
    | text -> int text

[<Tests>]
let tests =
    testList
        "Engine.Guard"
        [ testCase "plans touch nothing but their arrays" (fun () ->
              let count = setting "NEURALDE_GUARD_COUNT" 200
              let first = setting "NEURALDE_GUARD_SEED" 0

              try
                  for seed in first .. first + count - 1 do
                      Guarding.force (if seed % 2 = 0 then BeforeGuard else BehindGuard)
                      let r = RandomGraphs.ofSeed seed
                      // an output with as many rows as a loop writes has no plan of its own to guard
                      match Agreement.planDifference r with
                      | Some difference -> failtest $"{difference}\n{RandomGraphs.describe r}"
                      | None -> ()

                      // a process may have some 65 000 stretches of memory, and every guard makes two
                      if seed % 50 = 0 then
                          GC.Collect()
                          GC.WaitForPendingFinalizers()
              finally
                  Guarding.force Unguarded) ]
