module NeuralDE.Tests.Learning.LayersTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE

[<Tests>]
let tests =
    testList
        "Learning.Layers"
        [ testList
              "Linear.init is uniform in ±1/√inputs"
              [ for inputs, outputs in [ 1, 1; 2, 50; 64, 3 ] do
                    testCase $"{inputs}, {outputs}" (fun () ->
                        let layer = Linear.init (Key 1) inputs outputs
                        Expect.equal layer.Weight.Shape [| inputs; outputs |] "layer.Weight.Shape"
                        Expect.equal layer.Bias.Shape [| outputs |] "layer.Bias.Shape"
                        Expect.equal layer.Weight.Dtype Float64 "layer.Weight.Dtype"
                        let bound = 1.0 / Math.Sqrt(float inputs)
                        for w in Array.append (layer.Weight.ToArray()) (layer.Bias.ToArray()) do
                            Expect.inRange w (-bound, bound) "w") ]

          testCase "initial weights fill their range" (fun () ->
              let spread (w: Tensor) = float (std w)
              Expect.near
                  1e-3
                  (spread (Init.linear (Key 1) [ 100; 200 ]))
                  (0.1 / Math.Sqrt 3.0)
                  "spread (Init.linear (Key 1) [ 100; 200 ])"
              Expect.near
                  1e-3
                  (spread (Init.glorot (Key 1) [ 100; 200 ]))
                  (Math.Sqrt(2.0 / 300.0))
                  "spread (Init.glorot (Key 1) [ 100; 200 ])"
              Expect.near
                  2e-3
                  (spread (Init.he (Key 1) [ 100; 200 ]))
                  (Math.Sqrt(2.0 / 100.0))
                  "spread (Init.he (Key 1) [ 100; 200 ])")

          testCase "equal keys give equal networks, other keys others, and layers differ" (fun () ->
              let numbers (key: int) = Mlp.init (Key key) [ 3; 3; 3 ] |> Tree.flatten |> Array.map _.ToArray()
              let net = numbers 1
              Expect.equal (numbers 1) net "numbers 1"
              Expect.notEqual (numbers 2) net "numbers 2"
              Expect.notEqual net[2] net[0] "net[2]"
              Expect.notEqual (net[1][0]) (net[0][0]) "net[1][0]")

          testCase "Linear.apply is x W + b for one input and for a batch" (fun () ->
              let layer = { Weight = tensor [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0 ] ]; Bias = tensor [ 0.1; 0.2; 0.3 ] }
              Expect.equal
                  ((Linear.apply layer (tensor [ 1.0; 2.0 ])).ToArray())
                  [| 9.1; 12.2; 15.3 |]
                  "(Linear.apply layer (tensor [ 1.0; 2.0 ])).ToArray()"
              Expect.equal
                  ((Linear.apply layer (zeros [ 4; 5; 2 ])).Shape)
                  [| 4; 5; 3 |]
                  "(Linear.apply layer (zeros [ 4; 5; 2 ])).Shape")

          testCase "an input of the wrong width is refused with the message of the tour" (fun () ->
              let layer = Linear.init (Key 1) 2 4
              let e = Expect.thrown<ShapeException>(fun () -> Linear.apply layer (zeros [ 3 ]) |> ignore)
              Expect.equal e.Message "Linear.apply: input has 3 features, the layer was made for 2." "e.Message"
              let e = Expect.thrown<ShapeException>(fun () -> Linear.apply layer (scalar 1.0) |> ignore)
              Expect.stringStarts e.Message "Linear.apply: input is one number" "e.Message")

          testCase "Mlp has the given widths, and its activation between layers only" (fun () ->
              let net = Mlp.init (Key 1) [ 2; 16; 16; 3 ]
              Expect.equal (Tree.count net) (2 * 16 + 16 + 16 * 16 + 16 + 16 * 3 + 3) "Tree.count net"
              Expect.equal ((Mlp.apply net (ones [ 7; 2 ])).Shape) [| 7; 3 |] "(Mlp.apply net (ones [ 7; 2 ])).Shape"
              let a, b, c = net.Layers[0], net.Layers[1], net.Layers[2]
              let x = tensor [ 0.3; -0.4 ]
              let expected = x |> Linear.apply a |> tanh |> Linear.apply b |> tanh |> Linear.apply c
              Expect.equal ((Mlp.apply net x).ToArray()) (expected.ToArray()) "(Mlp.apply net x).ToArray()"
              let expected = x |> Linear.apply a |> relu |> Linear.apply b |> relu |> Linear.apply c
              Expect.equal
                  ((Mlp.applyWith relu net x).ToArray())
                  (expected.ToArray())
                  "(Mlp.applyWith relu net x).ToArray()")

          testCase "initWith uses another initialiser and biases of 0" (fun () ->
              let net = Mlp.initWith Init.glorot (Key 1) [ 3; 5; 1 ]
              for layer in net.Layers do
                  for b in layer.Bias.ToArray() do
                      Expect.equal b 0.0 "b"
              let bound = Math.Sqrt(6.0 / 8.0)
              for w in net.Layers[0].Weight.ToArray() do
                  Expect.inRange w (-bound, bound) "w")

          testCase "invalid sizes of networks are refused" (fun () ->
              for sizes in [ []; [ 2 ]; [ 2; 0; 1 ] ] do
                  let e = Expect.thrown<InputException>(fun () -> Mlp.init (Key 1) sizes |> ignore)
                  Expect.stringStarts e.Message "Mlp.init: got sizes" "e.Message"

              Expect.thrown<InputException>(fun () -> Linear.init (Key 1) 0 2 |> ignore) |> ignore
              Expect.thrown<ShapeException>(fun () -> Init.he (Key 1) [ 2 ] |> ignore) |> ignore) ]
