/// Runs the tests sequentially: some measure allocations or change settings of the process. The gates (paths that begin
/// with `gates`) run only if an argument selects them. The last line counts the tests.
module NeuralDE.Tests.Program

open System
open System.IO
open Expecto
open Expecto.Impl

let private isGate (path: string list) = (List.head path).StartsWith "gates"

/// Numbers of passed and failed tests; none before the end of a run.
let mutable private counts = None

let private count (summary: TestRunSummary) =
    counts <- Some(summary.passed.Length, summary.failed.Length + summary.errored.Length)

/// Prints a line without padding; Expecto's console pads lines.
let private say (line: string) =
    Console.Out.Flush()
    use output = new StreamWriter(Console.OpenStandardOutput())
    output.WriteLine line

let private runTests (arguments: string[]) : int =
    Commas.set ()
    let all = testFromThisAssembly () |> Option.defaultValue (testList "" [])
    let asksForGates = arguments |> Array.exists _.StartsWith("gates")
    let tests = if asksForGates then all else Test.filter "." (isGate >> not) all
    let settings = [ Sequenced; No_Spinner; Append_Summary_Handler(SummaryHandler count) ]
    let code = runTestsWithCLIArgs settings arguments tests

    match counts with
    | None -> code // the tests were only listed
    | Some(passed, failed) ->
        if passed + failed = 0 then
            eprintfn
                "No test ran, expected some. A filter is the beginning of a test's path; --list-tests shows the paths."

        say $"{passed} passed, {failed} failed"
        if passed + failed = 0 then 1 else code

/// `child` is the argument with which tests start processes of their own.
[<EntryPoint>]
let main arguments =
    match Array.toList arguments with
    | "child" :: task -> Sizes.Children.main (Array.ofList task)
    | _ -> runTests arguments
