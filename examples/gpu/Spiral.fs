/// A neural ODE that learns a spiral, on any device.
module NeuralDE.Gpu.Example.Spiral

open NeuralDE

/// 64 trajectories of a spiral, at 16 times.
let private times = linspace 0.0 1.5 16 |> cast Float32

let private starts = tensor [ [ 2.0; 0.0 ] ] + 0.1 * randn (Key 5) [ 64; 2 ] |> cast Float32

let private solve (field: Tensor -> Tensor) (starts: Tensor) =
    Ode.problem (fun _ y -> field (y ** 3.0)) starts (0.0, 1.5)
    |> Ode.using RK4
    |> Ode.dt 0.05
    |> Ode.saveAt times
    |> Ode.solveYs

let private truth =
    let matrix = tensor [ [ -0.1; 2.0 ]; [ -2.0; -0.1 ] ] |> cast Float32
    solve (fun y -> matmul y matrix) starts

/// Trains the network on a device, and returns its losses.
let train (device: Device) (steps: int) : float[] =
    let model = Mlp.init (Key 1) [ 2; 50; 2 ] |> Tree.cast Float32 |> Tree.toDevice device // the one line
    let loss net = mean (abs (solve (Mlp.apply net) starts - truth))
    (Train.start model (Adam 0.01) |> Train.steps steps |> Train.run loss).Losses
