namespace NeuralDE.Internal.Pictures

open System
open NeuralDE

/// Converts a plot to axes.
module internal PlotAxes =
    /// Each series with its index among all series and, if drawn as a line, its index among the lines. Points come last, so
    /// they are in front.
    let private placed (plot: Plot) =
        let points, lines =
            plot.Series |> List.indexed |> List.partition (fun (_, s) -> List.contains s.Label plot.Points)

        [ for line, (index, s) in List.indexed lines do
              index, s, Some line
          for index, s in points do
              index, s, None ]

    let private curve mark colour label x y : Curve =
        { Label = label; X = x; Y = y; Mark = mark; Colour = Some colour; Band = None }

    let private channelName (plot: Plot) index =
        match List.tryItem index plot.Channels with
        | Some name -> name
        | None -> string (index + 1)

    /// A curve with the bands of its series; all bands except the last are separate curves behind it.
    let private banded (s: PlotSeries) channel (curve: Curve) =
        match List.rev s.Bands with
        | [] -> [ curve ]
        | (lower: float[][], upper: float[][]) :: outer ->
            [ for lower, upper in List.rev outer do
                  { curve with Label = ""; Mark = Mark.Band; Band = Some(lower[channel], upper[channel]) }
              { curve with Band = Some(lower[channel], upper[channel]) } ]

    let private curvesOverTime (plot: Plot) =
        let width = plot.Series |> List.map _.Columns.Length |> List.max

        [ for index, s, line in placed plot do
              for channel, y in Array.indexed s.Columns do
                  let mark, colour =
                      match line with
                      | None -> Mark.Points, (if width = 1 then index else channel)
                      | Some _ when width = 1 -> Mark.Line, index
                      | Some place -> (if place % 2 = 0 then Mark.Line else Mark.Dashed), channel + width * (place / 2)

                  let isNamed = s.Columns.Length > 1 || channel < plot.Channels.Length
                  let name = if isNamed then channelName plot channel else ""
                  yield! banded s channel (curve mark colour ($"{s.Label} {name}".Trim()) s.X y) ]

    let private oneCurveEach (plot: Plot) =
        [ for index, s, line in placed plot do
              let mark = if line.IsNone then Mark.Points else Mark.Line
              curve mark index s.Label s.X s.Columns[0] ]

    let private smoothed (plot: Plot) (curves: Curve list) =
        if plot.Smoothing <= 1 then
            curves
        else
            [ for curve in curves -> { curve with Label = ""; Mark = Mark.Faint }
              for curve in curves -> { curve with Y = Statistics.runningMean (float plot.Smoothing) curve.X curve.Y } ]

    /// The approximate box of the plot within the drawing.
    let private inner (plot: Plot) : Box =
        { Left = 0.0
          Top = 0.0
          Right = float (max 80 (plot.Width - 70))
          Bottom = float (max 60 (plot.Height - 70)) }

    let private fieldLayer (plot: Plot) xDomain yDomain (field: PlotField) =
        let width, height = (inner plot).Width, (inner plot).Height
        match field.Streamlines with
        | Some separation ->
            VectorField.streamlines
                "Plot.streamlines"
                field.Field
                field.Time
                separation
                (height / width)
                xDomain
                yDomain
        | None ->
            let pixels = 30.0
            let cells = int (width / pixels), int (height / pixels)
            VectorField.arrows "Plot.field" field.Field field.Time cells pixels xDomain yDomain

    /// The layers of a plot of three channels, with curves for points, and empty curves as legend entries of lines.
    let private spaceLayers (plot: Plot) =
        let azimuth, elevation = plot.View
        let name channel = List.tryItem channel plot.Channels |> Option.defaultValue ""
        let series = placed plot
        let lines =
            [ for index, s, line in series ->
                  ({ X = s.X; Y = s.Columns[0]; Z = s.Columns[1]; Colour = index; IsPoints = line.IsNone }: Space.Line) ]
        let layers, points = Space.layers azimuth elevation (name 0, name 1, name 2) lines
        let curves =
            List.zip series points
            |> List.map (fun ((index, s, line), (x, y)) ->
                if line.IsNone then
                    curve Mark.Points index s.Label x y
                else
                    curve Mark.Line index s.Label [||] [||])
        layers, curves

    let axes (plot: Plot) : Axes =
        let finite =
            [ for s in plot.Series do
                  for y in s.Columns do
                      yield! y |> Array.filter Double.IsFinite ]

        let name channel = List.tryItem channel plot.Channels |> Option.defaultValue ""
        let curves, layers, x, y, scale =
            match plot.Kind with
            | PlotKind.Trajectories -> curvesOverTime plot, [], "time", "", AxisScale.Linear
            | PlotKind.Phase -> oneCurveEach plot, [], name 0, name 1, AxisScale.Linear
            | PlotKind.Losses ->
                let isPositive = not finite.IsEmpty && List.forall (fun y -> y > 0.0) finite
                let scale = if isPositive then AxisScale.Log else AxisScale.Linear
                smoothed plot (oneCurveEach plot), [], "step", "loss", scale
            | PlotKind.Space ->
                let layers, curves = spaceLayers plot
                curves, layers, "", "", AxisScale.Linear
            | PlotKind.Layers -> [], [], name 0, name 1, AxisScale.Linear

        let isSpace = plot.Kind = PlotKind.Space
        let axes =
            { Axes.create curves with
                Title = plot.Title
                XLabel = Option.defaultValue x plot.XLabel
                YLabel = Option.defaultValue y plot.YLabel
                XScale = Option.defaultValue AxisScale.Linear plot.XScale
                YScale = Option.defaultValue scale plot.YScale
                XRange = plot.XRange
                YRange = plot.YRange
                XTicks = plot.XTicks
                IsEqual = plot.IsEqual || isSpace
                HasFrame = plot.HasFrame && not isSpace
                Legend = plot.Legend
                Layers = layers @ plot.Layers }

        // a field is drawn over the range that the plot has without it
        if plot.Fields.IsEmpty then
            axes
        else
            let pane = Drawing.pane axes (inner plot)
            let across, up = Drawing.axesIn (inner plot) pane
            let xDomain, yDomain = (across.Low, across.High), (up.Low, up.High)
            { axes with
                XRange = Some xDomain
                YRange = Some yDomain
                Layers = axes.Layers @ List.map (fieldLayer plot xDomain yDomain) plot.Fields }
