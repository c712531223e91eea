namespace NeuralDE.Internal.Pictures

open System
open NeuralDE

/// Curves in three dimensions in parallel projection: a box with ticks, and lines that are paler in the distance.
module internal Space =
    /// The direction of view: azimuth about the vertical axis and elevation above the horizon, in degrees.
    type private Eye(azimuth: float, elevation: float) =
        let turn, rise = azimuth * Math.PI / 180.0, elevation * Math.PI / 180.0

        /// The sides of the box that face the viewer.
        member _.Front =
            let facing value = if value >= 0.0 then 1.0 else -1.0
            facing (cos rise * cos turn), facing (cos rise * sin turn), facing (sin rise)

        /// The coordinates to the right, upwards and towards the viewer.
        member _.See(x: float, y: float, z: float) =
            let across = -x * sin turn + y * cos turn
            let along = x * cos turn + y * sin turn
            across, z * cos rise - along * sin rise, along * cos rise + z * sin rise

    type Line = { X: float[]; Y: float[]; Z: float[]; Colour: int; IsPoints: bool }

    let private range (values: float[]) =
        let shown = values |> Array.filter (fun value -> abs value <= 1e300)
        match shown with
        | [||] -> 0.0, 1.0
        | _ ->
            let low, high = Array.min shown, Array.max shown
            let size = max (abs low) (abs high)
            if Drawing.isWide low high then low - 0.03 * (high - low), high + 0.03 * (high - low)
            elif size = 0.0 then -1.0, 1.0
            else low - 0.1 * size, high + 0.1 * size

    /// The position of a value in the box, from −1 to 1.
    let private inBox (low, high) value = 2.0 * (value - low) / (high - low) - 1.0

    let private path colour thickness (points: (float * float) list) : Stroke =
        { X = points |> List.map fst |> Array.ofList
          Y = points |> List.map snd |> Array.ofList
          Colour = colour
          Thickness = thickness
          HasArrow = false }

    let private depths = 12

    /// The curves cut into pieces of about equal depth, the farthest first.
    let private pieces (eye: Eye) places =
        [ for line, points in places do
              let seen = points |> Array.map eye.See
              let depth index =
                  let _, _, depth = seen[index]
                  if Double.IsNaN depth then
                      -1
                  else
                      Math.Clamp(int (float depths * (depth + 1.75) / 3.5), 0, depths - 1)
              let mutable start = 0
              for index in 1 .. seen.Length do
                  if index = seen.Length || depth index <> depth start then
                      let last = if index < seen.Length && depth index >= 0 then index else index - 1
                      if depth start >= 0 then depth start, line, seen[start..last]
                      start <- index ]
        |> List.sortBy (fun (depth, _, _) -> depth)

    let private stroke (depth, line, seen: (float * float * float)[]) : Stroke =
        let near = float depth / float (depths - 1)
        { X = seen |> Array.map (fun (x, _, _) -> x)
          Y = seen |> Array.map (fun (_, y, _) -> y)
          Colour = Colours.paler (0.55 * (1.0 - near)) (Colours.hue line.Colour)
          Thickness = 1.0 + 0.9 * near
          HasArrow = false }

    /// The box around all lines, in the direction of view.
    [<NoEquality; NoComparison>]
    type private Box =
        {
            Eye: Eye
            /// the ranges of the axes, and their ticks
            Xs: float * float
            Ys: float * float
            Zs: float * float
            XTicks: AxisTicks
            YTicks: AxisTicks
            ZTicks: AxisTicks
        }

    /// The position of a point of the box in the drawing.
    let private seen (b: Box) (x, y, z) =
        let across, up, _ = b.Eye.See(x, y, z)
        across, up

    let private boxAround (eye: Eye) (lines: Line list) : Box =
        let all pick = lines |> List.map pick |> Array.concat |> range
        let xs, ys, zs = all _.X, all _.Y, all _.Z
        let ticks axis = (Ticks.linear 5 (fst axis) (snd axis))

        { Eye = eye; Xs = xs; Ys = ys; Zs = zs; XTicks = ticks xs; YTicks = ticks ys; ZTicks = ticks zs }

    /// The three sides that face away from the viewer, with lines at the ticks.
    let private walls (b: Box) : Stroke list =
        let (frontX, frontY, frontZ) = b.Eye.Front
        let backX, backY, backZ = -frontX, -frontY, -frontZ
        let places axis (found: AxisTicks) = found.Ticks |> List.map (fun tick -> inBox axis tick.At)
        let side corners = path "#C4C4C4" 0.9 (List.map (seen b) (corners @ [ List.head corners ]))
        let rule first last = path "#E4E4E4" 0.8 [ seen b first; seen b last ]

        [ for x in places b.Xs b.XTicks do
              rule (x, -1.0, backZ) (x, 1.0, backZ)
              rule (x, backY, -1.0) (x, backY, 1.0)
          for y in places b.Ys b.YTicks do
              rule (-1.0, y, backZ) (1.0, y, backZ)
              rule (backX, y, -1.0) (backX, y, 1.0)
          for z in places b.Zs b.ZTicks do
              rule (-1.0, backY, z) (1.0, backY, z)
              rule (backX, -1.0, z) (backX, 1.0, z)
          side [ -1.0, -1.0, backZ; 1.0, -1.0, backZ; 1.0, 1.0, backZ; -1.0, 1.0, backZ ]
          side [ -1.0, backY, -1.0; 1.0, backY, -1.0; 1.0, backY, 1.0; -1.0, backY, 1.0 ]
          side [ backX, -1.0, -1.0; backX, 1.0, -1.0; backX, 1.0, 1.0; backX, -1.0, 1.0 ] ]

    let private anchor dx =
        if dx > 0.35 then "start"
        elif dx < -0.35 then "end"
        else "middle"

    /// Words beside a point of the box, moved away from an edge.
    let private words (x, y) (dx, dy) distance text =
        PlotLayer.Words(x + distance * dx, y + distance * dy, anchor dx, text)

    /// The labels of one edge: ticks, and the name of the axis beside them, or beyond the end of a vertical edge. An edge
    /// that is seen almost end-on has no labels.
    let private edge (b: Box) isStanding at (axis: float * float) (found: AxisTicks) name =
        let _, _, frontZ = b.Eye.Front
        let middleX, middleY = seen b (at 0.0)
        let (x0, y0), (x1, y1) = seen b (at -1.0), seen b (at 1.0)
        let length = sqrt ((x1 - x0) ** 2.0 + (y1 - y0) ** 2.0)
        let tipX, tipY = seen b (at frontZ)
        if length < 0.35 then
            []
        else
            // perpendicular to the edge, away from the middle of the drawing
            let across, up = (y1 - y0) / length, (x0 - x1) / length
            let outwards = if across * middleX + up * middleY >= 0.0 then 1.0 else -1.0
            let away = outwards * across, outwards * up
            let title =
                [ Svg.cut Drawing.tickSize 150.0 name; found.Note ] |> List.filter ((<>) "") |> String.concat " "
            let stride = if length < 0.8 then 2 else 1
            [ for place, tick in List.indexed found.Ticks do
                  let stand = inBox axis tick.At
                  // at a corner the labels of two axes would overlap
                  if place % stride = 0 && abs stand < 0.98 then words (seen b (at stand)) away 0.09 tick.Label
              if title <> "" && isStanding then
                  PlotLayer.Words(tipX, tipY + 0.14 * frontZ, "middle", title)
              elif title <> "" then
                  let dx, dy = away
                  PlotLayer.Words(middleX + 0.3 * dx, middleY + 0.3 * dy - 0.08, anchor dx, title) ]

    /// The labels of the three edges that have labels.
    let private edges (b: Box) (nameX: string, nameY: string, nameZ: string) : PlotLayer list =
        let (frontX, frontY, frontZ) = b.Eye.Front
        let backX, backY, backZ = -frontX, -frontY, -frontZ
        let left, _ = seen b (frontX, backY, 0.0)
        let right, _ = seen b (backX, frontY, 0.0)
        let standX, standY = if left <= right then frontX, backY else backX, frontY

        [ yield! edge b false (fun x -> x, frontY, backZ) b.Xs b.XTicks nameX
          yield! edge b false (fun y -> frontX, y, backZ) b.Ys b.YTicks nameY
          yield! edge b true (fun z -> standX, standY, z) b.Zs b.ZTicks nameZ ]

    /// The layers of a drawing with a given azimuth and elevation in degrees and the names of the three axes, and the
    /// positions of the points of each line.
    let layers
        azimuth
        elevation
        (names: string * string * string)
        (lines: Line list)
        : PlotLayer list * (float[] * float[]) list =
        let eye = Eye(azimuth, elevation)
        let b = boxAround eye lines
        let place line = Array.map3 (fun x y z -> inBox b.Xs x, inBox b.Ys y, inBox b.Zs z) line.X line.Y line.Z
        let drawn = lines |> List.filter (fun line -> not line.IsPoints)

        [ PlotLayer.Strokes(Array.ofList (walls b))
          yield! edges b names
          PlotLayer.Strokes [| for piece in pieces eye [ for line in drawn -> line, place line ] -> stroke piece |] ],
        [ for line in lines -> place line |> Array.map (seen b) |> Array.unzip ]
