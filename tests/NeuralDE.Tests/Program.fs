/// Runs the tests: all but the gates, or those that the arguments of Expecto ask for.
module NeuralDE.Tests.Program

open Expecto

[<EntryPoint>]
let main arguments = runTestsInAssemblyWithCLIArgs [ Sequenced ] arguments
