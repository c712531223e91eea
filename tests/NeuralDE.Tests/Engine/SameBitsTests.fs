/// How groups run and how many threads there are is the same for all tests, so those that change it run alone.
module NeuralDE.Tests.Engine.SameBitsTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor

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

          testCase "a plan gives the same bits again" (fun () ->
              check RandomGraphs.ofSeed SameBits.betweenRuns [ 2400..2599 ])

          testCase "several callers at once get the bits that one gets" (fun () ->
              check RandomGraphs.ofSeed SameBits.betweenCallers [ 2600..2699 ])

          testCase "a row has the same bits alone and among others" (fun () ->
              // what batching computes at once, it computes by the interpreter where that runs everything: not a plan's bits
              if not Execute.byReference then
                  check RandomGraphs.plain SameBits.betweenRows [ 2700..2999 ]
                  check RandomGraphs.nested SameBits.betweenRows [ 3000..3099 ])

          testCase "layers tile by tile on several threads give the bits of one thread without tiles" (fun () ->
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
