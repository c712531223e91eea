(**
---
title: Quick start
category: Guide
categoryindex: 1
index: 2
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
# Quick start

This page solves an equation, fits it to data and plots both: in a script, in an F# project and in a C# project.

## A script

Save this as `spiral.fsx` and run `dotnet fsi spiral.fsx`. The first line is `#r "nuget: NeuralDE.Core, *-*"`, which references the package
(see [Install](index.html#Install)).
The other lines are the program. An equation is a function of time and state:
*)
open NeuralDE

let spiral (a: Tensor) (_t: Tensor) (u: Tensor) = stack [ a[0] * u[0] + a[1] * u[1]; -a[1] * u[0] + a[0] * u[1] ]

let ts = linspace 0.0 10.0 60
let start = tensor [ 2.0; 0.0 ]
let path a = Ode.problem (spiral a) start (0.0, 10.0) |> Ode.saveAt ts |> Ode.solveYs
let data = path (tensor [ -0.1; 2.0 ])
data[0..2] // the first three of 60 states
(*** include-it ***)
(**
`Ode.problem` takes the field, the initial state, and the start and end times. `Ode.saveAt` sets the output times.
The solver chooses its own steps.

Now estimate the two parameters from the data. The loss is a differentiable function of the parameters, and `Lbfgs.minimise` uses
its gradient:
*)
let fit = tensor [ 0.0; 1.8 ] |> Lbfgs.minimise (fun a -> mean (square (path a - data)))
printfn "%O, %O after %d iterations" fit.Model fit.Status fit.Iterations
(*** include-output ***)
(**
Plot both. `Plot.save "spiral.svg"` writes a file, `Plot.show` opens a browser, and `Plot.svg` returns the SVG text, as here:
*)
Plot.phase [ "data", data; "found", path fit.Model ]
|> Plot.points "data"
|> Plot.field (spiral fit.Model)
|> Plot.size 460 400
|> Plot.svg
(*** include-it-raw ***)
(**
## An F# project

```text
dotnet new console -lang F# -o Spiral
cd Spiral
dotnet add package NeuralDE.Core --prerelease
```

Put the program above into `Program.fs`, with `Plot.save "spiral.svg"` as its last line, and run `dotnet run -c Release`.
Compile the program ahead of time if you start it often, because it then starts faster:

```text
dotnet publish -c Release -r linux-x64 -p:PublishReadyToRun=true -p:PublishReadyToRunComposite=true
```

Replace `linux-x64` with your runtime identifier. The second property compiles the program and its packages as one, so that it holds
more of the generic functions that they share. Set it on the command line: in a project file the SDK ignores it unless the program
is self-contained. If the program runs for seconds, write `<TieredPGO>false</TieredPGO>` into the project file, too: .NET then
compiles the functions that it uses often once instead of twice.

## A C# project

```text
dotnet new console -o Spiral
cd Spiral
dotnet add package NeuralDE.CSharp --prerelease
```

The names are the same, in Pascal case. C# chains methods where F# uses pipes. This is the complete `Program.cs`:

```csharp
using NeuralDE;

var ts = Linspace(0, 10, 60);
Tensor Spiral(Tensor a, Tensor u) => Stack(a[0] * u[0] + a[1] * u[1], -a[1] * u[0] + a[0] * u[1]);
Tensor Path(Tensor a) => Ode.Problem((t, u) => Spiral(a, u), Tensor.Of(2.0, 0.0), 0, 10).SaveAt(ts).SolveYs();

var data = Path(Tensor.Of(-0.1, 2.0));
var fit = Lbfgs.Minimise(a => Mean(Square(Path(a) - data)), Tensor.Of(0.0, 1.8));
Console.WriteLine($"{fit.Model}, {fit.Status}");
Plot.Phase(("data", data), ("found", Path(fit.Model))).Points("data").Save("spiral.svg");
```

`Linspace`, `Stack` and the other verbs need no class name: the package adds `using static NeuralDE.Verbs`. `x[0]` and `x[^1]` are rows,
`x[1..3]` are rows without the last one named, `x[0, 1]` is an element, and `x[.., 1]` is a column of a matrix. A verb takes the tensor
first, as in `Reshape(x, 3, 2)`.

## Four misleading messages of the compiler

F# infers types from left to right. The messages of the compiler are misleading in four cases:

| you wrote | the compiler says | write |
|---|---|---|
| `let drag v = -0.1 * v * abs v` | `v` is a float, an error where you use it | `let drag (v: Tensor) = …` |
| `let f u = stack [ u[0]; u[1] ]` | FS3365, then `u` is taken for a function | `let f (u: Tensor) = …` |
| `let steps = Ode.using Tsit5 >> Ode.solve` | FS0030, value restriction | `let steps p = Ode.solve (Ode.using Tsit5 p)` |
| `Plot.phase [ "model", ys ]` | FS3886, "Did you mean to use ';'"; the program runs | `Plot.phase [ ("model", ys) ]` |

Therefore **annotate the state in every named field**. A lambda passed to `grad` or `Ode.problem` needs no annotation.

The library reports all other mistakes. Below, a field returns the wrong number of derivatives:
*)
mistake (fun () -> Ode.problem (fun _t u -> concat [ u; u ]) (tensor [ 1.0; 2.0 ]) (0.0, 1.0) |> Ode.solve)
(*** include-output ***)
(**
Next: [Tensors and calculus](tensors-and-calculus.html), or straight to [Solve](solve.html).
*)
