/// Custom layers.
module NeuralDE.Tests.Learning.OwnLayerTests

open System.IO
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

/// W x + b, as Linear.
type Affine =
    { Weight: Tensor
      Bias: Tensor }

    interface OwnLayer with
        member l.Apply call = matmul call.X l.Weight + l.Bias

/// Scale · x + t, and normal noise in training.
type Shaken =
    { Scale: Tensor
      Deviation: float }

    interface OwnLayer with
        member l.Apply call =
            let time = defaultArg call.Time (scalar 0.0)

            let noise =
                match call.Key with
                | Some key -> l.Deviation * randn key (List.ofArray call.X.Shape)
                | None -> scalar 0.0

            l.Scale * call.X + time + noise

/// Each channel times a separate number.
type ByChannel =
    { Gains: Tensor }

    interface OwnLayer with
        member l.Apply call = call.X * reshape [ l.Gains.Count; 1; 1 ] l.Gains

type Empty =
    { Weight: Tensor }

    interface OwnLayer with
        member _.Apply _ = Unchecked.defaultof<Tensor>

let private affine inputs outputs (key: Key) : OwnLayer =
    let linear = Linear.init key inputs outputs
    { Affine.Weight = linear.Weight; Bias = linear.Bias }

let private ours =
    Blueprint.features 2 |> Blueprint.linear 5 |> Blueprint.tanh |> Blueprint.linear 2 |> Network.init (Key 1)

let private own =
    Blueprint.features 2
    |> Blueprint.own 5 (affine 2 5)
    |> Blueprint.tanh
    |> Blueprint.own 2 (affine 5 2)
    |> Network.init (Key 1)

let private x = randn (Key 2) [ 7; 2 ]
let private loss (net: Network) = sum (square (Network.apply net x))

let private behaves =
    testList
        "a custom layer is a layer"
        [ testCase "values and gradients equal those of Linear, eager and compiled" (fun () ->
              Expect.equal ((Network.apply own x).ToArray()) ((Network.apply ours x).ToArray()) "values"
              let leaves net = Tree.flatten (grad loss net) |> Array.map (fun g -> g.ToArray())
              Expect.equal (leaves own) (leaves ours) "gradients"
              Expect.equal (float (compile loss own)) (float (loss own)) "compiled")

          testCase "its weights are found by name, trained and saved" (fun () ->
              let names = Tree.leaves own |> List.map fst
              Expect.isTrue (names |> List.exists (fun n -> n.EndsWith "Weight")) $"{names}"
              let fit = Train.start own (Adam 0.01) |> Train.steps 20 |> Train.run loss
              let same = Train.start ours (Adam 0.01) |> Train.steps 20 |> Train.run loss
              Expect.equal fit.Losses same.Losses "losses"
              let path = Path.Combine(Path.GetTempPath(), $"own-layer-{System.Guid.NewGuid()}.safetensors")

              try
                  Checkpoint.save path fit.Model
                  let back = Checkpoint.load path own
                  Expect.equal (float (loss back)) (float (loss fit.Model)) "loaded"
              finally
                  File.Delete path)

          testCase "it gets the time and, in training, a key" (fun () ->
              let net =
                  Blueprint.features 2
                  |> Blueprint.own 2 (fun _ -> { Scale = tensor [ 2.0; 3.0 ]; Deviation = 0.5 })
                  |> Network.init (Key 0)

              let scaled = tensor [ 2.0; 3.0 ] * x
              Expect.equal ((Network.apply net x).ToArray()) (scaled.ToArray()) "without time"
              Expect.equal ((Network.field net (scalar 0.25) x).ToArray()) ((scaled + 0.25).ToArray()) "with time"
              let train key = Network.train key net (scalar 0.0) x
              Expect.notEqual ((train (Key 1)).ToArray()) (scaled.ToArray()) "noise in training"
              Expect.equal ((train (Key 1)).ToArray()) ((train (Key 1)).ToArray()) "the same key"
              Expect.notEqual ((train (Key 1)).ToArray()) ((train (Key 2)).ToArray()) "another key")

          testCase "in a field, perSample, in a residual" (fun () ->
              let solve net y = Ode.problem (Network.field net) y (0.0, 1.0)
              Expect.equal
                  ((Ode.solveFinal (solve own x)).ToArray())
                  ((Ode.solveFinal (solve ours x)).ToArray())
                  "joint"
              let rows net = solve net x |> Ode.perSample |> Ode.solveFinal
              Expect.equal ((rows own).ToArray()) ((rows ours).ToArray()) "by sample"

              let residual layer = Blueprint.features 2 |> Blueprint.residual layer |> Network.init (Key 3)
              let a = residual (Blueprint.own 2 (affine 2 2))
              let b = residual (Blueprint.linear 2)
              Expect.equal ((Network.apply a x).ToArray()) ((Network.apply b x).ToArray()) "residual")

          testCase "images: a single image is a batch of one" (fun () ->
              let net =
                  Blueprint.images 3
                  |> Blueprint.own 3 (fun _ -> { Gains = tensor [ 1.0; 2.0; 3.0 ] })
                  |> Network.init (Key 0)
              let image = randn (Key 4) [ 3; 4; 4 ]
              let got = Network.apply net image
              Expect.equal got.Shape [| 3; 4; 4 |] "shape"
              Expect.equal
                  (got.ToArray())
                  ((image * reshape [ 3; 1; 1 ] (tensor [ 1.0; 2.0; 3.0 ])).ToArray())
                  "values")

          testCase "networks are equal if their layers are equal" (fun () ->
              let again =
                  Blueprint.features 2
                  |> Blueprint.own 5 (affine 2 5)
                  |> Blueprint.tanh
                  |> Blueprint.own 2 (affine 5 2)
                  |> Network.init (Key 9)
              Expect.equal (Tree.structure again) (Tree.structure own) "structure") ]

let private errors =
    testList
        "errors"
        [ testCase "an output of another width than declared" (fun () ->
              let net = Blueprint.features 2 |> Blueprint.own 4 (affine 2 5) |> Network.init (Key 1)

              raises<ShapeException>
                  [ "Network.apply"; "the layer Affine returned [7; 5]"; "expected 4 features" ]
                  (fun () -> Network.apply net x |> ignore)
              |> ignore)

          testCase "a function that returns null, and a layer that returns null" (fun () ->
              let net make = Blueprint.features 2 |> Blueprint.own 2 make |> Network.init (Key 1)

              raises<InputException> [ "Blueprint.own"; "null" ] (fun () ->
                  net (fun _ -> Unchecked.defaultof<OwnLayer>) |> ignore)
              |> ignore

              let empty: OwnLayer = { Empty.Weight = ones [ 2 ] }

              raises<InputException> [ "Network.apply"; "the layer Empty returned null" ] (fun () ->
                  Network.apply (net (fun _ -> empty)) x |> ignore)
              |> ignore)

          testCase "the next layer gets the declared width" (fun () ->
              raises<InputException> [ "Blueprint.own"; "outputs" ] (fun () ->
                  Blueprint.features 2 |> Blueprint.own 0 (affine 2 5) |> ignore)
              |> ignore) ]

[<Tests>]
let tests = testList "Learning.OwnLayer" [ behaves; errors ]
