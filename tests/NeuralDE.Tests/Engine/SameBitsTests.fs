/// These tests change process-wide settings of groups and threads, so they run alone.
module NeuralDE.Tests.Engine.SameBitsTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Engine

let private check (graph: int -> RandomGraph) (difference: RandomGraph -> string option) seeds =
    for seed in seeds do
        let r = graph seed

        match difference r with
        | Some difference -> failtest $"{difference}\n{RandomGraphs.describe r}"
        | None -> ()

[<Tests>]
let tests =
    testList
        "Engine.SameBits"
        [ testCase "compiled and tiled groups give the same bits" (fun () ->
              check RandomGraphs.ofSeed SameBits.betweenTiers [ 2000..2149 ])

          testCase "tiles of any number of rows give the same bits" (fun () ->
              check RandomGraphs.ofSeed SameBits.betweenTiles [ 3700..3899 ]
              check RandomGraphs.nested SameBits.betweenTiles [ 3900..3949 ]
              check RandomGraphs.large SameBits.betweenTiles [ 3950..3979 ])

          testCase "one thread and several give the same bits" (fun () ->
              check RandomGraphs.ofSeed SameBits.betweenThreadCounts [ 2200..2299 ]
              check RandomGraphs.large SameBits.betweenThreadCounts [ 2300..2329 ])

          testCase "a second run of a plan gives the same bits" (fun () ->
              check RandomGraphs.ofSeed SameBits.betweenRuns [ 2400..2599 ])

          testCase "concurrent callers get the bits of a single caller" (fun () ->
              check RandomGraphs.ofSeed SameBits.betweenCallers [ 2600..2699 ])

          testCase "a row has the same bits alone and among others" (fun () ->
              // if the interpreter runs everything, batching computes some values with it, whose bits differ from a
              // plan's
              if not Execute.byReference then
                  check RandomGraphs.plain SameBits.betweenRows [ 2700..2999 ]
                  check RandomGraphs.nested SameBits.betweenRows [ 3000..3099 ])

          testCase "layers in tiles on several threads give the bits of one thread without tiles" (fun () ->
              let net = Mlp.init (Key 1) [ 3; 50; 50; 2 ]
              let x = randn (Key 2) [ 20011; 3 ]
              let both x = grad (fun net -> sum (square (Mlp.apply net x))) net, Mlp.apply net x

              let bits threads rows =
                  SameBits.withThreads threads (fun () ->
                      SameBits.withRows rows (fun () ->
                          let gradient, y = compile both x
                          Array.append (Tree.flatten gradient) [| y |] |> Array.map (fun t -> t.ToArray())))

              let expected = bits 1 (ValueSome 0)

              for threads in [ 1; 2; 4 ] do
                  for rows in [ ValueNone; ValueSome 48; ValueSome 480; ValueSome 7 ] do
                      Expect.equal (bits threads rows) expected "bits threads rows") ]
