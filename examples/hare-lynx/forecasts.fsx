/// Three models of the hares and lynxes, fitted to the first years and asked about the others: the Lotka–Volterra
/// equations, the same with a network that corrects them, and a network alone. 01-hare-lynx.fsx loads this.
module Forecasts

#load "../../src/NeuralDE.Core.fs/load.fsx"

open System.IO
open NeuralDE

// 1. The data: pelts in thousands, a row a year ---------------------------------------------------------------------
let table = Csv.read (Path.Combine(__SOURCE_DIRECTORY__, "..", "data", "hare-lynx.csv"))
let ts = Csv.column "year" table - 1900.0 //         [21] years since 1900
let us = Csv.columns [ "hare"; "lynx" ] table //     [21; 2]
let logs = log us
let fitted = 15 //                                   1900 to 1914; the last 6 years are asked for

/// Shift and width of the logarithms, from no more years than the shortest fit below sees.
let normaliser = Normaliser.fit Standard logs[..8]

/// From 0 to the last of the times.
let solve field start (times: Tensor) =
    Ode.problem field start (scalar 0.0, times[-1]) |> Ode.tolerance 1e-6 1e-6 |> Ode.saveAt times |> Ode.solveYs

// 2. The models: from parameters to the logarithms of the pelts at times, [time; 2] ---------------------------------
let lotkaVolterra (p: Tensor) (_t: Tensor) (u: Tensor) =
    let hare, lynx = u[0], u[1]
    stack [ p[0] * hare - p[1] * hare * lynx; p[3] * hare * lynx - p[2] * lynx ]

/// θ holds the logarithms of α, β, γ, δ and of both animals in 1900.
let classicLogs times (theta: Tensor) =
    let p = exp theta
    log (solve (lotkaVolterra p) p[4..5] times)

/// u' = lotkaVolterra(u) + u · N(log u): a universal differential equation (C. Rackauckas et al., 2020). The network is
/// what the birth and death rates of both animals have beside the equations.
type Universal = { Theta: Tensor; Net: Mlp }

/// What the network adds to both rates at pelts [time…; 2], a year.
let addedRates model (u: Tensor) = Mlp.apply model.Net (Normaliser.apply normaliser (log u))

let universalLogs times model =
    let p = exp model.Theta
    log (solve (fun t u -> lotkaVolterra p t u + u * addedRates model u) p[4..5] times)

/// v' = N(v) / 3 years on normalised logarithms v: a neural ODE that finds its own start.
type Neural = { Field: Mlp; Start: Tensor }

let neuralLogs normaliser (times: Tensor) model =
    solve (fun _t v -> Mlp.apply model.Field v) model.Start (times / 3.0) |> Normaliser.invert normaliser

// 3. Fitting the first years ----------------------------------------------------------------------------------------
let options = { LevenbergMarquardtOptions.defaults with LossTolerance = 1e-5 }
let misses predict years model = reshape [ -1 ] (predict ts[.. years - 1] model - logs[.. years - 1])

/// Least squares of the logarithms' residuals and of √λ times what a penalty holds small, from a model on.
let fit predict (held: 'M -> Tensor list) (lambda: float) years (model: 'M) =
    let residuals model = concat (misses predict years model :: [ for w in held model -> sqrt lambda * w ])
    LevenbergMarquardt.minimiseWith options ignore residuals model

/// All weights and biases of a network, each in a row.
let weights (net: Mlp) = Tree.flatten net |> Array.map (reshape [ -1 ]) |> List.ofArray

/// The root mean square of errors from one year to another.
let rmse (predicted: Tensor) (observed: Tensor) first last =
    sqrt (float (mean (square (predicted[first..last] - observed[first..last]))))

// 4. How strong a penalty? A rule that sees the fitted years only ---------------------------------------------------
let lambdas = [ 1.0; 0.1; 0.01; 0.001; 0.0001 ]

