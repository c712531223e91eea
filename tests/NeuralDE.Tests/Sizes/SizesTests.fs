/// What may end a process runs in one of its own. NEURALDE_GUARD_COUNT and NEURALDE_GUARD_SEED say how many random graphs
/// there are and which is the first.
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
        [ testCase "every verb takes any size" (fun () -> Children.run 10.0 "verbs" 40 1)

          testCase "random plans touch nothing but their arrays" (fun () ->
              let count = setting "NEURALDE_GUARD_COUNT" 200
              Children.run 60.0 "graphs" count (setting "NEURALDE_GUARD_SEED" 0))

          // so that the test above can fail
          testCase "a touch of a guard ends the process" (fun () ->
              let failure = Expect.thrownAny<exn>(fun () -> Children.run 5.0 "touch" 1 0)
              // by a signal; 1 is what a task gives that has something to say
              Expect.stringContains failure.Message "ended with exit code 1" "the process dies"
              Expect.stringLacks failure.Message "exit code 1," "the process dies") ]
