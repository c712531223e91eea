(**
---
title: Extend it
category: Guide
categoryindex: 1
index: 9
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
# Extend it

A custom part is a function or a record in your own file. The library treats it like its own parts: it is differentiated, compiled, batched
by sample and checked. This page has one example of each. `examples/csharp/Extend.cs` has the same examples in C#.

| custom part | write | pass it to |
|---|---|---|
| method | a step, `Solver.ofStep`, or a tableau, `Solver.ofTableau` | `Ode.using` |
| step controller | a rule with memory, `StepController.ofRule` | `Ode.controller` |
| error norm | a function of the scaled errors | `Ode.norm` |
| gradient method | the backward pass over one span, `OwnGradient` | `Ode.gradient` |
| field, or combinator of fields | a function | `Ode.problem` |
| control path | a function of time, `Control.ofFunction` | `Field.controlled` |
| event | a function of time and state | `Ode.on` |
| layer | a record that implements `OwnLayer` | `Blueprint.own` |
| part of a neural ODE | a record that implements `NeuralStart`, `NeuralReadout`, … | [Models from parts](models.html) |
| loss, metric | a function of the model | `Train.run`, `Train.metric` |
| optimiser | slots and a step, `OwnRule` | `Train.start` |
| model state that is not a parameter | a field of the model that the loss updates | `Train.runUpdating` |
| derivative of a function | its value and its pullback | `customGradient` |
| implicit function, linear solver | search and residual; a function of w ↦ A w | `implicitRootWith` |

Make methods, controllers and gradient methods once, outside loops, because each new one is traced. A controller or a gradient method may
capture numbers, but not an argument of a function that is being differentiated, batched or compiled.

## A method

A method is a function that takes one step. Events, outputs, separate steps for each sample and derivatives of every order work with it.
`s.Y` is the state as a vector, whatever its structure. If the function returns an error estimate, steps are adaptive:
*)
open NeuralDE

let ownHeun =
    Solver.ofStepWithError "own Heun" 2 (fun s ->
        let k1 = s.Field(s.T0, s.Y)
        let k2 = s.Field(s.T1, s.Y + s.H * k1)
        s.Y + s.H * (0.5 * (k1 + k2)), s.H * (0.5 * (k2 - k1)))

let prey (_t: Tensor) (u: Tensor) = stack [ 1.5 * u[0] - u[0] * u[1]; u[0] * u[1] - 3.0 * u[1] ]
let problem = Ode.problem prey (tensor [ 1.0; 1.2 ]) (0.0, 2.0) |> Ode.tolerance 1e-5 1e-7

printfn "%O" (problem |> Ode.using ownHeun |> Ode.solveFinal)
printfn "%O" (problem |> Ode.using Heun |> Ode.solveFinal)
(*** include-output ***)
(**
Everything that a step captures has a derivative, so you can train a network inside a step: a hypersolver. This one adds a learned h² N(k)
to Euler's step. It is trained on accurate solutions from 32 initial states:
*)
let starts = 0.5 + rand (Key 1) [ 32; 2 ]
let batch solver (ys: Tensor) = Ode.problem (fun t y -> vmap (prey t) y) ys (0.0, 1.0) |> solver |> Ode.solveFinal
let truth = batch (Ode.tolerance 1e-8 1e-10) starts

let hyper net =
    Solver.ofStep "hyper Euler" 1 (fun s ->
        let k = s.Field(s.T0, s.Y)
        s.Y + s.H * k + s.H * (s.H * k.Map(Mlp.apply net)))

let miss solver ys right = mean (abs (batch (Ode.using solver >> Ode.dt 0.1) ys - right))

let hyperFit =
    Train.start (Mlp.init (Key 2) [ 2; 16; 2 ]) (Adam 1e-2)
    |> Train.steps 200
    |> Train.run (fun net -> miss (hyper net) starts truth)

let others = 0.5 + rand (Key 3) [ 32; 2 ]
let right = batch (Ode.tolerance 1e-8 1e-10) others
printfn
    "Euler %.3f, with the network %.3f"
    (float (miss Euler others right))
    (float (miss (hyper hyperFit.Model) others right))
(*** include-output ***)
(**
Define a Runge–Kutta method by its tableau, `Solver.ofTableau (Tableau { Name = …; A = …; … })`. The tableau must satisfy the conditions of
the declared order. A step without an error estimate needs a step size:
*)
mistake (fun () -> problem |> Ode.using (hyper hyperFit.Model) |> Ode.solve)
(*** include-output ***)
(**
## A step controller

A rule takes the scaled error of an attempt, which is accepted at 1 or less. It returns the factor on the step size, and the values that it
remembers. This PI controller takes the same steps as the library's:
*)
let within (low: float) (high: float) x = minimum (maximum x low) high

