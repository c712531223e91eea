(**
---
title: Models from parts
category: Guide
categoryindex: 1
index: 7
---
*)
(*** hide ***)
#r "../src/NeuralDE.Core.fs/bin/Release/net10.0/NeuralDE.Core.dll"

let mistake (f: unit -> 'T) =
    try
        f () |> ignore
    with e ->
        printfn "%s" e.Message
(**
# Models from parts

`NeuralOde` has six parts. Each has a default, and a verb that gives another:

| part | question | the library's own |
|---|---|---|
| field | x' = ? | `NeuralOde.init`, `NeuralField.constant` |
| depth | weights that are a function of time | `NeuralField.galerkin`, `NeuralField.piecewise`, `NeuralField.evolving` |
| start | how is the state made of y0? | `NeuralOde.augment`, `NeuralOde.inputLayer`, `NeuralOde.lift` |
| control | what does the field see besides the state? | `NeuralOde.controlled`, `NeuralOde.controlledBy` |
| readout | what is observed of the state? | `NeuralOde.readout` |
| duration | how long is the solve of a sample? | `NeuralOde.adaptiveDepth` |

On the line no flow carries x to −x: it keeps the order. One more dimension is enough:
*)
open NeuralDE

let key = Key 4
let line = reshape [ 20; 1 ] (linspace -1.0 1.0 20)

let net inputs outputs = Blueprint.features inputs |> Blueprint.linear 16 |> Blueprint.tanh |> Blueprint.linear outputs

let learned (model: NeuralOde) =
    let loss m = mean (square (NeuralOde.final m line (0.0, 1.0) + line))
    let fit = Train.start (NeuralOde.tolerance 1e-3 1e-4 model) (Adam 2e-2) |> Train.steps 300 |> Train.run loss
    fit.Losses[299]

printfn "plain      %.1e" (learned (NeuralOde.init key (net 1 1)))
printfn "augmented  %.1e" (learned (NeuralOde.init key (net 2 2) |> NeuralOde.augment 1))
(*** include-output ***)
(**
`NeuralOde.augment` adds features to features and channels to images. `NeuralOde.augmentAlong`, `NeuralOde.inputLayerAlong` and
`NeuralOde.controlledAlong` take another axis, counted from the end. An input layer or a control of images is a network of convolutions.

A span of its own for each sample does not help alone: a stretch of time keeps the order, too. It does where the field sees the time:
*)
let withTime =
    Blueprint.features 1 |> Blueprint.time |> Blueprint.linear 16 |> Blueprint.tanh |> Blueprint.linear 1

let ending model = NeuralOde.adaptiveDepth (Network.init (Key 5) (net 1 1)) model
printfn "depth-adaptive         %.1e" (learned (NeuralOde.init key (net 1 1) |> ending))
printfn "depth-adaptive, timed  %.1e" (learned (NeuralOde.init key withTime |> ending))
(*** include-output ***)
(**
## Parts of your own

A part is an interface. A record that implements it is a part like the library's: its tensors are trained, differentiated, cast and saved,
its other fields are constants. A start that adds a learned multiple of y0:
*)
type Scaled =
    { Scale: Tensor }

    interface NeuralStart with
        member s.State axis y0 = concatAlong axis [ y0; s.Scale * y0 ]
        member _.Observed _ _ states = states

(**
A readout that gives the distance from a learned centre:
*)
type Distance =
    { Centre: Tensor }

    interface NeuralReadout with
        member r.Observe axis _ states = sqrt (sumAlong axis (square (states - r.Centre)))

let mine =
    NeuralOde.init key (net 2 2)
    |> NeuralOde.withStart { Scale = scalar 0.5 }
    |> NeuralOde.withReadout { Centre = zeros [ 2 ] }

Tree.leaves mine |> List.map fst
(*** include-it ***)
(**
A function of weights does the same in a line. The function is a constant, so give it its weights: what it captures is not trained.
*)
let read weights states = Linear.apply weights states
let asFunction = mine |> NeuralOde.withReadout (NeuralReadout.ofFunction (Linear.init key 2 1) read)
(NeuralOde.final asFunction line (0.0, 1.0)).Shape
(*** include-it ***)
(**
An object expression would hide the tensors that it captures from the training, so trees refuse it. So they refuse a class that is not a
record:
*)
let centre = scalar 0.5

let hidden =
    { new NeuralReadout with
        member _.Observe _ _ states = states - centre }

mistake (fun () -> Tree.flatten (mine |> NeuralOde.withReadout hidden))
(*** include-output ***)
(**
Weights that vary in depth are a record that implements `Depth`, given to `NeuralField.ofDepth` with the function that applies them; a field
whose weights are a state of their own implements `NeuralFlow`.

## Points to try them on

`Toy` has the small sets of the literature as functions of a key. Another key gives held-out points of the same law:
*)
let gallery =
    [ "moons", fst (Toy.moons 0.05 400 key)
      "spirals", fst (Toy.spirals 0.02 400 key)
      "circles", fst (Toy.circles 0.05 400 key)
      "rings", fst (Toy.rings 2 400 key)
      "spheres", fst (Toy.spheres 2 0.05 400 key)
      "gaussians", fst (Toy.gaussians 6 0.1 400 key)
      "eight gaussians", fst (Toy.eightGaussians 400 key)
      "checkerboard", Toy.checkerboard 400 key
      "pinwheel", fst (Toy.pinwheel 5 400 key)
      "Swiss roll", Toy.swissRoll 0.03 400 key ]

gallery
|> List.map (fun (name, points) -> Plot.scatter [ (name, points) ] |> Plot.size 300 260 |> Plot.svg)
|> String.concat "\n"
(*** include-it-raw ***)
(**
Next: [Save and serve](save-and-serve.html).
*)
