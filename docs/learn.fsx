(**
---
title: Learn
category: Guide
categoryindex: 1
index: 6
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
# Learn

This page explains how to train a neural ODE on data, monitor the training, test whether the model generalises, and combine known
equations with learned ones.

## Data

Twenty noisy points of a damped pendulum. The model is trained on the first twelve:
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

A network is a record of tensors, initialised from a key. Its field is a function:
*)
let net = Mlp.init (Key 2) [ 2; 24; 2 ]

let predict (times: Tensor) net =
    Ode.problem (fun _t u -> Mlp.apply net u) start (0.0, times[-1]) |> Ode.saveAt times |> Ode.solveYs

let loss net = mean (square (predict ts[.. seen - 1] net - us[.. seen - 1]))
printfn "%d parameters, loss %.3f" (Tree.count net) (float (loss net))
(*** include-output ***)
(**
## Train

A training is a value. It starts with a model and an optimiser; each further line sets one option:
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
| line | effect |
|---|---|
| `Train.steps n`, `Train.epochs n` | sets the number of steps or epochs |
| `Train.clip 1.0` | limits the norm of the gradient |
| `Train.validate loss`, `Train.stopEarly 20` | computes a validation loss; stops when it no longer improves; `fit.Best` is the best model |
| `Train.runOn batches loss` | trains on mini-batches: `Batches.ofTree 32 data`, then `Batches.shuffle key` |
| `Train.progress`, `Train.onStep` | prints a line in the terminal; calls your callback |
| `Train.onFailure (FailurePolicy.Skip 10)` | decides what happens if a solve fails or a number is not finite |
| `Train.checkpointEvery`, `Train.resume` | saves and resumes the training, bit for bit |
| `Optim.schedule (Schedule.cosine 600 0.1) (Adam 2e-2)` | decreases the learning rate |

A step fails if its solve stops early, or if its loss or gradient is not finite. By default (`FailurePolicy.Stop`) the training then ends,
with the best model and a status that gives the step and the cause. `Skip 10` omits the step, at most ten times in a row, and counts it in
`fit.Skipped` and in the progress that `Train.onStep` receives. `Shrink(0.5, 10)` takes the last update back and applies half of it, like the
line search of L-BFGS. In every case `fit.Best` is the best model with a finite loss, and `fit.Warnings` lists the failures.

The training compiles the loss once and allocates nothing per step. Captured values are then constants, so pass changing data as batches.

## Did it learn?

The loss measures the error on the training data. The other points show whether the model learned the pendulum:
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
A network without physics needs data from every region where it is used.

## Combine known and learned terms

Suppose that you know the pendulum's equation but not its damping. Write the known equation, with a network as the damping term:
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
    "mean squared error on unseen points: network %.3f, hybrid %.3f, noise 0.0025"
    (unseen (predict ts fit.Model))
    (unseen (predictHybrid ts fitHybrid.Model))
(*** include-output ***)
picture (predictHybrid fine fitHybrid.Model)
(*** include-it-raw ***)
(**
The training learned all parameters of the loss together: a number and a network, in one record.

## Which optimiser

| situation | optimiser |
|---|---|
| mini-batches, noisy loss | `Adam`, `AdamW`, `Sgd`, `Lion` with `Train` |
| all data in every step, hundreds or thousands of parameters | `Lbfgs.minimise loss model`, perhaps after Adam |
| residuals, few parameters, standard errors needed | `LevenbergMarquardt.minimise residuals model`, then `covariance` |

`Optim.groups` and `Optim.freeze` select parameters by path: `Optim.freeze (Optim.under "Gravity")` keeps `Gravity` constant and trains
all other parameters.

[Extend it](extend.html) explains custom layers, optimisers and losses, and models that hold more than parameters.

## Ready-made models

`NeuralOde` builds the variants of the literature from a blueprint of layers: augmented, of second order, data-controlled, with weights
that vary in depth. It is a record of tensors, and you can write its parts yourself ([Models from parts](models.html)):
*)
let blueprint = Blueprint.features 2 |> Blueprint.linear 16 |> Blueprint.tanh |> Blueprint.linear 2
let model = NeuralOde.init (Key 4) blueprint |> NeuralOde.using Dopri5 |> NeuralOde.tolerance 1e-4 1e-6
let prediction = NeuralOde.predict model start ts
prediction.Shape, Tree.count model
(*** include-it ***)
(**
## When training goes wrong

The training stops at the first non-finite number. Its status names the cause:
*)
let unstable = Train.start (scalar 0.5) (GradientDescent 1.0) |> Train.steps 50 |> Train.run (fun x -> log x)
printfn "%s" unstable.Status.Sentence
(*** include-output ***)
(**
A model that does not fit its input raises an exception before the first step:
*)
mistake (fun () -> Train.start (Mlp.init (Key 1) [ 3; 8; 2 ]) (Adam 1e-2) |> Train.run loss)
(*** include-output ***)
(**
If the loss decreases and then stagnates, check these three common causes with neural ODEs:

- The data cover several periods, but the initial model has none. Train on the first part of the data, then extend it, as
  `examples/01-hare-lynx.fsx` does.
- The components have different scales. `Normaliser.fit Standard data` gives them equal scales.
- The field becomes stiff during the training: the number of evaluations in `solution.Stats` and `NeuralOde.stats` grows. Limit the
  weights with `AdamW`, or clip the gradient.

Next: [Models from parts](models.html).
*)
