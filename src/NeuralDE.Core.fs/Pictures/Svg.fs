namespace NeuralDE

open System
open System.Collections.Generic
open System.Globalization
open System.Text

/// A rectangle in pixels, y growing downwards.
[<Struct>]
type internal Box =
    { Left: float
      Top: float
      Right: float
      Bottom: float }

    member box.Width = box.Right - box.Left
    member box.Height = box.Bottom - box.Top
    member box.Holds(struct (x, y)) = box.Left <= x && x <= box.Right && box.Top <= y && y <= box.Bottom

    member box.Grow margin =
        { Left = box.Left - margin
          Top = box.Top - margin
          Right = box.Right + margin
          Bottom = box.Bottom + margin }

/// Curves as polylines in pixels: cut at gaps, thinned to the resolution of the pixels, clipped to the plot.
module internal Polyline =
    /// The runs of consecutive points without NaN.
    let runs (points: struct (float * float)[]) =
        let found = List()
        let mutable start = 0
        for index in 0 .. points.Length do
            let gap = index = points.Length || (let struct (x, y) = points[index] in Double.IsNaN x || Double.IsNaN y)
            if gap then
                if index > start then found.Add points[start .. index - 1]
                start <- index + 1
        List.ofSeq found

    let length run =
        Array.pairwise run
        |> Array.sumBy (fun (struct (x0, y0), struct (x1, y1)) -> sqrt ((x1 - x0) ** 2.0 + (y1 - y0) ** 2.0))

    /// The first, lowest, highest and last point of each pixel column, in their order.
    let private thinColumns (run: struct (float * float)[]) =
        let column index = let struct (x, _) = run[index] in floor x
        let height index = let struct (_, y) = run[index] in y
        let kept = List()
        let mutable start = 0
        for index in 1 .. run.Length do
            if index = run.Length || column index <> column start then
                let mutable lowest, highest = start, start
                for point in start .. index - 1 do
                    if height point < height lowest then lowest <- point
                    if height point > height highest then highest <- point
                for point in [ start; lowest; highest; index - 1 ] |> List.distinct |> List.sort do
                    kept.Add run[point]
                start <- index
        kept.ToArray()

    /// The points at least a quarter of a pixel from the last kept point, and the last point.
    let private thinSteps (run: struct (float * float)[]) =
        let mutable struct (x, y) = run[0]
        run
        |> Array.filter (fun struct (nextX, nextY) ->
            let far = abs (nextX - x) + abs (nextY - y) >= 0.25
            if far then
                x <- nextX
                y <- nextY
            far)
        |> fun middle -> Array.concat [ run[..0]; middle; run[run.Length - 1 ..] ]

    /// A polyline with fewer points and the same appearance, if it has more than four points per pixel column. A graph of a
    /// function keeps the extremes of each column; a curve that turns back in x keeps its shape to a quarter of a pixel.
    let thin (run: struct (float * float)[]) =
        let across = run |> Array.map (fun struct (x, _) -> x)
        if run.Length < 3 || float run.Length <= 4.0 * (Array.max across - Array.min across + 1.0) then
            run
        elif Array.pairwise across |> Array.forall (fun (x, next) -> x <= next) then
            thinColumns run
        else
            thinSteps run

    /// The fewest points of a curve that keep it within a tenth of a pixel (D. Douglas and T. Peucker, 1973).
    let simplify (run: struct (float * float)[]) =
        let kept = Array.create run.Length false
        /// The distance of a point from the segment between two other points.
        let distance (struct (x0: float, y0: float)) (struct (x1, y1)) (struct (x, y)) =
            let across, up = x1 - x0, y1 - y0
            let square = across * across + up * up
            let part =
                if square = 0.0 then
                    0.0
                else
                    Math.Clamp(((x - x0) * across + (y - y0) * up) / square, 0.0, 1.0)
            sqrt ((x - x0 - part * across) ** 2.0 + (y - y0 - part * up) ** 2.0)
        let pending = Stack [ struct (0, run.Length - 1) ]
        while pending.Count > 0 do
            let struct (first, last) = pending.Pop()
            kept[first] <- true
            kept[last] <- true
            let mutable farthest, far = first, 0.1
            for index in first + 1 .. last - 1 do
                let found = distance run[first] run[last] run[index]
                if found > far then
                    farthest <- index
                    far <- found
            if farthest > first then
                pending.Push(struct (first, farthest))
                pending.Push(struct (farthest, last))
        Array.zip run kept |> Array.filter snd |> Array.map fst

    /// The first of all points in each cell of half a pixel, because a reader cannot distinguish their markers.
    let distinct (points: struct (float * float)[]) =
        let seen = HashSet()
        points |> Array.filter (fun struct (x, y) -> seen.Add(struct (round (2.0 * x), round (2.0 * y))))

    /// The part of a segment inside a box (Liang and Barsky), if any.
    let clip (box: Box) (struct (x0, y0) as first) (struct (x1, y1) as last) =
        if box.Holds first && box.Holds last then
            ValueSome(struct (first, last))
        else
            let across, down = x1 - x0, y1 - y0
            let bound struct (low, high) struct (slope, room) =
                if slope < 0.0 then struct (max low (room / slope), high)
                elif slope > 0.0 then struct (low, min high (room / slope))
                elif room < 0.0 then struct (1.0, 0.0)
                else struct (low, high)

            let struct (low, high) =
                [ struct (-across, x0 - box.Left)
                  struct (across, box.Right - x0)
                  struct (-down, y0 - box.Top)
                  struct (down, box.Bottom - y0) ]
                |> List.fold bound (struct (0.0, 1.0))

            let at part =
                struct (Math.Clamp(x0 + part * across, box.Left, box.Right),
                        Math.Clamp(y0 + part * down, box.Top, box.Bottom))
            if low > high then
                ValueNone
            else
                ValueSome(struct ((if low = 0.0 then first else at low), (if high = 1.0 then last else at high)))

    /// The part of a polygon inside a box (Sutherland and Hodgman).
    let clipPolygon (box: Box) (polygon: struct (float * float)[]) =
        let cut (inside: struct (float * float) -> float) (corners: struct (float * float)[]) =
            [| for index in 0 .. corners.Length - 1 do
                   let before, here = corners[(index + corners.Length - 1) % corners.Length], corners[index]
                   let depthBefore, depth = inside before, inside here
                   if (depthBefore < 0.0) <> (depth < 0.0) then
                       let part = depthBefore / (depthBefore - depth)
                       let struct (x0, y0), struct (x1, y1) = before, here
                       struct (x0 + part * (x1 - x0), y0 + part * (y1 - y0))
                   if depth >= 0.0 then here |]

        polygon
        |> cut (fun struct (x, _) -> x - box.Left)
        |> cut (fun struct (x, _) -> box.Right - x)
        |> cut (fun struct (_, y) -> y - box.Top)
        |> cut (fun struct (_, y) -> box.Bottom - y)

