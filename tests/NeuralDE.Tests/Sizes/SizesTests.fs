/// What may end a process runs in one of its own.
module NeuralDE.Tests.Sizes.SizesTests

open System
open Xunit
open NeuralDE.Tests

let private setting (name: string) (usual: int) =
    match Environment.GetEnvironmentVariable name with
    | null
    | "" -> usual
    | text -> int text

[<Fact>]
let ``every verb takes any size`` () = Sizes.Children.run 10.0 "NeuralDE.Tests.Sizes.Attempts" "tryMany" 40 1

/// NEURALDE_GUARD_COUNT and NEURALDE_GUARD_SEED say how many graphs there are and which is the first.
[<Fact>]
let ``random plans touch nothing but their arrays`` () =
    let count = setting "NEURALDE_GUARD_COUNT" 200
    Sizes.Children.run 60.0 "NeuralDE.Tests.Sizes.GuardedGraphs" "tryMany" count (setting "NEURALDE_GUARD_SEED" 0)

/// So that the tests above can fail.
[<Fact>]
let ``a touch of a guard ends the process`` () =
    let run () = Sizes.Children.run 5.0 "NeuralDE.Tests.Sizes.GuardedGraphs" "touch" 1 0
    let failure = Assert.ThrowsAny<exn>(fun () -> run ())
    // a signal, not an error of the script
    Assert.DoesNotContain("exit code 1,", failure.Message)
    Assert.Contains("exit code", failure.Message)