let ownPi =
    StepController.ofRule "own PI" [ "last", 1.0 ] (fun a ->
        let k = float a.Power
        let q, last = maximum a.Error 1e-30, maximum a.Slots["last"] 1e-30
        let filtered = 0.9 * exp (-0.7 / k * log q) * exp (0.4 / k * log last)
        let shorter = 0.9 * exp (-1.0 / k * log q)
        let factor = where a.Accepted (within 0.2 10.0 filtered) (within 0.2 0.9 shorter)
        factor, [ "last", where a.Accepted a.Error a.Slots["last"] ])

let steps controller = (problem |> Ode.controller controller |> Ode.solve).Stats.Steps
printfn "%d steps, the library's takes %d" (steps ownPi) (steps StepController.proportionalIntegral)
(*** include-output ***)
(**
## An error norm

A norm maps the errors divided by their tolerances, a tree like the state, to one number. Here only the first component counts:
*)
(problem |> Ode.norm (fun (e: Tensor) -> abs e[0]) |> Ode.solve).Stats.Steps
(*** include-it ***)
(**
## A gradient method

A gradient method computes the reverse mode over one span between outputs: from a = ∂L/∂y at the later end it computes a at the earlier end,
and the span's contribution to ∂L/∂p. The library keeps the states at both ends; the method computes everything else that it needs. The
library adds the losses at outputs and the derivatives of times. This example solves the adjoint equation with the state from a polynomial
through Chebyshev points (T. Daulbaev et al., NeurIPS 2020):
*)
let interpolated nodes =
    { Name = "interpolated"
      Back =
        fun s ->
            let angles = [ for j in 0 .. nodes - 1 -> System.Math.PI * (float j + 0.5) / float nodes ]
            let weights = tensor [ for j in 0 .. nodes - 1 -> (if j % 2 = 0 then 1.0 else -1.0) * sin angles[j] ]
            let places = tensor [ for angle in angles -> 0.5 - 0.5 * cos angle ]
            let ts = s.T0 + (s.T1 - s.T0) * places
            let length = where (s.T1 .= s.T0) (scalar 1.0) (s.T1 - s.T0) // a span between equal output times has none
            let again = Ode.problem (fun t y -> s.Field(t, y)) s.Y0 (s.T0, s.T1)
            let states = again |> Ode.tolerance 1e-8 1e-10 |> Ode.saveAt ts |> Ode.solve

            let at (t: Tensor) = // barycentric; t is never a node by more than rounding
                let near = weights / ((t - s.T0) / length - places + 1e-14)
                let mix rows = matmul (near / sum near) (reshape [ nodes; -1 ] rows)
                states.Ys.Map(fun rows -> reshape (List.ofArray rows.Shape[1..]) (mix rows))

            let back t (a, _) =
                let da, dp = s.Pull(t, at t, a)
                -da, -dp

            Ode.problem back (s.Adjoint, s.Zero) (s.T1, s.T0) |> Ode.tolerance 1e-8 1e-10 |> Ode.solveFinal }

let loss method (y: Tensor) =
    Ode.problem prey y (0.0, 2.0) |> Ode.tolerance 1e-8 1e-10 |> Ode.gradient method |> Ode.solveFinal |> sum

printfn "%O" (grad (loss (OwnGradient(interpolated 20))) (tensor [ 1.0; 1.2 ]))
printfn "%O" (grad (loss Checkpointed) (tensor [ 1.0; 1.2 ]))
(*** include-output ***)
(**
Custom gradient methods raise an exception for events, noise, custom steps, jumps whose times are differentiated, and jumps at fixed times
that are not output times, because a span would cross them.

## A field, a combinator, a control path

A field is a function of time and state. A combinator is a function from fields to fields. This one adds friction to any field of
(position, velocity):
*)
let damped rate (f: Tensor -> Tensor * Tensor -> Tensor * Tensor) t (x, v) =
    let dx, dv = f t (x, v)
    dx, dv - rate * v

