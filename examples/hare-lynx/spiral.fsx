/// The spiral that torchdiffeq's examples/ode_demo.py learns: a cubic oscillator, known at 1000 times. 01-hare-lynx.fsx
/// loads this.
module Spiral

#load "../../src/NeuralDE.Core.fs/load.fsx"

open NeuralDE

// 1. The truth: y' = y³ A from (2, 0), row vectors as there ---------------------------------------------------------
let a = tensor [ [ -0.1; 2.0 ]; [ -2.0; -0.1 ] ]
let truth (_t: Tensor) (y: Tensor) = matmul (y ** 3.0) a
let start = tensor [ 2.0; 0.0 ]
let times = linspace 0.0 25.0 1000

/// States at times from a start [2] or from a batch of them [batch; 2]: [time; …; 2].
let solve rtol field y0 (times: Tensor) =
    Ode.problem field y0 (scalar 0.0, times[-1])
    |> Ode.using Dopri5
    |> Ode.tolerance rtol (0.01 * rtol)
    |> Ode.saveAt times
    |> Ode.solveYs

let states = solve 1e-7 truth start times // [1000; 2]

// 2. The network on y³, 2-50-2, weights of deviation 0.1 ------------------------------------------------------------
let init key = Mlp.initWith (fun key shape -> 0.1 * randn key shape) key [ 2; 50; 2 ]
let field net (_t: Tensor) (y: Tensor) = Mlp.apply net (y ** 3.0)
let predict net = solve 1e-7 (field net) start times

/// The mean absolute error over the whole trajectory.
let error net = mean (abs (predict net - states))

// 3. Mini-batches: 20 windows of 10 points a step, each solved from its first point ---------------------------------
let length = 10
let windows = (Windows.slide length 0 1 states).Past // [991; 10; 2]

let loss rtol (batch: Tensor) net =
    let predicted = solve rtol (field net) batch[*, 0] times[.. length - 1] // [10; 20; 2]
    mean (abs (moveAxis 0 1 predicted - batch))

/// As many windows, which begin evenly along the curve instead of evenly in time: the spiral is fast at first and slow
/// for most of its time, so that few of the former are from where errors of the field count most.
let evenWindows =
    let travelled = windows[*, 0] |> truth (scalar 0.0) |> square |> sumAlong 1 |> sqrt |> cumsum 0
    let share = travelled / travelled[-1]
    let half = 0.5 / float share.Count
    take 0 (searchSorted share (linspace half (1.0 - half) share.Count)) windows

let batches key windows = Batches.ofTree 20 windows |> Batches.shuffle key |> Batches.dropLast

type Trained = { Net: Mlp; Losses: float[]; AfterDemo: float; Error: float; Seconds: float }

/// First the demo as it is, 2000 steps of RMSprop at 1e-3. Its error then depends on the step at which one looks, since a
/// constant rate keeps the network moving: 0.1 to 0.7 over keys. What follows differs from the demo: Adam, a rate that
/// falls to 0 along a cosine, windows that begin evenly along the curve, a tolerance of 1e-4: 0.024 to 0.035 over keys.
let train () =
    let demo =
        Train.start (init (Key 0)) (RmsProp 1e-3)
        |> Train.steps 2000
        |> Train.runOn (batches (Key 1) windows) (loss 1e-7)

    let further =
        Train.start demo.Model (Adam 5e-3 |> Optim.schedule (Schedule.cosine 6000 0.0))
        |> Train.steps 6000
        |> Train.runOn (batches (Key 2) evenWindows) (loss 1e-4)

    { Net = further.Model
      Losses = Array.append demo.Losses further.Losses
      AfterDemo = float (error demo.Model)
      Error = float (error further.Model)
      Seconds = demo.Seconds + further.Seconds }
