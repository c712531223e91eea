(**
---
title: NeuralDE
category: Guide
categoryindex: 1
index: 1
---
*)
(*** hide ***)
#r "../src/NeuralDE.Core.fs/bin/Release/net10.0/NeuralDE.Core.dll"
(**
# NeuralDE

Neural differential equations for F# and C# on .NET 10. An equation is an ordinary function. What one does with it is a
function of that function: solve it, differentiate through the solve, batch it, compile it, learn it from data.

These lines learn a spiral from 30 points of it:
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
`Mlp.init` draws a network, `Ode.solveYs` solves the equation that it defines, and `Lbfgs.minimise` follows the gradient of the loss
through that solve. There is no native library to install and nothing to configure.

## Install

You need the [.NET 10 SDK](https://dotnet.microsoft.com/download).

| you write | you add |
|---|---|
| an F# script | `#r "nuget: NeuralDE.Core, *-*"` |
| an F# project | `dotnet add package NeuralDE.Core --prerelease` |
| a C# project | `dotnet add package NeuralDE.CSharp --prerelease` |

Until the packages are published, `dotnet fsi build.fsx pack` builds them into `artifacts/packages`. Make that folder a source of packages,
once, by its full path: `dotnet nuget add source <folder> --name neuralde`. [Quick start](quick-start.html) shows each of the three from an empty folder to a picture.

## Where to go

| page | what you can do at its end |
|---|---|
| [Quick start](quick-start.html) | solve and fit an equation in a script, an F# project or a C# project |
| [Tensors and calculus](tensors-and-calculus.html) | write functions of tensors and take any derivative of them |
| [Solve](solve.html) | choose method, tolerance and outputs; read what a solve cost and why one failed |
| [Differentiate](differentiate.html) | get the gradient of a solve in states, parameters and times |
| [Learn](learn.html) | train a neural ODE on data and see whether it learned |
| [Models from parts](models.html) | build a neural ODE from start, field, depth, control, readout and duration, and try it on toy sets |
| [Extend it](extend.html) | write a method, controller, norm, gradient method, path, layer, optimiser or loss of your own |
| [Save and serve](save-and-serve.html) | keep a model in a file and answer requests with it |
| [From torchdiffeq or diffrax](from-torchdiffeq-and-diffrax.html) | find what you know under its name here |

Every page is a script of this repository. Its code runs when the page is built, what you see below a piece of code is what it printed, and
the tests run every page. The [reference](reference/index.html) lists every function with its equation, shapes and errors.
*)
