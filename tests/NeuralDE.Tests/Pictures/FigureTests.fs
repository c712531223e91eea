module NeuralDE.Tests.Pictures.FigureTests

open System
open System.IO
open System.Xml.Linq
open Expecto
open NeuralDE.Tests
open FsCheck
open NeuralDE

let private named name (svg: string) =
    XDocument.Parse(svg).Descendants() |> Seq.filter (fun element -> element.Name.LocalName = name) |> List.ofSeq

let private attribute name (element: XElement) =
    element.Attribute(XName.Get name) |> Option.ofObj |> Option.map _.Value |> Option.defaultValue ""

let private texts svg = named "text" svg |> List.map _.Value

/// The data of the paths drawn in the colour of the first curve.
let private firstPath svg =
    named "path" svg |> List.find (fun path -> attribute "stroke" path = "#0072B2") |> attribute "d"

let private pointsOf (path: string) =
    path.Split([| 'M'; 'L' |], StringSplitOptions.RemoveEmptyEntries)
    |> Array.map (fun pair -> let pair = pair.Split ' ' in float pair[0], float pair[1])

let private drawn axes = Figure.render (Figure.single axes)
let private plain curves = { Axes.create curves with Legend = LegendPlace.Hidden }
let private upTo count = Array.init count float

let private failure (action: unit -> unit) = (Expect.thrown<ArgumentException> action).Message

/// Conditions for any figure: well-formed, with finite coordinates within the drawing.
let private isSound (svg: string) =
    let document = XDocument.Parse svg
    document.Descendants()
    |> Seq.collect _.Attributes()
    |> Seq.forall (fun found ->
        not (
            found.Value.Contains "NaN"
            || found.Value.Contains "Infinity"
            || found.Value.Contains '∞'
            || found.Value.Contains 'E' && found.Name.LocalName = "d"
        ))

let private axesOf logarithmic curves =
    { Axes.create curves with
        Title = "any"
        XLabel = "x"
        XScale = (if logarithmic then AxisScale.Log else AxisScale.Linear)
        YScale = (if logarithmic then AxisScale.Log else AxisScale.Linear) }

let private labels (ticks: AxisTicks) = ticks.Ticks |> List.map _.Label |> List.filter ((<>) "")

