namespace NeuralDE.Benchmarks

open NeuralDE

/// The spiral neural ODE that DiffEqFlux published timings of: 2-50-2 with tanh on x³, u0 = (2, 0), 30 times from 0 to 1.5,
/// float32, relative tolerance 1e-3 and absolute 1e-6; the loss is the sum of absolute differences from the true spiral.
module SpiralModel =
    let start = tensor [ 2.0f; 0.0f ]

    let problem field =
        Ode.problem field start (0.0, 1.5) |> Ode.tolerance 1e-3 1e-6 |> Ode.saveAt (linspace 0.0 1.5 30)

    /// The true spiral: u³ times a matrix.
    let data () =
        let matrix = tensor [ [ -0.1f; 2.0f ]; [ -2.0f; -0.1f ] ]

        problem (fun _t u -> matmul (u ** 3.0) matrix) |> Ode.tolerance 1e-6 1e-6 |> Ode.solveYs

    let init () : Mlp = Tree.cast Float32 (Mlp.initWith Init.glorot (Key 42) [ 2; 50; 2 ])

    let field (net: Mlp) (_t: Tensor) (u: Tensor) = Mlp.apply net (u ** 3.0)

    let loss (data: Tensor) (net: Mlp) = sum (abs (Ode.solveYs (problem (field net)) - data))
