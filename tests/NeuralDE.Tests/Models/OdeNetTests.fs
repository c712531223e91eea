/// The ODE-Net on images: it learns, and its time layer adds a channel.
module NeuralDE.Tests.Models.OdeNetTests

open Expecto
open NeuralDE.Tests
open NeuralDE

let private key = Key 3

/// Horizontal, vertical or diagonal stripes in noise: images [n; 1; 28; 28] and kinds [n].
let private stripes (n: int) : Tensor * Tensor =
    let kinds = [ for i in 0 .. n - 1 -> i % 3 ]

    let pixel kind i j = if [ i; j; i + j ][kind] / 3 % 2 = 0 then 1.0 else 0.0
    let image kind = tensor [ [ for i in 0..27 -> [ for j in 0..27 -> pixel kind i j ] ] ]
    let images = stack [ for kind in kinds -> image kind ]
    cast Float32 (images + 0.3 * randn key [ n; 1; 28; 28 ]), cast Int64 (tensor kinds)

let private entropy (images: Tensor, kinds: Tensor) net =
    let scores = OdeNet.apply net images
    mean (logsumexpAlong 1 scores - sumAlong 1 (cast Float32 (oneHot 3 kinds) * scores))

// ── the time as a channel ────────────────────────────────────────────────────────────────────────────────────────
let private options stride padding dilation groups =
    { ConvOptions.Default with
        Stride = stride
        Padding = padding
        Dilation = dilation
        Groups = groups }

let private cases =
    [ "as the ODE-Net's", options [ 1 ] [ 1 ] [ 1 ] 1, true
      "without padding or bias", options [ 1 ] [ 0 ] [ 1 ] 1, false
      "with stride and dilation", options [ 2; 1 ] [ 1; 2 ] [ 1; 2 ] 1, true
      "in groups", options [ 1 ] [ 1 ] [ 1 ] 2, true ]

let private names = [ for name, _, _ in cases -> name ]

[<Tests>]
let gates =
    testList
        "gates.Models.OdeNet"
        [ testCase "an ODE-Net learns to classify three kinds of images" (fun () ->
              let images, kinds = stripes 24
              let start = OdeNet.init key 1 3 |> Tree.cast Float32
              let batches = Batches.ofTree 12 (images, kinds) |> Batches.shuffle key
              let evaluations = ResizeArray<int>()

              let fit =
                  Train.start start (Sgd { SgdOptions.defaults with Rate = 0.1; Momentum = 0.9 })
                  |> Train.epochs 6
                  |> Train.onModel batches.PerEpoch (fun _ net ->
                      evaluations.Add (OdeNet.stats net images).Evaluations)
                  |> Train.runOn batches entropy

              Expect.equal fit.Status TrainStatus.Completed "fit.Status"
              let right = sum (cast Int64 (argmax 1 (OdeNet.apply fit.Model images) .= kinds))
              Expect.isTrue
                  (int64 (float right) >= 22L)
                  $"got {right} of 24 images classified correctly, expected 22 or more"
              let before, after = float (entropy (images, kinds) start), float (entropy (images, kinds) fit.Model)
              Expect.isTrue
                  (after < 0.3 * before)
                  $"got the loss {after:F3} after {before:F3}, expected less than three tenths of it"

              // two before the first step, then six per step
              for got in evaluations do
                  Expect.isTrue (got >= 8 && got % 6 = 2) $"got {got} evaluations, expected 2 and six for each step"

              Expect.equal evaluations.Count 6 "evaluations.Count")

          testCase "an RK-Net, a ResNet-6 and a perceptron have sizes like the paper's, with 32 channels" (fun () ->
              Expect.equal (Tree.count (OdeNet.rkNet 1 32 key 1 10)) 52938 "OdeNet.rkNet"
              Expect.equal (Tree.count (Network.init key (OdeNet.resNet 6 32 1 10))) 145802 "OdeNet.resNet"
              Expect.equal (Tree.count (Network.init key (OdeNet.perceptron 784 300 10))) 238510 "OdeNet.perceptron"
              let images = randn key [ 2; 1; 28; 28 ]
              let net = OdeNet.rkNet 3 4 key 1 3
              Expect.equal (OdeNet.stats net images).Evaluations 12 "evaluations"
              Expect.equal (OdeNet.apply net images).Shape [| 2; 3 |] "RK-Net's scores"
              let residual = Network.init key (OdeNet.resNet 2 4 1 3)
              Expect.equal (Network.apply residual images).Shape [| 2; 3 |] "ResNet's scores")

          testList
              "time before a convolution is one more channel, with the same value at all positions"
              [ for name in names do
                    testCase name (fun () ->
                        let _, options, hasBias = cases |> List.find (fun (known, _, _) -> known = name)
                        let layer = Conv2d.init options key 4 6 [ 3 ]
                        let layer = if hasBias then layer else { layer with Bias = None }
                        let x, t = randn (Key 1) [ 2; 3; 7; 6 ], scalar 0.7

                        let asLayer (layer, t, x) = Network.field { Layers = [ Layer.Time 2; Layer.Conv2d layer ] } t x

                        let asChannel (layer, t: Tensor, x: Tensor) =
                            Conv2d.apply layer (concatAlong 1 [ broadcastTo [ 2; 1; 7; 6 ] t; x ])

                        let near expected got =
                            for expected: Tensor, got: Tensor in Array.zip (Tree.flatten expected) (Tree.flatten got) do
                                Expect.equal got.Shape expected.Shape "got.Shape"
                                for e, g in Array.zip (expected.ToArray()) (got.ToArray()) do
                                    Expect.near 1e-12 g e "g"

                        near (asChannel (layer, t, x)) (asLayer (layer, t, x))
                        let slope f = grad (fun input -> sum (sin (f input))) (layer, t, x)
                        near (slope asChannel) (slope asLayer)
                        let whole = asChannel (layer, t, x)
                        near whole[0] (asLayer (layer, t, x[0])) // a single sample
                    ) ] ]
