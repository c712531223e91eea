/// Neural ordinary differential equations on images: added components are channels.
module NeuralDE.Tests.Models.ImageFieldTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private same3 = { ConvOptions.Default with Padding = [ 1 ] }
let private key = Key 1
let private conv inputs outputs = Blueprint.images inputs |> Blueprint.conv same3 outputs [ 3 ] |> Blueprint.tanh
let private network blueprint = Network.init key blueprint
let private x = randn (Key 3) [ 4; 2; 8; 8 ]
let private times = tensor [ 0.0; 0.5; 1.0 ]
let private pieces make = NeuralOde.ofField (NeuralField.piecewise (Piecewise.init 2 (0.0, 1.0) make key))
let private galerkin make =
    NeuralOde.ofField (NeuralField.galerkin (Galerkin.init (Basis.Fourier 1) (0.0, 1.0) make key))
let private normalised =
    Blueprint.images 3 |> Blueprint.groupNorm 1 |> Blueprint.conv same3 3 [ 3 ] |> Blueprint.tanh
let private timed = Blueprint.images 3 |> Blueprint.time |> Blueprint.conv same3 3 [ 3 ] |> Blueprint.tanh

/// Models, and the channels of their states.
let private models =
    [ "as it is", NeuralOde.init key (conv 2 2), 2
      "augmented", NeuralOde.init key (conv 3 3) |> NeuralOde.augment 1, 3
      "augmented, with the time", NeuralOde.init key timed |> NeuralOde.augment 1, 3
      "augmented, normalised", NeuralOde.init key normalised |> NeuralOde.augment 1, 3
      "augmented, in pieces", pieces (fun k -> Network.init k (conv 3 3)) |> NeuralOde.augment 1, 3
      "augmented, Galerkin", galerkin (fun k -> Network.init k (conv 3 3)) |> NeuralOde.augment 1, 3
      "input layer", NeuralOde.init key (conv 5 5) |> NeuralOde.inputLayer (network (conv 2 3)), 5
      "second order", NeuralOde.init key (conv 4 2) |> NeuralOde.secondOrder (network (conv 2 2)), 4
      "third order", NeuralOde.init key (conv 6 2) |> NeuralOde.higherOrder 3 2, 6
      "controlled", NeuralOde.init key (conv 5 3) |> NeuralOde.augment 1 |> NeuralOde.controlled, 3 ]

let private names () = [| for name, _, _ in models -> name |]
let private model name =
    models |> List.pick (fun (known, model, channels) -> if known = name then Some(model, channels) else None)

