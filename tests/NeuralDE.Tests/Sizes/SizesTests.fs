/// Tests that may crash run in a separate process. NEURALDE_GUARD_COUNT and NEURALDE_GUARD_SEED are the number of random
/// graphs and the first seed.
module NeuralDE.Tests.Sizes.SizesTests

open System
open Expecto
open NeuralDE.Tests

let private setting (name: string) (usual: int) =
    match Environment.GetEnvironmentVariable name with
    | null
    | "" -> usual
    | text -> int text

[<Tests>]
let tests =
    testList
        "Sizes.Sizes"
        [ testCase "every verb accepts or refuses any size" (fun () -> Children.run 10.0 "verbs" 40 1)

          testCase "random plans access only their arrays" (fun () ->
              let count = setting "NEURALDE_GUARD_COUNT" 200
              Children.run 60.0 "graphs" count (setting "NEURALDE_GUARD_SEED" 0))

          // so that the test above can fail
          testCase "access to a guard crashes the process" (fun () ->
              let failure = Expect.thrownAny<exn>(fun () -> Children.run 5.0 "touch" 1 0)
              // by a signal; 1 is the exit code of a task that reports a failure
              Expect.stringContains failure.Message "ended with exit code 1" "the process crashes"
              Expect.stringLacks failure.Message "exit code 1," "the process crashes") ]
