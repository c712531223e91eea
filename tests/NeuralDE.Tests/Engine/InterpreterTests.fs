/// Ordinary programs run by plans: the reference interpreter is not even compiled in their process.
module NeuralDE.Tests.Engine.InterpreterTests

open System.IO
open System.Reflection
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Examples

/// The methods that the runtime compiled in a process with the ordinary program. Precompiled code is disabled there, so
/// that every method that ran was compiled.
let private compiledIn (variables: (string * string) list) : string[] =
    let mutable lines = [||]

    Scripts.inFolder (fun folder ->
        let list = Path.Combine(folder, "methods.txt")
        let listing = [ "DOTNET_JitStdOutFile", list; "DOTNET_JitDisasmSummary", "1"; "DOTNET_ReadyToRun", "0" ]
        let arguments = [ Assembly.GetExecutingAssembly().Location; "child"; "ordinary"; "0"; "0" ]
        Scripts.dotnetWith (listing @ variables) folder 5.0 arguments |> ignore
        lines <- File.ReadAllLines list)

    lines

let private isOf (name: string) (line: string) =
    line.Contains $" NeuralDE.Internal.Engine.{name}:" || line.Contains $" NeuralDE.Internal.Engine.{name}+"

[<Tests>]
let gates =
    testList
        "gates.Engine.Interpreter"
        [ testCase "an ordinary program does not use the interpreter" (fun () ->
              let lines = compiledIn [ "NEURALDE_EXECUTOR", "" ]
              Expect.isTrue
                  (lines |> Array.exists (isOf "Plan"))
                  "a line of Plan, which shows that the list is complete"
              Expect.none lines (isOf "Interpret") "methods of the reference interpreter")

          testCase "a program that selects the interpreter uses it" (fun () ->
              let lines = compiledIn [ "NEURALDE_EXECUTOR", "reference" ]
              Expect.isTrue (lines |> Array.exists (isOf "Interpret")) "a line of Interpret") ]
