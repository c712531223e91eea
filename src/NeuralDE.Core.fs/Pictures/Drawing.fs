namespace NeuralDE

open System

/// One plot of a figure during drawing: its axes, its part of the figure, and the ranges of its two axes.
type internal Pane = { Axes: Axes; Area: Box; XDomain: float * float; YDomain: float * float }

/// From data to pixels: axes, ticks and curves.
module internal Drawing =
    let private dashes = [| ""; "8 3"; "2 2.5"; "8 2.5 2 2.5" |]
    let tickSize = 11.5

    type Axis = { Scale: AxisScale; Low: float; High: float; From: float; To: float; GivenTicks: Tick list option }
    type Style = { Hue: string; Dash: string; Shape: int; Shade: float }

    /// Whether an axis can show a value: finite, within a range whose arithmetic cannot overflow, and positive on a
    /// logarithmic axis.
    let shows scale value =
        match scale with
        | AxisScale.Linear
        | AxisScale.Dates _ -> abs value <= 1e300
        | AxisScale.Log -> 1e-300 <= value && value <= 1e300

    let private measure scale (value: float) =
        match scale with
        | AxisScale.Linear
        | AxisScale.Dates _ -> if abs value < 1e-300 then 0.0 else value
        | AxisScale.Log -> log10 value

    /// The position of a value in pixels; NaN is a gap.
    let position axis value =
        if not (shows axis.Scale value) then
            nan
        else
            let low, high = measure axis.Scale axis.Low, measure axis.Scale axis.High
            let pixel = axis.From + (measure axis.Scale value - low) / (high - low) * (axis.To - axis.From)
            Math.Clamp(pixel, -1e7, 1e7)

    /// Pixels per unit at a value, negative if downwards or to the left.
    let slope axis value =
        let low, high = measure axis.Scale axis.Low, measure axis.Scale axis.High
        let steepness = (axis.To - axis.From) / (high - low)
        match axis.Scale with
        | AxisScale.Linear
        | AxisScale.Dates _ -> steepness
        | AxisScale.Log -> steepness / (value * log 10.0)

    /// The smallest and the largest of an axis' values, with some margin; a range around a single value; extended to 0 if 0
    /// is near.
    /// Whether a range is wider than the rounding error of its ends. A narrower one has no useful ticks.
    let isWide (low: float) (high: float) = high - low > 1e-12 * max (abs low) (abs high)

    let private domain scale values =
        let shown = values |> Array.filter (shows scale) |> Array.map (measure scale)
        match scale, shown with
        | (AxisScale.Linear | AxisScale.Dates _), [||] -> 0.0, 1.0
        | AxisScale.Log, [||] -> 1.0, 10.0
        | _ ->
            let low, high = Array.min shown, Array.max shown
            let size = max (abs low) (abs high)
            let air =
                match scale with
                | _ when isWide low high -> 0.04 * (high - low)
                | AxisScale.Log -> 0.5
                | AxisScale.Linear
                | AxisScale.Dates _ -> if size = 0.0 then 1.0 else 0.1 * size
            match scale with
            | AxisScale.Linear when 0.0 < low && low < 0.15 * high -> min 0.0 (low - air), high + air
            | AxisScale.Linear
            | AxisScale.Dates _ -> low - air, high + air
            | AxisScale.Log -> 10.0 ** max -300.0 (low - air), 10.0 ** min 300.0 (high + air)

    /// The heights that a curve draws over each x: its own, those of its band, or both.
    let heights curve =
        [ if curve.Mark <> Mark.Band then curve.Y
          match curve.Band with
          | Some(lower, upper) -> yield! [ lower; upper ]
          | None -> () ]

    /// The region of a plot's layers: the places that it must show, the ends of filled areas, the feet of bars.
    let private places layer =
        let ends along values =
            let finite = values |> Array.filter Double.IsFinite
            match along with
            | Along.X -> finite, [||]
            | Along.Y -> [||], finite
        let corners (extent: Extent) = [| extent.Left; extent.Right |], [| extent.Bottom; extent.Top |]
        match layer with
        | PlotLayer.Span(_, along, low, high) -> ends along [| low; high |]
        | PlotLayer.Rule(_, along, at) -> ends along at
        | PlotLayer.Bars(_, _, bars) -> Array.collect (corners >> fst) bars, Array.collect (corners >> snd) bars
        | PlotLayer.Cells(extent, _, _)
        | PlotLayer.Image(extent, _, _, _) -> corners extent
        | PlotLayer.Dots(x, y, _, _)
        | PlotLayer.Arrows(x, y, _, _, _) -> x, y
        | PlotLayer.Strokes strokes -> strokes |> Array.collect _.X, strokes |> Array.collect _.Y
        | PlotLayer.Words(x, y, _, _) -> [| x |], [| y |]

    let isCells layer =
        match layer with
        | PlotLayer.Cells _ -> true
        | PlotLayer.Span _
        | PlotLayer.Rule _
        | PlotLayer.Bars _
        | PlotLayer.Image _
        | PlotLayer.Dots _
        | PlotLayer.Arrows _
        | PlotLayer.Strokes _
        | PlotLayer.Words _ -> false

    let private isBars layer =
        match layer with
        | PlotLayer.Bars _ -> true
        | PlotLayer.Span _
        | PlotLayer.Rule _
        | PlotLayer.Cells _
        | PlotLayer.Image _
        | PlotLayer.Dots _
        | PlotLayer.Arrows _
        | PlotLayer.Strokes _
        | PlotLayer.Words _ -> false

    /// One plot in the given part of a figure.
    let pane (axes: Axes) area =
        let drawable (x, y) = shows axes.XScale x && shows axes.YScale y
        let drawn =
            [| for curve in axes.Curves do
                   for y in heights curve do
                       yield! Array.zip curve.X y |> Array.filter drawable |]
        let layered = List.map places axes.Layers
        // cells fill the plot; bars start at its bottom
        let filling = axes.Layers |> List.filter isCells |> List.map places
        let xDomain =
            match filling with
            | [] -> domain axes.XScale (Array.concat [ Array.map fst drawn; yield! List.map fst layered ])
            | _ -> let x = Array.concat (List.map fst filling) in Array.min x, Array.max x
        let low, high = axes.XRange |> Option.defaultValue xDomain
        let within = drawn |> Array.filter (fun (x, _) -> low <= x && x <= high) |> Array.map snd
        let yDomain =
            match filling with
            | [] ->
                let bottom, top = domain axes.YScale (Array.concat [ within; yield! List.map snd layered ])
                let feet = axes.Layers |> List.filter isBars |> List.collect (places >> snd >> List.ofArray)
                let isGrounded = axes.YScale = AxisScale.Linear && not feet.IsEmpty && List.min feet = 0.0
                (if isGrounded && not (Array.exists (fun y -> y < 0.0) within) then 0.0 else bottom), top
            | _ -> let y = Array.concat (List.map snd filling) in Array.min y, Array.max y
        { Axes = axes
          Area = area
          XDomain = (low, high)
          YDomain = Option.defaultValue yDomain axes.YRange }

    /// The two axes of a plot whose curves fill a box. If a unit must have the same length on both axes, the axis with pixels
    /// to spare has a larger range.
    let axesIn (box: Box) pane =
        let (left, right), (bottom, top) = pane.XDomain, pane.YDomain
        let grown (low, high) part =
            let middle, half = (low + high) / 2.0, (high - low) / 2.0 * max 1.0 part
            middle - half, middle + half
        let (left, right), (bottom, top) =
            if pane.Axes.IsEqual then
                let across, up = (right - left) / box.Width, (top - bottom) / box.Height
                grown (left, right) (up / across), grown (bottom, top) (across / up)
            else
                (left, right), (bottom, top)
        { Scale = pane.Axes.XScale
          Low = left
          High = right
          From = box.Left
          To = box.Right
          GivenTicks = pane.Axes.XTicks },
        { Scale = pane.Axes.YScale
          Low = bottom
          High = top
          From = box.Bottom
          To = box.Top
          GivenTicks = pane.Axes.YTicks }

    let private ticks axis count =
        match axis.GivenTicks, axis.Scale with
        | Some ticks, _ ->
            { Ticks = ticks |> List.filter (fun tick -> axis.Low <= tick.At && tick.At <= axis.High)
              Note = "" }
        | None, AxisScale.Linear -> Ticks.linear count axis.Low axis.High
        | None, AxisScale.Log -> Ticks.log count axis.Low axis.High
        | None, AxisScale.Dates(start, unit) ->
            Calendar.ticks count start unit axis.Low axis.High
            |> Option.defaultWith (fun () -> Ticks.linear count axis.Low axis.High)

    let labelled (ticks: AxisTicks) = ticks.Ticks |> List.filter (fun tick -> tick.Label <> "")

    /// As many horizontal ticks as have labels with space between them.
    let ticksAcross axis =
        let rec fit count =
            let found = ticks axis count
            let crowded (left: Tick, right: Tick) =
                let needed = (Svg.width tickSize left.Label + Svg.width tickSize right.Label) / 2.0 + 8.0
                position axis right.At - position axis left.At < needed
            if count > 1 && labelled found |> List.pairwise |> List.exists crowded then
                fit (count - 1)
            else
                found
        match axis.GivenTicks with
        | None -> fit (Math.Clamp(int ((axis.To - axis.From) / 52.0), 2, 10))
        | Some _ ->
            // names are cut if they would touch; if too little would remain, some ticks have no label
            let found = ticks axis 1
            let gaps = found.Ticks |> List.pairwise |> List.map (fun (a, b) -> position axis b.At - position axis a.At)
            let gap = List.fold min (axis.To - axis.From) gaps
            let widest = found.Ticks |> List.map (fun tick -> Svg.width tickSize tick.Label) |> List.fold max 0.0
            let stride = max 1 (int (ceil ((min widest 56.0 + 6.0) / gap)))
            let label place (tick: Tick) =
                if place % stride = 0 then Svg.cut tickSize (float stride * gap - 6.0) tick.Label else ""
            { found with
                Ticks = found.Ticks |> List.mapi (fun place tick -> { tick with Label = label place tick }) }

    /// Vertical ticks at a distance of several lines of text; twice as many if there would be fewer than three.
    let ticksUp axis =
        let count = Math.Clamp(int ((axis.From - axis.To) / 38.0), 2, 10)
        let found = ticks axis count
        if (labelled found).Length < 3 then ticks axis (2 * count) else found

    let widest size (labels: string list) = 0.0 :: List.map (Svg.width size) labels |> List.max

    /// The style of each curve of a plot. Of several bands with one colour, later bands are darker.
    let styles (axes: Axes) =
        let numbers = axes.Curves |> List.mapi (fun place curve -> defaultArg curve.Colour place)
        let banded = List.zip axes.Curves numbers |> List.filter (fun (curve, _) -> curve.Band.IsSome)
        List.zip axes.Curves numbers
        |> List.map (fun (curve, number) ->
            let earlier = banded |> List.takeWhile (fun (other, _) -> not (obj.ReferenceEquals(other, curve)))
            let deep = earlier |> List.filter (fun (_, other) -> other = number) |> List.length
            { Hue = Colours.hue number
              Dash = dashes[number / Colours.palette.Length % dashes.Length]
              Shape = number % 4
              Shade = min 0.6 (0.2 + 0.16 * float deep) })

    let private pixels across up (x: float[]) (y: float[]) =
        Array.map2 (fun x y -> struct (position across x, position up y)) x y

    /// The pieces of a band between gaps, each as its lower and upper edge, point for point.
    let private bands across up curve =
        match curve.Band with
        | None -> []
        | Some(lower, upper) ->
            let low, high = pixels across up curve.X lower, pixels across up curve.X upper
            let hasGap index = let struct (_, y0), struct (_, y1) = low[index], high[index] in Double.IsNaN(y0 + y1)
            low
            |> Array.mapi (fun index struct (x, _) -> struct (x, (if hasGap index then nan else float index)))
            |> Polyline.runs
            |> List.map (fun run ->
                let edge (bound: struct (float * float)[]) = [| for struct (_, index) in run -> bound[int index] |]
                edge low, edge high)

    let marker shape (x: float) (y: float) =
        let at = $"M{Svg.number x} {Svg.number y}"
        match shape with
        | 0 -> $"<circle cx=\"{Svg.number x}\" cy=\"{Svg.number y}\" r=\"3.3\"/>"
        | 1 -> $"<path d=\"{at}m-3-3h6v6h-6z\"/>"
        | 2 -> $"<path d=\"{at}m0-4.2l3.8 6.6h-7.6z\"/>"
        | _ -> $"<path d=\"{at}m0-4.3l4.3 4.3l-4.3 4.3l-4.3-4.3z\"/>"

    let stroke style mark width =
        let dash = if mark = Mark.Dashed then (if style.Dash = "" then "6 4" else "3 4") else style.Dash
        let hue = if mark = Mark.Faint then Colours.paler 0.62 style.Hue else style.Hue
        $"fill=\"none\" stroke=\"{hue}\" stroke-width=\"{Svg.number width}\" stroke-linejoin=\"round\""
        + (if dash = "" then " stroke-linecap=\"round\"" else $" stroke-dasharray=\"{dash}\"")

    let solid style = $"fill=\"{style.Hue}\" stroke=\"#FFFFFF\" stroke-width=\"0.8\""
    let shade style = $"fill=\"{style.Hue}\" fill-opacity=\"{Svg.number style.Shade}\""

    let draw box across up curve style =
        [ "<g>"
          if curve.Label <> "" then $"<title>{Svg.escape curve.Label}</title>"
          let band =
              bands across up curve
              |> List.map (fun (low, high) -> Array.append (Polyline.thin low) (Array.rev (Polyline.thin high)))
              |> Svg.area box
          if band <> "" then $"<path d=\"{band}\" {shade style}/>"
          let points = pixels across up curve.X curve.Y
          match curve.Mark with
          | Mark.Line
          | Mark.Dashed
          | Mark.Faint
          | Mark.LineAndPoints ->
              let runs = Polyline.runs points
              let lines = runs |> List.filter (fun run -> run.Length > 1) |> List.map Polyline.thin
              let path = Svg.path box lines
              // a long line is drawn thinner
              let isLong = List.sumBy Polyline.length lines > 6.0 * (box.Width + box.Height)
              let width = if isLong || curve.Mark = Mark.Faint then 1.1 else 1.8
              if path <> "" then $"<path d=\"{path}\" {stroke style curve.Mark width}/>"
              let lone =
                  [| for run in runs do
                         if run.Length = 1 && box.Holds run[0] then run[0] |]
                  |> Polyline.distinct
              if lone.Length > 0 && curve.Mark <> Mark.LineAndPoints then
                  $"<g fill=\"{style.Hue}\">"
                  for struct (x, y) in lone do
                      $"<circle cx=\"{Svg.number x}\" cy=\"{Svg.number y}\" r=\"2\"/>"
                  "</g>"
          | Mark.Points
          | Mark.Band -> ()
          match curve.Mark with
          | Mark.Points
          | Mark.LineAndPoints ->
              $"<g {solid style}>"
              for struct (x, y) in points |> Array.filter box.Holds |> Polyline.distinct do
                  marker style.Shape x y
              "</g>"
          | Mark.Line
          | Mark.Dashed
          | Mark.Faint
          | Mark.Band -> ()
          "</g>" ]

    /// The segments that a legend must not cover; a marker is a segment without length.
    let obstacles across up curve =
        let segments run = Array.pairwise run |> Array.map (fun (first, last) -> struct (first, last))
        [| let points = pixels across up curve.X curve.Y
           for run in Polyline.runs points do
               if curve.Mark <> Mark.Band then
                   for point in Polyline.distinct run do
                       struct (point, point)
                   if curve.Mark <> Mark.Points then yield! segments (Polyline.thin run)
           for lower, upper in bands across up curve do
               yield! segments (Polyline.thin lower)
               yield! segments (Polyline.thin upper)
               yield! Array.zip lower upper |> Array.map (fun (low, high) -> struct (low, high)) |]
