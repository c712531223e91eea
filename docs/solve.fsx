(**
---
title: Solve
category: Guide
categoryindex: 1
index: 4
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
# Solve

This page explains how to solve an ordinary differential equation to a given accuracy, get its state at any time, read the cost of the
solve, solve thousands of equations at once, add noise, step by hand, and find the cause of a failed solve.

## A problem and its options

The Lotka–Volterra equations of hares and lynxes: hares multiply and are eaten; lynxes starve unless they eat hares.
*)
open NeuralDE

let lotkaVolterra (_t: Tensor) (u: Tensor) =
    let hare, lynx = u[0], u[1]
    stack [ 1.5 * hare - hare * lynx; hare * lynx - 3.0 * lynx ]

let problem = Ode.problem lotkaVolterra (tensor [ 1.0; 1.0 ]) (0.0, 10.0)

let solution =
    problem |> Ode.using Tsit5 |> Ode.tolerance 1e-8 1e-8 |> Ode.saveAt (linspace 0.0 10.0 201) |> Ode.solve
(**
A problem is a field, an initial state and two times. Each further line sets one option; every option has a default.
*)
solution.Y1 // the final state
(*** include-it ***)
solution.At 3.7 // the state at any time, by dense output
(*** include-it ***)
solution.Status, solution.Stats
(*** include-it ***)
Plot.trajectories [ ("Lotka–Volterra", solution.Ts, solution.Ys) ]
|> Plot.channels [ "hares"; "lynxes" ]
|> Plot.size 640 300
|> Plot.svg
(*** include-it-raw ***)
(**
The reference value of the final state, computed separately with 113-bit numbers, is (1.0263447675750893, 0.90969107813604162). Error and
cost of several methods and tolerances:
*)
let exact = tensor [ 1.0263447675750893; 0.90969107813604162 ]

printfn "%-8s %10s %10s %12s" "method" "tolerance" "error" "evaluations"

for solver in [ Bosh3; Dopri5; Tsit5; Vern7; DOP853 ] do
    for tolerance in [ 1e-4; 1e-8 ] do
        let s = problem |> Ode.using solver |> Ode.tolerance tolerance tolerance |> Ode.solve
        let error = float (norm (s.Y1 - exact))
        printfn "%-8s %10g %10.2g %12d" solver.Name tolerance error s.Stats.Evaluations
(*** include-output ***)
(**
## Options

| option | verbs | default |
|---|---|---|
| method | `Ode.using` Tsit5, Dopri5, DOP853, Vern7, Bosh3, RK4, Euler, …; Kvaerno3, Rosenbrock23, BDF2 for stiff equations | Tsit5 |
| tolerance | `Ode.tolerance rtol atol`: the error of a step is at most atol + rtol abs y | 1e-6, 1e-9 |
| step size | adaptive; `Ode.dt 0.01` for constant steps, `Ode.dt0` for the first step, `Ode.dtBetween` for bounds | adaptive, Hairer's first step |
| step controller | `Ode.controller StepController.proportionalIntegral` | `StepController.integral` |
| outputs | `Ode.saveAt times`, `Ode.saveSteps n`, `Ode.saveStart`, `Ode.saveEnd` | the final state, as `Y1` |
| times at which a step must end | `Ode.stepAt`; `Ode.jumpAt` for times at which the field jumps | none |
| events | `Ode.on` with `Event.falling`, `rising` or `crossing`, and `Event.apply` or `Event.stop` | none |
| error norm | `Ode.norm`, from scaled errors to a number | the largest RMS of the leaves |
| gradient method | `Ode.gradient`; see [Differentiate](differentiate.html) | Checkpointed |
| errors that control the steps | `Ode.errorControl` | StateAndDerivatives |
| maximum number of steps | `Ode.maxSteps n` | 100 000 |
| progress and cancellation | `Ode.progress`, `Ode.cancel token` | none |

`Ode.solve` returns the whole solution, `Ode.solveYs` the saved states, `Ode.solveFinal` the final state, and `Ode.integrator` one step at
a time. Output times never change the steps. Time may run backwards: `(10.0, 0.0)`.

A method is a value of type `OdeSolver`, so lists and records can hold it. Add a type annotation where the compiler cannot infer the type:
*)
type Settings = { Method: OdeSolver; Accuracy: float }

