/// How groups run and how many threads there are is the same for all tests, so those that change it run alone.
namespace NeuralDE.Tests.Engine

open Xunit
open NeuralDE
open NeuralDE.Compiler

[<CollectionDefinition("settings of the engine", DisableParallelization = true)>]
type SettingsOfTheEngine() = class end

[<Collection("settings of the engine")>]
type SameBitsTests() =
    static let check (graph: int -> RandomGraph) (difference: RandomGraph -> string option) seeds =
        for seed in seeds do
            let r = graph seed

            match difference r with
            | Some difference -> Assert.Fail $"{difference}\n{RandomGraphs.describe r}"
            | None -> ()

    [<Fact>]
    member _.``compiled and tiled groups give the same bits``() =
        check RandomGraphs.ofSeed SameBits.betweenTiers [ 2000..2149 ]

    [<Fact>]
    member _.``tiles of any number of rows give the same bits``() =
        check RandomGraphs.ofSeed SameBits.betweenTiles [ 3700..3899 ]
        check RandomGraphs.nested SameBits.betweenTiles [ 3900..3949 ]
        check RandomGraphs.large SameBits.betweenTiles [ 3950..3979 ]

    [<Fact>]
    member _.``one thread and several give the same bits``() =
        check RandomGraphs.ofSeed SameBits.betweenThreadCounts [ 2200..2299 ]
        check RandomGraphs.large SameBits.betweenThreadCounts [ 2300..2329 ]

    [<Fact>]
    member _.``a plan gives the same bits again``() = check RandomGraphs.ofSeed SameBits.betweenRuns [ 2400..2599 ]

    [<Fact>]
    member _.``several callers at once get the bits that one gets``() =
        check RandomGraphs.ofSeed SameBits.betweenCallers [ 2600..2699 ]

    [<Fact>]
    member _.``a row has the same bits alone and among others``() =
        // what batching computes at once, it computes by the interpreter where that runs everything: not a plan's bits
        if not Execute.byReference then
            check RandomGraphs.plain SameBits.betweenRows [ 2700..2999 ]
            check RandomGraphs.nested SameBits.betweenRows [ 3000..3099 ]

    [<Fact>]
    member _.``layers tile by tile on several threads give the bits of one thread without tiles``() =
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
                Assert.Equal<float[][]>(expected, bits threads rows)
