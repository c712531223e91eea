(**
---
title: Models from parts
category: Guide
categoryindex: 1
index: 7
---
*)
(*** hide ***)
#load "../src/NeuralDE.Core.fs/load.fsx"

let mistake (f: unit -> 'T) =
    try
        f () |> ignore
    with e ->
        printfn "%s" e.Message
(**
# Models from parts

`NeuralOde` has six parts. Each part has a default, and verbs that replace it:

| part | meaning | verbs of the library |
|---|---|---|
| field | the right-hand side of x' = f(t, x) | `NeuralOde.init`, `NeuralField.constant` |
| depth | weights that are a function of time | `NeuralField.galerkin`, `NeuralField.piecewise`, `NeuralField.evolving` |
| start | the initial state, computed from y0 | `NeuralOde.augment`, `NeuralOde.inputLayer`, `NeuralOde.lift` |
| control | further inputs of the field | `NeuralOde.controlled`, `NeuralOde.controlledBy` |
| readout | the output, computed from the state | `NeuralOde.readout` |
| duration | the length of the time span of each sample | `NeuralOde.adaptiveDepth` |

A flow on the real line keeps the order of points, so it cannot map x to −x. One more dimension is enough:
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
`NeuralOde.augment` adds features to vectors and channels to images. `NeuralOde.augmentAlong`, `NeuralOde.inputLayerAlong` and
`NeuralOde.controlledAlong` take another axis, counted from the end. For images, the input layer or the control is a convolutional network.

A separate time span for each sample is not enough, because scaling the time also keeps the order. It is enough if the field depends on
time:
*)
let withTime =
    Blueprint.features 1 |> Blueprint.time |> Blueprint.linear 16 |> Blueprint.tanh |> Blueprint.linear 1

let ending model = NeuralOde.adaptiveDepth (Network.init (Key 5) (net 1 1)) model
printfn "depth-adaptive         %.1e" (learned (NeuralOde.init key (net 1 1) |> ending))
printfn "depth-adaptive, timed  %.1e" (learned (NeuralOde.init key withTime |> ending))
(*** include-output ***)
(**
## Custom parts

A part is an interface. Any record can implement it: its tensors are trained, differentiated, cast and saved; its other fields are
constants. This start appends a learned multiple of y0:
*)
type Scaled =
    { Scale: Tensor }

    interface NeuralStart with
        member s.State axis y0 = concatAlong axis [ y0; s.Scale * y0 ]
        member _.Observed _ _ states = states

(**
This readout returns the distance from a learned centre:
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
A function of weights does the same in one line. The function itself is a constant: values that it captures are not trained, so pass the
weights as its argument.
*)
let read weights states = Linear.apply weights states
let asFunction = mine |> NeuralOde.withReadout (NeuralReadout.ofFunction (Linear.init key 2 1) read)
(NeuralOde.final asFunction line (0.0, 1.0)).Shape
(*** include-it ***)
(**
An object expression hides its captured tensors from the training, so it raises an exception in a tree. A class that is not a record does
too:
*)
let centre = scalar 0.5

let hidden =
    { new NeuralReadout with
        member _.Observe _ _ states = states - centre }

mistake (fun () -> Tree.flatten (mine |> NeuralOde.withReadout hidden))
(*** include-output ***)
(**
For custom weights that vary in depth, implement `Depth` and pass the record to `NeuralField.ofDepth` with the function that applies the
weights. A field whose weights follow their own differential equation implements `NeuralFlow`.

## Toy data sets

`Toy` has common small data sets as functions of a key. Another key gives held-out points of the same distribution:
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
