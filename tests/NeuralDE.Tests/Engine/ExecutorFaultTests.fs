/// Errors of a back end are reported with its name.
module NeuralDE.Tests.Engine.ExecutorFaultTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

/// A back end that always returns the same results.
let private giving (result: NdArray) : Executor =
    { new Executor("wrong") with
        member _.Primitive(_, _, _) = result
        member _.Call(_, _) = [| result |]
        member _.Upload x = x }

let private lying (device: Executor) : Tensor =
    let rec buffer () : Buffer =
        { new Buffer(device) with
            member _.ToHost(_, _) = [| 0.0 |]
            member _.WithShape _ = buffer ()
            member _.Release() = () }

    Tensor.OfArray(NdArray.In(buffer (), Float64, [| 1 |]))

[<Tests>]
let tests =
    testList
        "Engine.Executor.faults"
        [ testCase "results with unexpected signatures are reported" (fun () ->
              for result in [ NdArray(Float32, [| 1 |], [| 0.0f |]); NdArray(Float64, [| 1; 1 |], [| 0.0 |]) ] do
                  let x = lying (giving result)

                  for act in
                      [ (fun () -> sin x)
                        (fun () -> compile sin x)
                        (fun () -> iterate 2 sin x)
                        (fun () -> compile (fun (x: Tensor) -> sin x, cos x) x |> fst) ] do
                      let message = (Expect.thrown<GraphException>(fun () -> act () |> ignore)).Message
                      Expect.stringContains message "wrong gave" "message"
                      Expect.stringContains message "float64 [1]" "what was expected") ]
