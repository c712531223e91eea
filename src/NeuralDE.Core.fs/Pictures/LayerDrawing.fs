namespace NeuralDE

open System
open System.Collections.Generic
open System.Text

/// Draws the layers of a plot.
module internal LayerDrawing =
    open Drawing

    let private attributes (pairs: (string * string) list) =
        pairs |> List.map (fun (name, value) -> $" {name}=\"{value}\"") |> String.concat ""

    let private rectangle (area: Box) more =
        let place = [ "x", area.Left; "y", area.Top; "width", area.Width; "height", area.Height ]
        $"<rect{attributes (place |> List.map (fun (name, value) -> name, Svg.number value))}{attributes more}/>"

    /// The intersection of two boxes, if any.
    let private within (outer: Box) (inner: Box) : Box option =
        let cut: Box =
            { Left = max outer.Left inner.Left
              Right = min outer.Right inner.Right
              Top = max outer.Top inner.Top
              Bottom = min outer.Bottom inner.Bottom }
        if cut.Left < cut.Right && cut.Top < cut.Bottom then Some cut else None

    /// A rectangle in data units as pixels. On a logarithmic axis an end at 0 is the edge of the plot.
    let private boxOf (box: Box) across up (extent: Extent) : Box =
        let at axis edge value = let pixel = position axis value in if Double.IsNaN pixel then edge else pixel
        { Left = at across box.Left extent.Left
          Right = at across box.Left extent.Right
          Top = at up box.Bottom extent.Top
          Bottom = at up box.Bottom extent.Bottom }

    let private spanBox (box: Box) across up along low high : Box =
        let at axis value edge = if Double.IsFinite value then position axis value else edge
        match along with
        | Along.X -> { box with Left = at across low box.Left; Right = at across high box.Right }
        | Along.Y -> { box with Bottom = at up low box.Bottom; Top = at up high box.Top }

    /// The position of a value on a colour scale, from 0 to 1.
    let part (colours: ColourScale) value =
        position
            { Scale = colours.Scale
              Low = colours.Low
              High = colours.High
              From = 0.0
              To = 1.0
              GivenTicks = None }
            value

    /// An image that fills an area, clipped to the box.
    let private picture (box: Box) (area: Box) isSmooth address =
        let rendering = if isSmooth then [] else [ "style", "image-rendering:pixelated" ]
        let place left top (area: Box) =
            [ "x", area.Left - left; "y", area.Top - top; "width", area.Width; "height", area.Height ]
            |> List.map (fun (name, value) -> name, Svg.number value)
            |> attributes
        let image left top =
            $"<image{place left top area} preserveAspectRatio=\"none\"{attributes rendering} href=\"{address}\"/>"
        let around = box.Grow 0.01
        if around.Holds(struct (area.Left, area.Top)) && around.Holds(struct (area.Right, area.Bottom)) then
            [ image 0.0 0.0 ]
        elif (within box area).IsNone then
            []
        else
            [ $"<svg{place 0.0 0.0 box}>"; image box.Left box.Top; "</svg>" ]

    /// The cells within the box, as an image with one pixel for each cell.
    let private cells (box: Box) across up (extent: Extent) (values: float[,]) (colours: ColourScale) =
        let rows, columns = Array2D.length1 values, Array2D.length2 values
        let edge low high count index = low + (high - low) * float index / float count
        let column, row = edge extent.Left extent.Right columns, edge extent.Bottom extent.Top rows
        let shown axis edge count =
            [| for index in 0 .. count - 1 do
                   if edge index < axis.High && edge (index + 1) > axis.Low then index |]
        let columns, rows = shown across column columns, shown up row rows
        if columns.Length = 0 || rows.Length = 0 then
            []
        else
            let ramp = Array.append (Array.truncate 255 (Colours.ramp colours.Map)) [| [| 255uy; 255uy; 255uy |] |]
            let index value =
                let part = part colours value
                if Double.IsNaN part then 255uy else byte (round (254.0 * Math.Clamp(part, 0.0, 1.0)))
            let pixels =
                [| for row in Array.rev rows do
                       for column in columns -> index values[row, column] |]
            let drawn: Extent =
                { Left = column columns[0]
                  Right = column (Array.last columns + 1)
                  Bottom = row rows[0]
                  Top = row (Array.last rows + 1) }
            let area = boxOf box across up drawn
            let isFine = float columns.Length > area.Width || float rows.Length > area.Height
            picture box area isFine (Png.address (Png.indexed ramp columns.Length rows.Length pixels))

    /// A filled arrow head with its tip at (x, y), along a unit vector.
    let private head (x: float) (y: float) (dx: float) (dy: float) size =
        let corner back side = $"{Svg.number (x - back * dx - side * dy)} {Svg.number (y - back * dy + side * dx)}"
        $"M{corner 0.0 0.0}L{corner size (0.45 * size)}L{corner size (-0.45 * size)}Z"

    let private arrows (box: Box) across up (x: float[]) (y: float[]) (dx: float[]) (dy: float[]) longest =
        let ways =
            [| for index in 0 .. x.Length - 1 ->
                   let x, y = x[index], y[index]
                   struct (position across x, position up y, slope across x * dx[index], slope up y * dy[index]) |]
            |> Array.filter (fun struct (x, y, dx, dy) ->
                box.Holds(struct (x, y)) && Double.IsFinite(dx * dx + dy * dy))
        let speed (struct (_, _, dx: float, dy: float)) = sqrt (dx * dx + dy * dy)
        let fastest = ways |> Array.fold (fun most way -> max most (speed way)) 0.0
        let shafts, heads = StringBuilder(), StringBuilder()
        for struct (x, y, dx, dy) as way in ways do
            let length = longest * sqrt (speed way / fastest)
            if speed way > 0.0 && length > 1.0 then
                let dx, dy = dx / speed way, dy / speed way
                // centred on its point
                let x0, y0, x1, y1 =
                    x - dx * length / 2.0, y - dy * length / 2.0, x + dx * length / 2.0, y + dy * length / 2.0
                if box.Holds(struct (x0, y0)) && box.Holds(struct (x1, y1)) then
                    shafts.Append($"M{Svg.number x0} {Svg.number y0}L{Svg.number x1} {Svg.number y1}") |> ignore
                    heads.Append(head x1 y1 dx dy (Math.Clamp(0.4 * length, 2.5, 6.0))) |> ignore
        if shafts.Length = 0 then
            []
        else
            [ $"<path d=\"{shafts}\" fill=\"none\" stroke=\"#9B9B9B\" stroke-width=\"1\"/>"
              $"<path d=\"{heads}\" fill=\"#9B9B9B\"/>" ]

    let private stroke (box: Box) across up (line: Stroke) =
        let runs = Array.map2 (fun x y -> struct (position across x, position up y)) line.X line.Y |> Polyline.runs
        let lines = runs |> List.filter (fun run -> run.Length > 1) |> List.map Polyline.thin
        let path = Svg.path box (List.map Polyline.simplify lines)
        [ if path <> "" then
              $"<path d=\"{path}\" fill=\"none\" stroke=\"{line.Colour}\" stroke-width=\"{Svg.number line.Thickness}\" "
              + "stroke-linejoin=\"round\" stroke-linecap=\"round\"/>"
          if line.HasArrow then
              for run in lines do
                  let middle = run.Length / 2
                  let struct (x0, y0), struct (x1, y1) = run[middle - 1], run[middle]
                  let length = sqrt ((x1 - x0) ** 2.0 + (y1 - y0) ** 2.0)
                  if length > 0.0 && (box.Grow -4.0).Holds(struct (x1, y1)) then
                      let size = 4.0 + 2.0 * line.Thickness
                      let dx, dy = (x1 - x0) / length, (y1 - y0) / length
                      $"<path d=\"{head (x1 + dx * size / 2.0) (y1 + dy * size / 2.0) dx dy size}\" fill=\"{line.Colour}\"/>" ]

    let private dots (box: Box) across up x y (values: float[]) colours =
        let seen = HashSet()
        [ "<g stroke=\"#FFFFFF\" stroke-width=\"0.5\">"
          for index in 0 .. values.Length - 1 do
              let at = struct (position across (Array.item index x), position up (Array.item index y))
              let struct (x, y) = at
              let part = part colours values[index]
              // only the first of dots that a reader cannot distinguish
              if box.Holds at && not (Double.IsNaN part) && seen.Add(struct (round x, round y)) then
                  $"<circle cx=\"{Svg.number x}\" cy=\"{Svg.number y}\" r=\"3\" fill=\"{Colours.at colours.Map part}\"/>"
          "</g>" ]

    let private ruler = "stroke=\"#444444\" stroke-width=\"1.2\" stroke-dasharray=\"5 3\" fill=\"none\""
    let private spanFill = "#7F7F7F"
    let private barOpacity = 0.62

    /// Whether a layer is drawn behind the grid.
    let isBehind layer =
        match layer with
        | PlotLayer.Span _
        | PlotLayer.Cells _
        | PlotLayer.Image _ -> true
        | PlotLayer.Rule _
        | PlotLayer.Bars _
        | PlotLayer.Dots _
        | PlotLayer.Arrows _
        | PlotLayer.Strokes _
        | PlotLayer.Words _ -> false

    /// Words as drawn: cut to the size of the area and moved into it; their anchor, their baseline, and the box that they
    /// cover.
    let private wordsAt (area: Box) across up x y anchor words =
        let text = Svg.cut tickSize (area.Width - 4.0) words
        let width = Svg.width tickSize text
        let x, y = position across x, position up y
        let left =
            match anchor with
            | "start" -> x
            | "end" -> x - width
            | _ -> x - width / 2.0
        let kept = Math.Clamp(left, area.Left + 2.0, max (area.Left + 2.0) (area.Right - width - 2.0))
        let baseline = Math.Clamp(y + 0.35 * tickSize, area.Top + tickSize, area.Bottom - 3.0)
        let covered: Box =
            { Left = kept
              Right = kept + width
              Top = baseline - 0.8 * tickSize
              Bottom = baseline + 0.2 * tickSize }
        text, x + kept - left, baseline, covered

    /// Draws a layer in the box of its plot. Words stay within the plot's part of the figure.
    let draw (area: Box) (box: Box) across up layer =
        match layer with
        | PlotLayer.Span(_, along, low, high) ->
            spanBox box across up along low high
            |> within box
            |> Option.map (fun span -> rectangle span [ "fill", spanFill; "fill-opacity", "0.14" ])
            |> Option.toList
        | PlotLayer.Rule(_, along, at) ->
            let lines =
                [ for value in at do
                      match along with
                      | Along.X ->
                          let x = position across value
                          if box.Left <= x && x <= box.Right then
                              $"M{Svg.number x} {Svg.number box.Top}V{Svg.number box.Bottom}"
                      | Along.Y ->
                          let y = position up value
                          if box.Top <= y && y <= box.Bottom then
                              $"M{Svg.number box.Left} {Svg.number y}H{Svg.number box.Right}" ]
            [ if not lines.IsEmpty then $"<path d=\"{String.Join(String.Empty, lines)}\" {ruler}/>" ]
        | PlotLayer.Bars(_, colour, bars) ->
            let hue = Colours.hue colour
            [ $"<g fill=\"{hue}\" fill-opacity=\"{Svg.number barOpacity}\" stroke=\"{hue}\" stroke-width=\"0.8\">"
              for bar in bars do
                  let bar = boxOf box across up bar
                  // a negative bar extends downwards
                  let upright: Box = { bar with Top = min bar.Top bar.Bottom; Bottom = max bar.Top bar.Bottom }
                  yield! within box upright |> Option.map (fun shown -> rectangle shown []) |> Option.toList
              "</g>" ]
        | PlotLayer.Cells(extent, values, colours) -> cells box across up extent values colours
        | PlotLayer.Image(extent, columns, rows, pixels) ->
            let at = boxOf box across up extent
            let isFine = float columns > at.Width
            picture box at isFine (Png.address (Png.colours columns rows pixels))
        | PlotLayer.Dots(x, y, values, colours) -> dots box across up x y values colours
        | PlotLayer.Arrows(x, y, dx, dy, longest) -> arrows box across up x y dx dy longest
        | PlotLayer.Strokes strokes -> strokes |> Array.toList |> List.collect (stroke box across up)
        | PlotLayer.Words(x, y, anchor, words) ->
            let text, x, y, _ = wordsAt area across up x y anchor words
            [ Svg.text tickSize anchor x y "" text ]

    /// Whether a layer draws something at the place of a legend.
    let covers (area: Box) (box: Box) across up (covered: Box) layer =
        let overlaps (other: Box) = (within covered other).IsSome
        let holds x y = Array.exists2 (fun x y -> covered.Holds(struct (position across x, position up y))) x y
        match layer with
        | PlotLayer.Span _ -> false
        | PlotLayer.Words(x, y, anchor, words) ->
            let _, _, _, written = wordsAt area across up x y anchor words
            overlaps written
        | PlotLayer.Rule(_, along, at) ->
            at
            |> Array.exists (fun value ->
                match along with
                | Along.X -> let x = position across value in covered.Left <= x && x <= covered.Right
                | Along.Y -> let y = position up value in covered.Top <= y && y <= covered.Bottom)
        | PlotLayer.Bars(_, _, bars) -> bars |> Array.exists (boxOf box across up >> overlaps)
        | PlotLayer.Cells(extent, _, _)
        | PlotLayer.Image(extent, _, _, _) -> overlaps (boxOf box across up extent)
        | PlotLayer.Dots(x, y, _, _)
        | PlotLayer.Arrows(x, y, _, _, _) -> holds x y
        | PlotLayer.Strokes strokes ->
            strokes
            |> Array.exists (fun line ->
                Array.map2 (fun x y -> struct (position across x, position up y)) line.X line.Y
                |> Polyline.runs
                |> List.exists (fun run ->
                    run
                    |> Array.pairwise
                    |> Array.exists (fun (first, last) -> (Polyline.clip covered first last).IsSome)))

    /// The label of a layer and its sample in the legend.
    let key layer : (string * (float -> float -> string list)) option =
        let swatch more left middle =
            [ rectangle { Left = left; Right = left + 24.0; Top = middle - 5.0; Bottom = middle + 5.0 } more ]
        match layer with
        | PlotLayer.Span(label, _, _, _) -> Some(label, swatch [ "fill", spanFill; "fill-opacity", "0.22" ])
        | PlotLayer.Rule(label, along, _) ->
            let line left middle =
                match along with
                | Along.X -> [ $"<path d=\"M{Svg.number (left + 12.0)} {Svg.number (middle - 7.0)}v14\" {ruler}/>" ]
                | Along.Y -> [ $"<path d=\"M{Svg.number left} {Svg.number middle}h24\" {ruler}/>" ]
            Some(label, line)
        | PlotLayer.Bars(label, colour, _) ->
            Some(label, swatch [ "fill", Colours.hue colour; "fill-opacity", Svg.number barOpacity ])
        | PlotLayer.Cells _
        | PlotLayer.Image _
        | PlotLayer.Dots _
        | PlotLayer.Arrows _
        | PlotLayer.Strokes _
        | PlotLayer.Words _ -> None

    /// The colour scale of a plot: that of the first layer with a colour scale.
    let scale (axes: Axes) =
        axes.Layers
        |> List.tryPick (fun layer ->
            match layer with
            | PlotLayer.Cells(_, _, colours)
            | PlotLayer.Dots(_, _, _, colours) -> Some colours
            | PlotLayer.Span _
            | PlotLayer.Rule _
            | PlotLayer.Bars _
            | PlotLayer.Image _
            | PlotLayer.Arrows _
            | PlotLayer.Strokes _
            | PlotLayer.Words _ -> None)
