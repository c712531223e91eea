/// A plot of every kind, with ordinary and with extreme numbers, for laws of all plots.
module NeuralDE.Tests.Pictures.Gallery

open System
open NeuralDE

let private ts = linspace 0.0 10.0 101
let private wave = stackAlong 1 [ sin ts; cos ts ]
let private samples = stack [ for k in 0..19 -> (1.0 + 0.02 * float k) * wave ]
let private spiral = stackAlong 1 [ ts * sin ts; ts * cos ts; ts ]
let private turn (_t: Tensor) (u: Tensor) = stack [ u[1]; -u[0] ]
let private cloud = randn (Key 1) [ 400; 2 ]

let private grid =
    let x, y = linspace 0.0 1.0 30, linspace -2.0 2.0 20
    x, y, sin (5.0 * reshape [ 1; 30 ] x) * reshape [ 20; 1 ] y

let private heat = let x, y, values = grid in Plot.heatMap x y values
let private statsOf steps rejected : Stats =
    { Steps = steps
      Rejected = rejected
      Evaluations = 6 * (steps + rejected)
      Jacobians = 0
      LinearSolves = 0 }

let private long = String.replicate 12 "a long label "

/// Names and plots; each plot is made at the call.
let plots: (string * (unit -> Plot)) list =
    [ "trajectories", (fun () -> Plot.trajectories [ "model", ts, wave ])
      "points", (fun () -> Plot.trajectories [ "data", ts, wave; "model", ts, wave ] |> Plot.points "data")
      "ensemble", (fun () -> Plot.ensemble [ "model", ts, samples ])
      "quantiles", (fun () -> Plot.quantiles 0.1 0.9 [ "model", ts, samples ])
      "band", (fun () -> Plot.trajectories [ "model", ts, wave ] |> Plot.band "model" (wave - 0.2) (wave + 0.2))
      "marks",
      (fun () ->
          Plot.trajectories [ "model", ts, wave ]
          |> Plot.span "forecast" 7.0 infinity
          |> Plot.marks "event" [ 2.0; 4.5 ]
          |> Plot.levels "threshold" [ 0.5 ])
      "dates",
      (fun () -> Plot.trajectories [ "model", ts, wave ] |> Plot.dates (DateTime(2024, 2, 27)) (TimeSpan.FromDays 1.0))
      "losses", (fun () -> Plot.losses [| for k in 0..999 -> exp (-float k / 100.0) + 0.01 |] |> Plot.smooth 20)
      "validation",
      (fun () ->
          Plot.lossesAt [ "training", [| 0.0; 1.0; 2.0 |], [| 3.0; 2.0; 1.0 |]; "validation", [| 2.0 |], [| 1.5 |] ])
      "step sizes", (fun () -> Plot.stepSizes [ "Tsit5", square ts ])
      "phase", (fun () -> Plot.phase [ "model", wave ])
      "arrows", (fun () -> Plot.phase [ "model", wave ] |> Plot.field turn)
      "streamlines", (fun () -> Plot.phase [ "model", wave ] |> Plot.streamlines turn |> Plot.equal)
      "plane", (fun () -> Plot.plane (-1.0, 1.0) (0.0, 2.0) |> Plot.streamlines turn)
      "space", (fun () -> Plot.space [ "model", spiral ])
      "space from below",
      (fun () -> Plot.space [ "a", spiral; "b", -spiral ] |> Plot.points "b" |> Plot.view 20.0 -35.0)
      "space from above", (fun () -> Plot.space [ "model", spiral ] |> Plot.view 0.0 90.0)
      "scatter", (fun () -> Plot.scatter [ "a", cloud; "b", cloud + 2.0 ])
      "coloured scatter", (fun () -> Plot.scatterBy "distance" cloud (sumAlong 1 (square cloud)))
      "heat map", (fun () -> heat |> Plot.colourLabel "displacement")
      "part of a heat map", (fun () -> heat |> Plot.xRange 0.29 0.71 |> Plot.yRange -1.0 9.0)
      "density", (fun () -> Plot.density cloud)
      "log-density", (fun () -> Plot.densityOf (fun x -> -sum(square x)) (-3.0, 3.0) (-2.0, 2.0))
      "samples before their density",
      (fun () -> Plot.scatter [ ("samples", cloud) ] |> Plot.behind (Plot.density cloud))
      "images", (fun () -> Plot.images 3 [ for k in 1..5 -> $"image {k}" ] (rand (Key 2) [ 5; 8; 8 ]))
      "coloured images", (fun () -> Plot.images 4 [] (rand (Key 3) [ 3; 3; 6; 9 ]))
      "histogram", (fun () -> Plot.histogram [ "a", cloud; "b", cloud + 1.0 ])
      "bars", (fun () -> Plot.bars [ "up", 3.0; "down", -2.0; long, 1.0 ])
      "stats", (fun () -> Plot.stats [ "Tsit5", statsOf 30 2; "Dopri5", statsOf 40 5 ])
      // extreme numbers and words
      "one point", (fun () -> Plot.trajectories [ "model", tensor [ 1.0 ], tensor [ 2.0 ] ])
      "constant", (fun () -> Plot.trajectories [ "model", ts, 0.0 * ts - 7.0 ])
      "huge", (fun () -> Plot.trajectories [ "model", 1e12 * ts, -1e250 * ts ])
      "tiny", (fun () -> Plot.trajectories [ "model", ts, 1e-15 * ts ])
      "far from 0", (fun () -> Plot.trajectories [ "model", ts, 1e9 + ts ])
      "gaps", (fun () -> Plot.trajectories [ "model", ts, where (sin (3.0 * ts) .> 0.5) (0.0 * ts + nan) ts ])
      "only gaps", (fun () -> Plot.trajectories [ "model", ts, 0.0 * ts + nan ])
      "many series", (fun () -> Plot.trajectories [ for k in 1..25 -> $"series {k} of them", ts, sin (float k * ts) ])
      "many points", (fun () -> Plot.trajectories [ "noise", linspace 0.0 1.0 60_000, randn (Key 4) [ 60_000 ] ])
      "long words",
      (fun () ->
          Plot.trajectories [ long, ts, ts; long + "too", ts, -ts ]
          |> Plot.title long
          |> Plot.xLabel long
          |> Plot.yLabel long)
      "hostile words",
      (fun () -> Plot.trajectories [ "<script>alert('&')</script>\u0000", ts, ts ] |> Plot.title "\"]]><!--")
      "space of one place", (fun () -> Plot.space [ "model", zeros [ 5; 3 ] ])
      "huge space", (fun () -> Plot.space [ "model", 1e9 * spiral ] |> Plot.channels [ long; long; long ])
      "constant heat map", (fun () -> let x, y, values = grid in Plot.heatMap x y (0.0 * values + 1e9))
      "heat map with holes", (fun () -> let x, y, values = grid in Plot.heatMap x y (log values))
      "density of one point", (fun () -> Plot.density (ones [ 2; 2 ]))
      "constant histogram", (fun () -> Plot.histogram [ "a", ones [ 9 ] ])
      "many bars", (fun () -> Plot.bars [ for k in 1..40 -> $"category {k}", float k ])
      "a field that is NaN",
      (fun () -> Plot.plane (-1.0, 1.0) (-1.0, 1.0) |> Plot.field (fun _ u -> log (-1.0 - u * u)))
      "a field that is 0", (fun () -> Plot.plane (-1.0, 1.0) (-1.0, 1.0) |> Plot.streamlines (fun _ u -> 0.0 * u))
      "small", (fun () -> Plot.trajectories [ "model", ts, wave ] |> Plot.size 200 150) ]
