/// Runs the tests one after the other: several of them measure allocations or change settings of the whole process.
/// The gates (paths that begin with `gates`) run only where an argument asks for them. The last line counts.
module NeuralDE.Tests.Program

open Expecto
open Expecto.Impl

let private isGate (path: string list) = (List.head path).StartsWith "gates"

/// How many tests ran; none before a run is over.
let mutable private ran = None

let private count (summary: TestRunSummary) =
    let passed, failed = summary.passed.Length, summary.failed.Length + summary.errored.Length
    ran <- Some(passed + failed)
    printfn "\n%d passed, %d failed" passed failed

[<EntryPoint>]
let main arguments =
    let all = testFromThisAssembly () |> Option.defaultValue (testList "" [])
    let asksForGates = arguments |> Array.exists _.StartsWith("gates")
    let tests = if asksForGates then all else Test.filter "." (isGate >> not) all
    let code =
        runTestsWithCLIArgs [ Sequenced; No_Spinner; Append_Summary_Handler(SummaryHandler count) ] arguments tests

    match ran with
    | Some 0 ->
        eprintfn "No test ran, expected some. A filter is the beginning of a test's path; --list-tests shows the paths."
        1
    | _ -> code
