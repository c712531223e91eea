// Pictures of every kind from real solves, each as SVG, and all in one report that opens without a network.
// Needs the built library (`dotnet fsi build.fsx build`); an argument names another folder for what it writes.

#load "../src/NeuralDE.Core.fs/load.fsx"

open System
open System.IO
open NeuralDE

let clock = Diagnostics.Stopwatch.StartNew()

let folder =
    match fsi.CommandLineArgs with
    | [| _; folder |] -> folder
    | _ -> Path.Combine(__SOURCE_DIRECTORY__, "..", "artifacts", "pictures")

/// Saves a picture and puts it into the report.
let picture name caption plot report =
    Plot.save (Path.Combine(folder, name + ".svg")) plot
    Report.figure caption plot report

// 1. Hares and lynxes: trajectories, phase portraits, ensembles -----------------------------------------------------
let lotkaVolterra (_t: Tensor) (u: Tensor) =
    let hare, lynx = u[0], u[1]
    stack [ 1.5 * hare - hare * lynx; hare * lynx - 3.0 * lynx ]

let ts = linspace 0.0 10.0 301
let orbit (y0: Tensor) = Ode.problem lotkaVolterra y0 (0.0, 10.0) |> Ode.saveAt ts |> Ode.solveYs
let animals = [ "hares"; "lynxes" ]

let trajectories =
    Plot.trajectories [ ("from (1, 1)", ts, orbit (tensor [ 1.0; 1.0 ])) ]
    |> Plot.channels animals
    |> Plot.title "Hares and lynxes"
    |> Plot.yLabel "animals"

let orbits =
    Plot.phase [ for y in [ 1.0; 2.0; 4.0 ] -> $"from ({string y}, 1)", orbit (tensor [ y; 1.0 ]) ]
    |> Plot.channels animals

let arrows = orbits |> Plot.field lotkaVolterra |> Plot.title "Orbits and their field"
let streamlines = orbits |> Plot.streamlines lotkaVolterra |> Plot.title "Orbits among streamlines"

// A sample of starts, all solved at once: mean and deviation, then quantiles.
let many = vmap orbit (tensor [ 1.0; 1.0 ] + 0.15 * randn (Key 1) [ 100; 2 ]) // [100; 301; 2]

let ensemble =
    Plot.ensemble [ ("mean", ts, many) ]
    |> Plot.channels animals
    |> Plot.span "forecast" 7.0 infinity
    |> Plot.marks "count" [ 2.0; 4.0 ]
    |> Plot.title "Uncertain starts: mean ± one deviation"

let hares = vmap (fun (us: Tensor) -> us[*, 0]) many // [100; 301]

let quantiles =
    Plot.quantiles 0.05 0.95 [ ("median, 5 to 95 %, 25 to 75 %", ts, hares) ]
    |> Plot.band "median, 5 to 95 %, 25 to 75 %" (quantileAlong 0 0.25 hares) (quantileAlong 0 0.75 hares)
    |> Plot.title "The same by quantiles"
    |> Plot.yLabel "hares"

// Time in years since 1900, as dates.
let dated =
    Plot.trajectories [ ("model", ts, orbit (tensor [ 1.0; 1.0 ])) ]
    |> Plot.channels animals
    |> Plot.dates (DateTime(1900, 1, 1)) (TimeSpan.FromDays 365.25)
    |> Plot.xLabel "year"
    |> Plot.title "Ten years"

// 2. A pendulum: streamlines of a field alone -----------------------------------------------------------------------
let pendulum (_t: Tensor) (u: Tensor) = stack [ u[1]; -(sin u[0]) - 0.15 * u[1] ]

let plane =
    Plot.plane (-7.0, 7.0) (-3.0, 3.0)
    |> Plot.streamlines pendulum
    |> Plot.title "A damped pendulum"
    |> Plot.xLabel "angle"
    |> Plot.yLabel "speed"

// 3. Lorenz in three dimensions -------------------------------------------------------------------------------------
let lorenz (_t: Tensor) (u: Tensor) =
    let x, y, z = u[0], u[1], u[2]
    stack [ 10.0 * (y - x); x * (28.0 - z) - y; x * y - 8.0 / 3.0 * z ]

let attractor =
    Ode.problem lorenz (tensor [ 1.0; 1.0; 20.0 ]) (0.0, 30.0)
    |> Ode.saveAt (linspace 0.0 30.0 6001)
    |> Ode.solveYs

let space =
    Plot.space [ ("one trajectory", attractor) ] |> Plot.view -60.0 25.0 |> Plot.title "The Lorenz attractor"

let density =
    Plot.density attractor[600.., 0..1] |> Plot.channels [ "x"; "y" ] |> Plot.title "Where it spends its time"

// 4. Damped oscillators of many frequencies: a heat map -------------------------------------------------------------
let frequencies, times = linspace 0.5 4.0 90, linspace 0.0 20.0 200

let displacement frequency =
    let field (_t: Tensor) (u: Tensor) = stack [ u[1]; -frequency * frequency * u[0] - 0.2 * u[1] ]
    let ys = Ode.problem field (tensor [ 1.0; 0.0 ]) (0.0, 20.0) |> Ode.saveAt times |> Ode.solveYs
    ys[*, 0]

let oscillators =
    Plot.heatMap times frequencies (vmap displacement frequencies)
    |> Plot.title "Damped oscillators"
    |> Plot.xLabel "time"
    |> Plot.yLabel "frequency"
    |> Plot.colourLabel "displacement"