let swing = Field.secondOrder (fun _ x _ -> -sin x) |> damped (scalar 0.5)
fst (Ode.problem swing (scalar 1.0, scalar 0.0) (0.0, 10.0) |> Ode.solveFinal)
(*** include-it ***)
(**
A control path is a function of time; forward mode computes its derivative. The solution of dx = x dX is x₀ exp(X − X₀):
*)
let wave = Control.ofFunction (fun t -> stack [ sin (3.0 * t) ])
let driven = Field.controlled wave (fun _ x -> expandDims -1 x)
printfn "%O" (Ode.problem driven (tensor [ 1.0 ]) (0.0, 2.0) |> Ode.solveFinal)
printfn "%O" (exp (tensor [ sin 6.0 ]))
(*** include-output ***)
(**
For a path with kinks, such as one through data, give the times of the kinks with `Control.withKinks`, for `Ode.jumpAt`.

## A layer

A layer is a record of tensors that implements `OwnLayer`. Its tensors are weights: they have names, are trained and are saved. A layer of
radial functions:
*)
type Radial =
    { Centres: Tensor
      Width: float }

    interface OwnLayer with
        member l.Apply call =
            let apart = expandDims -2 call.X - l.Centres // [batch…; bumps; features]
            exp (-(sumAlong -1 (square apart)) / (2.0 * l.Width * l.Width))

let radial =
    Blueprint.features 2
    |> Blueprint.own 20 (fun key -> { Centres = randn key [ 20; 2 ]; Width = 0.7 })
    |> Blueprint.linear 1
    |> Network.init (Key 4)

let points = randn (Key 5) [ 200; 2 ]
let bump (x: Tensor) = exp (-(sumAlong -1 (square (x - 0.5)))) |> expandDims -1

let radialFit =
    Train.start radial (Adam 3e-2)
    |> Train.steps 200
    |> Train.run (fun net -> Loss.meanSquaredError (bump points) (Network.apply net points))

let unseen = randn (Key 6) [ 200; 2 ]
printfn "%A" (Tree.leaves radial |> List.map fst)
printfn
    "variance %.3f, mean squared error %.4f"
    (float (var (bump unseen)))
    (float (Loss.meanSquaredError (bump unseen) (Network.apply radialFit.Model unseen)))
(*** include-output ***)
(**
`call.Time` is the time in a field, `call.Key` a key in training. If the layer returns another width than the one given to `Blueprint.own`,
`Network.apply` raises an exception.

## A loss, an optimiser, state that is not a parameter

A loss is a function from the model to one number. An optimiser consists of the values that it remembers for each leaf and its update of a
leaf in a step; schedules, groups, clipping, means and checkpoints work with it. This one uses the signs of a gradient with momentum:
*)
let signs rate =
    OwnRule
        { Name = "signs"
          Slots = fun x -> [ "mean", zerosLike x ]
          Step =
            fun leaf ->
                let mean = 0.9 * leaf.Slots["mean"] + 0.1 * leaf.Gradient
                leaf.X - leaf.Scaled(rate, mean / (abs mean + 1e-12)), [ "mean", mean ] }

let quantile (share: float) (data: Tensor) (q: Tensor) =
    mean (maximum (share * (data - q)) ((share - 1.0) * (data - q)))

let data = randn (Key 7) [ 4000 ]
let found = Train.start (scalar 0.0) (signs 5e-3) |> Train.steps 400 |> Train.run (quantile 0.9 data)
printfn "the 0.9 quantile: %.2f, by sorting %.2f" (float found.Model) (float (quantileAlong 0 0.9 data))
(*** include-output ***)
(**
A model may hold tensors that are not trained by gradients, such as running means. The loss returns the number and the model with new
values in those leaves, and `Train.runUpdating` keeps them:
*)
type Centred = { Weight: Tensor; Mean: Tensor }

let centredLoss (x: Tensor, y: Tensor) (m: Centred) =
    let mean = stopGradient (0.9 * m.Mean + 0.1 * meanAlong 0 x)
    Loss.meanSquaredError y (matmul (x - mean) m.Weight), { m with Mean = mean }

let xs = 3.0 + randn (Key 8) [ 256; 2 ]
let ys = matmul (xs - 3.0) (tensor [ [ 1.0 ]; [ -2.0 ] ])

let centredFit =
    Train.start { Weight = zeros [ 2; 1 ]; Mean = zeros [ 2 ] } (Adam 2e-2)
    |> Train.epochs 100
    |> Train.runUpdating (Batches.ofTree 32 (xs, ys) |> Batches.shuffle (Key 9)) centredLoss

centredFit.Model.Mean, centredFit.Model.Weight
(*** include-it ***)
(**
## Parts that cannot be customised yet

A new primitive operation, and a back end for another device, need changes in the library's source: see the recipes in `CONTRIBUTING.md`.
Custom steps that remember values from step to step, and custom methods for noise, are not supported yet.

Next: [From torchdiffeq or diffrax](from-torchdiffeq-and-diffrax.html).
*)
