/// Functions of these tests in processes of their own, which may end without a word.
module NeuralDE.Tests.Sizes.Children

open System
open System.Reflection
open NeuralDE.Tests.Examples

/// What a child can do with two numbers; it says what went wrong.
let private tasks =
    dict
        [ "verbs", Attempts.tryMany
          "graphs", GuardedGraphs.tryMany
          "touch", GuardedGraphs.touch
          "ordinary", NeuralDE.Tests.Engine.OrdinaryProgram.run ]

/// The child's program: the task's name and its numbers. Exit code 1 where something went wrong.
let main (arguments: string[]) : int =
    let said = tasks[arguments[0]] (int arguments[1]) (int arguments[2])

    for text in said do
        Console.Error.WriteLine text

    min 1 said.Length

/// Runs a task in a process whose arrays take at most 3 GB. Fails where the task says something, where the process dies, and
/// where it takes longer.
let run (minutes: float) (task: string) (first: int) (second: int) : unit =
    let tests = Assembly.GetExecutingAssembly().Location
    let arguments = [ tests; "child"; task; string first; string second ]

    Scripts.inFolder (fun folder ->
        Scripts.dotnetWith [ "DOTNET_GCHeapHardLimit", "C0000000" ] folder minutes arguments |> ignore)
