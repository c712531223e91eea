/// The benchmarks: all rows, the rows of one name, or the kernels alone.
module NeuralDE.Benchmarks.Program

open System
open System.IO
open System.Text
open NeuralDE.Kernels

let private benchmarks: Benchmark list =
    List.concat
        [ SpiralSolves.all
          SpiralGradients.all
          Checkpoints.all
          Networks.all
          Products.all
          Elementwise.all
          Convolutions.all
          Training.all
          OdeNetStep.all
          Ensembles.all
          Singles.all
          Stiff.all
          Overhead.all
          // exponents are no times to compare, and a build that is quadratic takes hours
          (if Sampling.isShort then [] else Growth.all @ Scaling.all)
          Starts.all ]

/// Where the rows are written; NEURALDE_BENCH_RESULTS names another file.
let private results =
    match Environment.GetEnvironmentVariable "NEURALDE_BENCH_RESULTS" with
    | null
    | "" -> Path.Combine("bench", "results.json")
    | path -> path

let private measure (context: Context) (benchmark: Benchmark) : Row list =
    printf $"{benchmark.Name} …"
    Console.Out.Flush()

    try
        let rows = benchmark.Run context

        let absent =
            rows
            |> List.collect (fun row -> [ row.Rival; row.Libtorch ])
            |> List.choose (fun rival ->
                match rival with
                | Absent(name, reason) -> Some $" {name} is absent: {reason}"
                | Measured _
                | Published _
                | Nobody -> None)
            |> List.distinct

        printfn "%s" (String.concat "" absent)
        rows
    with
    | Skipped reason ->
        printfn $" skipped: {reason}"
        []
    | PeerException reason ->
        printfn $" skipped, the peer failed: {reason}"
        []

let private run (names: string list) =
    let isChosen (b: Benchmark) =
        names.IsEmpty || names |> List.exists (fun name -> b.Name.StartsWith(name, StringComparison.Ordinal))

    match List.filter isChosen benchmarks with
    | [] ->
        let known = benchmarks |> List.map (fun b -> "  " + b.Name) |> String.concat "\n"
        let given = String.concat " " names
        eprintfn $"Got `{given}`, expected the name of a row or its beginning:\n{known}"
        1
    | chosen ->
        let peer, libtorch = Peer.StartPython(), Peer.StartLibtorch()

        try
            let context = { Peer = peer; Libtorch = libtorch }
            let head = Machine.head context

            for name, value in head do
                printfn $"{name}: {value}"

            printfn ""
            let rows = chosen |> List.collect (measure context)
            printfn ""
            Table.print rows
            printfn $"\nload at the end: {Machine.load ()}"

            if names.IsEmpty then
                Results.write results head rows
                printfn $"written to {results}"

            0
        finally
            for started in [ peer; libtorch ] do
                match started with
                | Ok peer -> (peer :> IDisposable).Dispose()
                | Error _ -> ()

[<EntryPoint>]
let main arguments =
    Console.OutputEncoding <- Encoding.UTF8
    // rows compare one thread with one thread
    ThreadTeam.Threads <- 1

    match List.ofArray arguments with
    | "micro" :: rest ->
        Micro.run rest
        0
    | names -> run names
