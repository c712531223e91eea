/// Reductions of arrays that are not stored: they give the bits that they give where everything is stored.
namespace NeuralDE.Tests.Engine

open System
open Xunit
open NeuralDE
open NeuralDE.Compiler
open NeuralDE.Tests.Engine.Agreement

module internal Streaming =
    let withStreams (setting: StreamSetting voption) (run: unit -> 'T) : 'T =
        let before = StreamLimits.forced ()

        try
            StreamLimits.force setting
            run ()
        finally
            StreamLimits.force before

    /// Nothing streamed.
    let stored (run: unit -> 'T) : 'T = withStreams (ValueSome { StreamLimits.nothingStored 64 with Large = Int64.MaxValue }) run

    let difference (tiles: int list) (r: RandomGraph) : string option =
        let expected = stored (fun () -> byPlan r.Graph r.Args)

        tiles
        |> List.tryPick (fun tile ->
            withStreams (ValueSome(StreamLimits.nothingStored tile)) (fun () -> byPlan r.Graph r.Args)
            |> bitDifference expected
            |> Option.map (fun d -> $"tiles of {tile} elements beside stored arrays: {d}"))

    let check (graph: int -> RandomGraph) (difference: RandomGraph -> string option) seeds =
        for seed in seeds do
            let r = graph seed

            match difference r with
            | Some difference -> Assert.Fail $"{difference}\n{RandomGraphs.describe r}"
            | None -> ()

[<Collection("settings of the engine")>]
type StreamTests() =
    [<Fact>]
    member _.``reductions of arrays that are not stored have the bits of stored ones``() =
        Streaming.check (RandomReductions.ofSeed 6000) (Streaming.difference [ 64; 128; 1024 ]) [ 5000..5499 ]
        Streaming.check (RandomReductions.ofSeed 60000) (Streaming.difference [ 256; 4096 ]) [ 5500..5529 ]

    [<Fact>]
    member _.``random graphs have the same bits whatever is stored``() =
        Streaming.check RandomGraphs.ofSeed (Streaming.difference [ 64; 512 ]) [ 5600..5799 ]
        Streaming.check RandomGraphs.nested (Streaming.difference [ 64; 512 ]) [ 5800..5849 ]

    [<Fact>]
    member _.``any number of threads gives the same bits``() =
        let difference (r: RandomGraph) =
            Streaming.withStreams (ValueSome(StreamLimits.nothingStored 128)) (fun () -> SameBits.betweenThreadCounts r)

        Streaming.check (RandomReductions.ofSeed 60000) difference [ 5900..5949 ]

    [<Fact>]
    member _.``plans that store nothing give what the interpreter gives``() =
        Streaming.withStreams (ValueSome(StreamLimits.nothingStored 64)) (fun () ->
            Streaming.check (RandomReductions.ofSeed 6000) planDifference [ 6000..6199 ])