let settings =
    Map [ "quick", { Method = Bosh3; Accuracy = 1e-3 }; "exact", { Method = DOP853; Accuracy = 1e-10 } ]

let byName: Map<string, OdeSolver> = Map [ for m in odeSolvers -> m.Name, m ]
problem |> Ode.using byName["Vern7"] |> Ode.tolerance settings["exact"].Accuracy 1e-12 |> Ode.solveFinal
(*** include-it ***)
(**
`Method` is the type of methods for any equation. `Ode.usingMethod` takes a `Method` and checks at run time what `Ode.using` checks at
compile time. A function of any problem takes `Problem<'Equation, 'S>`; a function of ordinary equations takes `OdeProblem<'S>`:
*)
let carefully (p: Problem<'Equation, 'S>) = p |> Ode.tolerance 1e-10 1e-12 |> Ode.maxSteps 1000000
problem |> carefully |> Ode.solveFinal
(*** include-it ***)
(**

## A state is any record

You need not pack position and velocity into one vector:
*)
type Ball = { Position: Tensor; Velocity: Tensor }

let fall (_t: Tensor) (ball: Ball) = { Position = ball.Velocity; Velocity = full [ 1 ] -9.81 }

Ode.problem fall { Position = tensor [ 10.0 ]; Velocity = tensor [ 0.0 ] } (0.0, 1.0) |> Ode.solveFinal
(*** include-it ***)
(**
## Many solves at once

`Ode.perSample` solves each row of the state independently: each row has its own steps, error and status. The field receives one row.
*)
let lorenz (_t: Tensor) (u: Tensor) =
    let x, y, z = u[0], u[1], u[2]
    stack [ 10.0 * (y - x); x * (28.0 - z) - y; x * y - 8.0 / 3.0 * z ]

let starts = tensor [ 1.0; 1.0; 25.0 ] + 5.0 * randn (Key 1) [ 500; 3 ]
let ensemble = Ode.problem lorenz starts (0.0, 5.0) |> Ode.perSample |> Ode.solve
printfn "%d states after %d to %d steps" ensemble.Y1.Length (int (amin ensemble.Steps)) (int (amax ensemble.Steps))
(*** include-output ***)
Plot.scatterBy "steps" ensemble.Y1[*, 0..1] (cast Float64 ensemble.Steps) |> Plot.size 520 360 |> Plot.svg
(*** include-it-raw ***)
(**
Without `perSample` the field receives the whole batch, and all rows take the same steps. This is simpler if the field is a network
that takes `[batch; features]`, but one difficult row slows down all rows.

## Fields with jumps

A heater switches off at t = 2. Without `Ode.jumpAt` the solver rejects many steps at the jump. With `Ode.jumpAt` a step ends at the jump:
*)
let heater (t: Tensor) (u: Tensor) = where (t .< 2.0) (scalar 5.0) 0.0 - u
let heated = Ode.problem heater (tensor [ 0.0 ]) (0.0, 4.0)
let steps (p: OdeProblem<Tensor>) = (Ode.solve p).Stats
printfn "not told  %O" (steps heated)
printfn "told      %O" (steps (heated |> Ode.jumpAt [ 2.0 ]))
(*** include-output ***)
(**
The time can be a tensor. The derivative of the temperature at t = 4 by the time at which the heater switches off is 5 e⁻²:
*)
let switched (off: Tensor) =
    Ode.problem (fun t u -> where (t .< off) (scalar 5.0) 0.0 - u) (tensor [ 0.0 ]) (0.0, 4.0)
    |> Ode.jumpAt [ off ]
    |> Ode.solveFinal
    |> sum

