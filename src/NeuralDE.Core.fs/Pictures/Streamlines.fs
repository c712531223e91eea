namespace NeuralDE.Internal.Pictures

open System
open System.Collections.Generic

/// Evenly spaced streamlines (B. Jobard and W. Lefer, Creating evenly-spaced streamlines of arbitrary density, 1997) of a
/// field given on a grid of the rectangle from (0, 0) to (1, height).
module internal Streamlines =
    /// Bilinear interpolation between grid points.
    let private interpolate (values: float[,]) height x y =
        let rows, columns = Array2D.length1 values, Array2D.length2 values
        let place count part =
            let at = Math.Clamp(part, 0.0, 1.0) * float (count - 1)
            let below = min (int at) (count - 2)
            below, at - float below
        let column, right = place columns x
        let row, up = place rows (y / height)
        let between left values = left + right * (values - left)
        let low = between values[row, column] values[row, column + 1]
        let high = between values[row + 1, column] values[row + 1, column + 1]
        low + up * (high - low)

    let private moved length (struct (x, y)) (struct (dx, dy)) = struct (x + length * dx, y + length * dy)

    /// The points of lines so far, in square bins as wide as the distance between lines.
    type private Drawn(separation: float) =
        let bins = Dictionary<struct (int * int), List<struct (float * float)>>()
        let bin value = int (floor (value / separation))

        member _.Add(struct (x, y) as point) =
            let key = struct (bin x, bin y)
            match bins.TryGetValue key with
            | true, found -> found.Add point
            | false, _ -> bins[key] <- List [ point ]

        /// Whether all points are farther away than a distance, which is at most the separation.
        member _.IsFree distance (struct (x: float, y: float)) =
            let isNear (struct (otherX, otherY)) =
                (otherX - x) * (otherX - x) + (otherY - y) * (otherY - y) < distance * distance
            seq {
                for column in bin x - 1 .. bin x + 1 do
                    for row in bin y - 1 .. bin y + 1 do
                        match bins.TryGetValue(struct (column, row)) with
                        | true, found -> yield! found
                        | false, _ -> ()
            }
            |> Seq.exists isNear
            |> not

    /// The directions of a field, and steps along it.
    type private Flow(u: float[,], v: float[,], height: float) =
        let fastest =
            let speeds = Seq.map2 (fun u v -> sqrt (u * u + v * v)) (Seq.cast<float> u) (Seq.cast<float> v)
            speeds |> Seq.filter Double.IsFinite |> Seq.fold max 0.0

        /// The direction at a point; none if the field is NaN or 0 there.
        member _.Direction(struct (x, y)) : struct (float * float) voption =
            let u, v = interpolate u height x y, interpolate v height x y
            let speed = sqrt (u * u + v * v)
            if speed > 1e-6 * fastest && Double.IsFinite speed then
                ValueSome(struct (u / speed, v / speed))
            else
                ValueNone

        member _.IsInside(struct (x, y)) = 0.0 <= x && x <= 1.0 && 0.0 <= y && y <= height

        /// One step of the midpoint rule, with constant length.
        member flow.Advance(length: float, point: struct (float * float)) : struct (float * float) voption =
            match flow.Direction point with
            | ValueNone -> ValueNone
            | ValueSome way ->
                match flow.Direction(moved (length / 2.0) point way) with
                | ValueNone -> ValueNone
                | ValueSome middle -> ValueSome(moved length point middle)

    /// The points of a line in one direction, until it leaves the rectangle, or the field is 0, or it is near another line
    /// or an earlier point of its own, except the last `own` points.
    let private follow (flow: Flow) (drawn: Drawn) separation (own: Drawn) length start =
        let points = List<struct (float * float)>()
        let mutable point = start
        let mutable goes = true
        while goes && points.Count < 2000 do
            match flow.Advance(length, point) with
            | ValueSome next when
                flow.IsInside next && drawn.IsFree (0.5 * separation) next && own.IsFree (0.12 * separation) next
                ->
                points.Add next
                point <- next
                // the last points of the line itself are always near
                if points.Count > 10 then own.Add points[points.Count - 11]
            | ValueSome _
            | ValueNone -> goes <- false
        points.ToArray()

    /// The line through a seed point.
    let private lineThrough (flow: Flow) (drawn: Drawn) separation (seed: struct (float * float)) =
        let step = 0.1 * separation
        let own = Drawn separation
        let ahead = follow flow drawn separation own step seed
        // a closed line returns to its seed
        let isRound =
            ahead.Length >= 20
            && (let struct (x, y), struct (lastX, lastY) = seed, Array.last ahead
                (lastX - x) ** 2.0 + (lastY - y) ** 2.0 < (0.4 * separation) ** 2.0)
        let behind = if isRound then [||] else follow flow drawn separation own -step seed
        Array.concat [ Array.rev behind; [| seed |]; ahead ]

    /// Seed points beside a line, on both sides of every few points.
    let private seedsBeside (flow: Flow) separation (line: struct (float * float)[]) =
        [ for index in 0..5 .. line.Length - 1 do
              match flow.Direction line[index] with
              | ValueSome(struct (dx, dy)) ->
                  for side in [ 1.02 * separation; -1.02 * separation ] do
                      moved side line[index] (struct (-dy, dx))
              | ValueNone -> () ]

    /// Lines at a distance of about `separation`, each as points in order along the field.
    let trace (u: float[,]) (v: float[,]) (height: float) (separation: float) : struct (float * float)[] list =
        let flow = Flow(u, v, height)
        let drawn = Drawn separation
        let lines = List<struct (float * float)[]>()

        let draw seed =
            if flow.IsInside seed && drawn.IsFree separation seed then
                let line = lineThrough flow drawn separation seed
                if line.Length > 15 then
                    for point in line do
                        drawn.Add point
                    lines.Add line

        draw (struct (0.5, 0.5 * height))
        let mutable index = 0
        while index < lines.Count do
            seedsBeside flow separation lines[index] |> List.iter draw
            index <- index + 1
        // seeds for regions without lines
        let across, up = int (1.0 / separation), int (height / separation)
        for row in 0 .. up - 1 do
            for column in 0 .. across - 1 do
                draw (struct ((float column + 0.5) * separation, (float row + 0.5) * separation))
        List.ofSeq lines
