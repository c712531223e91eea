/// Messages of layers and blueprints, and their edge cases.
module NeuralDE.Tests.Learning.LayerErrorTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE

let private raises<'E, 'a when 'E :> exn> (words: string) (call: unit -> 'a) =
    let e = Expect.thrown<'E>(fun () -> call () |> ignore)
    Expect.stringContains e.Message words "e.Message"

let private key = Key 2
let private plain = ConvOptions.Default

// ── initialisers ─────────────────────────────────────────────────────────────────────────────────────────────────
let private initialisers =
    [ "glorot", Init.glorot, Math.Sqrt(2.0 / 300.0)
      "glorotNormal", Init.glorotNormal, Math.Sqrt(2.0 / 300.0)
      "he", Init.he, Math.Sqrt(2.0 / 100.0)
      "heUniform", Init.heUniform, Math.Sqrt(2.0 / 100.0)
      "linear", Init.linear, Math.Sqrt(1.0 / 300.0)
      "orthogonal", Init.orthogonal 1.0, Math.Sqrt(1.0 / 200.0)
      "zero", Init.zero, 0.0 ]

[<Tests>]
let tests =
    testList
        "Learning.LayerError"
        [ testCase "a message names the layer, the input and the expected input" (fun () ->
              let x = zeros [ 2; 3 ]
              raises<ShapeException, _> "GroupNorm.apply: input [2; 3] has 3 channels" (fun () ->
                  GroupNorm.apply (GroupNorm.init 2 4) x)
              raises<ShapeException, _> "LayerNorm.apply: input is [2; 3], the layer was made for [4]" (fun () ->
                  LayerNorm.apply (LayerNorm.init [ 4 ]) x)
              raises<ShapeException, _>
                  "BatchNorm.train: got shape [1; 3], expected two or more numbers per channel"
                  (fun () -> BatchNorm.train (BatchNorm.init 3) (BatchNormState.init 3) (zeros [ 1; 3 ]))
              raises<ShapeException, _> "conv2d: input [2; 3; 4; 4] has 3 channels in each group" (fun () ->
                  Conv2d.apply (Conv2d.init plain key 2 2 [ 3 ]) (zeros [ 2; 3; 4; 4 ]))
              raises<ShapeException, _> "GruCell.scan: input has 3 features, the layer was made for 2" (fun () ->
                  Gru.apply (Gru.init key 2 4 1) (zeros [ 5; 3 ]))
              raises<InputException, _> "Lstm.applyFrom: got 0 states for 1 layers" (fun () ->
                  Lstm.applyFrom [] (Lstm.init key 2 4 1) (zeros [ 5; 2 ]))
              raises<InputException, _> "Embedding.apply: symbol 4 is outside" (fun () ->
                  Embedding.apply (Embedding.init key 4 2) (tensor [ 4 ]))
              raises<DtypeException, _> "as indices" (fun () ->
                  Embedding.apply (Embedding.init key 4 2) (tensor [ 1.0 ]))
              raises<ShapeException, _> "FourierFeatures.apply: input has 3 features" (fun () ->
                  FourierFeatures.apply (FourierFeatures.init 1.0 key 2 4) x))

          testCase "invalid sizes of layers are refused" (fun () ->
              raises<InputException, _> "3 inputs do not divide into 2 groups" (fun () ->
                  Conv1d.init { plain with Groups = 2 } key 3 2 3)
              raises<InputException, _> "expected one or 2 extents" (fun () -> Conv2d.init plain key 3 2 [ 3; 3; 3 ])
              raises<InputException, _> "5 channels do not divide into 2 groups" (fun () -> GroupNorm.init 2 5)
              raises<InputException, _> "5 features do not divide into 2 heads" (fun () ->
                  MultiHeadAttention.init key 5 2)
              raises<InputException, _> "GruCell.init: got hidden 0" (fun () -> GruCell.init key 2 0)
              raises<InputException, _> "Dropout.apply: got rate 1" (fun () -> Dropout.apply 1.0 key (ones [ 2 ])))

          testCase "a blueprint knows its width and refuses layers that do not fit" (fun () ->
              let b = Blueprint.features 2 |> Blueprint.time |> Blueprint.linear 5 |> Blueprint.tanh
              Expect.equal b.Outputs 5 "b.Outputs"
              Expect.equal (Tree.count (Network.init key b)) (3 * 5 + 5) "Tree.count (Network.init key b)"
              raises<InputException, _> "Blueprint.linear: got a network of images here, expected features" (fun () ->
                  Blueprint.images 1 |> Blueprint.linear 3)
              raises<InputException, _> "Blueprint.conv: got a network of features here" (fun () ->
                  Blueprint.conv plain 3 [ 3 ] b)
              raises<InputException, _> "the inner layers map 5 features or channels to 3" (fun () ->
                  Blueprint.residual (Blueprint.linear 3) b)
              let image =
                  Blueprint.images 1
                  |> Blueprint.conv plain 4 [ 3 ]
                  |> Blueprint.globalAveragePool
                  |> Blueprint.linear 2
              let net = Network.init key image
              Expect.equal
                  ((Network.apply net (ones [ 3; 1; 5; 5 ])).Shape)
                  [| 3; 2 |]
                  "(Network.apply net (ones [ 3; 1; 5; 5 ])).Shape")

          testCase "a network with a time layer needs the time" (fun () ->
              let net = Blueprint.features 2 |> Blueprint.time |> Blueprint.linear 2 |> Network.init key
              raises<InputException, _> "Use Network.field net t x" (fun () -> Network.apply net (ones [ 2 ]))
              let y = Network.field net (scalar 3.0) (tensor [ 5.0; 7.0 ])
              let layer =
                  match net.Layers[1] with
                  | Layer.Linear layer -> layer
                  | other -> failwith $"got {other}"
              Expect.equal (y.ToArray()) ((Linear.apply layer (tensor [ 3.0; 5.0; 7.0 ])).ToArray()) "y.ToArray()")

          testCase "a network from a blueprint equals one from a list of layers" (fun () ->
              let net =
                  Blueprint.features 2
                  |> Blueprint.power 3.0
                  |> Blueprint.linear 50
                  |> Blueprint.tanh
                  |> Blueprint.linear 2
                  |> Network.init key
              match net.Layers with
              | [ Layer.Power 3.0; Layer.Linear hidden; Layer.Activation Activation.Tanh; Layer.Linear out ] ->
                  let x = tensor [ 0.3; -0.8 ]
                  let expected = x ** 3.0 |> Linear.apply hidden |> tanh |> Linear.apply out
                  Expect.equal ((Network.apply net x).ToArray()) (expected.ToArray()) "(Network.apply net x).ToArray()"
              | other -> failtest $"got {other}")

          testCase "dropout keeps the mean, drops its fraction, and depends on the key only" (fun () ->
              let x = ones [ 100; 100 ]
              let y = Dropout.apply 0.25 key x
              Expect.near 0.02 (float (mean (cast Float64 (y .= 0.0)))) 0.25 "float (mean (cast Float64 (y .= 0.0)))"
              Expect.near 0.02 (float (mean y)) 1.0 "float (mean y)"
              Expect.equal ((Dropout.apply 0.25 key x).ToArray()) (y.ToArray()) "(Dropout.apply 0.25 key x).ToArray()"
              Expect.notEqual
                  ((Dropout.apply 0.25 (Key 3) x).ToArray())
                  (y.ToArray())
                  "(Dropout.apply 0.25 (Key 3) x).ToArray()"
              Expect.equal ((Dropout.apply 0.0 key x).ToArray()) (x.ToArray()) "(Dropout.apply 0.0 key x).ToArray()")

          testCase "dropout in a field has one mask for the whole solve" (fun () ->
              // x' = mask x / keep: each component grows at one of two rates, unless the mask changes during the solve
              let y1 = Ode.problem (fun _t x -> Dropout.apply 0.5 key x) (ones [ 20 ]) (0.0, 1.0) |> Ode.solveFinal
              let rates = y1.ToArray() |> Array.map (fun y -> Math.Round(Math.Log y, 4))
              Expect.equal
                  (rates |> Array.distinct |> Array.sort |> List.ofArray)
                  [ 0.0; 2.0 ]
                  "rates |> Array.distinct |> Array.sort |> List.ofArray")

          testCase "dropout acts in training only" (fun () ->
              let net = Blueprint.features 50 |> Blueprint.dropout 0.5 |> Network.init key
              let x = ones [ 50 ]
              Expect.equal ((Network.apply net x).ToArray()) (x.ToArray()) "(Network.apply net x).ToArray()"
              let dropped = (Network.train (Key 9) net (scalar 0.0) x).ToArray()
              Expect.contains dropped 0.0 "dropped"
              Expect.contains dropped 2.0 "dropped")

          testCase "a query without any key gets zeros from every head" (fun () ->
              let layer = MultiHeadAttention.init key 4 2
              let nowhere = AttentionMask.Where(tensor [ [ false; false ]; [ true; true ] ])
              let y = MultiHeadAttention.attend nowhere layer (ones [ 2; 4 ]) (ones [ 2; 4 ]) (ones [ 2; 4 ])
              Expect.equal (y[0].ToArray()) (layer.Output.Bias.ToArray()) "y[0].ToArray()")

          testCase "an embedding of symbols that are known at run time is refused at run time" (fun () ->
              let layer = Embedding.init key 4 2
              raises<InputException, _> "Embedding.apply: symbol 9 is outside" (fun () ->
                  compile (Embedding.apply layer) (tensor [ 9; -1 ])))

          testCase "the running statistics of batch normalisation have no derivative" (fun () ->
              let running (layer, x) =
                  let _, state = BatchNorm.train layer (BatchNormState.init 2) x
                  sum (square state.Mean) + sum (square state.Variance)

              let x = randn key [ 4; 2 ]
              let byLayer, byInput = grad running (BatchNorm.init 2, x)
              for v in Array.append (byInput.ToArray()) (byLayer.Scale.ToArray()) do
                  Expect.equal v 0.0 "v")

          testCase "the frequencies of Fourier features are constants" (fun () ->
              let layer = FourierFeatures.init 1.0 key 2 4
              let x = tensor [ 0.3; 0.7 ]
              let angle = 2.0 * Math.PI * matmul x layer.Frequencies
              let expected = concat [ cos angle; sin angle ]
              Expect.equal
                  ((FourierFeatures.apply layer x).ToArray())
                  (expected.ToArray())
                  "(FourierFeatures.apply layer x).ToArray()"
              let g = grad (fun layer -> sum (FourierFeatures.apply layer x)) layer
              for v in g.Frequencies.ToArray() do
                  Expect.equal v 0.0 "v")

          testCase "convolutions also accept single sequences and images" (fun () ->
              let layer = Conv2d.init plain key 2 3 [ 2 ]
              let x = randn key [ 2; 4; 4 ]
              let y = Conv2d.apply layer x
              Expect.equal (y.ToArray()) ((Conv2d.apply layer (expandDims 0 x)).ToArray()) "y.ToArray()"
              Expect.equal y.Shape [| 3; 3; 3 |] "y.Shape"
              let bare = Conv2d.apply { layer with Bias = None } x
              Expect.equal
                  ((y - bare - reshape [ 3; 1; 1 ] layer.Bias.Value).ToArray()
                   |> Array.map (fun v -> Math.Round(v, 12) + 0.0))
                  (zeros([ 3; 3; 3 ]).ToArray())
                  "(y - bare - reshape [ 3; 1; 1 ] layer.Bias.Value).ToArray() |> …")

          testList
              "initialisers have mean 0 and the deviation of their paper"
              [ for name, init, deviation in initialisers do
                    testCase $"{name}, {init}, {deviation}" (fun () ->
                        let w = init key [ 100; 200 ]
                        Expect.equal w.Shape [| 100; 200 |] "w.Shape"
                        Expect.near (0.03 * deviation) (float (std w)) deviation "float (std w)"
                        Expect.near (0.03 * deviation + 1e-12) (float (mean w)) 0.0 "float (mean w)"
                        // the positions of a kernel count as inputs
                        let kernel = init key [ 50; 20; 2 ]
                        Expect.equal kernel.Shape [| 50; 20; 2 |] "kernel.Shape") ]

          testList
              "orthogonal weights preserve lengths"
              [ for inputs, outputs in [ 7, 7; 3, 8; 8, 3 ] do
                    testCase $"{inputs}, {outputs}" (fun () ->
                        let w = Init.orthogonal 2.0 key [ inputs; outputs ]
                        let gram = if inputs >= outputs then matmul (transpose w) w else matmul w (transpose w)
                        let expected = 4.0 * eye (min inputs outputs)
                        Array.iter2
                            (fun (e: float) g -> Expect.near 1e-12 g e "g")
                            (expected.ToArray())
                            (gram.ToArray())) ]

          testCase "an orthogonal kernel has orthonormal filters" (fun () ->
              let w = Init.orthogonal 1.0 key [ 2; 3; 2; 2 ] |> moveAxis 1 0 |> reshape [ 3; 8 ]
              Array.iter2
                  (fun (e: float) g -> Expect.near 1e-12 g e "g")
                  ((eye 3).ToArray())
                  ((matmul w (transpose w)).ToArray()))

          testCase "layers have PyTorch's default initial weights" (fun () ->
              let bounded bound (x: Tensor) =
                  for v in x.ToArray() do
                      Expect.inRange v (-bound, bound) "v"
                  Expect.inRange (float (amax (abs x))) (0.9 * bound, bound) "float (amax (abs x))"

              let conv = Conv2d.init { plain with Groups = 2 } key 8 6 [ 5 ]
              Expect.equal conv.Kernel.Shape [| 6; 4; 5; 5 |] "conv.Kernel.Shape"
              bounded 0.1 conv.Kernel
              let back = ConvTranspose2d.init { plain with Groups = 2 } key 6 8 [ 5 ]
              Expect.equal back.Kernel.Shape [| 6; 4; 5; 5 |] "back.Kernel.Shape"
              bounded 0.1 back.Kernel
              let cell = LstmCell.init key 30 16
              Expect.equal cell.Input.Weight.Shape [| 30; 64 |] "cell.Input.Weight.Shape"
              bounded 0.25 cell.Input.Weight
              bounded 0.25 cell.Hidden.Weight
              bounded 0.25 cell.Input.Bias
              Expect.near
                  0.05
                  (float (std (Embedding.init key 100 50).Table))
                  1.0
                  "float (std (Embedding.init key 100 50).Table)"
              bounded (Math.Sqrt(6.0 / 64.0)) (MultiHeadAttention.init key 16 2).Queries.Weight
              Expect.equal
                  ((Conv1d.initWith Init.he plain key 3 2 4).Kernel.Shape)
                  [| 2; 3; 4 |]
                  "(Conv1d.initWith Init.he plain key 3 2 4).Kernel.Shape") ]
