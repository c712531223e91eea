(**
---
title: NeuralDE
category: Guide
categoryindex: 1
index: 1
---
*)
(*** hide ***)
#load "../src/NeuralDE.Core.fs/load.fsx"
(**
# NeuralDE

Neural differential equations for F# and C# on .NET 10. An equation is an ordinary function. You can solve it, differentiate
through the solve, batch it, compile it, and learn it from data.

These lines learn a spiral from 30 of its points:
*)
open NeuralDE
let ts, y0 = linspace 0.0 1.5 30, tensor [ 2.0; 0.0 ]
let solve field = Ode.problem field y0 (0.0, 1.5) |> Ode.saveAt ts |> Ode.solveYs
let data = solve (fun _t u -> stack [ 2.0 * u[1] - 0.1 * u[0]; -2.0 * u[0] - 0.1 * u[1] ])
let predict net = solve (fun _t u -> Mlp.apply net u)
let fit = Mlp.init (Key 42) [ 2; 16; 2 ] |> Lbfgs.minimise (fun net -> mean (square (predict net - data)))
printfn "%O after %d iterations, loss %.2g" fit.Status fit.Iterations fit.Loss
(*** include-output ***)
(*** hide ***)
Plot.trajectories [ "data", ts, data; "model", ts, predict fit.Model ]
|> Plot.points "data"
|> Plot.size 640 320
|> Plot.svg
(*** include-it-raw ***)
(**
`Mlp.init` makes a network with random weights. `Ode.solveYs` solves the equation that the network defines. `Lbfgs.minimise`
minimises the loss by its gradient through that solve. There is no native library to install and nothing to configure.

## Install

You need the [.NET 10 SDK](https://dotnet.microsoft.com/download).

| you write | you add |
|---|---|
| an F# script | `#r "nuget: NeuralDE.Core, *-*"` |
| an F# project | `dotnet add package NeuralDE.Core --prerelease` |
| a C# project | `dotnet add package NeuralDE.CSharp --prerelease` |

The packages are not published yet. `dotnet fsi build.fsx pack` builds them into `artifacts/packages`. Add that folder as a package source
once, by its full path: `dotnet nuget add source <folder> --name neuralde`. A script can also use the repository without packages: after
`dotnet fsi build.fsx build` its first line is `#load "…/src/NeuralDE.Core.fs/load.fsx"`, with the path of the repository.

[Quick start](quick-start.html) shows a script and the two kinds of projects, from an empty folder to a plot.

## Pages

| page | what you learn |
|---|---|
| [Quick start](quick-start.html) | solve and fit an equation in a script, an F# project or a C# project |
| [Tensors and calculus](tensors-and-calculus.html) | write functions of tensors and take any derivative of them |
| [Solve](solve.html) | choose method, tolerance and outputs; read the cost of a solve and the cause of a failure |
| [Differentiate](differentiate.html) | get the gradient of a solve by states, parameters and times |
| [Learn](learn.html) | train a neural ODE on data and test whether it learned |
| [Models from parts](models.html) | build a neural ODE from start, field, depth, control, readout and duration; test it on toy data sets |
| [Extend it](extend.html) | write a custom method, controller, norm, gradient method, path, layer, optimiser or loss |
| [How a function runs](engine.html) | see the graph, the plan and the kernels of a function, and where its time goes |
| [Save and serve](save-and-serve.html) | save a model in a file and answer requests with it |
| [Train with many processes](distributed.html) | share a training or an ensemble among processes and machines |
| [Verbs of solves, models, training and data by example](verbs-of-models.html) | see each verb of solves, layers, training, models, data and pictures that no other page uses, with its result |
| [From torchdiffeq or diffrax](from-torchdiffeq-and-diffrax.html) | find the NeuralDE name of a function that you know |
| [Verbs of tensors and calculus by example](verbs-of-tensors.html) | see every function of tensors and calculus on a few numbers, with its result |

Every page is a script of this repository. Its code runs when the page is built, and the output shown is the real output. The tests
run every page. The [reference](reference/index.html) lists every function with its equation, shapes and errors.
*)
