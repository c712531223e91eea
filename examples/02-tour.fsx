// A tour of the language: tensors and calculus, solving, differentiating through a solve, learning, noise, events and stiffness, ensembles.

#load "../src/NeuralDE.Core.fs/load.fsx"

open System.IO
open NeuralDE

// 1. Tensors and calculus -------------------------------------------------------------------------------------------
let x = tensor [ 0.5; 1.0; 2.0 ] // float64; [ 0.5f ] float32; [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ] a matrix
let f (x: Tensor) = sum (sin x * x)
printfn "grad      %O" (grad f x) // [3]
printfn "hessian   %O" (hessian f x) // [3; 3]
let y, push = vjp (fun x -> x * x) x // value, cotangent -> cotangent
printfn "vjp       %O, %O" y (push (ones [ 3 ]))
printfn "vmap      %O" (vmap (grad f) (rand (Key 0) [ 10; 3 ])) // one gradient per row

type Point = { Pos: Tensor; Vel: Tensor } // any record of tensors is a tree
printfn "tree      %A" (grad (fun p -> sum (p.Pos * p.Vel)) { Pos = x; Vel = 2.0 * x }) // a Point

// 2. Solve an equation ----------------------------------------------------------------------------------------------
let lotkaVolterra (_t: Tensor) (u: Tensor) =
    let hare, lynx = u[0], u[1]
    stack [ 1.5 * hare - hare * lynx; hare * lynx - 3.0 * lynx ]

let solution =
    Ode.problem lotkaVolterra (tensor [ 1.0; 1.0 ]) (0.0, 10.0)
    |> Ode.using Tsit5
    |> Ode.tolerance 1e-8 1e-8
    |> Ode.saveAt (linspace 0.0 10.0 101)
    |> Ode.solve

printfn "\nYs        %O" solution.Ys // [101; 2]
printfn "At 3.7    %O" (solution.At 3.7) // dense output
printfn "Stats     %A" solution.Stats
printfn "Status    %A" solution.Status

// 3. Differentiate through it: a time is a number, or a scalar tensor when one wants its gradient -------------------
let final p = Ode.problem (fun t u -> p * lotkaVolterra t u) (tensor [ 1.0; 1.0 ]) (0.0, 10.0) |> Ode.solveFinal

printfn "\njacobian  %O" (jacobian final (tensor [ 1.0; 1.0 ])) // sensitivities

let byEnd t1 = sum (Ode.problem lotkaVolterra (tensor [ 1.0; 1.0 ]) (0.0, t1) |> Ode.solveFinal)

printfn "d/dt1     %O" (grad byEnd (scalar 10.0))

// 4. Learn one ------------------------------------------------------------------------------------------------------
type Net = { Hidden: Linear; Out: Linear }

let init key =
    let k1, k2 = Key.split key
    { Hidden = Linear.init k1 2 50; Out = Linear.init k2 50 2 }

let field net _t u = u ** 3.0 |> Linear.apply net.Hidden |> tanh |> Linear.apply net.Out

let predict ts y0 net =
    Ode.problem (field net) y0 (0.0, 1.5) |> Ode.saveAt ts |> Ode.gradient Checkpointed |> Ode.solveYs

let loss (ts, us: Tensor) net = mean (abs (predict ts us[0] net - us))

let ts = linspace 0.0 1.5 30

let us =
    Ode.problem
        (fun _t u -> stack [ -0.1 * u[0] + 2.0 * u[1]; -2.0 * u[0] - 0.1 * u[1] ])
        (tensor [ 2.0; 0.0 ])
        (0.0, 1.5)
    |> Ode.saveAt ts
    |> Ode.solveYs

let fit =
    Train.start (init (Key 42)) (Adam 1e-2)
    |> Train.steps 200
    |> Train.clip 1.0
    |> Train.progress
    |> Train.run (loss (ts, us))

printfn "\nloss      %.3f, then %.3f" fit.Losses[0] (Array.last fit.Losses)
let folder = Path.Combine(__SOURCE_DIRECTORY__, "..", "artifacts", "tour")

Plot.trajectories [ "data", ts, us; "model", ts, predict ts us[0] fit.Model ]
|> Plot.points "data"
|> Plot.save (Path.Combine(folder, "spiral.svg"))

// 5. Noise: an impossible pair of method and noise does not compile -------------------------------------------------
let drift (_t: Tensor) (u: Tensor) = -u
let diffusion (_t: Tensor) (u: Tensor) = 0.1 * u

let path =
    Sde.problem drift (Diagonal diffusion) (tensor [ 1.0 ]) (0.0, 1.0)
    |> Sde.using Milstein // with (General …): 'AnyNoise' is not compatible with 'CommutativeNoise'
    |> Sde.noise (Key 7)
    |> Sde.dt 0.01
    |> Sde.solve

printfn "\nnoise     %O" path.Ys

// 6. Events, stiffness ----------------------------------------------------------------------------------------------
let ball (_t: Tensor) (u: Tensor) = stack [ u[1]; scalar -9.81 ]

let bounces =
    Ode.problem ball (tensor [ 10.0; 0.0 ]) (0.0, 5.0)
    |> Ode.on (Event.falling (fun _t u -> u[0])) (Event.apply (fun _t u -> stack [ u[0]; -0.8 * u[1] ])) // or Event.stop
    |> Ode.solve

printfn "\nbounces   %O" bounces.Events.Times

let robertson (_t: Tensor) (y: Tensor) =
    let a, b, c = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2.0
    stack [ b - a; a - b - c; c ]

let chemistry = Ode.problem robertson (tensor [ 1.0; 0.0; 0.0 ]) (0.0, 1e5) |> Ode.using Rosenbrock23 |> Ode.solve
printfn "\nRobertson %O in %d steps" chemistry.Y1 chemistry.Stats.Steps

// 7. Ensembles: one solve per row, each with its own steps ----------------------------------------------------------
let lorenz (_t: Tensor) (u: Tensor) =
    let x, y, z = u[0], u[1], u[2]
    stack [ 10.0 * (y - x); x * (28.0 - z) - y; x * y - 8.0 / 3.0 * z ]

let ensemble = Ode.problem lorenz (randn (Key 1) [ 100_000; 3 ]) (0.0, 1.0) |> Ode.perSample |> Ode.solve
printfn "\nensemble  %O in %O to %O steps" ensemble.Y1 (amin ensemble.Steps) (amax ensemble.Steps)

// What the library makes of a function
printfn "\n%s" (Engine.explain f x)
