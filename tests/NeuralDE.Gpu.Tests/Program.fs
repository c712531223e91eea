/// Runs the tests of the GPU back end one after another: they count tensors and transfers. The last line counts the tests.
module NeuralDE.Gpu.Tests.Program

open Expecto
open Expecto.Impl
open NeuralDE.Tests

let mutable private counts = None

let private count (summary: TestRunSummary) =
    counts <- Some(summary.passed.Length, summary.failed.Length + summary.errored.Length)

[<EntryPoint>]
let main arguments =
    Commas.set ()
    TorchSharp.torch.set_num_threads 1
    printfn "on %O" OnDevice.device
    let settings = [ Sequenced; No_Spinner; Append_Summary_Handler(SummaryHandler count) ]
    let code = runTestsInAssemblyWithCLIArgs settings arguments

    match counts with
    | Some(passed, failed) ->
        printfn "%d passed, %d failed" passed failed
        if passed + failed = 0 then 1 else code
    | None -> code // the tests were only listed
