/// Memory is laid out as by a search of all living buffers, only faster.
module NeuralDE.Tests.Engine.FreeMemoryTests

open System.Collections.Generic
open Expecto
open NeuralDE.Tests
open NeuralDE.Internal.Engine

/// The slow twin: first fit by a search of all allocated parts.
type private Scanned() =
    let taken = SortedList<int64, int64>()

    member _.Take(bytes: int64) : int64 =
        let mutable at = 0L

        for pair in taken do
            if pair.Key < at + bytes then at <- pair.Key + pair.Value

        taken.Add(at, bytes)
        at

    member _.Give(at: int64) = taken.Remove at |> ignore

[<Tests>]
let tests =
    testList
        "Engine.FreeMemory"
        [ testList
              "the layout is that of the slow twin"
              [ for seed, living in [ 1, 4; 2, 40; 3, 400 ] do
                    testCase $"{seed}, {living}" (fun () ->
                        let random = System.Random seed
                        let fast, slow = FreeMemory(), Scanned()
                        let taken = List<struct (int64 * int64)>()

                        for _ in 1..5000 do
                            if taken.Count < 2 || (taken.Count < living && random.Next 5 < 3) then
                                let bytes = 64L * int64 (random.Next(1, 20))
                                let at = slow.Take bytes
                                Expect.equal (fast.Take bytes) at "fast.Take bytes"
                                taken.Add(struct (at, bytes))
                            else
                                let i = random.Next taken.Count
                                let struct (at, bytes) = taken[i]
                                taken.RemoveAt i
                                slow.Give at
                                fast.Give(at, bytes)) ] ]