grad switched (scalar 2.0)
(*** include-it ***)
(**
## Events

An event occurs where a function of time and state changes its sign. It changes the state or ends the solve. A ball loses a fifth of
its speed at every impact:
*)
let gravity (_t: Tensor) (u: Tensor) = stack [ u[1]; scalar -9.81 ]

let ball =
    Ode.problem gravity (tensor [ 10.0; 0.0 ]) (0.0, 8.0)
    |> Ode.on (Event.falling (fun _t u -> u[0])) (Event.apply (fun _t u -> stack [ u[0]; -0.8 * u[1] ]))
    |> Ode.solve

ball.Events.Times, ball.Events.Kinds
(*** include-it ***)
(**
`Kinds` gives the index of each event among the calls of `Ode.on`. Simultaneous events occur in that order. With `Event.stop` the solve
ends at the event with the status `EventOccurred`; `T1` and `Y1` are its time and state, and later outputs are NaN. An output at the time
of an event is the state before the event. Event times, the states after them, and everything that the event functions capture have
derivatives.

The value may jump over 0, as `where (u[0] .> 1.0) 1.0 -1.0` or a clock that restarts does. The time of such an event is a constant of
differentiation, so write `u[0] - 1.0` if you need its derivative.

Signs are compared four times in a step, and at turning points of the value between. If the value changes faster than that, limit the
steps with `Ode.dtBetween`. A ball that comes to rest has infinitely many impacts: the solve ends with `EventsAccumulate`, or with
`TooManyEvents` after `Ode.maxEvents`. The continuous adjoint, `Backsolve`, does not support events and raises an exception.
*)
(**
## Stiff equations

Robertson's chemistry has rates from 0.04 to 3·10⁷. An explicit method must resolve the fastest rate until the end; its error message
names the cause. An implicit method takes long steps:
*)
let robertson (_t: Tensor) (y: Tensor) =
    let a, b, c = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2.0
    stack [ b - a; a - b - c; c ]

let chemistry = Ode.problem robertson (tensor [ 1.0; 0.0; 0.0 ]) (0.0, 1e5)
mistake (fun () -> chemistry |> Ode.maxSteps 5000 |> Ode.solve)
(*** include-output ***)
for solver in [ Rosenbrock23; Kvaerno3; BDF2 ] do
    let s = chemistry |> Ode.using solver |> Ode.tolerance 1e-3 1e-6 |> Ode.solve
    printfn "%-12s y₀ = %.5f  %4d steps  %3d Jacobians" solver.Name (float s.Y1[0]) s.Stats.Steps s.Stats.Jacobians
(*** include-output ***)
(**
The reference is 0.01787. Use `Rosenbrock23`, which needs no iteration, for loose tolerances, `Kvaerno3` for tighter tolerances, and
`BDF2` for expensive Jacobians. Each method builds the Jacobian matrix of the whole state. For a batch use `Ode.perSample`, which builds
one small matrix for each row. Gradients work as for any other method, except `Backsolve`, which raises an exception because a stiff
equation is unstable backwards in time.
*)
(**
[Extend it](extend.html) explains custom methods, step controllers, error norms and gradient methods.

## Stochastic equations

dy = f(t, y) dt + g(t, y) dW, with a Brownian motion W. `Sde.problem` is the Itô equation, with g at the start of each interval.
`Sde.stratonovich` is the Stratonovich equation, with g at the midpoint of each interval. A thousand samples of a price whose growth and
noise are proportional to the price:
*)
let growth, volatility = 0.6, 0.8
let starting = ones [ 1000 ]

let price =
    Sde.problem (fun _t s -> growth * s) (Diagonal(fun _t s -> volatility * s)) starting (0.0, 1.0)
    |> Sde.noise (Key 7)
    |> Sde.dt 0.01

