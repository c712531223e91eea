module NeuralDE.Tests.Learning.LayersTests

open System
open Xunit
open NeuralDE

[<Theory>]
[<InlineData(1, 1)>]
[<InlineData(2, 50)>]
[<InlineData(64, 3)>]
let ``Linear.init is uniform in one over the root of the inputs`` (inputs: int) (outputs: int) =
    let layer = Linear.init (Key 1) inputs outputs
    Assert.Equal<int[]>([| inputs; outputs |], layer.Weight.Shape)
    Assert.Equal<int[]>([| outputs |], layer.Bias.Shape)
    Assert.Equal(Float64, layer.Weight.Dtype)
    let bound = 1.0 / Math.Sqrt(float inputs)
    Assert.All(Array.append (layer.Weight.ToArray()) (layer.Bias.ToArray()), fun w -> Assert.InRange(w, -bound, bound))

[<Fact>]
let ``initial weights fill their range`` () =
    let spread (w: Tensor) = float (std w)
    Assert.Equal(0.1 / Math.Sqrt 3.0, spread (Init.linear (Key 1) [ 100; 200 ]), 1e-3)
    Assert.Equal(Math.Sqrt(2.0 / 300.0), spread (Init.glorot (Key 1) [ 100; 200 ]), 1e-3)
    Assert.Equal(Math.Sqrt(2.0 / 100.0), spread (Init.he (Key 1) [ 100; 200 ]), 2e-3)

[<Fact>]
let ``a key gives the same network, another key another, and layers differ`` () =
    let numbers (key: int) = Mlp.init (Key key) [ 3; 3; 3 ] |> Tree.flatten |> Array.map _.ToArray()
    let net = numbers 1
    Assert.Equal<float[][]>(net, numbers 1)
    Assert.NotEqual<float[][]>(net, numbers 2)
    Assert.NotEqual<float[]>(net[0], net[2])
    Assert.NotEqual<float>(net[0][0], net[1][0])

[<Fact>]
let ``Linear.apply is x W + b for one input and for a batch`` () =
    let layer = { Weight = tensor [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0 ] ]; Bias = tensor [ 0.1; 0.2; 0.3 ] }
    Assert.Equal<float[]>([| 9.1; 12.2; 15.3 |], (Linear.apply layer (tensor [ 1.0; 2.0 ])).ToArray())
    Assert.Equal<int[]>([| 4; 5; 3 |], (Linear.apply layer (zeros [ 4; 5; 2 ])).Shape)

[<Fact>]
let ``an input of the wrong width is refused in the words of the tour`` () =
    let layer = Linear.init (Key 1) 2 4
    let e = Assert.Throws<ShapeException>(fun () -> Linear.apply layer (zeros [ 3 ]) |> ignore)
    Assert.Equal("Linear.apply: input has 3 features, the layer was made for 2.", e.Message)
    let e = Assert.Throws<ShapeException>(fun () -> Linear.apply layer (scalar 1.0) |> ignore)
    Assert.StartsWith("Linear.apply: input is one number", e.Message)

[<Fact>]
let ``Mlp has the widths asked for, and its activation between layers only`` () =
    let net = Mlp.init (Key 1) [ 2; 16; 16; 3 ]
    Assert.Equal(2 * 16 + 16 + 16 * 16 + 16 + 16 * 3 + 3, Tree.count net)
    Assert.Equal<int[]>([| 7; 3 |], (Mlp.apply net (ones [ 7; 2 ])).Shape)
    let a, b, c = net.Layers[0], net.Layers[1], net.Layers[2]
    let x = tensor [ 0.3; -0.4 ]
    let expected = x |> Linear.apply a |> tanh |> Linear.apply b |> tanh |> Linear.apply c
    Assert.Equal<float[]>(expected.ToArray(), (Mlp.apply net x).ToArray())
    let expected = x |> Linear.apply a |> relu |> Linear.apply b |> relu |> Linear.apply c
    Assert.Equal<float[]>(expected.ToArray(), (Mlp.applyWith relu net x).ToArray())

[<Fact>]
let ``initWith takes another initialiser and biases of 0`` () =
    let net = Mlp.initWith Init.glorot (Key 1) [ 3; 5; 1 ]
    Assert.All(net.Layers, fun layer -> Assert.All(layer.Bias.ToArray(), fun b -> Assert.Equal(0.0, b)))
    let bound = Math.Sqrt(6.0 / 8.0)
    Assert.All(net.Layers[0].Weight.ToArray(), fun w -> Assert.InRange(w, -bound, bound))

[<Fact>]
let ``sizes that make no network are refused`` () =
    for sizes in [ []; [ 2 ]; [ 2; 0; 1 ] ] do
        let e = Assert.Throws<InputException>(fun () -> Mlp.init (Key 1) sizes |> ignore)
        Assert.StartsWith("Mlp.init: got sizes", e.Message)

    Assert.Throws<InputException>(fun () -> Linear.init (Key 1) 0 2 |> ignore) |> ignore
    Assert.Throws<ShapeException>(fun () -> Init.he (Key 1) [ 2 ] |> ignore) |> ignore
