/// The traces that a compiled function keeps between calls.
module NeuralDE.Tests.Calculus.CompileTests

open Expecto
open NeuralDE.Tests
open NeuralDE

[<Tests>]
let tests =
    testList
        "Calculus.Compile"
        [ testCase "a compiled function traces once for each shape and keeps the 64 latest" (fun () ->
              let traces = ref 0

              let f =
                  compile (fun (x: Tensor) ->
                      traces.Value <- traces.Value + 1
                      sum (x * x))

              let call n = Expect.equal (float (f (ones [ n ]))) (float n) "float (f (ones [ n ]))"

              for _ in 1..2 do
                  for n in 1..64 do
                      call n

              Expect.equal traces.Value 64 "traces.Value"
              call 65 // drops the trace of 1
              call 2
              Expect.equal traces.Value 65 "traces.Value"
              call 1
              Expect.equal traces.Value 66 "traces.Value") ]
