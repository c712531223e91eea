module NeuralDE.Tests.Analysis.PlotTests

open System.IO
open Xunit
open NeuralDE

let private ts = linspace 0.0 1.0 5
let private us = stackAlong 1 [ ts; 2.0 * ts ]
let private ys = us + 0.1

[<Fact>]
let ``each channel is a curve named after its series and channel`` () =
    let axes = Plot.trajectories [ "data", ts, us; "model", ts, ys ] |> Plot.channels [ "hare"; "lynx" ] |> Plot.axes
    Assert.Equal<string list>([ "data hare"; "data lynx"; "model hare"; "model lynx" ], axes.Curves |> List.map _.Label)
    Assert.Equal<float[]>([| 0.0; 0.5; 1.0; 1.5; 2.0 |], axes.Curves[1].Y)
    Assert.Equal<float[]>(ts.ToArray(), axes.Curves[1].X)
    let axes = Plot.trajectories [ "model", ts, ys ] |> Plot.axes
    Assert.Equal<string list>([ "model 1"; "model 2" ], axes.Curves |> List.map _.Label)

[<Fact>]
let ``a channel keeps its colour, and the second of two models is dashed`` () =
    let axes =
        Plot.trajectories [ "data", ts, us; "a", ts, ys; "b", ts, ys; "c", ts, ys ] |> Plot.points "data" |> Plot.axes

    Assert.Equal<(string * Mark * int option) list>(
        [ "a 1", Mark.Line, Some 0
          "a 2", Mark.Line, Some 1
          "b 1", Mark.Dashed, Some 0
          "b 2", Mark.Dashed, Some 1
          "c 1", Mark.Line, Some 2
          "c 2", Mark.Line, Some 3
          "data 1", Mark.Points, Some 0
          "data 2", Mark.Points, Some 1 ],
        axes.Curves |> List.map (fun c -> c.Label, c.Mark, c.Colour)
    )

[<Fact>]
let ``one channel needs no name, and its series differ in colour`` () =
    let axes =
        Plot.trajectories [ "data", ts, ts; "model", ts, reshape [ 5; 1 ] ts ] |> Plot.points "data" |> Plot.axes
    Assert.Equal<(string * int option) list>(
        [ "model", Some 1; "data", Some 0 ],
        axes.Curves |> List.map (fun c -> c.Label, c.Colour)
    )

[<Fact>]
let ``losses have a logarithmic axis when all are positive`` () =
    Assert.Equal(AxisScale.Log, (Plot.losses [| 3.0; 2.0; nan; 1.0 |] |> Plot.axes).YScale)
    Assert.Equal(AxisScale.Linear, (Plot.losses [| 3.0; -2.0 |] |> Plot.axes).YScale)
    Assert.Equal(AxisScale.Linear, (Plot.losses [||] |> Plot.axes).YScale)
    let axes = Plot.lossesOf [ "Adam", [| 2.0; 1.0 |]; "L-BFGS", [| 1.0 |] ] |> Plot.axes
    Assert.Equal<string list>([ "Adam"; "L-BFGS" ], axes.Curves |> List.map _.Label)
    Assert.Equal<float[]>([| 0.0; 1.0 |], axes.Curves[0].X)

[<Fact>]
let ``a phase portrait draws the second channel over the first`` () =
    let axes = Plot.phase [ "model", us ] |> Plot.channels [ "hare"; "lynx" ] |> Plot.axes
    Assert.Equal<float[]>(ts.ToArray(), axes.Curves[0].X)
    Assert.Equal<float[]>((2.0 * ts).ToArray(), axes.Curves[0].Y)
    Assert.Equal(("hare", "lynx"), (axes.XLabel, axes.YLabel))

[<Fact>]
let ``titles and labels stand in the file`` () =
    let folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())

    try
        let path = Path.Combine(folder, "deep", "plot.svg")

        Plot.trajectories [ "model", ts, ys ]
        |> Plot.title "A title"
        |> Plot.xLabel "year"
        |> Plot.yLabel "pelts"
        |> Plot.size 500 300
        |> Plot.save path

        let text = File.ReadAllText path
        for expected in [ "A title"; "year"; "pelts"; "model 1"; "width=\"500\" height=\"300\"" ] do
            Assert.Contains(expected, text)
    finally
        Directory.Delete(folder, true)

[<Fact>]
let ``what does not fit is named`` () =
    let message (e: exn) = e.Message
    let fails plot = Assert.Throws<ShapeException>(fun () -> plot () |> ignore) |> message

    Assert.StartsWith(
        "Plot.trajectories: 'model' has times [5] and values [4; 2], expected ",
        fails (fun () -> Plot.trajectories [ "model", ts, us[..3] ])
    )

    Assert.StartsWith("Plot.trajectories: 'b'", fails (fun () -> Plot.trajectories [ "b", ts, zeros [ 5; 2; 3 ] ]))
    Assert.StartsWith("Plot.phase: 'b' has shape [5]", fails (fun () -> Plot.phase [ "b", ts ]))
    let e = Assert.Throws<InputException>(fun () -> Plot.trajectories [] |> ignore)
    Assert.StartsWith("Plot.trajectories: there is nothing to draw.", e.Message)
    let e = Assert.Throws<InputException>(fun () -> Plot.losses [| 1.0 |] |> Plot.points "data" |> ignore)
    Assert.StartsWith("Plot.points: no series has the label 'data'.", e.Message)
