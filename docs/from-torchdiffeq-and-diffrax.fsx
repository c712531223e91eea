(**
---
title: From torchdiffeq or diffrax
category: Guide
categoryindex: 1
index: 11
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
# From torchdiffeq or diffrax

This page lists the NeuralDE names of functions that you know, the defaults that differ, and the habits to change. It compares with
torchdiffeq 0.2.5 in its repository's version (whose `tsit5` and implicit methods are not released yet) and with diffrax 0.7.2.

## The same solve three times

```python
# torchdiffeq
ys = odeint(f, y0, ts, method="dopri5", rtol=1e-7, atol=1e-9)

# diffrax
sol = diffeqsolve(ODETerm(f), Dopri5(), t0, t1, dt0=None, y0=y0, saveat=SaveAt(ts=ts),
                  stepsize_controller=PIDController(rtol=1e-7, atol=1e-9))
```

NeuralDE, with torchdiffeq's spiral as the equation:
*)
open NeuralDE

let spiral (_t: Tensor) (u: Tensor) =
    let x, y = u[0] ** 3.0, u[1] ** 3.0
    stack [ -0.1 * x - 2.0 * y; 2.0 * x - 0.1 * y ]

let solution =
    Ode.problem spiral (tensor [ 2.0; 0.0 ]) (0.0, 25.0)
    |> Ode.using Dopri5
    |> Ode.tolerance 1e-7 1e-9
    |> Ode.saveAt (linspace 0.0 25.0 1000)
    |> Ode.solve

// the reference was computed separately with 113-bit numbers
let reference = tensor [ -0.44362348669863495; 0.279440641618939 ]
printfn "%O, error at the end %.2g" solution.Stats (float (norm (solution.Y1 - reference)))
(*** include-output ***)
(**
## Solving

| torchdiffeq | diffrax | NeuralDE |
|---|---|---|
| `odeint(f, y0, t)` | `diffeqsolve(ODETerm(f), …)` | `Ode.problem f y0 (t0, t1)`, then `Ode.solve` |
| `f(t, y)` | `f(t, y, args)` | `f t y`; the function captures its parameters, so there are no `args` |
| `t[0]`, `t[-1]`: span and outputs together | `t0`, `t1`, `SaveAt(ts=…)` | the pair of times, `Ode.saveAt` |
| the result, `[time; …]` | `sol.ys` | `Ode.solveYs`, `solution.Ys` |
| only the final state: `[-1]` | `SaveAt(t1=True)`, the default | `Ode.solveFinal`, `solution.Y1` |
| – | `SaveAt(steps=True)` | `Ode.saveSteps 1` |
| `odeint_dense` | `SaveAt(dense=True)`, `sol.evaluate(t)` | `solution.At t` |
| tuple of tensors | any pytree | any record, tuple, list, option, union |
| `rtol=`, `atol=` | `PIDController(rtol, atol)` | `Ode.tolerance rtol atol` |
| `options={"first_step": h}` | `dt0=h` with a PIDController | `Ode.dt0 h` |
| `options={"step_size": h}` | `dt0=h` with `ConstantStepSize()` | `Ode.dt h` |
| `"min_step"`, `"max_step"` | `dtmin=`, `dtmax=` | `Ode.dtBetween` |
| `"max_num_steps"`, 2³¹ − 1 for each output | `max_steps=4096` | `Ode.maxSteps`, 100 000 |
| `"step_t"`, `"jump_t"` | `ClipStepSizeController(step_ts, jump_ts)` | `Ode.stepAt`, `Ode.jumpAt` |
| `"norm"` | `norm=` | `Ode.norm` |
| – | `PIDController(pcoeff, icoeff, dcoeff)` | `Ode.controller (StepController.pid p i d)` |
| – | `jax.vmap` of `diffeqsolve` | `Ode.perSample`, or `vmap` |
| – | `throw=False`, `sol.result` | `Ode.trySolve`, `solution.Status` |
| – | `sol.stats` | `solution.Stats` |
| `odeint_event` | `Event` | `Ode.on` with `Event.falling`, `rising` or `crossing` |
| – | `solver.step` in your own loop | `Ode.integrator` |
| torchsde | `MultiTerm(ODETerm, ControlTerm)` | `Sde.problem`, `Sde.stratonovich`, with `Diagonal`, `Additive` or `General` |
| `bm=BrownianInterval(…)` of torchsde | `VirtualBrownianTree(…, key=…)` | `Sde.noise key` |
| torchcde | `ControlTerm` | not yet |

## Methods

| torchdiffeq | diffrax | NeuralDE |
|---|---|---|
| `dopri5`, the default | `Dopri5` | `Dopri5` |
| `tsit5`, which advances the embedded solution of order 4 | `Tsit5` | `Tsit5`, of order 5, the default |
| `bosh3` | `Bosh3` | `Bosh3` |
| `dopri8` | `Dopri8` | `DOP853`, or `Vern7`: other methods of similar order |
| `adaptive_heun`, `heun2` | `Heun` | `Heun` |
| `rk4`, which is Kutta's 3/8 rule | – | `Kutta38`; the classic one is `RK4` |
| `midpoint`, `euler` | `Midpoint`, `Euler` | `Midpoint`, `Euler` |
| – | `Ralston` | `Ralston` |
| `euler`, `milstein`, `heun`, `midpoint` of torchsde | `Euler`, `ItoMilstein`, `Heun`, `Midpoint` | `EulerMaruyama`, `Milstein`, `Heun`, `Midpoint` |
| implicit methods, Adams | `Kvaerno3` to `5`, `KenCarp3` to `5` | `Kvaerno3`, `Rosenbrock23`, `BDF2`; the others not yet |

All methods for ordinary equations:
*)
for s in odeSolvers do
    printfn
        "%-20s order %d  %s"
        s.Name
        s.Order
        (if s.IsAdaptive then "adaptive or constant steps" else "constant steps")
