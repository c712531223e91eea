/// Functions of these tests in processes of their own, which may end without a word.
module NeuralDE.Tests.Sizes.Children

open System.IO
open System.Reflection
open NeuralDE.Tests.Examples

/// Calls `int -> int -> string[]`, a public function of these tests, in a process whose arrays take at most 3 GB. Fails where
/// it gives any text, where the process dies, and where it takes longer.
let run (minutes: float) (moduleName: string) (functionName: string) (first: int) (second: int) : unit =
    let tests = Assembly.GetExecutingAssembly().Location

    let script =
        $"""
let tests = System.Reflection.Assembly.LoadFrom @"{tests}"
let run = tests.GetType("{moduleName}", true).GetMethod "{functionName}"
let said = run.Invoke(null, [| box {first}; box {second} |]) :?> string[]
for text in said do System.Console.Error.WriteLine text
exit (min 1 said.Length)
"""

    Scripts.inFolder (fun folder ->
        let path = Path.Combine(folder, "child.fsx")
        File.WriteAllText(path, script)
        Scripts.dotnetWith [ "DOTNET_GCHeapHardLimit", "C0000000" ] folder minutes [ "fsi"; path ] |> ignore)
