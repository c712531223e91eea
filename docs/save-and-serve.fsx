(**
---
title: Save and serve
category: Guide
categoryindex: 1
index: 8
---
*)
(*** hide ***)
#load "../src/NeuralDE.Core.fs/load.fsx"

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

This page explains how to save a model in a file that Python can read, resume a training, and answer requests with a compiled model on
many threads.

## A model in a file

`Checkpoint.save` writes any tree of tensors to a [safetensors](https://huggingface.co/docs/safetensors) file. `at` is a path in a
temporary folder:
*)
open NeuralDE

type Model = { Field: Mlp; Start: Tensor }

let init key = { Field = Mlp.init key [ 2; 16; 2 ]; Start = tensor [ 2.0; 0.0 ] }
let model = init (Key 1)
model |> Checkpoint.save (at "spiral.safetensors")
(**
To load the file, pass a model of the same structure. The result has the numbers of the file:
*)
let loaded = init (Key 999) |> Checkpoint.load (at "spiral.safetensors")
loaded.Field.Layers[0].Bias - model.Field.Layers[0].Bias
(*** include-it ***)
(**
The file names each tensor by its path in the record. In Python, `safetensors.numpy.load_file` gives the same names:
*)
for name, values in (Safetensors.read (at "spiral.safetensors")).Tensors do
    printfn "%-24s %O %A" name values.Dtype (List.ofArray values.Shape)
(*** include-output ***)
(**
If the file does not fit the model, the message names the tensor, and nothing is loaded:
*)
mistake (fun () ->
    Checkpoint.load (at "spiral.safetensors") { Field = Mlp.init (Key 1) [ 2; 32; 2 ]; Start = tensor [ 2.0; 0.0 ] })
(*** include-output ***)
(**
`Checkpoint.loadMapped` reads files of other programs such as PyTorch: for each leaf you give the name in the file and whether to transpose
it. The reader validates everything in a file; a damaged file raises a `FileException` and never gives a wrong model.

## Resume a training

`Train.checkpointEvery` saves the training in a file, and `Train.resume` continues it. The file contains the optimiser's state, the losses
and the position in the data, so the result has the same bits as an uninterrupted training:
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
A resumed training must be the training in the file. `Train.resume` compares the model, the optimiser and its rate, the schedule, clipping,
the batches and their numbers, validation, metrics, and the loss with the values that it captures. The number of steps and the failure policy may
change:
*)
mistake (fun () ->
    Train.start model (Adam 5e-3)
    |> Train.steps 40
    |> Train.clip 1.0
    |> Train.resume (at "training.safetensors")
    |> Train.run loss)
(*** include-output ***)
(**
`Train.acceptChanges` continues with the new settings. A missing file is an error, too; `Train.resumeIfThere` starts from the beginning
instead, for a program that is restarted. If a checkpoint cannot be written, for example because the disk is full, the training continues, tries
again at the next checkpoint, and `fit.Unsaved` has the error. A file is written under a temporary name and renamed when it is complete.

## Serve it

Compile the forecast once, when the program starts. Pass everything that changes between requests as an argument: model, state, times.
*)
let forecast =
    compile (fun (model, y0: Tensor, t0: Tensor, t1: Tensor) ->
        Ode.problem (fun _t u -> Mlp.apply model.Field u) y0 (t0, t1) |> Ode.solveFinal)

let answer (y0: float list) (t: float) = (forecast (whole.Model, tensor y0, scalar 0.0, scalar t)).ToArray()
answer [ 2.0; 0.0 ] 1.0
(*** include-it ***)
(**
The first call traces and plans; later calls only run. Any number of threads may call a compiled function at the same time. The result has
the same bits as on one thread:
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
## JSON

`TreeJsonConverter` teaches `System.Text.Json` tensors, keys, models and solutions. `TreeJson.options` has it; a service adds it to its own
options: `services.ConfigureHttpJsonOptions(fun http -> http.SerializerOptions.Converters.Add(TreeJsonConverter()))`.
*)
printfn "%s" (TreeJson.write (tensor [ [ 0.1; nan ]; [ 2.0; 3.0 ] ]))
(*** include-output ***)
(**
What is read has the bits of what was written. NaN and infinities are strings, and so are integers beyond ±2⁵³. A record is an object of its
parts, an option is its value or null. Bad input raises a `JsonException` that names the place:
*)
let text = TreeJson.write model.Field
(TreeJson.read<Mlp> text).Layers.Length
(*** include-it ***)
mistake (fun () -> TreeJson.read<Mlp>(text.Replace("\"shape\":[2,16]", "\"shape\":[2,15]")))
(*** include-output ***)
(**
Any document of `System.Text.Json` can contain them:
*)
let document =
    System.Text.Json.JsonSerializer.Serialize({| Time = 0.5; State = tensor [ 2.0; 0.0 ] |}, TreeJson.options)

printfn "%s" document
(*** include-output ***)
(**
JSON has no form for functions, and a document does not tell of which type the value of an interface is. `TreeJson.readLike example text` takes
both from an example of the same structure. A `NeuralOde` needs one:
*)
let ode (seed: int) = NeuralOde.init (Key seed) (Blueprint.features 2 |> Blueprint.linear 2)
let received = TreeJson.write (ode 1) |> TreeJson.readLike (ode 2)
let numbers model = Tree.flatten model |> Array.map _.ToArray()
printfn "%b" (numbers received = numbers (ode 1))
(*** include-output ***)
(**
A tensor has at most 16 777 216 numbers, unless
`TreeJsonConverter maxNumbers` says otherwise; for large models a safetensors file is smaller and faster.

## Advice for a service

- **Shapes.** Each new shape costs one trace and one plan, some milliseconds. The 64 latest are kept. Solve from one time to the next, as
  here, so that all requests have the same shapes for any number of output times.
- **Cancellation.** `Ode.cancel token` ends a solve before its next step: `Ode.solve` raises `SolveCancelledException`, an
  `OperationCanceledException`, with the partial solution; `Ode.trySolve` returns the status `Cancelled`. `Engine.cancellable token` does the same
  inside compiled functions, and ends their gradients in the backward pass too, with an `OperationCanceledException`. `Train.cancel token` ends a
  training, which returns its fit so far with the status `Cancelled`; in C# it throws `FitCancelledException`, also an
  `OperationCanceledException`.
- **Limits.** The service in `examples/service` limits times, steps, seconds and the bytes of a request; `attack.fsx` beside it tests them.
- **Untrusted files.** A compressed file may expand to 256 MiB, or to 20 times its size; `Npz.readWith` and `Idx.readWith` raise this limit.
- **Invalid input.** `ShapeException`, `InputException`, `DtypeException` and `TreeException` are `ArgumentException`s; you can show their
  message to the caller. `SolveException` means that the solve failed for this input; its message gives the time.
*)
mistake (fun () -> answer [ 2.0; 0.0; 1.0 ] 1.0)
(*** include-output ***)
(**
In a server that already uses all cores, call `Engine.setThreads 1` so that the library starts no further threads.

Next: [From torchdiffeq or diffrax](from-torchdiffeq-and-diffrax.html).
*)
(*** hide ***)
Directory.Delete(folder, true)
