(**
---
title: How a function runs
category: Guide
categoryindex: 1
index: 10
---
*)
(*** hide ***)
#load "../src/NeuralDE.Core.fs/load.fsx"
(**
# How a function runs

This page explains what the library makes of a function, how to see each stage, and how to find where the time goes. You need it when a
function is slower than you expect.

| stage | what it is | see it by |
|---|---|---|
| trace | the function is called once with placeholders; every operation becomes a node of a graph | `Engine.explain`, "traced" |
| simplified graph | calls are inlined, constants are folded, equal nodes are one node, unused nodes are gone | "as it runs" |
| derivatives | a graph of the same operations | "forward derivative", "reverse derivative" |
| plan | instructions over one block of memory; element-wise operations that run in one pass are one instruction | "the plan" |
| kernels | hand-written loops over vectors; groups of element-wise operations are compiled while the program runs | `Engine.profile` |
| lanes | loops of small systems are one compiled kernel | "loop by lanes", `Engine.profile` |

## The graph

A network of one layer and its sum of squares:
*)
open NeuralDE

let loss (w: Tensor) =
    let x = reshape [ 256; 2 ] (linspace -1.0 1.0 512)
    mean ((tanh (matmul x w) - 0.5) ** 2.0)

let w = tensor [ [ 0.5; -1.0; 2.0 ]; [ 1.5; 0.3; -0.7 ] ]
let text = Engine.explain loss w
let section (name: string) = text.Split("── ") |> Array.find (fun part -> part.StartsWith name)

printfn "── %s" (section "traced")
(*** include-output ***)
(**
One line is one node: number, operation, arguments, dtype, shape. `x` does not depend on `w`: it is one constant.

## The plan

The plan of the value. `matmul` is a kernel of its own; tanh, the difference and the square run in one pass over the numbers:
*)
printfn "── %s" (section "the plan")
(*** include-output ***)
(**
All arrays have fixed places in one block of memory, whose size the first line states. The place of an array is used again after its last
reader. A call of a compiled function allocates nothing but its results. Results of 32 KB or more lie outside the managed heap: their
memory is used again for later results when the program has no reference to them, so that they do not start full garbage collections.
Arguments of this size are copied into the block, unless they are the same tensors as in the last call: weights usually are.

## Threads

Most instructions with more than about 4 µs of work are divided among the threads (`Engine.setThreads`; one for each core at the start).
Each thread begins at its own share of the rows, and a sum over many rows, such as the gradient of a layer's weights, is added in groups
of rows: so each core reads what it has written itself. A core that writes where another has just read is some ten times slower. The order
of all additions depends on the sizes alone, so results have the same bits on any number of threads.

## Where the time goes

`Engine.profile` runs the function for 0.8 s, at least twice, and times each instruction. `own` is without the instructions inside. Times
differ from run to run and from machine to machine, so this page shows the table of the gradient without them:
*)
let table (profile: Profile) =
    for line in profile.Lines do
        printfn "%.0f calls: %s%s" line.Calls (String.replicate line.Depth "  ") line.Name

let gradient = Engine.profile (grad loss) w
table gradient
(*** include-output ***)
(**
`printfn "%O" gradient` prints the whole table:

```text
one run: 2.03 µs (mean of 246648), 16768 bytes
    time       own      calls    per call  instruction
  14.7 %    14.7 %          1      298 ns  dot
   1.8 %     1.8 %          1       36 ns  float64 × 1: div
  34.3 %    34.3 %          1      695 ns  float64 × 768: tanh sub mul mul mul sub mul
  11.9 %    11.9 %          1      241 ns  dot
```

The sum of the column `own` is the time of a run, but for the call itself. It copies arguments and results, which is a large part of the time
if the arrays are large and the work on each number is small.

## Loops, and small systems

A solve is a loop. Its instructions run once for each step:
*)
let decay (_t: Tensor) (y: Tensor) = -y * y + 0.1 * sin y
let solve y0 = Ode.problem decay y0 (0.0, 1.0) |> Ode.dt 0.01 |> Ode.solveFinal
let large = Engine.profile solve (linspace 0.1 1.0 100_000)
printfn "steps: %.0f" (large.Lines |> Seq.map _.Calls |> Seq.max)
(*** include-output ***)
(**
An instruction takes 10 to 50 ns before it computes anything. A system of a few numbers would spend its time there. Therefore a loop of a
small system becomes a **lane**: one kernel that computes a whole step with single numbers in registers. Its plan runs first, while the
kernel is compiled on another thread; after a tenth of a second or so the loop continues with the kernel. For one system this pays up to
about four components, or with a stiff method. Many small systems, `Ode.perSample` or `vmap` of a solve, run side by side in the lanes of
vector instructions, each with its own time and step. The results have the same bits.

In a profile, the loop of a single system is the line `loop`, and the instructions inside have no calls once the kernel has replaced them. A
loop by sample is the line `loop by lanes`, with no instructions inside:
*)
let lorenz (_t: Tensor) (s: Tensor) =
    let x, y, z = s[0], s[1], s[2]
    stack [ 10.0 * (y - x); x * (28.0 - z) - y; x * y - 8.0 / 3.0 * z ]

let many (y0: Tensor) = Ode.problem lorenz y0 (0.0, 1.0) |> Ode.perSample |> Ode.tolerance 1e-6 1e-6 |> Ode.solveFinal

let isLoop (line: ProfileLine) = line.Name.StartsWith "loop"
for line in (Engine.profile many (rand (Key 1) [ 1000; 3 ])).Lines |> Seq.filter isLoop do
    printfn "%.0f calls: %s" line.Calls line.Name
(*** include-output ***)
(**
The line states the numbers that one step computes, and those that a lane keeps between steps. If a loop by sample does not run by lanes, its
line says why: it is too large (4000 numbers, 100 exponentials), or an operation has no form for single numbers, such as a Fourier transform.

## What makes a function slow

| you see | reason | remedy |
|---|---|---|
| the first call takes 0.1 to 0.5 s | tracing and compilation | call a compiled function again, with the same shapes |
| each call takes as long as the first | it is traced each time | `compile` it once, outside the loop |
| many lines with few numbers | small arrays: 50 ns for each instruction | batch the samples: one call for all |
| a copy before a kernel | an array in another order, such as a transpose | store it in the order of its reader |
| a loop with many calls inside | many steps | [Choose a solver](solve.html): tolerance, method, stiffness |
| "loop, not by lanes" | see its reason | make the field smaller, or solve the batch jointly |

Environment variables: `NEURALDE_THREADS` sets the number of threads, `NEURALDE_LANES=none` turns lanes off, and `NEURALDE_EXECUTOR=reference`
runs everything by the slow reference interpreter, for comparison.
*)
