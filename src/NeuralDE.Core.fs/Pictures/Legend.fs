namespace NeuralDE

/// The legend of one plot: a column of entries inside or right of the plot, or rows of entries above it.
module internal Legend =
    let private size = 12.0
    let private row = 1.3 * size

    /// One entry: its sample (none for "and 3 more"), drawn from a left end and a middle height; its lines of text; its
    /// corner within the legend.
    type private Entry = { Key: (float -> float -> string list) option; Lines: string list; X: float; Y: float }

    let isOutside place = (place = LegendPlace.OutsideRight || place = LegendPlace.Above)

    let private key (curve: Curve, style: Drawing.Style) left middle =
        [ let x, y = Svg.number left, Svg.number middle
          if curve.Band.IsSome then
              $"<rect x=\"{x}\" y=\"{Svg.number (middle - 5.0)}\" width=\"24\" height=\"10\" {Drawing.shade style}/>"
          match curve.Mark with
          | Mark.Line
          | Mark.Dashed
          | Mark.Faint
          | Mark.LineAndPoints -> $"<path d=\"M{x} {y}h24\" {Drawing.stroke style curve.Mark 1.8}/>"
          | Mark.Points
          | Mark.Band -> ()
          match curve.Mark with
          | Mark.Points
          | Mark.LineAndPoints -> $"<g {Drawing.solid style}>{Drawing.marker style.Shape (left + 12.0) middle}</g>"
          | Mark.Line
          | Mark.Dashed
          | Mark.Faint
          | Mark.Band -> () ]

    let private entries (axes: Axes) wrap =
        [ for curve, style in List.zip axes.Curves (Drawing.styles axes) -> curve.Label, key (curve, style)
          for layer in axes.Layers do
              yield! Option.toList (LayerDrawing.key layer) ]
        |> List.filter (fun (label, _) -> label <> "" && axes.Legend <> LegendPlace.Hidden)
        |> List.map (fun (label, draw) -> { Key = Some draw; Lines = wrap label; X = 8.0; Y = 0.0 })

    let private tall entry = row * float entry.Lines.Length + 2.0
    let private wide entry = 31.0 + Drawing.widest size entry.Lines

    /// As many entries as fit in one column, with the width and height of the legend.
    let private column axes width height =
        let all = entries axes (Svg.wrap size (width - 48.0))
        let rec fit count =
            let more = { Key = None; Lines = [ $"and {string (all.Length - count)} more" ]; X = 8.0; Y = 0.0 }
            let shown = if count = all.Length then all else List.truncate count all @ [ more ]
            if count > 0 && 8.0 + List.sumBy tall shown > height then fit (count - 1) else shown
        let shown = fit all.Length
        let placed, bottom = shown |> List.mapFold (fun top entry -> { entry with Y = top }, top + tall entry) 5.0
        placed, (17.0 + List.max (0.0 :: List.map wide shown), bottom + 3.0)

    /// Entries in as many aligned columns as fit into a width, row by row, with the width and height of the legend.
    let private rows axes width =
        let all = entries axes (fun label -> Svg.wrap size (width - 32.0) label |> List.truncate 1)
        let extents columns =
            List.chunkBySize columns all
            |> List.collect (List.mapi (fun column entry -> column, wide entry))
            |> List.groupBy fst
            |> List.map (fun (_, found) -> 18.0 + List.max (List.map snd found))
        let fits columns = columns = 1 || List.sum (extents columns) - 18.0 <= width
        let most = seq { max 1 all.Length .. -1 .. 1 } |> Seq.find fits
        let count = (all.Length + most - 1) / most
        let columns = if count = 0 then 1 else (all.Length + count - 1) / count
        let lefts = extents columns |> List.scan (+) 0.0
        let place index (entry: Entry) =
            { entry with X = lefts[index % columns]; Y = (row + 2.0) * float (index / columns) }
        List.mapi place all, (List.last lefts - 18.0, (row + 2.0) * float count + 2.0)

    let private layout (pane: Pane) (box: Box) place =
        match place with
        | LegendPlace.Above -> rows pane.Axes box.Width
        | LegendPlace.OutsideRight -> column pane.Axes (0.36 * pane.Area.Width) (0.9 * pane.Area.Height)
        | _ -> column pane.Axes (0.5 * box.Width) (box.Height - 16.0)

    /// The width and height that a legend takes from its plot, in pixels.
    let room pane box place =
        match place, layout pane box place with
        | _, ([], _) -> 0.0, 0.0
        | LegendPlace.OutsideRight, (_, (width, _)) -> width + 8.0, 0.0
        | LegendPlace.Above, (_, (_, height)) -> 0.0, height
        | _ -> 0.0, 0.0

    let private boxOf (box: Box) (width, height) (beside, noted) place : Box =
        let left =
            match place with
            | LegendPlace.TopLeft
            | LegendPlace.BottomLeft -> box.Left + 8.0
            | LegendPlace.Top
            | LegendPlace.Bottom
            | LegendPlace.Above -> (box.Left + box.Right - width) / 2.0
            | LegendPlace.OutsideRight -> box.Right + 8.0 + beside
            | _ -> box.Right - 8.0 - width
        let top =
            match place with
            | LegendPlace.BottomLeft
            | LegendPlace.Bottom
            | LegendPlace.BottomRight -> box.Bottom - 8.0 - height
            | LegendPlace.OutsideRight -> box.Top - 4.0
            | LegendPlace.Above -> box.Top - noted - height - 4.0
            | _ -> box.Top + 8.0
        { Left = left; Top = top; Right = left + width; Bottom = top + height }

    /// The place of the legend: as requested, or the first place inside that covers nothing and leaves enough space for the
    /// plot, or outside. A legend that was placed outside stays outside.
    let place (pane: Pane) before (box: Box) =
        let shown, (width, height) = layout pane box LegendPlace.TopRight
        let outside =
            let _, (_, height) = layout pane box LegendPlace.Above
            if pane.Area.Width < 560.0 && height < 0.25 * pane.Area.Height then
                LegendPlace.Above
            else
                LegendPlace.OutsideRight

        if pane.Axes.Legend <> LegendPlace.Auto then
            pane.Axes.Legend
        elif shown.IsEmpty then
            LegendPlace.Hidden
        elif isOutside before then
            before
        elif shown |> List.exists _.Key.IsNone || width > 0.6 * box.Width || height > 0.6 * box.Height then
            outside
        else
            let across, up = Drawing.axesIn box pane
            let segments = pane.Axes.Curves |> List.map (Drawing.obstacles across up)
            let free place =
                let covered = (boxOf box (width, height) (0.0, 0.0) place).Grow 5.0
                let crosses (struct (first, last)) = (Polyline.clip covered first last).IsSome
                not (segments |> List.exists (Array.exists crosses))
                && not (pane.Axes.Layers |> List.exists (LayerDrawing.covers pane.Area box across up covered))
            [ LegendPlace.TopRight
              LegendPlace.TopLeft
              LegendPlace.BottomRight
              LegendPlace.BottomLeft
              LegendPlace.Top
              LegendPlace.Bottom ]
            |> List.tryFind free
            |> Option.defaultValue outside

    /// Draws the legend at its place beside the plot's box; `taken` is the space, in pixels, that is already used beside and
    /// above the box.
    let draw pane box taken place =
        match layout pane box place with
        | [], _ -> []
        | entries, extent ->
            let area = boxOf box extent taken place
            [ "<g>"
              if not (isOutside place) then
                  $"<rect x=\"{Svg.number area.Left}\" y=\"{Svg.number area.Top}\" width=\"{Svg.number area.Width}\" "
                  + $"height=\"{Svg.number area.Height}\" rx=\"3\" fill=\"#FFFFFF\" fill-opacity=\"0.9\" "
                  + "stroke=\"#DDDDDD\" stroke-width=\"0.8\"/>"
              for entry in entries do
                  let left, middle = area.Left + entry.X, area.Top + entry.Y + row / 2.0
                  yield! entry.Key |> Option.map (fun draw -> draw left middle) |> Option.defaultValue []
                  for place, text in List.indexed entry.Lines do
                      let baseline = middle + 0.35 * size + row * float place
                      Svg.text size "start" (left + 31.0) baseline "" text
              "</g>" ]
