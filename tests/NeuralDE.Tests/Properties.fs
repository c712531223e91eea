/// Properties with FsCheck: a property that fails is a failed test with the smallest counterexample.
module NeuralDE.Tests.Properties

open Expecto
open FsCheck

let private runner =
    { new IRunner with
        member _.OnStartFixture _ = ()
        member _.OnArguments(_, _, _) = ()
        member _.OnShrink(_, _) = ()

        member _.OnFinished(name, result) =
            match result with
            | TestResult.Passed _ -> ()
            | _ -> failtest (Runner.onFinishedToString name result) }

/// 100 cases; `Check.One(Properties.config, …)`.
let config = Config.Quick.WithRunner runner