[<Tests>]
let tests =
    testList
        "Pictures.Figure"
        [ testCase "any numbers give well-formed SVG without NaN" (fun () ->
              let marks = [ Mark.Line; Mark.Dashed; Mark.Points; Mark.LineAndPoints ]
              let property (pairs: (float * float)[]) (other: (float * float)[]) logarithmic (which: int) =
                  let tamed value = if logarithmic && value <= 0.0 then 1.0 - value else value
                  let curve label (pairs: (float * float)[]) =
                      let x, y = Array.unzip (Array.map (fun (x, y) -> tamed x, tamed y) pairs)
                      { Curve.line label x y with
                          Mark = marks[abs (which % marks.Length)]
                          Band = Some(y, Array.map (fun value -> value * 1.5) y) }
                  isSound (drawn (axesOf logarithmic [ curve "first" pairs; curve "second" other ]))
              Check.One(Properties.config.WithMaxTest 300, property))

          testCase "a curve is described by its label, if it has one" (fun () ->
              let svg = drawn (plain [ Curve.line "A & B" (upTo 3) (upTo 3); Curve.line "" (upTo 3) (upTo 3) ])
              let isOfCurve (title: XElement) = (nonNull title.Parent).Name.LocalName = "g"
              let titles = named "title" svg |> List.filter isOfCurve |> List.map _.Value
              Expect.equal titles [ "A & B" ] "titles")

          testCase "numbers at the ends of the floating-point range are drawn" (fun () ->
              let extremes =
                  [| Double.MaxValue
                     Double.MinValue
                     Double.Epsilon
                     -Double.Epsilon
                     0.0
                     -0.0
                     1e300
                     -1e300
                     1e-300
                     nan
                     infinity
                     -infinity
                     1.0
                     Math.BitIncrement 1.0
                     1e16
                     1e16 + 2.0 |]
              for x in extremes do
                  for y in extremes do
                      for logarithmic in [ false; true ] do
                          let safe value = if logarithmic && value <= 0.0 then nan else value
                          let x, y = [| safe x; 1.0; safe y |], [| safe y; safe x; 1.0 |]
                          Expect.isTrue
                              (isSound (drawn (axesOf logarithmic [ Curve.line "a" x y; Curve.points "b" y x ])))
                              "isSound (drawn (axesOf logarithmic [ Curve.line 'a' x y; Curve.points …")

          testCase "linear ticks lie in the range at steps of 1, 2 or 5, and their labels are their values" (fun () ->
              let property (low: NormalFloat) (span: NormalFloat) (size: int) =
                  let scale = 10.0 ** float (size % 12)
                  let low = low.Get * scale
                  let high = low + (abs span.Get + 0.1) * scale
                  let ticks = (Ticks.linear 6 low high).Ticks
                  let steps = ticks |> List.map _.At |> List.pairwise |> List.map (fun (left, right) -> right - left)
                  let step = List.average steps
                  let leading = step / 10.0 ** floor (log10 step + 1e-9)
                  ticks.Length >= 2
                  && ticks.Length <= 8
                  && ticks |> List.forall (fun tick -> low <= tick.At && tick.At <= high && tick.Label <> "")
                  && steps |> List.forall (fun each -> abs (each - step) <= 1e-9 * (abs low + abs high + step))
                  && [ 1.0; 2.0; 5.0 ] |> List.exists (fun digit -> abs (leading - digit) < 1e-4)
                  && (ticks |> List.map _.Label |> List.distinct).Length = ticks.Length
              Check.One(Properties.config, property))

          testCase "tick labels are short and exact" (fun () ->
              Expect.equal
                  (labels (Ticks.linear 5 0.0 0.4))
                  [ "0"; "0.1"; "0.2"; "0.3"; "0.4" ]
                  "labels (Ticks.linear 5 0.0 0.4)"
              Expect.equal
                  ((Ticks.linear 5 0.0 0.4).Ticks |> List.map _.At)
                  [ 0.0; 0.1; 0.2; 0.3; 0.4 ]
                  "(Ticks.linear 5 0.0 0.4).Ticks |> List.map _.At"
              Expect.equal
                  (labels (Ticks.linear 5 1899.2 1920.8))
                  [ "1900"; "1905"; "1910"; "1915"; "1920" ]
                  "labels (Ticks.linear 5 1899.2 1920.8)"
              Expect.equal
                  (labels (Ticks.linear 4 -1.0 1.0))
                  [ "−1.0"; "−0.5"; "0"; "0.5"; "1.0" ]
                  "labels (Ticks.linear 4 -1.0 1.0)"
              Expect.equal
                  (labels (Ticks.linear 3 -1e4 1.2e5))
                  [ "0"; "50,000"; "100,000" ]
                  "labels (Ticks.linear 3 -1e4 1.2e5)")

          testCase "huge and tiny ticks share a factor and near-equal ones an offset" (fun () ->
              Expect.equal ((Ticks.linear 5 0.0 5e-12).Note) "×10⁻¹²" "(Ticks.linear 5 0.0 5e-12).Note"
              Expect.equal
                  (labels (Ticks.linear 5 0.0 1e10))
                  [ "0"; "2"; "4"; "6"; "8"; "10" ]
                  "labels (Ticks.linear 5 0.0 1e10)"
              Expect.equal ((Ticks.linear 5 0.0 1e10).Note) "×10⁹" "(Ticks.linear 5 0.0 1e10).Note"
              let near = Ticks.linear 4 1e9 (1e9 + 1.0)
              Expect.equal near.Note "+ 1,000,000,000" "near.Note"
              Expect.equal (labels near) [ "0"; "0.5"; "1.0" ] "labels near"
              Expect.equal
                  ((Ticks.linear 4 (-1e9 - 1.0) -1e9).Note)
                  "− 1,000,000,000"
                  "(Ticks.linear 4 (-1e9 - 1.0) -1e9).Note")

          testCase "logarithmic ticks are powers of ten with minor ticks between" (fun () ->
              let ticks = Ticks.log 6 1.5e-4 20.0
              Expect.equal (labels ticks) [ "10⁻³"; "10⁻²"; "10⁻¹"; "10⁰"; "10¹" ] "labels ticks"
              Expect.contains ticks.Ticks { At = 0.03; Label = "" } "ticks.Ticks"
              Expect.isTrue
                  (ticks.Ticks |> List.forall (fun tick -> 1.5e-4 <= tick.At && tick.At <= 20.0))
                  "ticks.Ticks |> List.forall (fun tick -> 1.5e-4 <= tick.At && tick.At …"
              Expect.equal
                  (labels (Ticks.log 6 0.9 30.0))
                  [ "1"; "2"; "5"; "10"; "20" ]
                  "labels (Ticks.log 6 0.9 30.0)"
              Expect.equal (labels (Ticks.log 4 2.08 2.31)) [ "2.1"; "2.2"; "2.3" ] "labels (Ticks.log 4 2.08 2.31)"
              Expect.inRange
                  ((labels (Ticks.log 6 1e-280 1e20)).Length)
                  (2, 7)
                  "(labels (Ticks.log 6 1e-280 1e20)).Length")

          testCase "labels are escaped" (fun () ->
              let svg =
                  drawn { Axes.create [ Curve.line "a < b & \"c\"" (upTo 3) (upTo 3) ] with Title = "<&>\u0000\uD800" }
              Expect.contains (texts svg) "a < b & \"c\"" "texts svg"
              Expect.contains (texts svg) "<&>\uFFFD\uFFFD" "texts svg")

          testCase "superscripts and subscripts are drawn as shifted digits" (fun () ->
              let svg = drawn { plain [ Curve.line "" (upTo 3) (upTo 3) ] with XLabel = "x₁ in s⁻²" }
              let label = named "text" svg |> List.find (fun text -> text.Value = "x1 in s−2")
              Expect.equal
                  (label.Elements() |> Seq.map _.Value |> List.ofSeq)
                  [ "x"; "1"; " in s"; "−2" ]
                  "label.Elements() |> Seq.map _.Value |> List.ofSeq")

          testCase "a figure is white, has a title and keeps the panels' titles" (fun () ->
              let panel title = { plain [ Curve.line "" (upTo 3) (upTo 3) ] with Title = title }
              let svg = Figure.render (Figure.grid 2 [ panel "one"; panel "two"; panel "three" ])
              Expect.equal ((named "title" svg).Head.Value) "one; two; three" "(named 'title' svg).Head.Value"
              Expect.equal
                  (named "rect" svg |> List.head |> attribute "fill")
                  "#FFFFFF"
                  "named 'rect' svg |> List.head |> attribute 'fill'"
              for title in [ "one"; "two"; "three" ] do
                  Expect.contains (texts svg) title "texts svg")

          testCase "gaps break a line and a lone point stays visible" (fun () ->
              let y = [| 1.0; 2.0; nan; 3.0; infinity; 1.0; 2.0 |]
              let svg = drawn (plain [ Curve.line "gaps" (upTo 7) y ])
              Expect.equal ((firstPath svg).Split('M').Length - 1) 2 "(firstPath svg).Split('M').Length - 1"
              Expect.single (named "circle" svg) "named 'circle' svg" |> ignore)

          testCase "an empty and an all-NaN curve keep their legend entries" (fun () ->
              let svg =
                  drawn (
                      Axes.create
                          [ Curve.line "empty" [||] [||]; Curve.points "unknown" (upTo 3) (Array.create 3 nan) ]
                  )
              Expect.contains (texts svg) "empty" "texts svg"
              Expect.contains (texts svg) "unknown" "texts svg")

          testCase "a constant, a single point and values not above 0 on a logarithmic axis are drawn" (fun () ->
              Expect.equal
                  ((drawn (plain [ Curve.line "" (upTo 2) [| 3.0; 3.0 |] ]) |> firstPath |> pointsOf).Length)
                  2
                  "(drawn (plain [ Curve.line '' (upTo 2) [| 3.0; 3.0 |] ]) |> firstPath …"
              Expect.single
                  (drawn (plain [ Curve.points "" [| 2.0 |] [| 7.0 |] ]) |> named "circle")
                  "drawn (plain [ Curve.points '' [| 2.0 |] [| 7.0 |] ]) |> named …"
              |> ignore
              let axes = { plain [ Curve.points "" (upTo 4) [| -1.0; 0.0; 1.0; 10.0 |] ] with YScale = AxisScale.Log }
              Expect.equal ((drawn axes |> named "circle").Length) 2 "(drawn axes |> named 'circle').Length")

          testCase "thinning keeps the peaks of a curve" (fun () ->
              let count = 200_000
              let y = Array.init count (float >> sin)
              y[77_777] <- 12.0
              y[150_001] <- -9.0
              let points = drawn (plain [ Curve.line "" (upTo count) y ]) |> firstPath |> pointsOf
              Expect.inRange points.Length (600, 4 * 640) "points.Length"
              let heights = Array.map snd points
              let extremes =
                  drawn (plain [ Curve.line "" [| 0.0; 77_777.0; 150_001.0; 199_999.0 |] [| 0.0; 12.0; -9.0; 0.0 |] ])
              let expected = extremes |> firstPath |> pointsOf |> Array.map snd
              Expect.equal (Array.min heights) (Array.min expected) "Array.min heights"
              Expect.equal (Array.max heights) (Array.max expected) "Array.max heights")

          testCase "thinning keeps a dense closed orbit round" (fun () ->
              let angle = Array.init 50_001 (fun index -> 2.0 * Math.PI * float index / 50_000.0)
              let points =
                  drawn (plain [ Curve.line "" (Array.map cos angle) (Array.map sin angle) ]) |> firstPath |> pointsOf
              Expect.inRange points.Length (1000, 10_000) "points.Length"
              let jumps =
                  Array.pairwise points |> Array.map (fun ((x0, y0), (x1, y1)) -> max (abs (x1 - x0)) (abs (y1 - y0)))
              Expect.isTrue (Array.max jumps < 0.6) "Array.max jumps < 0.6")

          testCase "curves are clipped to a given range" (fun () ->
              let line = plain [ Curve.line "" [| 0.0; 10.0 |] [| 0.0; 10.0 |] ]
              let axes = { line with XRange = Some(2.0, 4.0); YRange = Some(0.0, 3.0) }
              let points = drawn axes |> firstPath |> pointsOf
              let wide = { axes with Curves = [ Curve.line "" [| 2.0; 3.0 |] [| 2.0; 3.0 |] ] }
              Expect.equal points (drawn wide |> firstPath |> pointsOf) "points")

          testCase "a legend is in a free corner or outside the plot" (fun () ->
              let entry svg =
                  named "text" svg |> List.find (fun text -> text.Value = "curve") |> attribute "x" |> float
              let x = upTo 50
              Expect.inRange
                  (entry (drawn (Axes.create [ Curve.line "curve" x (x |> Array.map (fun x -> -x)) ])))
                  (500.0, 600.0)
                  "entry (drawn (Axes.create [ Curve.line 'curve' x (x |> Array.map (fun …"
              Expect.inRange
                  (entry (drawn (Axes.create [ Curve.line "curve" x x ])))
                  (60.0, 140.0)
                  "entry (drawn (Axes.create [ Curve.line 'curve' x x ]))"
              let filling =
                  Axes.create [ Curve.line "curve" x (x |> Array.map (fun x -> if x % 2.0 = 0.0 then 1.0 else 0.0)) ]
              let right = drawn filling |> firstPath |> pointsOf |> Array.map fst |> Array.max
              Expect.isTrue (entry (drawn filling) > right + 20.0) "entry (drawn filling) > right + 20.0")

          testCase "curves of one colour number share a colour" (fun () ->
              let data, model = Curve.points "data" (upTo 3) (upTo 3), Curve.line "model" (upTo 3) (upTo 3)
              let svg = drawn (plain [ Curve.colour 1 data; Curve.colour 1 model ])
              let colours =
                  named "path" svg |> List.map (attribute "stroke") |> List.filter (fun hue -> hue.StartsWith "#D5")
              Expect.single colours "colours" |> ignore
              Expect.contains
                  (named "g" svg |> List.map (attribute "fill"))
                  "#D55E00"
                  "named 'g' svg |> List.map (attribute 'fill')")

          testCase "errors name the wrong input" (fun () ->
              let render axes () = drawn axes |> ignore
              let uneven = plain [ Curve.line "model" (upTo 30) (upTo 29) ]
              Expect.stringContains
                  (failure (render uneven))
                  "Figure: curve 'model' has 30 x and 29 y. Give one y for each x."
                  "failure (render uneven)"
              let lossy = { plain [ Curve.line "loss" (upTo 3) [| 0.0; -1.0; nan |] ] with YScale = AxisScale.Log }
              Expect.stringContains
                  (failure (render lossy))
                  "Figure: curve 'loss' has no positive y, and the y axis is logarithmic."
                  "failure (render lossy)"
              let banded = plain [ Curve.line "model" (upTo 3) (upTo 3) |> Curve.withBand (upTo 3) (upTo 2) ]
              Expect.stringContains
                  (failure (render banded))
                  "the band of curve 'model' has 3 lower and 2 upper bounds for 3 x"
                  "failure (render banded)"
              let reversed = { plain [] with XRange = Some(3.0, 1.0) }
              Expect.stringContains
                  (failure (render reversed))
                  "the x range from 3 to 1 cannot be drawn"
                  "failure (render reversed)"
              let coloured = plain [ Curve.line "model" (upTo 3) (upTo 3) |> Curve.colour -1 ]
              Expect.stringContains (failure (render coloured)) "has the colour number -1" "failure (render coloured)"
              let small () = Figure.render { Figure.single (plain []) with Width = 100 } |> ignore
              Expect.stringContains (failure small) "100 by 420 pixels are too few" "failure small"
              Expect.stringContains
                  (failure (fun () -> Figure.render (Figure.grid 2 []) |> ignore))
                  "nothing to draw"
                  "failure (fun () -> Figure.render (Figure.grid 2 []) |> ignore)"
              Expect.stringContains
                  (failure (fun () -> Figure.render (Figure.grid 0 [ plain [] ]) |> ignore))
                  "columns"
                  "failure (fun () -> Figure.render (Figure.grid 0 [ plain [] ]) |> …"
              Expect.stringContains
                  (failure (fun () -> Figure.save " " (Figure.single (plain []))))
                  "the path is empty"
                  "failure (fun () -> Figure.save ' ' (Figure.single (plain [])))")

          testCase "a drawing does not depend on the culture" (fun () ->
              let svg () =
                  drawn (Axes.create [ Curve.line "model" (upTo 9) (Array.map (fun x -> 0.1 * x - 0.3) (upTo 9)) ])
              let here = Globalization.CultureInfo.CurrentCulture
              let expected = svg ()
              try
                  let odd = Globalization.CultureInfo.InvariantCulture.Clone() :?> Globalization.CultureInfo
                  odd.NumberFormat.NumberDecimalSeparator <- ","
                  odd.NumberFormat.NegativeSign <- "~"
                  Globalization.CultureInfo.CurrentCulture <- odd
                  Expect.equal (svg ()) expected "svg ()"
              finally
                  Globalization.CultureInfo.CurrentCulture <- here)

          testCase "save creates the folder, replaces the file and leaves nothing else" (fun () ->
              let root = Directory.CreateTempSubdirectory("figure").FullName
              try
                  let path = Path.Combine(root, "new", "picture.svg")
                  Figure.save path (Figure.single (plain []))
                  let figure = Figure.single { plain [] with Title = "second" }
                  Figure.save path figure
                  Expect.equal (File.ReadAllText path) (Figure.render figure) "File.ReadAllText path"
                  let bad = Figure.single (plain [ Curve.line "bad" (upTo 2) (upTo 1) ])
                  failure (fun () -> Figure.save path bad) |> ignore
                  Expect.equal (File.ReadAllText path) (Figure.render figure) "File.ReadAllText path"
                  let blocked = Path.Combine(root, "folder.svg")
                  Directory.CreateDirectory blocked |> ignore
                  Expect.thrownAny<SystemException>(fun () -> Figure.save blocked figure) |> ignore
                  Expect.isEmpty (Directory.GetFiles root) "Directory.GetFiles root"
                  Expect.equal
                      (Directory.GetFiles(Path.Combine(root, "new")))
                      [| path |]
                      "Directory.GetFiles(Path.Combine(root, 'new'))"
              finally
                  Directory.Delete(root, true)) ]