// 5. Densities and samples ------------------------------------------------------------------------------------------
let banana (x: Tensor) = -0.5 * square x[0] - 4.0 * square (x[1] - 0.3 * square x[0])
let map = Plot.densityOf banana (-3.0, 3.0) (-1.5, 3.0) |> Plot.title "A density from its logarithm"

let first = randn (Key 2) [ 800 ]
let samples = stackAlong 1 [ first; 0.3 * square first + sqrt 0.125 * randn (Key 3) [ 800 ] ]

let cloud =
    Plot.scatterBy "log-density" samples (vmap banana samples)
    |> Plot.channels [ "x₁"; "x₂" ]
    |> Plot.title "Samples of it"

let histogram =
    Plot.histogram [ "x₁", samples[*, 0]; "x₂", samples[*, 1] ]
    |> Plot.xLabel "value"
    |> Plot.title "Their components"

// 6. A drop of heat spreads over 24 by 24 cells: images --------------------------------------------------------------
let spread (_t: Tensor) (u: Tensor) =
    let shifted axis by = roll axis by u
    shifted 0 1 + shifted 0 -1 + shifted 1 1 + shifted 1 -1 - 4.0 * u

let drop =
    let x = linspace -1.0 1.0 24
    exp (-60.0 * (square (reshape [ 24; 1 ] x + 0.3) + square (reshape [ 1; 24 ] x - 0.2)))

let frames = Ode.problem spread drop (0.0, 2.5) |> Ode.saveAt (linspace 0.0 2.5 6) |> Ode.solveYs // [6; 24; 24]
let images = Plot.images 6 [ for k in 0..5 -> $"t = {string (0.5 * float k)}" ] frames

// 7. Learning: losses ------------------------------------------------------------------------------------------------
let spiral = Ode.problem (fun _t u -> stack [ 2.0 * u[1] - 0.1 * u[0]; -2.0 * u[0] - 0.1 * u[1] ])
let short = linspace 0.0 1.5 30
let target = spiral (tensor [ 2.0; 0.0 ]) (0.0, 1.5) |> Ode.saveAt short |> Ode.solveYs

let predict net =
    Ode.problem (fun _t u -> Mlp.apply net u) (tensor [ 2.0; 0.0 ]) (0.0, 1.5) |> Ode.saveAt short |> Ode.solveYs

let train rate =
    Train.start (Mlp.init (Key 4) [ 2; 16; 2 ]) (Adam rate)
    |> Train.steps 200
    |> Train.run (fun net -> mean (square (predict net - target)))

let slow, fast = train 5e-3, train 5e-2

let losses =
    Plot.lossesOf [ "rate 0.005", slow.Losses; "rate 0.05", fast.Losses ]
    |> Plot.smooth 15
    |> Plot.title "A neural ODE learns a spiral"

// 8. What solvers cost -----------------------------------------------------------------------------------------------
let solvers = [ "Bosh3", Bosh3; "Dopri5", Dopri5; "Tsit5", Tsit5; "DOP853", DOP853 ]

let solved =
    [ for name, solver in solvers ->
          name,
          Ode.problem lotkaVolterra (tensor [ 1.0; 1.0 ]) (0.0, 10.0)
          |> Ode.using solver
          |> Ode.tolerance 1e-6 1e-6
          |> Ode.saveSteps 1
          |> Ode.solve ]

let costs = Plot.stats [ for name, solution in solved -> name, solution.Stats ] |> Plot.title "Costs at 10⁻⁶"
let steps = Plot.stepSizes [ for name, solution in solved -> name, solution.Ts ] |> Plot.title "Their steps"

// 9. Several plots in one drawing, and the report ---------------------------------------------------------------------
let both =
    Plot.grid 2 [ trajectories; ensemble ] |> Figure.sharedX |> Figure.sharedY |> Figure.title "One and many"
Figure.save (Path.Combine(folder, "grid.svg")) both

Report.start "Pictures"
|> Report.text
    "Each picture comes from a solve of `examples/04-pictures.fsx`, in **one pipeline**:

```
Plot.phase [ \"orbit\", us ] |> Plot.streamlines field |> Plot.save \"phase.svg\"
```"
|> Report.section "Over time"
|> picture "trajectories" "Two channels over time." trajectories
|> picture "ensemble" "100 solves in one call; a forecast and two counts are marked." ensemble
|> picture "quantiles" "Two bands, the wider one paler." quantiles
|> picture "dates" "Numbers as dates." dated
|> Report.drawing "Plots that share both axes." both
|> Report.section "In the plane and in space"
|> picture "arrows" "Arrows as long as the root of the speed." arrows
|> picture "streamlines" "Evenly spaced streamlines." streamlines
|> picture "plane" "A field without trajectories." plane
|> picture "space" "Paler where it is farther away." space
|> Report.section "Maps"
|> picture "oscillators" "Colours part at 0." oscillators
|> picture "density" "A density of 5401 points." density
|> picture "map" "160 by 160 evaluations in one vmapped call." map
|> picture "images" "A drop of heat." images
|> Report.section "Numbers"
|> picture "cloud" "800 samples." cloud
|> picture "histogram" "Two components in the same bins." histogram
|> picture "losses" "Running means before the losses." losses
|> picture "costs" "Steps and evaluations." costs
|> picture "steps" "Every accepted step." steps
|> Report.table
    [ "solver"; "accepted"; "rejected"; "evaluations" ]
    [ for name, solution in solved ->
          [ name; string solution.Stats.Steps; string solution.Stats.Rejected; string solution.Stats.Evaluations ] ]
|> Report.environment DateTime.Now
|> Report.save (Path.Combine(folder, "report.html"))

printfn "%.1f seconds. report.html and its pictures are in %s" clock.Elapsed.TotalSeconds (Path.GetFullPath folder)
