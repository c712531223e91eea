namespace NeuralDE

/// The layout and drawing of one plot of a figure.
module internal Panel =
    let private titleSize, labelSize = 14.0, 13.0
    let private ink, faint = "#333333", "#E4E4E4"

    /// The space around a plot for its labels, in pixels.
    type Margins = { Left: float; Right: float; Top: float; Bottom: float }

    let private whole (value: float) = floor value + 0.5

    /// The box of a plot within its part of the figure, at whole pixels.
    let box (pane: Pane) around : Box =
        { Left = whole (pane.Area.Left + around.Left)
          Right = whole (pane.Area.Right - around.Right)
          Top = whole (pane.Area.Top + around.Top)
          Bottom = whole (pane.Area.Bottom - around.Bottom) }

    let private titleLines (pane: Pane) (box: Box) =
        let middle = (box.Left + box.Right) / 2.0
        Svg.wrap titleSize (2.0 * min (middle - pane.Area.Left) (pane.Area.Right - middle)) pane.Axes.Title

    let private noted (pane: Pane) box (vertical: AxisTicks) =
        if vertical.Note = "" && not (ColourBar.isNoted pane.Axes box) then 0.0 else 16.0
    let private taken (horizontal: AxisTicks) =
        if horizontal.Note = "" then 0.0 else Svg.width Drawing.tickSize horizontal.Note + 8.0

    /// The margins of a plot with a box of about the given size and a legend at the given place.
    let margins (pane: Pane) place (box: Box) =
        let across, up = Drawing.axesIn box pane
        let horizontal, vertical = Drawing.ticksAcross across, Drawing.ticksUp up
        let widest ticks = Drawing.labelled ticks |> List.map _.Label |> Drawing.widest Drawing.tickSize
        let lines limit label = 1.25 * labelSize * float (Svg.wrap labelSize limit label).Length
        let title = 1.25 * titleSize * float (titleLines pane box).Length
        let note = if horizontal.Note = "" then 0.0 else 1.25 * labelSize
        let beside, above = Legend.room pane box place
        let bar = ColourBar.room pane.Axes box
        if not pane.Axes.HasFrame then
            { Left = 2.0
              Right = 2.0 + bar + beside
              Top = (if title = 0.0 then 2.0 else title + 6.0) + above
              Bottom = 2.0 }
        else
            { Left =
                max (widest horizontal / 2.0 + 2.0) (widest vertical + 9.0)
                + (if pane.Axes.YLabel = "" then 0.0 else lines box.Height pane.Axes.YLabel + 4.0)
              Right = max 10.0 (widest horizontal / 2.0 + 2.0) + beside + bar
              Top = (if title = 0.0 then 8.0 else title + 6.0) + noted pane box vertical + above
              Bottom = 20.0 + max note (lines (box.Width - 2.0 * taken horizontal) pane.Axes.XLabel) }

    /// Faint lines at labelled ticks.
    let private grid (box: Box) (across: Drawing.Axis, horizontal) (up, vertical) =
        [ $"<g stroke=\"{faint}\" stroke-width=\"0.8\" fill=\"none\">"
          if across.GivenTicks.IsNone then
              for tick in Drawing.labelled horizontal do
                  let x = whole (Drawing.position across tick.At) in Svg.line x box.Top x box.Bottom
          for tick in Drawing.labelled vertical do
              let y = whole (Drawing.position up tick.At) in Svg.line box.Left y box.Right y
          "</g>" ]

    /// The two axes, their ticks and labels.
    let private border (pane: Pane) (box: Box) (across, horizontal: AxisTicks) (up, vertical: AxisTicks) =
        let middle = (box.Left + box.Right) / 2.0
        let tickLength (tick: Tick) = if tick.Label = "" then 2.5 else 4.5
        [ $"<g stroke=\"{ink}\" stroke-width=\"1\" fill=\"none\">"
          $"<path d=\"M{Svg.number box.Left} {Svg.number box.Top}V{Svg.number box.Bottom}H{Svg.number box.Right}\"/>"
          for tick in horizontal.Ticks do
              let x = whole (Drawing.position across tick.At) in Svg.line x box.Bottom x (box.Bottom + tickLength tick)
          for tick in vertical.Ticks do
              let y = whole (Drawing.position up tick.At) in Svg.line (box.Left - tickLength tick) y box.Left y
          "</g>"
          for tick in Drawing.labelled horizontal do
              Svg.text Drawing.tickSize "middle" (Drawing.position across tick.At) (box.Bottom + 17.0) "" tick.Label
          for tick in Drawing.labelled vertical do
              let baseline = Drawing.position up tick.At + 0.35 * Drawing.tickSize
              Svg.text Drawing.tickSize "end" (box.Left - 8.0) baseline "" tick.Label
          if vertical.Note <> "" then
              Svg.text Drawing.tickSize "start" box.Left (box.Top - 7.0) "" vertical.Note
          if horizontal.Note <> "" then
              Svg.text Drawing.tickSize "end" box.Right (box.Bottom + 33.0) "" horizontal.Note
          for place, text in List.indexed (Svg.wrap labelSize (box.Width - 2.0 * taken horizontal) pane.Axes.XLabel) do
              Svg.text labelSize "middle" middle (box.Bottom + 34.0 + 1.25 * labelSize * float place) "" text
          for place, text in List.indexed (Svg.wrap labelSize box.Height pane.Axes.YLabel) do
              let x, y = pane.Area.Left + labelSize * (0.9 + 1.25 * float place), (box.Top + box.Bottom) / 2.0
              Svg.text labelSize "middle" x y $" transform=\"rotate(-90 {Svg.number x} {Svg.number y})\"" text ]

    /// Draws the plot in its box, with the legend at its place, as lines of SVG.
    let draw (pane: Pane) place (box: Box) =
        let across, up = Drawing.axesIn box pane
        let horizontal, vertical = Drawing.ticksAcross across, Drawing.ticksUp up
        let middle = (box.Left + box.Right) / 2.0
        let behind, before = pane.Axes.Layers |> List.partition LayerDrawing.isBehind
        let layers = List.collect (LayerDrawing.draw pane.Area box across up)
        [ yield! layers behind
          if pane.Axes.HasFrame && not (List.exists Drawing.isCells behind) then
              yield! grid box (across, horizontal) (up, vertical)
          yield! layers before
          for curve, style in List.zip pane.Axes.Curves (Drawing.styles pane.Axes) do
              yield! Drawing.draw box across up curve style
          if pane.Axes.HasFrame then yield! border pane box (across, horizontal) (up, vertical)
          for place, text in List.indexed (titleLines pane box) do
              let y = pane.Area.Top + titleSize * (0.9 + 1.25 * float place)
              Svg.text titleSize "middle" middle y " font-weight=\"600\"" text
          yield! ColourBar.draw pane.Axes box
          yield!
              Legend.draw
                  pane
                  box
                  (ColourBar.room pane.Axes box, (if pane.Axes.HasFrame then noted pane box vertical else 0.0))
                  place ]