[<Tests>]
let tests =
    testList
        "Models.ImageField"
        [ testList
              "states get channels, and the first ones are observed"
              [ for name in names () do
                    testCase name (fun () ->
                        let model, channels = model name
                        let states = NeuralOde.states model x times
                        Expect.equal states.Shape [| 3; 4; channels; 8; 8 |] "states.Shape"
                        let first2 (x: Tensor) = x |> moveAxis -3 0 |> fun x -> moveAxis 0 -3 x[0..1]
                        same "observed" (numbers (first2 states)) (numbers (NeuralOde.predict model x times))
                        same "the start" (numbers x) (numbers (first2 states[0]))
                        Expect.equal
                            ((NeuralOde.final model x (0.0, 1.0)).Shape)
                            [| 4; 2; 8; 8 |]
                            "(NeuralOde.final model x (0.0, 1.0)).Shape") ]

          testList
              "perSample gives the same states"
              [ for name in names () do
                    testCase name (fun () ->
                        let model, _ = model name
                        let own = NeuralOde.predict (NeuralOde.perSample model) x times
                        within 1e-5 "own steps" (numbers (NeuralOde.predict model x times)) (numbers own)
                        same
                            "alone"
                            (numbers own[*, 2..2])
                            (numbers (NeuralOde.predict (NeuralOde.perSample model) x[2..2] times))) ]

          testCase "added channels and the derivatives of a third-order model start at 0" (fun () ->
              let added (name: string) =
                  let model, _ = model name
                  let start = (NeuralOde.states model x times)[0]
                  start[*, 2..]

              for v in numbers (added "augmented") do
                  Expect.equal v 0.0 "v"
              for v in numbers (added "third order") do
                  Expect.equal v 0.0 "v")

          testCase "one image is a batch of one" (fun () ->
              for name in [ "augmented, normalised"; "augmented"; "third order" ] do
                  let model, _ = model name
                  let one = NeuralOde.states model x[1] times
                  same name (numbers (NeuralOde.states model x[1..1] times)) (numbers one)

              // GroupNorm uses axis 1 as channels: with 8 rows, a single image would have fitted by mistake
              let eight =
                  Network.init key (Blueprint.images 8 |> Blueprint.conv same3 8 [ 3 ] |> Blueprint.groupNorm 2)
              let image = randn (Key 5) [ 8; 8; 8 ]
              same
                  "normalised"
                  (numbers (Network.apply eight (expandDims 0 image)))
                  (numbers (Network.apply eight image)))

          testCase "a readout is applied to every image of a trajectory" (fun () ->
              let field = NeuralOde.init key (conv 3 3) |> NeuralOde.augment 1
              let pooled = network (Blueprint.images 3 |> Blueprint.globalAveragePool |> Blueprint.linear 10)
              let linear = network (Blueprint.features 192 |> Blueprint.linear 10)

              for head in [ pooled; { Layers = Layer.Flatten :: linear.Layers } ] do
                  let model = NeuralOde.readout head field
                  let scores = NeuralOde.predict model x times
                  Expect.equal scores.Shape [| 3; 4; 10 |] "scores.Shape"
                  let states = NeuralOde.states field x times
                  same "at the end" (numbers (Network.apply head states[2])) (numbers scores[2]))

          testCase "shapes that do not fit are refused" (fun () ->
              let augmented, _ = model "augmented"

              for start in [ randn key [ 2; 3 ]; randn key [ 2; 4; 2; 8; 8 ] ] do
                  raises<ShapeException> [ "NeuralOde.states"; "[batch; channels; height; width]" ] (fun () ->
                      NeuralOde.states augmented start times |> ignore)
                  |> ignore

              // an input layer that removes the border
              let bare = Blueprint.images 2 |> Blueprint.conv ConvOptions.Default 1 [ 3 ]
              let narrow = NeuralOde.init key (conv 3 3) |> NeuralOde.inputLayer (network bare)

              raises<ShapeException> [ "NeuralOde.inputLayer"; "[4; 1; 6; 6]"; "channels" ] (fun () ->
                  NeuralOde.states narrow x times |> ignore)
              |> ignore

              // a problem has no layers
              raises<ShapeException> [ "Ode.augment"; "[4; 2; 8; 8]"; "Ode.augmentAlong 1" ] (fun () ->
                  Ode.problem (fun _ y -> -y) x (0.0, 1.0) |> Ode.augment 1 |> ignore)
              |> ignore

              let problem = Ode.problem (fun _ (y: Tensor) -> -y) x (0.0, 1.0) |> Ode.augmentAlong 1 1
              Expect.equal problem.Y0.Shape [| 4; 3; 8; 8 |] "problem.Y0.Shape")

          testCase "features and sequences keep their axes" (fun () ->
              let features = NeuralOde.init key (Blueprint.features 3 |> Blueprint.linear 3) |> NeuralOde.augment 1
              Expect.equal
                  ((NeuralOde.states features (randn key [ 5; 2 ]) times).Shape)
                  [| 3; 5; 3 |]
                  "(NeuralOde.states features (randn key [ 5; 2 ]) times).Shape"
              let sequences =
                  NeuralOde.init key (Blueprint.sequences 3 |> Blueprint.conv same3 3 [ 3 ]) |> NeuralOde.augment 1
              Expect.equal
                  ((NeuralOde.states sequences (randn key [ 5; 2; 7 ]) times).Shape)
                  [| 3; 5; 3; 7 |]
                  "(NeuralOde.states sequences (randn key [ 5; 2; 7 ]) times).Shape") ]
