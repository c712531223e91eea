/// The program of the tests in a tree with changes, in place of the ordinary one: it runs tests one by one, notes the changes
/// they reach, and stops at the first failure.
module NeuralDE.Tests.Program

open System
open System.Diagnostics
open System.IO
open System.Threading
open Expecto
open Expecto.Impl

type private Outcome =
    | Passed
    | Skipped
    | Failed of string

let private pathOf (test: FlatTest) = (String.concat "." test.name).ReplaceLineEndings(" ").Replace('\t', ' ')

let private all =
    lazy
        (testFromThisAssembly ()
         |> Option.map Test.toTestCodeList
         |> Option.defaultValue []
         |> Seq.filter (fun test -> test.state <> FocusState.Pending && not ((pathOf test).StartsWith "gates"))
         |> List.ofSeq)

let private start test =
    match test with
    | Sync f -> f ()
    | SyncWithCancel f -> f CancellationToken.None
    | Async f -> Async.RunSynchronously f
    | AsyncFsCheck(config, _, f) ->
        f (config |> Option.defaultValue FsCheckConfig.defaultConfig) |> Async.RunSynchronously

let private outcome (test: FlatTest) =
    try
        start test.test
        Passed
    with
    | :? IgnoreException -> Skipped
    | problem -> Failed problem.Message

let private say (line: string) =
    Console.Out.Flush()
    use output = new StreamWriter(Console.OpenStandardOutput())
    output.WriteLine line

/// Writes a line for each test: how it ended, its time, the changes it reached, its path.
let private record (file: string) (areas: string[]) =
    use lines = new StreamWriter(file, AutoFlush = true)
    let isWanted (path: string) = areas |> Array.exists (fun area -> path.StartsWith(area + "."))

    for test in all.Value do
        let path = pathOf test

        if isWanted path then
            Array.Clear NeuralDE.Mutant.Reached
            let clock = Stopwatch.StartNew()
            let ended = outcome test
            let time = clock.Elapsed.TotalMilliseconds
            let reached = NeuralDE.Mutant.Reached |> Seq.indexed |> Seq.filter snd |> Seq.map (fst >> string)
            let word =
                match ended with
                | Passed -> "passed"
                | Skipped -> "skipped"
                | Failed _ -> "failed"
            let numbers = String.concat "," reached
            lines.WriteLine $"{word}\t%.1f{time}\t{numbers}\t{path}"

    0

/// The test that runs, when it began and how long it may take. A change can make any test endless, or take all memory.
let mutable private running = "", 0L, 0.0

let private memoryLimit = 6L <<< 30

let private watch () =
    let ends verdict =
        say verdict
        Process.GetCurrentProcess().Kill()

    let look () =
        while true do
            Thread.Sleep 200
            let path, began, limit = running

            if Stopwatch.GetElapsedTime(began).TotalMilliseconds > limit then ends $"verdict\ttimed out\t{path}"
            elif Environment.WorkingSet > memoryLimit then ends $"verdict\tkilled\t{path} (memory)"

    Thread(look, IsBackground = true).Start()

/// Runs tests in the order of a file of times and paths up to the first that fails.
let private judge (file: string) =
    let byPath = all.Value |> List.groupBy pathOf |> dict

    let fails (line: string) =
        let tab = line.IndexOf '\t'
        let time, path = Double.Parse line[.. tab - 1], line[tab + 1 ..]
        // the first of them compiles what they share
        running <- path, Stopwatch.GetTimestamp(), 20000.0 + 3.0 * time

        match byPath.TryGetValue path with
        | true, tests ->
            tests
            |> List.exists (fun test ->
                match outcome test with
                | Failed _ -> true
                | _ -> false)
        // the change took the test away
        | _ -> true

    running <- "", Stopwatch.GetTimestamp(), 60000.0
    watch ()

    match File.ReadAllLines file |> Array.tryFind fails with
    | Some line ->
        say $"verdict\tkilled\t{line[line.IndexOf '\t' + 1 ..]}"
        1
    | None ->
        say "verdict\tsurvived"
        0

/// Runs the tests whose paths begin with a word, for people: what fails, and why.
let private show (beginning: string) =
    let failed =
        [ for test in all.Value do
              if (pathOf test).StartsWith beginning then
                  match outcome test with
                  | Failed why ->
                      say $"{pathOf test}\n    {why}"
                      test
                  | _ -> () ]

    say $"{failed.Length} failed"
    min failed.Length 1

[<EntryPoint>]
let main arguments =
    match Array.toList arguments with
    | "child" :: task -> Sizes.Children.main (Array.ofList task)
    | "record" :: file :: areas ->
        Commas.set ()
        record file (Array.ofList areas)
    | [ "judge"; file ] ->
        Commas.set ()
        judge file
    | [ beginning ] ->
        Commas.set ()
        show beginning
    | _ ->
        eprintfn "Got %A, expected the beginning of a path of tests." arguments
        1
