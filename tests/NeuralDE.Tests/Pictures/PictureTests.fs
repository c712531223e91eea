/// The parts of pictures: colours, PNG, dates, streamlines, projections, statistics.
module NeuralDE.Tests.Pictures.PictureTests

open System
open System.Buffers.Binary
open System.IO
open System.IO.Compression
open System.Text
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Pictures

// ── colours ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/// CIE lightness, 0 to 100, of red, green and blue.
let private lightness (rgb: byte[]) =
    let linear (level: byte) =
        let part = float level / 255.0
        if part <= 0.04045 then part / 12.92 else ((part + 0.055) / 1.055) ** 2.4
    let y = 0.2126 * linear rgb[0] + 0.7152 * linear rgb[1] + 0.0722 * linear rgb[2]
    if y > 0.008856 then 116.0 * Math.Cbrt y - 16.0 else 903.3 * y

// ── PNG ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Size, kind and rows (each with its filter) of a PNG file; the check sums of all chunks must be right.
let private readPng (file: byte[]) =
    Expect.equal file[..7] [| 137uy; 80uy; 78uy; 71uy; 13uy; 10uy; 26uy; 10uy |] "file[..7]"
    let number at = int (BinaryPrimitives.ReadUInt32BigEndian(ReadOnlySpan(file, at, 4)))
    let rec chunks at =
        if at >= file.Length then
            []
        else
            let length = number at
            Expect.equal
                (uint32 (number (at + 8 + length)))
                (Png.crc file[at + 4 .. at + 7 + length])
                "uint32 (number (at + 8 + length))"
            (Encoding.ASCII.GetString(file, at + 4, 4), file[at + 8 .. at + 7 + length]) :: chunks (at + 12 + length)
    let found = chunks 8
    let part name = found |> List.find (fst >> (=) name) |> snd
    use unpacked = new ZLibStream(new MemoryStream(part "IDAT"), CompressionMode.Decompress)
    use rows = new MemoryStream()
    unpacked.CopyTo rows
    Expect.equal (fst (List.last found)) "IEND" "fst (List.last found)"
    List.map fst found, number 16, number 20, file[25], rows.ToArray()

// ── dates ────────────────────────────────────────────────────────────────────────────────────────────────────────────

let private days count start low high =
    Calendar.ticks count start (TimeSpan.FromDays 1.0) low high
    |> Option.map (fun found -> found.Ticks |> List.map _.Label, found.Note)

// ── streamlines ──────────────────────────────────────────────────────────────────────────────────────────────────────

let private gridOf field =
    let at index = float index / 40.0
    Array2D.init 41 41 (fun row column -> fst (field (at column) (at row))),
    Array2D.init 41 41 (fun row column -> snd (field (at column) (at row)))

// ── space ────────────────────────────────────────────────────────────────────────────────────────────────────────────

let private seen azimuth elevation (points: (float * float * float) list) =
    let x, y, z = List.unzip3 points
    let line: Space.Line = { X = Array.ofList x; Y = Array.ofList y; Z = Array.ofList z; Colour = 0; IsPoints = true }
    Space.layers azimuth elevation ("", "", "") [ line ] |> snd |> List.exactlyOne

// ── statistics ───────────────────────────────────────────────────────────────────────────────────────────────────────