(*** include-output ***)
(**
## Gradients

| torchdiffeq | diffrax | NeuralDE | memory |
|---|---|---|---|
| `odeint` and `backward()` | `DirectAdjoint()` | `Ode.gradient Direct` | grows with the steps |
| – | `RecursiveCheckpointAdjoint()`, the default | `Checkpointed`, the default | bounded |
| `odeint_adjoint` | `BacksolveAdjoint()` | `Backsolve` | constant |
| `adjoint_options={"norm": "seminorm"}` | `adjoint_rms_seminorm` | `BacksolveWith { Rtol = None; Atol = None; Norm = Seminorm }` | constant |
| – | `ForwardMode()` | `jvp`, with any of them | that of the solve |
| – | `ImplicitAdjoint()`, with a `linear_solver` | `implicitRoot`, `implicitRootWith` | one solve |

`odeint_adjoint` needs an `nn.Module` or `adjoint_params` to know the parameters. In NeuralDE the parameters are the tensors that the field
captures, for every gradient method. [Differentiate](differentiate.html) shows cases where `Backsolve` fails.

## Other functions

| PyTorch | JAX | NeuralDE |
|---|---|---|
| `nn.Module` | `eqx.Module` | any record of tensors |
| `loss.backward()`, `torch.func.grad` | `jax.grad` | `grad` |
| `torch.func.vjp`, `jvp`, `vmap` | `jax.vjp`, `jvp`, `vmap` | `vjp`, `jvp`, `vmap` |
| `torch.compile` | `jax.jit` | `compile` |
| `x.detach()` | `lax.stop_gradient` | `stopGradient` |
| `checkpoint` | `jax.checkpoint` | `checkpoint` |
| `autograd.Function` | `jax.custom_vjp` | `customGradient` |
| an `if` | `lax.cond`, `jnp.where` | `cond`, `where` |
| a loop | `lax.scan`, `while_loop`, `fori_loop` | `scan`, `repeatWhile`, `iterate` |
| `nn.Conv2d` | `eqx.nn.Conv2d` | `Conv2d` |
| `F.conv2d` | `lax.conv_general_dilated` | `conv2d`, in C# `Convolve2d`; likewise `conv1d` and the transposed convolutions |
| `torch.split` | `jnp.split` | `split`, in C# `SplitRows` |
| `torch.manual_seed` | `jax.random.PRNGKey`, `split` | `Key`, `Key.split` |
| `torch.optim.Adam` | `optax.adam` | `Adam`, with `Train` or `Optim.step` |
| `model.double()` | `tree_map(lambda x: x.astype(…))` | `Tree.cast Float64 model` |
| `state_dict`, `torch.save` | `eqx.tree_serialise_leaves` | `Checkpoint.save` |

A weight of `nn.Linear` has the shape `[out, in]`, a weight of `Linear` the shape `[in; out]`: load it with `Checkpoint.loadMapped` and
`Transposed`.

## Defaults that differ

| | torchdiffeq | diffrax | NeuralDE |
|---|---|---|---|
| method | dopri5 | none; you must choose one | Tsit5 |
| tolerance | 1e-7, 1e-9 | constant steps, unless you pass a PIDController | 1e-6, 1e-9 |
| dtype | float32 | float32, unless x64 is enabled | float64 |
| error of a step | RMS over a tensor; for a tuple the largest of them | one RMS over all leaves | the largest RMS of the leaves |
| controller | I control; safety 0.9, factor from 0.2 to 10 | the same | the same |
| error estimate of dopri5 | Shampine's, ⅔ of Dormand and Prince's | Shampine's | Dormand and Prince's |
| gradient | backpropagation; keeps everything | checkpoints | checkpoints within 256 MiB |
| maximum number of steps | practically none | 4096 | 100 000 |
| failed solve | `AssertionError: underflow in dt` | an error, or a code with `throw=False` | `SolveException`, or a status with `trySolve` |

## Habits to change

**Give the step size of a fixed-step method.** In torchdiffeq a fixed-step method without `step_size` steps from output to output, so the
accuracy depends on the output times. NeuralDE requires a step size:
*)
mistake (fun () -> Ode.problem spiral (tensor [ 2.0; 0.0 ]) (0.0, 1.0) |> Ode.using Kutta38 |> Ode.solve)
(*** include-output ***)
(**
**The field is never called outside [t0, t1].** torchdiffeq steps past the end and interpolates back. In NeuralDE the field may be
undefined after t1:
*)
let untilOne (t: Tensor) (u: Tensor) = where (t .> 1.0) (scalar nan) 1.0 - u
let ended = Ode.problem untilOne (tensor [ 0.0 ]) (0.0, 1.0) |> Ode.solve
printfn "%O, error %.2g" ended.Status (abs (float ended.Y1[0] - (1.0 - exp -1.0)))
(*** include-output ***)
(**
**The rows of a batch can have separate steps.** If all rows share the steps and a mean error, easy rows hide the error of a difficult row.
Here is one fast row among 63 slow rows of y′ = r (cos t − y), at a tolerance of 1e-6:
*)
let rates = concat [ tensor [ 50.0 ]; ones [ 63 ] ] |> reshape [ 64; 1 ]

