module NeuralDE.Tests.Pictures.PlotTests

open System.IO
open Expecto
open NeuralDE.Tests
open NeuralDE

let private ts = linspace 0.0 1.0 5
let private us = stackAlong 1 [ ts; 2.0 * ts ]
let private ys = us + 0.1

let private batch = stack [ us; us + 1.0; us + 2.0 ]

let private cellsOf plot =
    (Plot.axes plot).Layers
    |> List.pick (fun layer ->
        match layer with
        | PlotLayer.Cells(extent, values, colours) -> Some(extent, values, colours)
        | _ -> None)

[<Tests>]
let tests =
    testList
        "Pictures.Plot"
        [ testCase "each channel is a curve named after its series and channel" (fun () ->
              let axes =
                  Plot.trajectories [ "data", ts, us; "model", ts, ys ]
                  |> Plot.channels [ "hare"; "lynx" ]
                  |> Plot.axes
              Expect.equal
                  (axes.Curves |> List.map _.Label)
                  [ "data hare"; "data lynx"; "model hare"; "model lynx" ]
                  "axes.Curves |> List.map _.Label"
              Expect.equal axes.Curves[1].Y [| 0.0; 0.5; 1.0; 1.5; 2.0 |] "axes.Curves[1].Y"
              Expect.equal axes.Curves[1].X (ts.ToArray()) "axes.Curves[1].X"
              let axes = Plot.trajectories [ "model", ts, ys ] |> Plot.axes
              Expect.equal (axes.Curves |> List.map _.Label) [ "model 1"; "model 2" ] "axes.Curves |> List.map _.Label")

          testCase "a channel keeps its colour, and the second of two models is dashed" (fun () ->
              let axes =
                  Plot.trajectories [ "data", ts, us; "a", ts, ys; "b", ts, ys; "c", ts, ys ]
                  |> Plot.points "data"
                  |> Plot.axes

              Expect.equal
                  (axes.Curves |> List.map (fun c -> c.Label, c.Mark, c.Colour))
                  [ "a 1", Mark.Line, Some 0
                    "a 2", Mark.Line, Some 1
                    "b 1", Mark.Dashed, Some 0
                    "b 2", Mark.Dashed, Some 1
                    "c 1", Mark.Line, Some 2
                    "c 2", Mark.Line, Some 3
                    "data 1", Mark.Points, Some 0
                    "data 2", Mark.Points, Some 1 ]
                  "axes.Curves |> List.map (fun c -> c.Label, c.Mark, c.Colour)")

          testCase "one channel needs no name, and its series differ in colour" (fun () ->
              let axes =
                  Plot.trajectories [ "data", ts, ts; "model", ts, reshape [ 5; 1 ] ts ]
                  |> Plot.points "data"
                  |> Plot.axes
              Expect.equal
                  (axes.Curves |> List.map (fun c -> c.Label, c.Colour))
                  [ "model", Some 1; "data", Some 0 ]
                  "axes.Curves |> List.map (fun c -> c.Label, c.Colour)")

          testCase "losses have a logarithmic axis when all are positive" (fun () ->
              Expect.equal
                  ((Plot.losses [| 3.0; 2.0; nan; 1.0 |] |> Plot.axes).YScale)
                  AxisScale.Log
                  "(Plot.losses [| 3.0; 2.0; nan; 1.0 |] |> Plot.axes).YScale"
              Expect.equal
                  ((Plot.losses [| 3.0; -2.0 |] |> Plot.axes).YScale)
                  AxisScale.Linear
                  "(Plot.losses [| 3.0; -2.0 |] |> Plot.axes).YScale"
              Expect.equal
                  ((Plot.losses [||] |> Plot.axes).YScale)
                  AxisScale.Linear
                  "(Plot.losses [||] |> Plot.axes).YScale"
              let axes = Plot.lossesOf [ "Adam", [| 2.0; 1.0 |]; "L-BFGS", [| 1.0 |] ] |> Plot.axes
              Expect.equal (axes.Curves |> List.map _.Label) [ "Adam"; "L-BFGS" ] "axes.Curves |> List.map _.Label"
              Expect.equal axes.Curves[0].X [| 0.0; 1.0 |] "axes.Curves[0].X")

          testCase "a phase portrait draws the second channel over the first" (fun () ->
              let axes = Plot.phase [ "model", us ] |> Plot.channels [ "hare"; "lynx" ] |> Plot.axes
              Expect.equal axes.Curves[0].X (ts.ToArray()) "axes.Curves[0].X"
              Expect.equal axes.Curves[0].Y ((2.0 * ts).ToArray()) "axes.Curves[0].Y"
              Expect.equal (axes.XLabel, axes.YLabel) ("hare", "lynx") "(axes.XLabel, axes.YLabel)")

          testCase "titles and labels are in the file" (fun () ->
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
                      Expect.stringContains text expected "text"
              finally
                  Directory.Delete(folder, true))

          testCase "errors name the series that does not fit" (fun () ->
              let message (e: exn) = e.Message
              let fails plot = Expect.thrown<ShapeException>(fun () -> plot () |> ignore) |> message

              Expect.stringStarts
                  (fails (fun () -> Plot.trajectories [ "model", ts, us[..3] ]))
                  "Plot.trajectories: 'model' has times [5] and values [4; 2], expected "
                  "fails (fun () -> Plot.trajectories [ 'model', ts, us[..3] ])"

              Expect.stringStarts
                  (fails (fun () -> Plot.trajectories [ "b", ts, zeros [ 5; 2; 3 ] ]))
                  "Plot.trajectories: 'b'"
                  "fails (fun () -> Plot.trajectories [ 'b', ts, zeros [ 5; 2; 3 ] ])"
              Expect.stringStarts
                  (fails (fun () -> Plot.phase [ "b", ts ]))
                  "Plot.phase: 'b' has shape [5]"
                  "fails (fun () -> Plot.phase [ 'b', ts ])"
              let e = Expect.thrown<InputException>(fun () -> Plot.trajectories [] |> ignore)
              Expect.stringStarts e.Message "Plot.trajectories: there is nothing to draw." "e.Message"
              let e = Expect.thrown<InputException>(fun () -> Plot.losses [| 1.0 |] |> Plot.points "data" |> ignore)
              Expect.stringStarts e.Message "Plot.points: no series has the label 'data'." "e.Message")

          testCase "an ensemble is drawn as its mean with one standard deviation on each side" (fun () ->
              let curve = (Plot.ensemble [ ("model", ts, batch) ] |> Plot.axes).Curves[1]
              let lower, upper = curve.Band.Value
              Expect.equal
                  (curve.Label, curve.Y[4], curve.Colour.Value)
                  ("model 2", 3.0, 1)
                  "(curve.Label, curve.Y[4], curve.Colour.Value)"
              Expect.near 1e-12 lower[4] (3.0 - sqrt (2.0 / 3.0)) "lower[4]"
              Expect.near 1e-12 upper[4] (3.0 + sqrt (2.0 / 3.0)) "upper[4]")

          testCase "quantiles are drawn as median and bounds, with further bands behind or inside" (fun () ->
              let plot = Plot.quantiles 0.0 1.0 [ ("model", ts, batch) ]
              let curve = (Plot.axes plot).Curves[0]
              Expect.equal curve.Y ((ts + 1.0).ToArray()) "curve.Y"
              Expect.equal
                  (let lower, upper = curve.Band.Value in lower[0], upper[0])
                  (0.0, 2.0)
                  "(let lower, upper = curve.Band.Value in lower[0], upper[0])"
              let curves = (plot |> Plot.band "model" (us + 0.5) (us + 1.5) |> Plot.axes).Curves
              Expect.equal
                  (curves |> List.map _.Mark)
                  [ Mark.Band; Mark.Line; Mark.Band; Mark.Line ]
                  "curves |> List.map _.Mark"
              Expect.equal ((snd curves[0].Band.Value)[0]) 2.0 "(snd curves[0].Band.Value)[0]"
              Expect.equal ((snd curves[1].Band.Value)[0]) 1.5 "(snd curves[1].Band.Value)[0]")

          testCase "smoothed losses are in front of pale losses, each over its own steps" (fun () ->
              let axes =
                  Plot.lossesAt
                      [ "training", [| 0.0; 1.0; 2.0 |], [| 3.0; 2.0; 1.0 |]; "validation", [| 2.0 |], [| 1.5 |] ]
                  |> Plot.smooth 2
                  |> Plot.axes
              Expect.equal
                  (axes.Curves |> List.map (fun curve -> curve.Label, curve.Mark))
                  [ "", Mark.Faint; "", Mark.Faint; "training", Mark.Line; "validation", Mark.Line ]
                  "axes.Curves |> List.map (fun curve -> curve.Label, curve.Mark)"
              Expect.equal axes.Curves[2].Y [| 2.5; 2.0; 1.5 |] "axes.Curves[2].Y"
              Expect.equal axes.Curves[3].Y [| 1.5 |] "axes.Curves[3].Y")

          testCase "step sizes are the differences of times" (fun () ->
              let axes = Plot.stepSizes [ ("Tsit5", tensor [ 3.0; 2.5; 0.5 ]) ] |> Plot.axes
              Expect.equal axes.Curves[0].Y [| 0.5; 2.0 |] "axes.Curves[0].Y"
              Expect.equal axes.Curves[0].X [| 3.0; 2.5 |] "axes.Curves[0].X"
              Expect.equal axes.YScale AxisScale.Log "axes.YScale")

          testCase "the cells of a heat map surround their centres, and the colour map suits the values" (fun () ->
              let x, y = tensor [ 0.0; 1.0; 2.0 ], tensor [ 10.0; 20.0 ]
              let extent, values, colours =
                  cellsOf (Plot.heatMap x y (tensor [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0 ] ]))
              let expected: Extent = { Left = -0.5; Right = 2.5; Bottom = 5.0; Top = 25.0 }
              Expect.equal extent expected "extent"
              Expect.equal values[1, 2] 6.0 "values[1, 2]"
              Expect.equal
                  (colours.Map, colours.Low, colours.High)
                  (ColourMap.Viridis, 1.0, 6.0)
                  "(colours.Map, colours.Low, colours.High)"
              let signed = tensor [ [ -1.0; 2.0; -3.0 ]; [ 4.0; -2.0; 0.0 ] ]
              let _, _, colours = cellsOf (Plot.heatMap x y signed)
              Expect.equal
                  (colours.Map, colours.Low, colours.High)
                  (ColourMap.CoolWarm, -4.0, 4.0)
                  "(colours.Map, colours.Low, colours.High)"
              let _, _, colours =
                  cellsOf (Plot.heatMap x y signed |> Plot.colourRange 0.0 2.0 |> Plot.colours ColourMap.Grey)
              Expect.equal
                  (colours.Map, colours.Low, colours.High)
                  (ColourMap.Grey, 0.0, 2.0)
                  "(colours.Map, colours.Low, colours.High)")

          testCase "a density given by its logarithm is drawn as its exponential at the centres of cells" (fun () ->
              let extent, values, _ = cellsOf (Plot.densityOf (fun x -> -sum(square x)) (-1.0, 1.0) (0.0, 3.0))
              Expect.equal
                  (System.Math.Round(extent.Left, 9), System.Math.Round(extent.Top, 9))
                  (-1.0, 3.0)
                  "(System.Math.Round(extent.Left, 9), System.Math.Round(extent.Top, 9))"
              let x, y = -1.0 + 0.5 / 80.0, 3.0 - 1.5 / 160.0
              Expect.near 1e-12 values[159, 0] (exp (-x * x - y * y)) "values[159, 0]")

          testCase "images are grey or coloured, black at 0 and white at 1" (fun () ->
              let pixels plot =
                  (Plot.axes plot).Layers
                  |> List.choose (fun layer ->
                      match layer with
                      | PlotLayer.Image(_, columns, rows, pixels) -> Some(columns, rows, List.ofArray pixels)
                      | _ -> None)
              let grey = pixels (Plot.images 2 [] (tensor [ 0.0; 1.0; 0.2; 0.4 ] |> reshape [ 2; 1; 2 ]))
              Expect.equal
                  grey
                  [ 2, 1, [ 0uy; 0uy; 0uy; 255uy; 255uy; 255uy ]; 2, 1, [ 51uy; 51uy; 51uy; 102uy; 102uy; 102uy ] ]
                  "grey"
              let coloured = pixels (Plot.images 2 [] (tensor [ 0.0; 0.2; 1.0 ] |> reshape [ 1; 3; 1; 1 ]))
              Expect.equal coloured [ 1, 1, [ 0uy; 51uy; 255uy ] ] "coloured"
              let stretched = pixels (Plot.images 1 [] (tensor [ -10.0; 10.0 ] |> reshape [ 1; 1; 2 ]))
              Expect.equal stretched [ 2, 1, [ 0uy; 0uy; 0uy; 255uy; 255uy; 255uy ] ] "stretched")

          testCase "bars are side by side at their names, and negative bars point downwards" (fun () ->
              let axes = Plot.barsOf [ "a"; "b" ] [ "first", [ 1.0; -2.0 ]; "second", [ 3.0; nan ] ] |> Plot.axes
              let bars =
                  axes.Layers
                  |> List.map (fun layer ->
                      match layer with
                      | PlotLayer.Bars(_, _, bars) -> List.ofArray bars
                      | _ -> [])
              Expect.equal (bars[0] |> List.map _.Top) [ 1.0; 0.0 ] "bars[0] |> List.map _.Top"
              Expect.equal (bars[0] |> List.map _.Bottom) [ 0.0; -2.0 ] "bars[0] |> List.map _.Bottom"
              Expect.single bars[1] "bars[1]" |> ignore
              Expect.isTrue (bars[0].Head.Right <= bars[1].Head.Left) "bars[0].Head.Right <= bars[1].Head.Left"
              Expect.equal (axes.XTicks.Value |> List.map _.Label) [ "a"; "b" ] "axes.XTicks.Value |> List.map _.Label")

          testCase "a field is drawn over the whole range of the plot" (fun () ->
              let turn (_t: Tensor) (u: Tensor) = stack [ u[1]; -u[0] ]
              let axes = Plot.plane (-2.0, 2.0) (0.0, 1.0) |> Plot.field turn |> Plot.axes
              match axes.Layers with
              | [ PlotLayer.Arrows(x, y, dx, dy, _) ] ->
                  Expect.isTrue (x.Length > 100) "x.Length > 100"
                  Expect.equal dx y "dx"
                  Expect.equal dy (Array.map (fun x -> 0.0 - x) x) "dy"
                  Expect.isTrue
                      (Array.forall (fun x -> -2.0 < x && x < 2.0) x)
                      "Array.forall (fun x -> -2.0 < x && x < 2.0) x"
              | layers -> failtest $"Got {layers.Length} layers, expected arrows.")

          testCase "plots of a grid share their axes on request" (fun () ->
              let figure =
                  Plot.grid 2 [ Plot.trajectories [ ("a", ts, ts) ]; Plot.trajectories [ ("b", 2.0 * ts, 10.0 * ts) ] ]
              let ends (svg: string) =
                  [ "0.2"; "6" ] |> List.map (fun label -> svg.Split($">{label}</text>").Length - 1)
              Expect.equal (ends (Figure.svg figure)) [ 2; 1 ] "ends (Figure.svg figure)"
              // with one y axis for both, the left one shows 6 too
              Expect.equal
                  (ends (Figure.svg (Figure.sharedY figure)))
                  [ 1; 2 ]
                  "ends (Figure.svg (Figure.sharedY figure))")

          testCase "errors of the other kinds name the input that does not fit" (fun () ->
              let says expected (mistake: unit -> 'T) =
                  let e = Expect.thrownAny<System.ArgumentException>(fun () -> mistake () |> ignore)
                  Expect.stringStarts e.Message expected "e.Message"
              says "Plot.ensemble: 'm' has times [5] and values [5; 2], expected" (fun () ->
                  Plot.ensemble [ ("m", ts, us) ])
              says "Plot.quantiles: got 0.9 and 0.1, expected" (fun () -> Plot.quantiles 0.9 0.1 [ ("m", ts, batch) ])
              says "Plot.band: no series has the label 'm'" (fun () ->
                  Plot.trajectories [ ("a", ts, us) ] |> Plot.band "m" us us)
              says "Plot.band: the upper bound of 'a' has shape [5]" (fun () ->
                  Plot.trajectories [ ("a", ts, us) ] |> Plot.band "a" us ts)
              says "Plot.band: only trajectories" (fun () -> Plot.phase [ ("a", us) ] |> Plot.band "a" us us)
              says "Plot.space: 'a' has shape [5; 2], expected [time; 3]." (fun () -> Plot.space [ ("a", us) ])
              says "Plot.view: got azimuth 0 and elevation 91" (fun () ->
                  Plot.space [ ("a", zeros [ 2; 3 ]) ] |> Plot.view 0.0 91.0)
              says "Plot.scatter: 'a' has shape [5], expected points [n; 2]." (fun () -> Plot.scatter [ ("a", ts) ])
              says "Plot.scatterBy: got values [5; 2] for 5 points, expected [5]." (fun () -> Plot.scatterBy "a" us us)
              says "Plot.heatMap: got values [5; 2] for 5 x and 2 y, expected [y; x] = [2; 5]." (fun () ->
                  Plot.heatMap ts (tensor [ 0.0; 1.0 ]) us)
              says "Plot.heatMap: the x from 0 to 5 are not evenly spaced" (fun () ->
                  Plot.heatMap (tensor [ 0.0; 1.0; 5.0 ]) ts (zeros [ 5; 3 ]))
              says "Plot.densityOf: the log-density returned shape [2]" (fun () ->
                  Plot.densityOf id (0.0, 1.0) (0.0, 1.0))
              says "Plot.densityOf: got y from 1 to 0" (fun () -> Plot.densityOf sum (0.0, 1.0) (1.0, 0.0))
              says "Plot.density: 'points' has no finite number" (fun () -> Plot.density (zeros [ 3; 2 ] + nan))
              says "Plot.images: got images [5; 2], expected" (fun () -> Plot.images 2 [] us)
              says "Plot.images: got 1 titles for 3 images." (fun () -> Plot.images 2 [ "a" ] batch)
              says "Plot.images: got columns 0, expected 1 or more." (fun () -> Plot.images 0 [] batch)
              says "Plot.histogram: 'a' has no finite number among 0." (fun () ->
                  Plot.histogram [ ("a", zeros [ 0 ]) ])
              says "Plot.histogramOf: 'a' has no finite number among 2." (fun () ->
                  Plot.histogramOf 3 [ ("a", zeros [ 2 ] + nan) ])
              says "Plot.histogramOf: got bins 0" (fun () -> Plot.histogramOf 0 [ ("a", zeros [ 2 ]) ])
              says "Plot.histogramOf" (fun () -> Plot.histogramOf 3 [])
              says "Plot.bars: 'a' has 1 values for 2 names." (fun () -> Plot.barsOf [ "x"; "y" ] [ ("a", [ 1.0 ]) ])
              says "Plot.lossesAt: 'a' has 2 steps and 1 losses." (fun () ->
                  Plot.lossesAt [ ("a", [| 0.0; 1.0 |], [| 1.0 |]) ])
              says "Plot.smooth: got a window of 0, expected 1 or more." (fun () ->
                  Plot.losses [| 1.0 |] |> Plot.smooth 0)
              says "Plot.smooth: only losses" (fun () -> Plot.phase [ ("a", us) ] |> Plot.smooth 3)
              says "Plot.field: a field needs a phase portrait." (fun () ->
                  Plot.trajectories [ ("a", ts, us) ] |> Plot.field (fun _ u -> u))
              says "Plot.field: the field returned shape [3] for a state of shape [2]." (fun () ->
                  Plot.phase [ ("a", us) ] |> Plot.field (fun _ u -> concat [ u; u[..0] ]) |> Plot.svg)
              says "Figure: the x range from 1 to 1 cannot be drawn." (fun () ->
                  Plot.trajectories [ ("a", ts, us) ] |> Plot.xRange 1.0 1.0 |> Plot.svg)
              says "Figure: the span 'a' from 2 to 1 is empty." (fun () ->
                  Plot.trajectories [ ("a", ts, us) ] |> Plot.span "a" 2.0 1.0 |> Plot.svg)
              says "Figure: the colours of the cells range from 3 to 3." (fun () ->
                  Plot.heatMap ts ts (zeros [ 5; 5 ]) |> Plot.colourRange 3.0 3.0 |> Plot.svg)
              says "Figure: cells need linear axes." (fun () ->
                  Plot.heatMap ts ts (zeros [ 5; 5 ]) |> Plot.xScale AxisScale.Log |> Plot.xRange 0.1 1.0 |> Plot.svg)
              for empty in [ Plot.trajectories; Plot.ensemble; Plot.quantiles 0.1 0.9 ] do
                  says "Plot." (fun () -> empty [])
              for empty in [ Plot.phase; Plot.space; Plot.scatter; Plot.histogram; Plot.stepSizes ] do
                  says "Plot." (fun () -> empty []))

          testCase "show writes a new file and prints its path unless it was opened" (fun () ->
              let said, opened = ResizeArray(), ResizeArray()
              let show isOpened =
                  Writer.showBy
                      (fun path ->
                          opened.Add path
                          isOpened)
                      said.Add
                      "svg"
                      "<svg/>"
              show true
              Expect.isEmpty said "said"
              show false
              Expect.equal (Expect.single said "said") ("The picture is in " + opened[1]) "Expect.single said 'said'"
              Expect.notEqual opened[1] opened[0] "opened[1]"
              for path in opened do
                  Expect.equal (File.ReadAllText path) "<svg/>" "File.ReadAllText path"
                  File.Delete path)

          testCase "the text of a plot equals the content of its file" (fun () ->
              let plot = Plot.trajectories [ ("a", ts, us) ]
              let path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".svg")
              try
                  Plot.save path plot
                  Expect.equal (File.ReadAllText path) (Plot.svg plot) "File.ReadAllText path"
              finally
                  File.Delete path)

          testCase "a range clips a heat map exactly, also within a cell" (fun () ->
              // two cells from 0 to 2, shown from 0.5 on: the image is 2/1.5 as wide as its visible part
              let svg =
                  Plot.heatMap (tensor [ 0.5; 1.5 ]) (tensor [ 0.5 ]) (tensor [ [ 1.0; 2.0 ] ])
                  |> Plot.xRange 0.5 2.0
                  |> Plot.yRange 0.0 1.0
                  |> Plot.svg
              let found = System.Xml.Linq.XDocument.Parse(svg).Descendants()
              let image = found |> Seq.find (fun e -> e.Name.LocalName = "image")
              let number name (element: System.Xml.Linq.XElement) =
                  float (nonNull (element.Attribute(System.Xml.Linq.XName.Get name))).Value
              let shown = nonNull image.Parent
              Expect.equal shown.Name.LocalName "svg" "shown.Name.LocalName"
              Expect.near
                  1e-3
                  (number "width" image / number "width" shown)
                  (2.0 / 1.5)
                  "number 'width' image / number 'width' shown"
              Expect.near 0.02 (number "x" image) (-number "width" shown / 3.0) "number 'x' image") ]
