(**
---
title: Learn
category: Guide
categoryindex: 1
index: 6
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
# Learn

At the end of this page you can train a neural ODE on data, follow the training, see whether the model learned anything but its data, and
mix known equations with learned ones.

## Data

Twenty points of a damped pendulum, with noise. The model shall see the first twelve:
*)
open NeuralDE

let pendulum (_t: Tensor) (u: Tensor) = stack [ u[1]; -0.2 * u[1] - 4.0 * sin u[0] ]

let start = tensor [ 2.0; 0.0 ]
let ts = linspace 0.0 5.7 20
let truth times = Ode.problem pendulum start (0.0, 5.7) |> Ode.saveAt times |> Ode.solveYs
let us = truth ts + 0.05 * randn (Key 1) [ 20; 2 ]
let seen = 12
(**
## A model is a record

A network is a record of tensors, drawn from a key. Its field is a function:
*)
let net = Mlp.init (Key 2) [ 2; 24; 2 ]

let predict (times: Tensor) net =
    Ode.problem (fun _t u -> Mlp.apply net u) start (0.0, times[-1]) |> Ode.saveAt times |> Ode.solveYs

let loss net = mean (square (predict ts[.. seen - 1] net - us[.. seen - 1]))
printfn "%d parameters, loss %.3f" (Tree.count net) (float (loss net))
(*** include-output ***)
(**
## Train

A training is a value. It begins with a model and an optimiser; each further line changes one answer:
*)
let fit =
    Train.start net (Adam 2e-2)
    |> Train.steps 600
    |> Train.clip 1.0
    |> Train.metric "all 20" (fun net -> mean (square (predict ts net - us)))
    |> Train.validateEvery 20
    |> Train.run loss

printfn "%O: loss %.4f, then %.4f" fit.Status fit.Losses[0] (Array.last fit.Losses)
(*** include-output ***)
let all = fit.Metrics |> List.map (fun (name, curve) -> name, Array.map float curve.Steps, curve.Values)

Plot.lossesAt (("the 12 seen", [| 1.0 .. 600.0 |], fit.Losses) :: all) |> Plot.size 640 260 |> Plot.svg
(*** include-it-raw ***)
(**
| line | does |
|---|---|
| `Train.steps n`, `Train.epochs n` | how long |
| `Train.clip 1.0` | bounds the length of the gradient |
| `Train.validate loss`, `Train.stopEarly 20` | watches another loss; stops when it no longer improves; `fit.Best` is the best model |
| `Train.runOn batches loss` | mini-batches: `Batches.ofTree 32 data`, then `Batches.shuffle key` |
| `Train.progress`, `Train.onStep` | a line in the terminal; your own callback |
| `Train.checkpointEvery`, `Train.resume` | goes on where it was stopped, to the last bit |
| `Optim.schedule (Schedule.cosine 600 0.1) (Adam 2e-2)` | an optimiser whose rate falls |

The training compiles the loss once and allocates nothing per step. What the loss captures is fixed then; what changes comes in batches.

## Did it learn?

The loss says how close the model is to what it saw. The rest of the data says whether it found the pendulum:
*)
let fine = linspace 0.0 5.7 200

let picture (model: Tensor) =
    Plot.trajectories [ "data", ts, us; "truth", fine, truth fine; "model", fine, model ]
    |> Plot.points "data"
    |> Plot.channels [ "angle"; "velocity" ]
    |> Plot.span "not seen" (float ts[seen - 1]) 5.7
    |> Plot.size 640 340
    |> Plot.svg

picture (predict fine fit.Model)
(*** include-it-raw ***)
(**
A network that knows no physics needs data wherever it shall be used.

## Mix known and learned

Suppose that you know how a pendulum swings and not how it is damped. The equation goes in as it is, the network is one term of it:
*)
type Hybrid = { Gravity: Tensor; Damping: Mlp }

let hybrid = { Gravity = scalar 3.0; Damping = Mlp.init (Key 3) [ 1; 8; 1 ] }

let predictHybrid (times: Tensor) model =
    let field (_t: Tensor) (u: Tensor) = stack [ u[1]; (Mlp.apply model.Damping u[1..1])[0] - model.Gravity * sin u[0] ]

    Ode.problem field start (0.0, times[-1]) |> Ode.saveAt times |> Ode.solveYs

let lossHybrid model = mean (square (predictHybrid ts[.. seen - 1] model - us[.. seen - 1]))
let fitHybrid = Train.start hybrid (Adam 2e-2) |> Train.steps 600 |> Train.clip 1.0 |> Train.run lossHybrid
let unseen (predicted: Tensor) = float (mean (square (predicted[seen..] - us[seen..])))

printfn "gravity %.2f, the truth is 4" (float fitHybrid.Model.Gravity)
printfn
    "mean square error where it had not seen: network %.3f, hybrid %.3f, noise 0.0025"
    (unseen (predict ts fit.Model))
    (unseen (predictHybrid ts fitHybrid.Model))
(*** include-output ***)
picture (predictHybrid fine fitHybrid.Model)
(*** include-it-raw ***)
(**
Everything that the loss is a function of was learned at once: a number and a network, in one record.

## Which optimiser

| you have | take |
|---|---|
| mini-batches, noise in the loss | `Adam`, `AdamW`, `Sgd`, `Lion` with `Train` |
| all data in every step, some 100 or 1000 parameters | `Lbfgs.minimise loss model`, perhaps after Adam |
| residuals, few parameters, standard errors wanted | `LevenbergMarquardt.minimise residuals model`, then `covariance` |

`Optim.groups` and `Optim.freeze` choose parameters by their path: `Optim.freeze (Optim.under "Gravity")` keeps the number and trains the rest.

Layers, optimisers and losses of your own, and models that hold more than parameters: [Extend it](extend.html).

## Ready-made models

`NeuralOde` builds the variants of the literature from a blueprint of layers: augmented, second order, data-controlled, with weights that vary
in depth. It is a record of tensors, like yours, and its parts can be yours ([Models from parts](models.html)):
*)
let blueprint = Blueprint.features 2 |> Blueprint.linear 16 |> Blueprint.tanh |> Blueprint.linear 2
let model = NeuralOde.init (Key 4) blueprint |> NeuralOde.using Dopri5 |> NeuralOde.tolerance 1e-4 1e-6
let prediction = NeuralOde.predict model start ts
prediction.Shape, Tree.count model
(*** include-it ***)
(**
## When training goes wrong

A first number that is not finite ends the training, and its status says where it came from:
*)
let unstable = Train.start (scalar 0.5) (GradientDescent 1.0) |> Train.steps 50 |> Train.run (fun x -> log x)
printfn "%s" unstable.Status.Sentence
(*** include-output ***)
(**
A model that does not fit its input is refused before the first step:
*)
mistake (fun () -> Train.start (Mlp.init (Key 1) [ 3; 8; 2 ]) (Adam 1e-2) |> Train.run loss)
(*** include-output ***)
(**
A loss that falls and then stays can have many causes. These three are common with neural ODEs:

- The data cover several periods, and the path from a bad start to them has none. Train on the beginning first and let it grow:
  `examples/01-hare-lynx.fsx` does.
- Components of different size. `Normaliser.fit Standard data` makes them alike.
- A field that becomes stiff while it learns: `solution.Stats` and `NeuralOde.stats` show it as evaluations that grow. Bound the weights with
  `AdamW`, or clip the gradient.

Next: [Models from parts](models.html).
*)
