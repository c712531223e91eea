/// How groups run and how many threads there are is the same for all tests, so those that change it run alone.
namespace NeuralDE.Tests.Engine

open Xunit
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