[<Tests>]
let tests =
    testList
        "Pictures.Picture"
        [ testCase "sequential colour maps have monotonic, even lightness" (fun () ->
              for map, sign in [ ColourMap.Viridis, 1.0; ColourMap.Blues, -1.0 ] do
                  let steps =
                      Colours.ramp map
                      |> Array.map lightness
                      |> Array.pairwise
                      |> Array.map (fun (l, next) -> sign * (next - l))
                  // bytes are rounded, so single steps may be 0
                  Expect.isTrue
                      (Array.min steps > -0.35)
                      $"Got a step of {Array.min steps} in {map}, expected a rising lightness."
                  let parts = steps |> Array.truncate 255 |> Array.chunkBySize 51 |> Array.map Array.sum
                  Expect.isTrue (Array.max parts / Array.min parts < 1.6) $"Got {parts} in {map}, expected even parts.")

          testCase "the diverging colour map is lightest in its middle and symmetric in lightness" (fun () ->
              let found = Colours.ramp ColourMap.CoolWarm |> Array.map lightness
              Expect.inRange
                  (Array.findIndex ((=) (Array.max found)) found)
                  (118, 137)
                  "Array.findIndex ((=) (Array.max found)) found"
              for place in 0..100 do
                  Expect.near 8.0 found[255 - place] found[place] "found[255 - place]")

          testCase "values outside the range have the colours of its ends" (fun () ->
              Expect.equal (Colours.at ColourMap.Viridis -3.0) "#440154" "Colours.at ColourMap.Viridis -3.0"
              Expect.equal (Colours.at ColourMap.Viridis 2.0) "#FDE725" "Colours.at ColourMap.Viridis 2.0"
              Expect.equal (Colours.paler 1.0 "#0072B2") "#FFFFFF" "Colours.paler 1.0 '#0072B2'"
              Expect.equal (Colours.paler 0.0 "#0072B2") "#0072B2" "Colours.paler 0.0 '#0072B2'")

          testCase "CRC-32 of the digits is the published value" (fun () ->
              Expect.equal
                  (Png.crc (Encoding.ASCII.GetBytes "123456789"))
                  0xCBF43926u
                  "Png.crc (Encoding.ASCII.GetBytes '123456789')")

          testCase "PNG files store their pixels row by row" (fun () ->
              let names, width, height, kind, rows = readPng (Png.colours 2 1 [| 1uy; 2uy; 3uy; 4uy; 5uy; 6uy |])
              Expect.equal names [ "IHDR"; "IDAT"; "IEND" ] "names"
              Expect.equal (width, height, kind) (2, 1, 2uy) "(width, height, kind)"
              Expect.equal rows [| 0uy; 1uy; 2uy; 3uy; 4uy; 5uy; 6uy |] "rows"
              let palette = [| [| 0uy; 0uy; 0uy |]; [| 255uy; 255uy; 255uy |] |]
              let names, width, height, kind, rows = readPng (Png.indexed palette 1 3 [| 0uy; 1uy; 0uy |])
              Expect.equal names [ "IHDR"; "PLTE"; "IDAT"; "IEND" ] "names"
              Expect.equal (width, height, kind) (1, 3, 3uy) "(width, height, kind)"
              Expect.equal rows [| 0uy; 0uy; 0uy; 1uy; 0uy; 0uy |] "rows")

          testCase "date ticks are at the starts of calendar units" (fun () ->
              let start = DateTime(2024, 2, 27)
              Expect.equal
                  (days 5 start 0.0 4.5)
                  (Some([ "Feb 27"; "Feb 28"; "Feb 29"; "Mar 1"; "Mar 2" ], "2024"))
                  "days 5 start 0.0 4.5"
              Expect.equal
                  (days 4 start 0.0 10_000.0)
                  (Some([ "2030"; "2040"; "2050" ], ""))
                  "days 4 start 0.0 10_000.0"
              Expect.equal
                  (days 4 start 0.0 300.0)
                  (Some([ "Apr 2024"; "Jul 2024"; "Oct 2024" ], ""))
                  "days 4 start 0.0 300.0"
              Expect.equal
                  (days 5 start 0.0 0.9)
                  (Some([ "00:00"; "06:00"; "12:00"; "18:00" ], "Feb 27, 2024"))
                  "days 5 start 0.0 0.9"
              Expect.equal
                  (days 4 (DateTime(2023, 12, 31)) 0.0 2.4)
                  (Some([ "Dec 31"; "Jan 1"; "Jan 2" ], "2023 – 2024"))
                  "days 4 (DateTime(2023, 12, 31)) 0.0 2.4"
              let leap = Calendar.ticks 5 start (TimeSpan.FromDays 1.0) 0.0 4.5 |> Option.get
              Expect.equal (leap.Ticks |> List.map _.At) [ 0.0; 1.0; 2.0; 3.0; 4.0 ] "leap.Ticks |> List.map _.At")

          testCase "values outside the calendar have no date ticks, and the axis shows numbers" (fun () ->
              Expect.equal (days 5 (DateTime(2024, 1, 1)) 0.0 1e9) None "days 5 (DateTime(2024, 1, 1)) 0.0 1e9"
              Expect.equal (days 5 (DateTime(2024, 1, 1)) 0.0 1e-6) None "days 5 (DateTime(2024, 1, 1)) 0.0 1e-6"
              let ts = 1e9 * linspace 0.0 1.0 5
              let svg =
                  Plot.trajectories [ ("a", ts, ts) ]
                  |> Plot.dates (DateTime(2024, 1, 1)) (TimeSpan.FromDays 1.0)
                  |> Plot.svg
              Expect.stringContains svg ">0.2<" "svg")

          testCase "date ticks increase, lie in the range and are at most the requested number, or one" (fun () ->
              let random = System.Random 5
              for _ in 1..500 do
                  let start = DateTime(1800, 1, 1).AddDays(random.NextDouble() * 1e5)
                  let high = 10.0 ** (random.NextDouble() * 9.0 - 4.0)
                  match Calendar.ticks 6 start (TimeSpan.FromDays 1.0) 0.0 high with
                  | None -> Expect.isTrue (high * 86400.0 < 2.0 || high > 1e5) $"Got no ticks for {high} days."
                  | Some found ->
                      let at = found.Ticks |> List.map _.At
                      Expect.equal at (List.sort at) "at"
                      Expect.equal at (List.distinct at) "at"
                      Expect.isTrue
                          (List.forall (fun t -> 0.0 <= t && t <= high) at)
                          "List.forall (fun t -> 0.0 <= t && t <= high) at"
                      Expect.isTrue (at.Length <= 9) $"Got {at.Length} ticks for {high} days from {start}.")

          testCase "streamlines of a rotation are circles" (fun () ->
              let u, v = gridOf (fun x y -> 0.5 - y, x - 0.5)
              let lines = Streamlines.trace u v 1.0 0.06
              Expect.isTrue (lines.Length >= 7) $"Got {lines.Length} lines, expected 7 or more."
              for line in lines do
                  let radii = line |> Array.map (fun struct (x, y) -> sqrt ((x - 0.5) ** 2.0 + (y - 0.5) ** 2.0))
                  Expect.isTrue
                      (Array.max radii - Array.min radii < 1e-3)
                      $"Got radii from {Array.min radii} to {Array.max radii}.")

          testCase "streamlines follow the field, stay inside and keep their distance" (fun () ->
              let u, v = gridOf (fun x y -> 1.0, sin (6.0 * x) - 4.0 * (y - 0.5))
              let lines = Streamlines.trace u v 1.0 0.08
              let points =
                  lines
                  |> List.mapi (fun number line -> line |> Array.map (fun point -> number, point))
                  |> Array.concat
              for line in lines do
                  for struct (x, y), struct (nextX, _) in Array.pairwise line do
                      Expect.isTrue
                          (0.0 <= x && x <= 1.0 && 0.0 <= y && y <= 1.0)
                          "0.0 <= x && x <= 1.0 && 0.0 <= y && y <= 1.0"
                      Expect.isTrue (nextX > x) "The field points right, and a line went left."
              for number, struct (x, y) in points do
                  for other, struct (otherX, otherY) in points do
                      if other <> number then
                          let distance = sqrt ((otherX - x) ** 2.0 + (otherY - y) ** 2.0)
                          Expect.isTrue
                              (distance > 0.039)
                              $"Got lines {distance} apart, expected half of 0.08 or more.")

          testCase "a zero or NaN field has no streamlines" (fun () ->
              let zero = Array2D.zeroCreate<float> 9 9
              Expect.isEmpty (Streamlines.trace zero zero 1.0 0.05) "Streamlines.trace zero zero 1.0 0.05"
              let missing = Array2D.create 9 9 nan
              Expect.isEmpty (Streamlines.trace missing missing 1.0 0.05) "Streamlines.trace missing missing 1.0 0.05")

          testCase "a field is evaluated in one call at the given time" (fun () ->
              let mutable calls = 0
              let field (t: Tensor) (u: Tensor) =
                  calls <- calls + 1
                  stack [ t + u[0]; u[1] ]
              let grid = VectorField.sample "Plot.field" field 2.0 [| 0.0; 1.0; 2.0 |] [| 5.0; 6.0 |]
              Expect.equal calls 1 "calls"
              Expect.equal (grid.U[0, 0], grid.V[0, 0]) (2.0, 5.0) "(grid.U[0, 0], grid.V[0, 0])"
              Expect.equal (grid.U[1, 2], grid.V[1, 2]) (4.0, 6.0) "(grid.U[1, 2], grid.V[1, 2])")

          testCase "views from above and from the sides show two of the three channels undistorted" (fun () ->
              let corners = [ 0.0, 0.0, 0.0; 1.0, 0.0, 0.0; 0.0, 1.0, 0.0; 0.0, 0.0, 1.0 ]
              let directions azimuth elevation =
                  let across, up = seen azimuth elevation corners
                  [ for place in 1..3 -> round (across[place] - across[0]), round (up[place] - up[0]) ]
              Expect.equal (directions -90.0 90.0) [ 2.0, 0.0; 0.0, 2.0; 0.0, 0.0 ] "directions -90.0 90.0"
              Expect.equal (directions -90.0 0.0) [ 2.0, 0.0; 0.0, 0.0; 0.0, 2.0 ] "directions -90.0 0.0"
              Expect.equal (directions 0.0 0.0) [ 0.0, 0.0; 2.0, 0.0; 0.0, 2.0 ] "directions 0.0 0.0")

          testCase "nearer parts are darker and drawn later" (fun () ->
              // from the front: x towards the eye
              let ts = linspace 0.0 1.0 200
              let axes = Plot.space [ ("a", stackAlong 1 [ ts; ts; ts ]) ] |> Plot.view 0.0 0.0 |> Plot.axes
              let pieces =
                  axes.Layers
                  |> List.pick (fun layer ->
                      match layer with
                      | PlotLayer.Strokes strokes when strokes |> Array.exists (fun s -> s.Thickness > 1.5) ->
                          Some strokes
                      | _ -> None)
              Expect.isTrue (pieces.Length > 5) "pieces.Length > 5"
              let thick = pieces |> Array.map _.Thickness
              Expect.equal thick (Array.sort thick) "thick"
              let left = pieces |> Array.map (fun piece -> piece.X[0])
              Expect.equal left (Array.sort left) "left")

          testCase "every value is counted once" (fun () ->
              let edges = Statistics.edges 4 [| 0.0; 8.0 |]
              Expect.equal edges [| 0.0; 2.0; 4.0; 6.0; 8.0 |] "edges"
              Expect.equal
                  (Statistics.counts edges [| 0.0; 2.0; 3.9; 6.0; 8.0 |])
                  [| 1.0; 2.0; 0.0; 2.0 |]
                  "Statistics.counts edges [| 0.0; 2.0; 3.9; 6.0; 8.0 |]")

          testCase "an estimated density has mass 1 and the samples' mean" (fun () ->
              let points = (randn (Key 1) [ 3000; 2 ]).ToArray() |> Array.chunkBySize 2
              let x, y = points |> Array.map (fun p -> 3.0 + p[0]), points |> Array.map (fun p -> -1.0 + 2.0 * p[1])
              let extent, found = Statistics.density 80 x y
              let cell = (extent.Right - extent.Left) * (extent.Top - extent.Bottom) / 6400.0
              Expect.near 0.01 (cell * Seq.sum (Seq.cast<float> found)) 1.0 "cell * Seq.sum (Seq.cast<float> found)"
              let peak = found |> Seq.cast<float> |> Seq.max
              // the peak of a normal density, lowered by the kernel
              Expect.inRange peak (0.8 / (4.0 * Math.PI), 1.1 / (4.0 * Math.PI)) "peak")

          testCase "a running mean uses the values within half a window" (fun () ->
              let x = [| 0.0; 1.0; 2.0; 3.0 |]
              Expect.equal
                  (Statistics.runningMean 2.0 x [| 1.0; 2.0; 3.0; 4.0 |])
                  [| 1.5; 2.0; 3.0; 3.5 |]
                  "Statistics.runningMean 2.0 x [| 1.0; 2.0; 3.0; 4.0 |]"
              Expect.equal
                  (Statistics.runningMean 1.0 x [| 1.0; 2.0; 3.0; 4.0 |])
                  [| 1.0; 2.0; 3.0; 4.0 |]
                  "Statistics.runningMean 1.0 x [| 1.0; 2.0; 3.0; 4.0 |]"
              Expect.equal
                  (Statistics.runningMean 2.0 x [| 1.0; nan; 3.0; 5.0 |])
                  [| 1.0; 2.0; 4.0; 4.0 |]
                  "Statistics.runningMean 2.0 x [| 1.0; nan; 3.0; 5.0 |]") ]