/// SVG text: numbers, escaped labels, and estimates of their drawn width.
module internal Svg =
    /// A pixel coordinate with at most two decimals, in the invariant culture.
    let number (value: float) = (Math.Round(value, 2) + 0.0).ToString("0.##", CultureInfo.InvariantCulture)

    /// A label as XML text. Characters that XML cannot contain (control characters, unpaired surrogates) become U+FFFD.
    let escape (label: string) =
        let text = StringBuilder()
        for rune in label.EnumerateRunes() do
            match rune.Value with
            | 38 -> text.Append "&amp;"
            | 60 -> text.Append "&lt;"
            | 62 -> text.Append "&gt;"
            | 34 -> text.Append "&quot;"
            | 9
            | 10
            | 13 -> text.Append ' '
            | code when code < 32 || code = 0xFFFE || code = 0xFFFF -> text.Append '\uFFFD'
            | _ -> text.Append(rune.ToString())
            |> ignore
        text.ToString()

    let private raised = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ"
    let private lowered = "₀₁₂₃₄₅₆₇₈₉₊₋ₙ"
    let private level (character: char) =
        if raised.Contains character then 1
        elif lowered.Contains character then -1
        else 0

    /// A label as XML text. Superscripts and subscripts are shifted ordinary digits, which every font has.
    let rich size (label: string) =
        if label |> Seq.forall (fun character -> level character = 0) then
            escape label
        else
            let text = StringBuilder()
            let mutable shift = 0.0
            let mutable start = 0
            for index in 1 .. label.Length do
                if index = label.Length || level label[index] <> level label[start] then
                    let place = level label[start]
                    let target =
                        size
                        * (if place > 0 then -0.36
                           elif place < 0 then 0.18
                           else 0.0)
                    let part =
                        label[start .. index - 1]
                        |> String.map (fun character ->
                            if place > 0 then "0123456789+−n"[raised.IndexOf character]
                            elif place < 0 then "0123456789+−n"[lowered.IndexOf character]
                            else character)
                    let font = if place = 0 then "" else $" font-size=\"{number (0.72 * size)}\""
                    text.Append $"<tspan dy=\"{number (target - shift)}\"{font}>{escape part}</tspan>" |> ignore
                    shift <- target
                    start <- index
            text.ToString()

    /// The approximate drawn width of a label in pixels, from the widths of a common sans-serif font, slightly overestimated.
    let width size (label: string) =
        let share (character: char) =
            if level character <> 0 then
                0.42
            elif "iljI.,:;'|! ".Contains character then
                0.29
            elif "ftr()[]-/\"".Contains character then
                0.36
            elif "mwMW@%—…".Contains character then
                0.92
            elif Char.IsUpper character then
                0.71
            elif character >= '\u1100' && not (Char.IsSurrogate character) && character > '\u2E80' then
                1.0
            else
                0.57
        1.03 * size * Seq.sumBy share label

    /// A label cut to a width in pixels; an ellipsis marks the omission.
    let cut size limit (label: string) =
        if width size label <= limit then
            label
        else
            let fits count = count = 0 || width size (label[.. count - 1] + "…") <= limit
            let kept = seq { label.Length - 1 .. -1 .. 0 } |> Seq.find fits
            label[.. kept - 1].TrimEnd() + "…"

    /// A label in at most three lines of at most `limit` pixels, broken at blanks. "" has no line.
    let wrap size limit (label: string) =
        let add lines (word: string) =
            match lines with
            | line :: rest when width size (line + " " + word) <= limit -> line + " " + word :: rest
            | _ -> word :: lines

        let lines =
            label.Split([| ' '; '\n'; '\r'; '\t' |], StringSplitOptions.RemoveEmptyEntries)
            |> Array.fold add []
            |> List.rev

        let shown = if lines.Length <= 3 then lines else lines[..1] @ [ String.Join(" ", lines[2..]) ]
        shown |> List.map (cut size limit)

    /// A <text> element: the baseline at (x, y), anchored at "start", "middle" or "end", with further attributes.
    let text (size: float) anchor (x: float) (y: float) attributes label =
        let anchored = if anchor = "start" then "" else $" text-anchor=\"{anchor}\""
        let place = $"x=\"{number x}\" y=\"{number y}\" font-size=\"{number size}\""
        // without this attribute viewers drop the blanks between the parts
        let shifts = label |> Seq.exists (fun character -> level character <> 0)
        let preserve = if shifts then " xml:space=\"preserve\"" else ""
        $"<text {place}{anchored}{attributes}{preserve}>{rich size label}</text>"

    let line x0 y0 x1 y1 = $"<path d=\"M{number x0} {number y0}L{number x1} {number y1}\"/>"

    /// Polylines as the data of one path; each begins with its own M.
    let path (box: Box) (runs: struct (float * float)[] list) =
        let data = StringBuilder()
        let append (command: string) (struct (x, y)) =
            data.Append(command).Append(number x).Append(' ').Append(number y) |> ignore

        for run in runs do
            let mutable pen = ValueNone
            for index in 1 .. run.Length - 1 do
                match Polyline.clip box run[index - 1] run[index] with
                | ValueNone -> pen <- ValueNone
                | ValueSome(struct (first, last)) ->
                    if pen <> ValueSome first then append "M" first
                    append "L" last
                    pen <- ValueSome last
        data.ToString()

    /// Polygons as the data of one path.
    let area (box: Box) (polygons: struct (float * float)[] list) =
        [ for polygon in polygons do
              match Polyline.clipPolygon box polygon with
              | [||] -> ""
              | corners ->
                  let points = corners |> Array.map (fun struct (x, y) -> number x + " " + number y)
                  "M" + String.Join("L", points) + "Z" ]
        |> String.concat ""
