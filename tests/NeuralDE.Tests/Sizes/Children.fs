/// Functions of these tests in separate processes, which may crash.
module NeuralDE.Tests.Sizes.Children

open System
open System.Reflection
open NeuralDE.Tests.Examples

/// A task of a child process with two numbers; it returns its failures.
let private tasks =
    dict
        [ "verbs", Attempts.tryMany
          "graphs", GuardedGraphs.tryMany
          "touch", GuardedGraphs.touch
          "kept", KeptResults.tryMany
          "ordinary", NeuralDE.Tests.Engine.OrdinaryProgram.run
          "lanes", NeuralDE.Tests.Engine.LaneLaws.run ]

/// The program of the child: the name of the task and its numbers. Exit code 1 after a failure.
let main (arguments: string[]) : int =
    let said = tasks[arguments[0]] (int arguments[1]) (int arguments[2])

    for text in said do
        Console.Error.WriteLine text

    min 1 said.Length

/// Runs a task in a process with variables of the environment, whose arrays take at most 3 GB. Fails if the task reports a
/// failure, if the process crashes, and if it takes too long.
let runWith (variables: (string * string) list) (minutes: float) (task: string) (first: int) (second: int) : unit =
    let tests = Assembly.GetExecutingAssembly().Location
    let arguments = [ tests; "child"; task; string first; string second ]

    Scripts.inFolder (fun folder ->
        Scripts.dotnetWith (("DOTNET_GCHeapHardLimit", "C0000000") :: variables) folder minutes arguments |> ignore)

let run (minutes: float) (task: string) (first: int) (second: int) : unit = runWith [] minutes task first second