let paths = price |> Sde.saveAt (linspace 0.0 1.0 101) |> Sde.solve
Plot.trajectories [ for k in 0..4 -> ($"{k}", paths.Ts, paths.Ys[*, k..k]) ] |> Plot.size 640 300 |> Plot.svg
(*** include-it-raw ***)
(**
Some methods require a kind of noise, so the equation declares its kind:

| noise | g returns | W |
|---|---|---|
| `Diagonal (fun t y -> …)` | a tree like the state; component i depends on component i of the state alone | one for each component |
| `Additive (fun t -> …)` | a tree like the state; independent of the state | one for each component |
| `General (fun t y -> …)` | `[batch…; d; channels]`; the state is a tensor `[batch…; d]` | `[batch…; channels]` |

All components of W are independent. Milstein's method does not check that g is diagonal: it loses its order if g is not.

| method | integral | noise | strong order | steps |
|---|---|---|---|---|
| `EulerMaruyama`, the default of `Sde.problem` | Itô | any | ½; 1 for `Additive` | `Sde.dt` |
| `Milstein` | Itô | `Diagonal`, `Additive` | 1 | `Sde.dt` |
| `Heun`, the default of `Sde.stratonovich`; `Midpoint`, `Ralston` | Stratonovich | any | 1; ½ for `General` | adaptive, or `Sde.dt` |

Paths are rough, so errors decrease slowly with the step size. The default tolerances of `Sde.stratonovich` are 1e-3 (relative) and 1e-6
(absolute); a tolerance ten times smaller takes ten times as many steps. For `Additive` noise both integrals are equal, and every method
solves both equations. For `Diagonal` noise, convert Itô to Stratonovich by subtracting ½ g ∂g/∂y from the drift of each component.

The path of W depends on the key only, not on steps, method or outputs, so methods can be compared path by path. The price has an exact
solution in terms of W, and W is the solution of an equation with the same key:
*)
let w =
    Sde.problem (fun _t w -> 0.0 * w) (Additive(fun _t -> ones [ 1000 ])) (zeros [ 1000 ]) (0.0, 1.0)
    |> Sde.noise (Key 7)
    |> Sde.dt 1.0
    |> Sde.solveFinal

let exactPrice = exp (growth - 0.5 * volatility ** 2.0 + volatility * w)

for solver in [ EulerMaruyama; Milstein ] do
    for dt in [ 0.1; 0.01; 0.001 ] do
        let s = price |> Sde.using solver |> Sde.dt dt |> Sde.solveFinal
        printfn "%-14s dt = %-6g mean error %.1g" solver.Name dt (float (mean (abs (s - exactPrice))))
(*** include-output ***)
(**
An impossible combination does not compile. The compiler names the type of the equation's noise and the type that the method needs:

    Sde.problem f (General g) y0 (0.0, 1.0) |> Sde.using Milstein     The type 'AnyNoise' is not compatible with the type 'CommutativeNoise'
    Sde.problem f (Diagonal g) y0 (0.0, 1.0) |> Sde.using Tsit5       The type 'DiagonalNoise' is not compatible with the type 'AnyOde'
    Ode.problem f y0 (0.0, 1.0) |> Sde.noise (Key 7)                  The type 'AnyOde' is not compatible with the type 'AnyNoise'

The library checks at run time that the method fits the integral, Itô or Stratonovich:
*)
mistake (fun () -> price |> Sde.using Heun |> Sde.solve)
(*** include-output ***)
(**
The other verbs are those of `Ode`, with these differences:

- `Sde.noise key` is required. Equal keys give equal paths; use another key for another sample.
- Steps end at output times. A path is unknown between two steps, so `solution.At` and `integrator.At` raise an exception there.
- In a batch every row has its own noise, and all rows take the same steps. With `Sde.perSample` row k has its own steps, and its path
  equals that of a single solve with `Key.fold k key`.
- A path is resolved to 2⁻²⁴ of its interval. Steps and outputs closer than that raise an exception: solve in parts, with another key for
  each part.
- Gradients are those of the steps taken, on the same path, by the state and by everything that f and g capture, but not by times.
  `Backsolve` raises an exception. Only the error of the state controls the steps.

Not there yet: events on noisy paths, adaptive steps for Itô equations, `General` noise for trees and for Milstein's method, and paths
from data.

## Step by hand

`Ode.integrator` is a solve that you step by hand, for control loops, games, animations and custom stopping rules. It is immutable: `Step`
returns a new integrator and leaves the old one unchanged. Here half of the hares are shot at t = 5, and the loop finds the largest
number of hares:
*)
let mutable i = problem |> Ode.stepAt [ 5.0 ] |> Ode.integrator
let mutable most = i

