(**
---
title: Save and serve
category: Guide
categoryindex: 1
index: 8
---
*)
(*** hide ***)
#r "../src/NeuralDE.Core.fs/bin/Release/net10.0/NeuralDE.Core.dll"

open System.IO
let folder = Directory.CreateTempSubdirectory("neuralde").FullName
let at name = Path.Combine(folder, name)

let mistake (f: unit -> 'T) =
    try
        f () |> ignore
    with e ->
        printfn "%s" (e.Message.Replace(folder + string Path.DirectorySeparatorChar, ""))
(**
# Save and serve

At the end of this page you can keep a model in a file that Python reads too, take up a training where it stopped, and answer requests
with a compiled model from many threads.

## A model in a file

Any tree of tensors goes into a [safetensors](https://huggingface.co/docs/safetensors) file. `at` puts a name into a temporary folder:
*)
open NeuralDE

type Model = { Field: Mlp; Start: Tensor }

let init key = { Field = Mlp.init key [ 2; 16; 2 ]; Start = tensor [ 2.0; 0.0 ] }
let model = init (Key 1)
model |> Checkpoint.save (at "spiral.safetensors")
(**
To load it, give a model of the same structure. Its numbers are replaced by those of the file:
*)
let loaded = init (Key 999) |> Checkpoint.load (at "spiral.safetensors")
loaded.Field.Layers[0].Bias - model.Field.Layers[0].Bias
(*** include-it ***)
(**
The file names each tensor by its path in the record. Python sees the same names with `safetensors.numpy.load_file`:
*)
for name, values in (Safetensors.read (at "spiral.safetensors")).Tensors do
    printfn "%-24s %O %A" name values.Dtype (List.ofArray values.Shape)
(*** include-output ***)
(**
What does not fit is named, and nothing is half loaded:
*)
mistake (fun () ->
    Checkpoint.load (at "spiral.safetensors") { Field = Mlp.init (Key 1) [ 2; 32; 2 ]; Start = tensor [ 2.0; 0.0 ] })
(*** include-output ***)
(**
`Checkpoint.loadMapped` reads files that other programs wrote, PyTorch's among them: you say which of its names a leaf comes from, and
whether to transpose it. A file is read with nothing believed; a damaged one is a `FileException`, never a wrong model.

## A training that goes on

`Train.checkpointEvery` writes the training into a file, `Train.resume` takes it up. Optimiser, losses and the position in the data are in
it, so the result is the same to the last bit as without the interruption:
*)
let ts = linspace 0.0 1.5 20
let predict model =
    Ode.problem (fun _t u -> Mlp.apply model.Field u) model.Start (0.0, 1.5) |> Ode.saveAt ts |> Ode.solveYs

let data =
    Ode.problem (fun _t u -> stack [ 2.0 * u[1] - 0.1 * u[0]; -2.0 * u[0] - 0.1 * u[1] ]) model.Start (0.0, 1.5)
    |> Ode.saveAt ts
    |> Ode.solveYs

let loss model = mean (square (predict model - data))
let training steps = Train.start model (Adam 1e-2) |> Train.steps steps

let whole = training 40 |> Train.run loss
training 25 |> Train.checkpointEvery 10 (at "training.safetensors") |> Train.run loss |> ignore
let resumed = training 40 |> Train.resume (at "training.safetensors") |> Train.run loss
printfn "%b" (Array.last whole.Losses = Array.last resumed.Losses)
(*** include-output ***)
(**
## Serve it

Compile the forecast once, when the program starts. What changes from request to request is an argument: the model, the state, the times.
*)
let forecast =
    compile (fun (model, y0: Tensor, t0: Tensor, t1: Tensor) ->
        Ode.problem (fun _t u -> Mlp.apply model.Field u) y0 (t0, t1) |> Ode.solveFinal)

let answer (y0: float list) (t: float) = (forecast (whole.Model, tensor y0, scalar 0.0, scalar t)).ToArray()
answer [ 2.0; 0.0 ] 1.0
(*** include-it ***)
(**
The first call traces and plans, later ones run. A compiled function may be called from any number of threads at the same time; each
call gets the bits that it would get alone:
*)
let answers = Array.Parallel.init 200 (fun i -> answer [ 2.0; 0.0 ] (0.005 * float (i + 1)))
printfn "%b" (answers[199] = answer [ 2.0; 0.0 ] 1.0)
(*** include-output ***)
let clock = System.Diagnostics.Stopwatch.StartNew()

for i in 1..1000 do
    answer [ 2.0; 0.0 ] 1.0 |> ignore

printfn "%.0f µs a forecast, on the machine that built this page" (clock.Elapsed.TotalMicroseconds / 1000.0)
(*** include-output ***)
(**
Three things belong to a service:

- **Shapes.** Another shape costs a trace and a plan, some milliseconds, once. The 64 latest are kept. Solving from one time to the next, as
  here, gives every request the same shapes, however many times it asks for.
- **Cancelling.** `Ode.cancel token` and `Train.cancel token` end a run before its next step.
- **Bad input.** `ShapeException`, `InputException`, `DtypeException` and `TreeException` are `ArgumentException`s whose message is a sentence
  for the caller; `SolveException` says that this input could not be solved, and where it stopped.
*)
mistake (fun () -> answer [ 2.0; 0.0; 1.0 ] 1.0)
(*** include-output ***)
(**
`Engine.setThreads 1` keeps the library's own threads out of a server that has its own.

Next: [From torchdiffeq or diffrax](from-torchdiffeq-and-diffrax.html).
*)
(*** hide ***)
Directory.Delete(folder, true)
