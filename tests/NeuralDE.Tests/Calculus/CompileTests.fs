/// What a compiled function keeps between calls.
module NeuralDE.Tests.Calculus.CompileTests

open Xunit
open NeuralDE

[<Fact>]
let ``a compiled function traces once for each shape and keeps the 64 latest`` () =
    let traces = ref 0

    let f =
        compile (fun (x: Tensor) ->
            traces.Value <- traces.Value + 1
            sum (x * x))

    let call n = Assert.Equal(float n, float (f (ones [ n ])))

    for _ in 1..2 do
        for n in 1..64 do
            call n

    Assert.Equal(64, traces.Value)
    call 65 // forgets 1
    call 2
    Assert.Equal(65, traces.Value)
    call 1
    Assert.Equal(66, traces.Value)
