(**
---
title: Solve
category: Guide
categoryindex: 1
index: 4
---
*)
(*** hide ***)
#r "../src/NeuralDE.Core.fs/bin/Release/net10.0/NeuralDE.Core.dll"

let mistake (f: unit -> 'T) =
    try
        f () |> ignore
    with e ->
        printfn "%s" e.Message
(**
# Solve

At the end of this page you can solve an ordinary differential equation to the accuracy that you ask for, see its states at any time, know
what the solve cost, solve thousands of them at once, add noise, step by hand, and read why a solve failed.

## A problem and a few answers

Hares and lynxes, by Lotka and Volterra: hares multiply and are eaten, lynxes starve unless they eat.
*)
open NeuralDE

let lotkaVolterra (_t: Tensor) (u: Tensor) =
    let hare, lynx = u[0], u[1]
    stack [ 1.5 * hare - hare * lynx; hare * lynx - 3.0 * lynx ]

let problem = Ode.problem lotkaVolterra (tensor [ 1.0; 1.0 ]) (0.0, 10.0)

let solution =
    problem |> Ode.using Tsit5 |> Ode.tolerance 1e-8 1e-8 |> Ode.saveAt (linspace 0.0 10.0 201) |> Ode.solve
(**
A problem is a field, a state and two times. Every line after it answers one question; what you leave out has a default.
*)
solution.Y1 // the state at the end
(*** include-it ***)
solution.At 3.7 // and at any time, by dense output
(*** include-it ***)
solution.Status, solution.Stats
(*** include-it ***)
Plot.trajectories [ ("Lotka–Volterra", solution.Ts, solution.Ys) ]
|> Plot.channels [ "hares"; "lynxes" ]
|> Plot.size 640 300
|> Plot.svg
(*** include-it-raw ***)
(**
The reference value of the last state, computed elsewhere in 113-bit numbers, is (1.0263447675750893, 0.90969107813604162). This is how
far each tolerance and method ends from it, and what it costs:
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
## The questions

| question | answers | default |
|---|---|---|
| which method | `Ode.using` Tsit5, Dopri5, DOP853, Vern7, Bosh3, RK4, Euler, …; Kvaerno3, Rosenbrock23, BDF2 for stiff equations | Tsit5 |
| how accurate | `Ode.tolerance rtol atol`: the error of a step is at most atol + rtol abs y | 1e-6, 1e-9 |
| how long a step | adaptive; `Ode.dt 0.01` for constant steps, `Ode.dt0` for the first one, `Ode.dtBetween` for bounds | adaptive, Hairer's first step |
| how to adapt | `Ode.controller StepController.proportionalIntegral` | `StepController.integral` |
| what to keep | `Ode.saveAt times`, `Ode.saveSteps n`, `Ode.saveStart`, `Ode.saveEnd` | the state at the end, as `Y1` |
| where to stop on the way | `Ode.stepAt` a time; `Ode.jumpAt` a time at which the field jumps | nowhere |
| what happens on the way | `Ode.on` with `Event.falling`, `rising` or `crossing`, and `Event.apply` or `Event.stop` | nothing |
| which norm | `Ode.norm`, from scaled errors to a number | the largest RMS of the leaves |
| how to differentiate | `Ode.gradient`; see [Differentiate](differentiate.html) | Checkpointed |
| what steps answer for | `Ode.errorControl` | StateAndDerivatives |
| how many steps at most | `Ode.maxSteps n` | 100 000 |
| whom to tell | `Ode.progress`, `Ode.cancel token` | nobody |

`Ode.solve` gives all of the solution, `Ode.solveYs` the saved states, `Ode.solveFinal` the last one, `Ode.integrator` one step at a time.
Output times never change the steps. Time may run backwards: `(10.0, 0.0)`.

A method is a value of type `OdeSolver`, to be kept in lists and records. Write the type where nothing else says it:
*)
type Settings = { Method: OdeSolver; Accuracy: float }

let settings =
    Map [ "quick", { Method = Bosh3; Accuracy = 1e-3 }; "exact", { Method = DOP853; Accuracy = 1e-10 } ]

let byName: Map<string, OdeSolver> = Map [ for m in odeSolvers -> m.Name, m ]
problem |> Ode.using byName["Vern7"] |> Ode.tolerance settings["exact"].Accuracy 1e-12 |> Ode.solveFinal
(*** include-it ***)
(**
`Method` is the type of methods whatever they solve; `Ode.usingMethod` takes one and refuses at run time what `Ode.using` refuses when it
compiles. Functions take any problem as `Problem<'Equation, 'S>`, one of an ordinary equation as `OdeProblem<'S>`:
*)
let carefully (p: Problem<'Equation, 'S>) = p |> Ode.tolerance 1e-10 1e-12 |> Ode.maxSteps 1000000
problem |> carefully |> Ode.solveFinal
(*** include-it ***)
(**

## A state is any record

Position and velocity need no packing into one vector:
*)
type Ball = { Position: Tensor; Velocity: Tensor }

let fall (_t: Tensor) (ball: Ball) = { Position = ball.Velocity; Velocity = full [ 1 ] -9.81 }

Ode.problem fall { Position = tensor [ 10.0 ]; Velocity = tensor [ 0.0 ] } (0.0, 1.0) |> Ode.solveFinal
(*** include-it ***)
(**
## Many at once

`Ode.perSample` solves for each row of the state by itself: own steps, own error, own status. The field sees one row.
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
Without `perSample` the field sees the whole batch, and all rows take the same steps: simpler where the field is a network that wants
`[batch; features]`, and one difficult row makes all of them slow.

## When a field jumps

A heater that goes off at t = 2. The solver does not know, and its steps stumble over the jump; told, they step to it:
*)
let heater (t: Tensor) (u: Tensor) = where (t .< 2.0) (scalar 5.0) 0.0 - u
let heated = Ode.problem heater (tensor [ 0.0 ]) (0.0, 4.0)
let steps (p: OdeProblem<Tensor>) = (Ode.solve p).Stats
printfn "not told  %O" (steps heated)
printfn "told      %O" (steps (heated |> Ode.jumpAt [ 2.0 ]))
(*** include-output ***)
(**
The time may be a tensor: what the temperature at t = 4 gains for each unit of time that the heater stays on, 5 e⁻².
*)
let switched (off: Tensor) =
    Ode.problem (fun t u -> where (t .< off) (scalar 5.0) 0.0 - u) (tensor [ 0.0 ]) (0.0, 4.0)
    |> Ode.jumpAt [ off ]
    |> Ode.solveFinal
    |> sum

grad switched (scalar 2.0)
(*** include-it ***)
(**
## When something happens

An event is where a value of time and state changes its sign. It changes the state, or ends the solve. A ball that loses a fifth of its
speed at every impact:
*)
let gravity (_t: Tensor) (u: Tensor) = stack [ u[1]; scalar -9.81 ]

let ball =
    Ode.problem gravity (tensor [ 10.0; 0.0 ]) (0.0, 8.0)
    |> Ode.on (Event.falling (fun _t u -> u[0])) (Event.apply (fun _t u -> stack [ u[0]; -0.8 * u[1] ]))
    |> Ode.solve

ball.Events.Times, ball.Events.Kinds
(*** include-it ***)
(**
`Kinds` says which event, by its place among the calls of `Ode.on`; those at one time happen in that order. With `Event.stop` the solve ends
there with the status `EventOccurred`, `T1` and `Y1` are the time and the state, and outputs after it are NaN. Outputs at an event's time
show the state before it. Everything is differentiable: times, the state after them, what the event's own functions capture.

A value may jump over 0, as `where (u[0] .> 1.0) 1.0 -1.0` or a clock that begins anew does; the time of such an event is a constant of
differentiation, so write `u[0] - 1.0` where its derivative matters.

Signs are compared four times a step and where a value turns between, so `Ode.dtBetween` helps where values are quicker than steps. A ball
that comes to rest has infinitely many impacts: the solve ends with `EventsAccumulate`, and after `Ode.maxEvents` with `TooManyEvents`.
The continuous adjoint, `Backsolve`, knows no events and is refused.
*)
(**
## When the equation is stiff

Robertson's chemistry has rates from 0.04 to 3·10⁷. An explicit method must follow the fastest of them to the end, and says so when it gives
up; an implicit one takes long steps:
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
The reference is 0.01787. `Rosenbrock23` solves no equations by iteration and suits loose tolerances, `Kvaerno3` tighter ones, `BDF2` costly
Jacobians. Each makes the matrix of the whole state: give a batch `Ode.perSample`, so that it is one small matrix a row. They are
differentiated as any other method; `Backsolve` is refused, since a stiff equation is unstable backwards.
*)
(**
Methods, step controllers, error norms and gradient methods of your own: [Extend it](extend.html).

## When there is noise

dy = f(t, y) dt + g(t, y) dW, with a Brownian motion W: `Sde.problem` is the equation in Itô's sense, g at the start of each interval, and
`Sde.stratonovich` that in Stratonovich's, g in its middle. A price that grows and wavers in proportion to itself, a thousand times:
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
A method may ask something of the noise, so the equation says what kind it has:

| noise | g returns | W |
|---|---|---|
| `Diagonal (fun t y -> …)` | a tree like the state; component i depends on component i of the state alone | one for each component |
| `Additive (fun t -> …)` | a tree like the state, whatever the state is | one for each component |
| `General (fun t y -> …)` | `[batch…; d; channels]`; the state is a tensor `[batch…; d]` | `[batch…; channels]` |

All components of W are independent. Milstein's method takes your word that a g is diagonal: it loses its order where that is not so.

| method | integral | noise | strong order | steps |
|---|---|---|---|---|
| `EulerMaruyama`, the default of `Sde.problem` | Itô | any | ½; 1 for `Additive` | `Sde.dt` |
| `Milstein` | Itô | `Diagonal`, `Additive` | 1 | `Sde.dt` |
| `Heun`, the default of `Sde.stratonovich`; `Midpoint`, `Ralston` | Stratonovich | any | 1; ½ for `General` | adaptive, or `Sde.dt` |

A path is rough, so errors fall slowly with the step: the default tolerance of `Sde.stratonovich` is 1e-3 and 1e-6, and a tenth of it takes
ten times the steps. Of `Additive` noise both integrals are the same, and every method here solves either. For other noise, to pass from Itô to Stratonovich,
take ½ g ∂g/∂y from the drift of each component of a `Diagonal` equation.

The path of W depends on the key, not on the steps, the method or the outputs, so methods can be compared path by path. The price has a
solution in W, and W is itself the solution of an equation under the same key:
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
What no method can do does not compile. The compiler names what the equation promises and what the method needs:

    Sde.problem f (General g) y0 (0.0, 1.0) |> Sde.using Milstein     The type 'AnyNoise' is not compatible with the type 'CommutativeNoise'
    Sde.problem f (Diagonal g) y0 (0.0, 1.0) |> Sde.using Tsit5       The type 'DiagonalNoise' is not compatible with the type 'AnyOde'
    Ode.problem f y0 (0.0, 1.0) |> Sde.noise (Key 7)                  The type 'AnyOde' is not compatible with the type 'AnyNoise'

Which integral a method converges to is checked when it solves:
*)
mistake (fun () -> price |> Sde.using Heun |> Sde.solve)
(*** include-output ***)
(**
The other verbs are those of `Ode`. What differs:

- `Sde.noise key` must be there. Equal keys give equal paths; another sample needs another key.
- Steps end at output times. Between two steps a path is not known, so `solution.At` and `integrator.At` are refused there.
- A batch has noise of its own in every row and joint steps. With `Sde.perSample` row k has its own steps, and the path that a single
  solve has under `Key.fold k key`.
- A path is known to 2⁻²⁴ of its interval. Steps and outputs nearer than that are refused: solve in parts, each with a key of its own.
- Gradients are those of the steps taken, on the same path: in the state, in all that f and g capture, not in times. `Backsolve` is refused,
  and steps answer for the state's error alone.

Not there yet: events on noisy paths, adaptive steps in Itô's sense, `General` noise for trees and for Milstein's method, and paths
that are data.

## A step at a time

`Ode.integrator` is a solve that you step by hand, for control loops, games, animations and stopping rules of your own. It is a value: `Step`
gives the next one and leaves this as it is, so one that you keep stays what it was. Half of the hares are shot at t = 5, and we look for
the most there ever were:
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
| `T`, `Y` | the time reached and the state there |
| `Step ()` | the next step that is kept; the steps are those of `Ode.solve`, bit for bit |
| `At t` | the state at a time within the last step |
| `With y` | the same solve with another state from here on |
| `Dt` | the length of the step that is tried next |
| `IsDone`, `Status` | whether it has ended and how: `Some Success`, or what the table below lists |
| `Stats` | what the steps have cost so far |

A frame every 0.5, by the interpolant of the step that passes it:
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
It runs on numbers, one call a step, which costs tens of microseconds where a step within `Ode.solve` may take less than one. `perSample`, output times,
`Ode.progress` and transforms are refused: inside `grad` write `Ode.solve`.

## When it fails

`Ode.solve` raises a `SolveException` when it cannot reach the end. It says where, after how many steps, which component and what to try.
The equation y′ = y² from 1 blows up at t = 1:
*)
let explosion = Ode.problem (fun _t (u: Tensor) -> u * u) (tensor [ 1.0 ]) (0.0, 2.0)
mistake (fun () -> Ode.solve explosion)
(*** include-output ***)
(**
| status | what happened | what to try |
|---|---|---|
| `MaxStepsReached` | more steps than `Ode.maxSteps` | what the message says: an implicit method where stability limits the steps, an event where the field jumps, else more steps or a looser tolerance |
| `StepTooSmall` | no step is short enough for the tolerance | an atol above 0 near 0, `Ode.jumpAt` at a jump, a look at the singularity |
| `NonFinite` | the field or the state is NaN or infinite | the component that the message names |
| `NonlinearSolveFailed` | an implicit step was not solved | shorter steps |
| `EventsAccumulate`, `TooManyEvents` | events without end | a terminal event for what comes to rest, `Ode.maxEvents` |
| `EventOccurred` | a terminal event: no failure | `T1` and `Y1` |
| `Cancelled` | the token was cancelled | |

`Ode.trySolve` returns instead. What was not reached is NaN:
*)
let partial = explosion |> Ode.saveAt (tensor [ 0.5; 0.9; 1.5 ]) |> Ode.trySolve
partial.Status, partial.Ys
(*** include-it ***)
(**
Bad input is refused at the call:
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
