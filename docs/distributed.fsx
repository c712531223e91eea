(**
---
title: Train with many processes
category: Guide
categoryindex: 1
index: 14
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
# Train with many processes

A training can share each batch among processes, on one machine or on many. The package NeuralDE.Mpi connects the processes that `mpirun`
starts, with Open MPI or MPICH. This page explains what changes in a program, what the processes agree on, and when it pays.

## The program

All processes run the same program. `Mpi.world ()` is their group:

```fsharp
Train.start model (Adam 1e-2)
|> Train.steps 1000
|> Train.distributed (Mpi.world ())
|> Train.runOn batches loss
```

Start it with the number of processes. Without `mpirun` it is one process on its own:

```
mpirun -n 4 dotnet Program.dll
```

`examples/distributed` is such a program. On Debian, `apt-get install openmpi-bin` (or `mpich`) installs mpirun.

Here the group is one process, `ProcessGroup.alone`, so that this page runs without mpirun:
*)
open NeuralDE

let data = randn (Key 1) [ 64; 2 ]
let batches = Batches.ofTree 16 data |> Batches.shuffle (Key 2)
let loss (y0: Tensor) (net: Mlp) = mean (square (Mlp.apply net y0 - sin y0))

let train (group: ProcessGroup) =
    Train.start (Mlp.init (Key 3) [ 2; 16; 2 ]) (Adam 1e-2)
    |> Train.steps 40
    |> Train.distributed group
    |> Train.runOn batches loss

let fit = train ProcessGroup.alone
fit.Losses[39]
(*** include-it ***)
(**
## What is the same

Each batch is divided into 8 parts of consecutive samples (`Train.distributedIn` takes another power of two). A process computes the losses and
gradients of its parts; they are added as a binary tree over all parts. So model, losses and checkpoints have the same bits for 1, 2, 4 or 8
processes, and a training can be resumed with another number of processes.

The loss of a batch is the mean of the losses of its parts: right for losses that are means over samples. For sums use
`Train.distributedSums`:
*)
let sums =
    Train.start (Mlp.init (Key 3) [ 2; 16; 2 ]) (Adam 1e-2)
    |> Train.steps 40
    |> Train.distributedSums 4 ProcessGroup.alone
    |> Train.runOn batches (fun y0 net -> sum (square (Mlp.apply net y0 - sin y0)))

sums.Losses[39] / 32.0
(*** include-it ***)
(**
A loss that joins samples, by common steps of a solve instead of `Ode.perSample` or by statistics of the batch, joins those
of a part. Models that the loss updates itself (`Train.runUpdating` with batch normalisation) are refused.

The number of processes, and the size of a batch, must fit the parts:
*)
mistake (fun () ->
    Train.start (Mlp.init (Key 3) [ 2; 16; 2 ]) (Adam 1e-2)
    |> Train.distributedIn 8 ProcessGroup.alone
    |> Train.runOn (Batches.ofTree 12 data) loss)
(*** include-output ***)
(**
The first process shows the progress and writes checkpoints; all read the same file to resume. Callbacks run in all processes. A failed solve, a
cancellation or an early stop ends all at the same step with the same status. An exception in one process, or its death, ends the others within
seconds; the last checkpoint is whole.

## Ensembles

`ProcessGroup.mapRows` divides the rows of a tensor among the processes; all of them get the results of all rows:
*)
let solve (y0: Tensor) = Ode.problem (fun _ y -> -y * y * y) y0 (0.0, 1.0) |> Ode.perSample |> Ode.solveFinal
ProcessGroup.mapRows ProcessGroup.alone solve (randn (Key 4) [ 1000; 2 ]) |> mean
(*** include-it ***)
(**
## When it pays

The sum of a gradient over P processes takes log₂ P exchanges of all its numbers with one neighbour each: log₂ P (latency + bytes / bandwidth). In
the shared memory of the machine that measured this, an exchange took 0.6 µs and 11.5 GB/s with Open MPI 4.1, 14 GB/s with MPICH 4.0
(`NeuralDE.Distributed.dll reduce 1000000`). For networks these are estimates with usual numbers, in milliseconds for 64 machines and float32:

| parameters | shared memory, 64 processes | 100 Gbit/s, 2 µs | 10 Gbit/s, 30 µs |
|---|---|---|---|
| 10⁴ | 0.02 | 0.03 | 0.4 |
| 10⁵ | 0.2 | 0.2 | 2.1 |
| 10⁶ | 2.1 | 1.9 | 19 |
| 10⁷ | 21 | 19 | 190 |
| 10⁸ | 210 | 190 | 1900 |

It pays if a process needs several times as long for its parts of the gradient. A neural ODE of 10⁴ parameters with a batch of some hundred
trajectories takes tens of milliseconds, so even a slow network serves it; a model of 10⁸ parameters needs a fast one. On one machine, the threads
of one process already share large networks: more processes can pay for small networks, whose solves run on one thread.

A connection of another kind is a class of four members, `ProcessGroup`: rank, size, an exchange of bytes with a partner, and what to do when a
process leaves with an exception.

Next: [Save and serve](save-and-serve.html).
*)