/// What became of a model that was fitted to the first years.
type Forecast =
    {
        Name: string
        Parameters: int
        /// 0 without a penalty
        Lambda: float
        /// for every penalty tried, the log-RMSE of the three years after 1908 and of those after 1911
        Tried: (float * float) list
        /// pelts in the years of the data [21; 2]
        Years: Tensor
        /// pelts at the times `fine` [401; 2]
        Fine: Tensor
        /// what a network adds to both rates at the times `fine` [401; 2]; 0 where none does
        Added: Tensor
        /// half the sum of squares, the penalty included, after each iteration
        Losses: float[]
    }

let fine = linspace 0.0 20.0 401

let asked name predict (added: 'M -> Tensor -> Tensor) tried lambda (found: LevenbergMarquardtFit<'M>) =
    let path = exp (predict fine found.Model)

    { Name = name
      Parameters = Tree.count found.Model
      Lambda = lambda
      Tried = tried
      Years = exp (predict ts found.Model)
      Fine = path
      Added = added found.Model path
      Losses = found.Losses }

/// The log-RMSE of the three years after those fitted; infinite where the solve fails on its way there.
let ahead predict years model =
    try
        rmse (predict ts[.. years + 2] model) logs years (years + 2)
    with :? SolveException ->
        infinity

/// Fits 9 and then 12 years with each penalty, takes the penalty whose forecasts of the three years after are best, and
/// fits all 15 years with it. The years after 1914 take no part.
let byRule name predict added held (start: 'M) =
    let tries =
        [ for lambda in lambdas do
              let nine = (fit predict held lambda 9 start).Model
              let twelve = (fit predict held lambda 12 nine).Model
              let errors = [ ahead predict 9 nine; ahead predict 12 twelve ]
              lambda, sqrt (List.averageBy (fun e -> e * e) errors), twelve ]

    let lambda, _, twelve = tries |> List.minBy (fun (_, error, _) -> error)
    let tried = [ for lambda, error, _ in tries -> lambda, error ]
    fit predict held lambda fitted twelve |> asked name predict added tried lambda

// 5. The three forecasts --------------------------------------------------------------------------------------------
let guess = log (concat [ tensor [ 0.5; 0.02; 0.8; 0.02 ]; us[0] ])
let classicFit years = fit classicLogs (fun _ -> []) 0.0 years guess
let nothing _ (path: Tensor) = zerosLike path
let classic () = classicFit fitted |> asked "Lotka–Volterra" classicLogs nothing [] 0.0

/// Between which pelts nine of ten solves lie whose parameters are drawn from their distribution to first order: normal,
/// with the covariance of the fit. What the equations themselves get wrong is not in it.
let classicBand () =
    let found = (classicFit fitted).Model
    let root = cholesky (LevenbergMarquardt.covariance (misses classicLogs fitted) found)
    let draws = found + matmul (randn (Key 5) [ 200; 6 ]) (transpose root)
    let pelts = exp (vmap (classicLogs fine) draws) // [200; 401; 2]
    quantileAlong 0 0.05 pelts, quantileAlong 0 0.95 pelts

/// Begins at the equations fitted to 9 years, with a network that is near 0.
let universal () =
    let net = Mlp.initWith Init.glorot (Key 3) [ 2; 5; 2 ]
    let output = { net.Layers[1] with Weight = 0.01 * net.Layers[1].Weight }
    let start = { Theta = (classicFit 9).Model; Net = { net with Layers = [ net.Layers[0]; output ] } }
    byRule "universal" universalLogs addedRates (fun model -> weights model.Net) start

/// Begins at a fit of the first five years, which lead the way to more.
let neural () =
    let predict, held = neuralLogs normaliser, (fun model -> weights model.Field)
    let untrained = { Field = Mlp.init (Key 1) [ 2; 8; 2 ]; Start = Normaliser.apply normaliser logs[0] }
    byRule "neural ODE" predict nothing held (fit predict held 0.1 5 untrained).Model