let pull (t: Tensor) (s: {| Rate: Tensor; Y: Tensor |}) = {| Rate = 0.0 * s.Rate; Y = s.Rate * (cos t - s.Y) |}

let batch = Ode.problem pull {| Rate = rates; Y = zeros [ 64; 1 ] |} (0.0, 0.1) |> Ode.tolerance 1e-6 1e-6

let exact r t = r * (r * cos t + sin t - r * exp (-r * t)) / (1.0 + r * r)

for name, solve in [ "alone", batch |> Ode.perSample |> Ode.solve; "together", Ode.solve batch ] do
    let error row r = abs (float solve.Y1.Y[row, 0] - exact r 0.1)
    printfn "%-9s error of the fast row %.2g, of a slow one %.2g" name (error 0 50.0) (error 1 1.0)
(*** include-output ***)
(**
**Side effects happen when a function is traced**, not in every step, as with `jax.jit`. A counter in the field counts traces; the
solution's statistics count evaluations:
*)
let calls = ref 0

let counted (_t: Tensor) (u: Tensor) =
    calls.Value <- calls.Value + 1
    -u

let decayed = Ode.problem counted (tensor [ 1.0 ]) (0.0, 1.0) |> Ode.solve
printfn "calls of the F# function: %d, evaluations of the field: %d" calls.Value decayed.Stats.Evaluations
(*** include-output ***)
(**
**No `.to(device)`, no `.item()`, no global seed.** There is one device, the processor. `float x` reads a number. A key determines the
random numbers.
*)
