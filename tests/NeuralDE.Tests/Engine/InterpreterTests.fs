/// The reference interpreter: its derivatives of loops; and that ordinary programs run by plans, in a process in which it is
/// not even compiled.
module NeuralDE.Tests.Engine.InterpreterTests

open System.IO
open System.Reflection
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
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
let tests =
    testList
        "Engine.Interpreter"
        [ testCase "a row that has ended adds nothing to the gradient of what rows share" (fun () ->
              // x ← p x while x < 10
              let grown (p: Tensor) (x: Tensor) = repeatWhile (fun x -> x .< 10.0) 50 (fun x -> p * x) x
              let loss (xs: Tensor) (p: Tensor) = sum (vmap (grown p) xs)
              let inputs: Signature[] = [| { Dtype = Float64; Shape = [| 3 |] }; { Dtype = Float64; Shape = [||] } |]
              let g = Tracing.closed inputs (fun x -> [| grad (loss x[0]) x[1] |])
              let args =
                  [| NdArray.OfFloats(Float64, [| 3 |], [| 1.0; 3.0; 6.0 |])
                     NdArray.OfFloats(Float64, [||], [| 2.0 |]) |]
              // four, two and one iterations: the derivative of p⁴ + 3 p² + 6 p
              match Agreement.byInterpreter g args with
              | Ok slope -> Expect.equal slope[0].Floats [| 4.0 * 8.0 + 6.0 * 2.0 + 6.0 |] "slope"
              | Error message -> failtest message) ]

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
