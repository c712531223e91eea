/// Problems with events whose times are known.
module NeuralDE.Tests.Solvers.EventCases

open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let bounce (e: Tensor) = Event.apply (fun _ (u: Tensor) -> stack [ u[0]; -e * u[1] ])

/// A change that returns the state unchanged: the event is only recorded.
let told: EventAction<Tensor> = Event.apply (fun _ u -> u)

/// A ball that falls from rest: p is gravity, the elasticity of the floor, the height.
let ball (p: Tensor) =
    Ode.problem (fun _ (u: Tensor) -> stack [ u[1]; -p[0] ]) (stack [ p[2]; scalar 0.0 ]) (0.0, 8.0)
    |> Ode.on (Event.falling (fun _ u -> u[0])) (bounce p[1])

let ofBall = tensor [ 9.81; 0.8; 10.0 ]

/// Its k-th impact, from 1 on.
let impact k (p: Tensor) =
    let later = List.init (k - 1) (fun j -> p[1] ** float (j + 1)) |> List.fold (+) (scalar 0.0)
    sqrt (2.0 * p[2] / p[0]) * (1.0 + 2.0 * later)

/// Its height and speed at t after `impacts` impacts.
let flight impacts (t: float) (p: Tensor) =
    let speed = p[1] ** float impacts * sqrt (2.0 * p[2] * p[0])
    let since = t - impact impacts p
    stack [ speed * since - 0.5 * p[0] * since * since; speed - p[0] * since ]

/// u″ = −u from 1: cos t.
let cosine t1 =
    Ode.problem (fun _ (u: Tensor) -> stack [ u[1]; -u[0] ]) (tensor [ 1.0; 0.0 ]) (0.0, t1)
    |> Ode.tolerance 1e-8 1e-8

/// A damped pendulum that stops where it passes p₂ sin t.
let pendulum (y0: Tensor) (p: Tensor) =
    Ode.problem (fun _ (u: Tensor) -> stack [ u[1]; -p[0] * sin u[0] - p[1] * u[1] * abs u[1] ]) y0 (0.0, 2.0)
    |> Ode.on (Event.crossing (fun t u -> u[0] - p[2] * sin t)) Event.stop

let ofPendulum = tensor [ 3.0; 0.2; 0.1 ]
let starts = tensor [ [ 1.2; 0.0 ]; [ 0.3; 2.5 ]; [ -1.0; 0.4 ]; [ 2.0; 3.0 ] ]

/// A ball between floor and ceiling; the last row has 19 impacts.
let room (y0: Tensor) (g: Tensor) =
    Ode.problem (fun _ (u: Tensor) -> stack [ u[1]; -g ]) y0 (0.0, 3.0)
    |> Ode.on (Event.falling (fun _ u -> u[0])) (bounce (scalar 0.9))
    |> Ode.on (Event.rising (fun _ u -> u[0] - 2.0)) (bounce (scalar 0.9))
    |> Ode.saveAt (tensor [ 0.5; 1.5; 2.9 ])

let inRoom = tensor [ [ 1.0; 6.0 ]; [ 1.5; -3.0 ]; [ 1.0; 0.05 ]; [ 1.0; 40.0 ] ]

let times (s: Solution<'S>) = numbers s.Events.Times
let kinds (s: Solution<'S>) = s.Events.Kinds |> cast Float64 |> numbers |> Array.map int

/// The methods whose error estimates allow 1e-6 in few steps, and the errors of their results.
let accurate =
    [ for m in adaptive do
          match m.Order with
          | 1 -> ()
          | 2 -> m.Name, 1e-5, 2e-3
          | _ -> m.Name, 1e-9, 1e-7 ]
