/// Reductions of unstored arrays give the same bits as with stored arrays.
module NeuralDE.Tests.Engine.StreamTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Kernels
open NeuralDE.Tests.Engine.Agreement

module internal Streaming =
    /// Everything is stored.
    let stored (run: unit -> 'T) : 'T =
        SameBits.withStreams (ValueSome { StreamLimits.nothingStored 64 with Large = Int64.MaxValue }) run

    let difference (tiles: int list) (r: RandomGraph) : string option =
        let expected = stored (fun () -> byPlan r.Graph r.Args)

        tiles
        |> List.tryPick (fun tile ->
            SameBits.withStreams (ValueSome(StreamLimits.nothingStored tile)) (fun () -> byPlan r.Graph r.Args)
            |> bitDifference expected
            |> Option.map (fun d -> $"tiles of {tile} elements compared with stored arrays: {d}"))

    let check (graph: int -> RandomGraph) (difference: RandomGraph -> string option) seeds =
        for seed in seeds do
            let r = graph seed

            match difference r with
            | Some difference -> failtest $"{difference}\n{RandomGraphs.describe r}"
            | None -> ()

[<Tests>]
let tests =
    testList
        "Engine.Stream"
        [ testCase "reductions of unstored arrays have the bits of stored ones" (fun () ->
              Streaming.check (RandomReductions.ofSeed 6000) (Streaming.difference [ 64; 128; 1024 ]) [ 5000..5299 ]
              Streaming.check (RandomReductions.ofSeed 60000) (Streaming.difference [ 256; 4096 ]) [ 5500..5529 ])

          testCase "random graphs have the same bits with any limits of storage" (fun () ->
              Streaming.check RandomGraphs.ofSeed (Streaming.difference [ 64; 512 ]) [ 5600..5799 ]
              Streaming.check RandomGraphs.nested (Streaming.difference [ 64; 512 ]) [ 5800..5849 ])

          testCase "any number of threads gives the same bits" (fun () ->
              let difference (r: RandomGraph) =
                  SameBits.withStreams (ValueSome(StreamLimits.nothingStored 128)) (fun () ->
                      SameBits.betweenThreadCounts r)

              Streaming.check (RandomReductions.ofSeed 60000) difference [ 5900..5949 ])

          testCase "expensive arrays with several readers are stored, with the same bits" (fun () ->
              let setting = { StreamLimits.nothingStored 64 with Affordable = Int64.MaxValue }

              let difference (r: RandomGraph) =
                  let expected = Streaming.stored (fun () -> byPlan r.Graph r.Args)
                  bitDifference expected (SameBits.withStreams (ValueSome setting) (fun () -> byPlan r.Graph r.Args))

              Streaming.check (RandomReductions.ofSeed 6000) difference [ 6200..6399 ])

          testCase "tiles access only their arrays" (fun () ->
              try
                  ThreadScratch.Guard true

                  for seed in 6400..6499 do
                      Guarding.force (if seed % 2 = 0 then BeforeGuard else BehindGuard)

                      SameBits.withThreads 1 (fun () ->
                          Streaming.check (RandomReductions.ofSeed 6000) (Streaming.difference [ 64; 512 ]) [ seed ])

                      // a process may have about 65 000 memory mappings, and every protected page adds two
                      if seed % 25 = 0 then
                          GC.Collect()
                          GC.WaitForPendingFinalizers()
              finally
                  ThreadScratch.Guard false
                  Guarding.force Unguarded)

          testCase "a transposed result is computed in its place, not copied" (fun () ->
              let column: Signature = { Dtype = Float64; Shape = [| 100; 1 |] }
              let row: Signature = { Dtype = Float64; Shape = [| 1; 100 |] }
              let spread axes i s =
                  Intern.node
                      (Broadcast([| 100; 100 |], axes))
                      [| Intern.node (Reshape [| 100 |]) [| Intern.input i s |] |]
              let sum = Intern.node (Op.Binary Add) [| spread [| 0 |] 0 column; spread [| 1 |] 1 row |]
              let turned = Intern.node (Permute [| 1; 0 |]) [| Intern.node (Op.Unary Sin) [| sum |] |]

              let size =
                  SameBits.withStreams (ValueSome(StreamLimits.nothingStored 64)) (fun () ->
                      (LowerFunctions.graph (Intern.graph [| column; row |] [| turned |])).Size)

              Expect.inRange size (80_000L, 90_000L) "bytes")

          testCase "sums of many columns stay within the memory of a thread" (fun () ->
              for columns in [ 8; 16; 20; 64 ] do
                  let s: Signature = { Dtype = Float64; Shape = [| 1000; columns |] }
                  let sine = Intern.node (Op.Unary Sin) [| Intern.input 0 s |]
                  let g = Intern.graph [| s |] [| Intern.node (Reduce(Sum, [| 0 |])) [| sine |] |]
                  let args = [| NdArray.OfFloats(Float64, s.Shape, Array.init (1000 * columns) float) |]
                  let expected = Streaming.stored (fun () -> byPlan g args)

                  try
                      ThreadScratch.Guard true

                      let got =
                          SameBits.withThreads 1 (fun () ->
                              SameBits.withStreams (ValueSome(StreamLimits.nothingStored 1024)) (fun () ->
                                  byPlan g args))

                      Expect.equal (bitDifference expected got) None $"%d{columns} columns"
                  finally
                      ThreadScratch.Guard false)

          testCase "plans that store nothing give the interpreter's results" (fun () ->
              SameBits.withStreams (ValueSome(StreamLimits.nothingStored 64)) (fun () ->
                  Streaming.check (RandomReductions.ofSeed 6000) planDifference [ 6000..6199 ])) ]
