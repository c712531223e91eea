/// The spiral of torchdiffeq's demonstration, y' = y³ A, and a network that follows it.
module NeuralDE.Benchmarks.Spiral

open NeuralDE

let matrix = tensor [ [ -0.1; 2.0 ]; [ -2.0; -0.1 ] ]

let linear (matrix: Tensor) (_t: Tensor) (y: Tensor) = matmul (y ** 3.0) matrix
let network (net: Mlp) (_t: Tensor) (y: Tensor) = Mlp.apply net (y ** 3.0)

/// The demonstration's thousand times.
let times = linspace 0.0 25.0 1000

/// The true spiral at those times: [1000; 2].
let points =
    lazy
        (Ode.problem (linear matrix) (tensor [ [ 2.0; 0.0 ] ]) (0.0, 25.0)
         |> Ode.using DOP853
         |> Ode.tolerance 1e-11 1e-13
         |> Ode.saveAt times
         |> Ode.solveYs
         |> reshape [ 1000; 2 ])

/// 2-50-2 with tanh: hidden weights are drawn, the last layer is the least-squares fit of y³ A on the spiral.
let fitted: Lazy<Mlp> =
    lazy
        (let forWeight, forBias = Key.split (Key 7)
         let hidden = { Weight = 0.1 * randn forWeight [ 2; 50 ]; Bias = 0.5 * randn forBias [ 50 ] }
         let cubes = points.Value ** 3.0
         let features = concatAlong 1 [ tanh (Linear.apply hidden cubes); ones [ 1000; 1 ] ]
         let normal = matmul (transpose features) features + 1e-10 * eye 51
         let weights = solve normal (matmul (transpose features) (matmul cubes matrix))
         { Layers = [ hidden; { Weight = weights[..49]; Bias = weights[50] } ]
           Activation = Activation.Tanh })

/// Dopri5 with the error estimate that torchdiffeq uses, Shampine's: the same steps but for the last, which ends at t1
/// here.
let dopri5OfShampine =
    let error =
        [| 35.0 / 384.0 - 1951.0 / 21600.0
           0.0
           500.0 / 1113.0 - 22642.0 / 50085.0
           125.0 / 192.0 - 451.0 / 720.0
           -2187.0 / 6784.0 + 12231.0 / 42400.0
           11.0 / 84.0 - 649.0 / 6300.0
           -1.0 / 60.0 |]

    OdeSolver(Tableau { Dopri5.Stepper.Mover.Data with Name = "Dopri5 with Shampine's estimate"; Error = error })