while not i.IsDone do
    i <- i.Step()

    if i.T = 5.0 then i <- i.With(i.Y * tensor [ 0.5; 1.0 ])

    if float i.Y[0] > float most.Y[0] then most <- i

printfn "%.2f hares at t = %.2f; at the end %O" (float most.Y[0]) most.T i.Y
(*** include-output ***)
(**
| member | |
|---|---|
| `T`, `Y` | the time reached and the state at that time |
| `Step ()` | the integrator after the next accepted step; the steps are those of `Ode.solve`, bit for bit |
| `At t` | the state at a time within the last step |
| `With y` | the same solve, continued from another state |
| `Dt` | the size of the next attempted step |
| `IsDone`, `Status` | whether the solve has ended, and how: `Some Success`, or a status from the table below |
| `Stats` | the cost of the steps so far |

This prints a frame every 0.5, by the interpolant of the step that contains the time:
*)
let mutable j = Ode.integrator (Ode.problem lotkaVolterra (tensor [ 1.0; 1.0 ]) (0.0, 3.0))
let mutable frame = 0.0

while not j.IsDone do
    j <- j.Step()

    while frame <= j.T do
        let u = j.At frame
        printfn "t = %.1f: %5.2f hares, %5.2f lynxes" frame (float u[0]) (float u[1])
        frame <- frame + 0.5
(*** include-output ***)
(**
An integrator runs one call for each step. That costs tens of microseconds; a step within `Ode.solve` may take less than one.
`perSample`, output times, `Ode.progress` and transforms raise an exception: use `Ode.solve` inside `grad`.

## Failures

`Ode.solve` raises a `SolveException` if it cannot reach the end. The message gives the time, the number of steps, the dominant
component and advice. The equation y′ = y² from 1 diverges at t = 1:
*)
let explosion = Ode.problem (fun _t (u: Tensor) -> u * u) (tensor [ 1.0 ]) (0.0, 2.0)
mistake (fun () -> Ode.solve explosion)
(*** include-output ***)
(**
| status | cause | what to try |
|---|---|---|
| `MaxStepsReached` | more steps than `Ode.maxSteps` | the advice in the message: an implicit method if stability limits the steps, an event if the field jumps, otherwise more steps or a looser tolerance |
| `StepTooSmall` | no step is short enough for the tolerance | an atol above 0 if the state is near 0; `Ode.jumpAt` at a jump; check the solution for a singularity |
| `NonFinite` | the field or the state is NaN or infinite | check the component that the message names |
| `NonlinearSolveFailed` | the equations of an implicit step were not solved | shorter steps |
| `EventsAccumulate`, `TooManyEvents` | events accumulate at one time, or exceed `Ode.maxEvents` | a terminal event for a motion that comes to rest; `Ode.maxEvents` |
| `EventOccurred` | a terminal event; this is not a failure | read `T1` and `Y1` |
| `Cancelled` | the token was cancelled | |

`Ode.trySolve` returns a solution with the status instead of raising an exception. Outputs that were not reached are NaN:
*)
let partial = explosion |> Ode.saveAt (tensor [ 0.5; 0.9; 1.5 ]) |> Ode.trySolve
partial.Status, partial.Ys
(*** include-it ***)
(**
Invalid input raises an exception at the call:
*)
mistake (fun () -> problem |> Ode.saveAt (tensor [ 1.0; 12.5 ]) |> Ode.solve)
(*** include-output ***)
mistake (fun () -> problem |> Ode.tolerance -1e-6 1e-9)
(*** include-output ***)
mistake (fun () -> problem |> Ode.using RK4 |> Ode.solve)
(*** include-output ***)
(**
Next: [Differentiate](differentiate.html).
*)
