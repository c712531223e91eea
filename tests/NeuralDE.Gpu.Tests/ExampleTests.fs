/// examples/gpu trains the same model on every device.
module NeuralDE.Gpu.Tests.ExampleTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Gpu.Example

[<Tests>]
let tests =
    testList
        "Example"
        [ testCase "the spiral has the same losses on each device" (fun () ->
              let here, there = Spiral.train Device.cpu 6, Spiral.train OnDevice.device 6

              for a, b in Array.zip here there do
                  Expect.near (1e-3 * a) b a "loss") ]
