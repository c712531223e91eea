/// Laws of every plot: well-formed, within its frame, legible.
module NeuralDE.Tests.Pictures.GalleryTests

open System
open System.Globalization
open System.Text.RegularExpressions
open System.Xml.Linq
open Expecto
open NeuralDE.Tests
open NeuralDE

let private names = List.map fst Gallery.plots
let private plotOf name = (Gallery.plots |> List.find (fst >> (=) name) |> snd) ()

let private elements (svg: string) = XDocument.Parse(svg).Descendants() |> List.ofSeq
let private named name found = found |> List.filter (fun (element: XElement) -> element.Name.LocalName = name)

let private attribute name (element: XElement) =
    element.Attribute(XName.Get name) |> Option.ofObj |> Option.map _.Value |> Option.defaultValue ""

let private number (text: string) = Double.Parse(text, CultureInfo.InvariantCulture)
let private numberOf name element = number (attribute name element)

/// The corners of the path with these data.
let private corners (path: string) =
    let tokens = Regex.Matches(path, @"[A-Za-z]|-?\d*\.?\d+") |> Seq.map _.Value |> List.ofSeq
    let rec go (command: string) (x, y) (tokens: string list) found =
        match command, tokens with
        | _, [] -> List.rev found
        | _, letter :: rest when Char.IsLetter letter[0] -> go letter (x, y) rest found
        | ("M" | "L"), across :: up :: rest -> let at = number across, number up in go "L" at rest (at :: found)
        | ("m" | "l"), across :: up :: rest ->
            let at = x + number across, y + number up
            go "l" at rest (at :: found)
        | "H", across :: rest -> let at = number across, y in go "H" at rest (at :: found)
        | "h", across :: rest -> let at = x + number across, y in go "h" at rest (at :: found)
        | "V", up :: rest -> let at = x, number up in go "V" at rest (at :: found)
        | "v", up :: rest -> let at = x, y + number up in go "v" at rest (at :: found)
        | _, token :: _ -> failwith $"Got '{token}' after '{command}' in a path."
    go "M" (0.0, 0.0) tokens []

/// The box of an element in pixels, left, top, right and bottom; none of a group.
let private boxOf (element: XElement) =
    let isClipped = element.Parent |> Option.ofObj |> Option.exists (fun parent -> attribute "x" parent <> "")
    match element.Name.LocalName with
    | _ when isClipped -> None
    | "rect"
    | "svg"
    | "image" ->
        let at name = if attribute name element = "" then 0.0 else numberOf name element
        Some(at "x", at "y", at "x" + at "width", at "y" + at "height")
    | "circle" ->
        let x, y, r = numberOf "cx" element, numberOf "cy" element, numberOf "r" element
        Some(x - r, y - r, x + r, y + r)
    | "path" ->
        let x, y = List.unzip (corners (attribute "d" element))
        Some(List.min x, List.min y, List.max x, List.max y)
    | "text" ->
        let x, y, size = numberOf "x" element, numberOf "y" element, numberOf "font-size" element
        // drawn text is a little narrower than the estimate of the layout
        let width = Svg.width size element.Value / 1.03
        let before =
            match attribute "text-anchor" element with
            | "middle" -> width / 2.0
            | "end" -> width
            | _ -> 0.0
        if attribute "transform" element = "" then
            Some(x - before, y - 0.75 * size, x - before + width, y + 0.2 * size)
        else
            Some(x - 0.75 * size, y - width + before, x + 0.2 * size, y + before)
    | _ -> None

[<Tests>]
let tests =
    testList
        "Pictures.Gallery"
        [ testList
              "a plot is well-formed, without NaN, script and ids, and not large"
              [ for name in names do
                    testCase $"{name}" (fun () ->
                        let svg = Plot.svg (plotOf name)
                        Expect.isTrue
                            (svg.Length < 160_000)
                            $"Got {svg.Length} characters, expected fewer than 160,000."
                        for element in elements svg do
                            Expect.notEqual element.Name.LocalName "script" "element.Name.LocalName"
                            for found in element.Attributes() do
                                Expect.notEqual found.Name.LocalName "id" "found.Name.LocalName"
                                if found.Name.LocalName <> "href" then
                                    Expect.isNotMatch found.Value "NaN|Infinity|∞" "found.Value"
                                    if found.Name.LocalName = "d" then
                                        Expect.isNotMatch found.Value "[Ee]" "found.Value") ]

          testList
              "everything lies within the drawing"
              [ for name in names do
                    testCase $"{name}" (fun () ->
                        let plot = plotOf name
                        let slack = 1.0
                        for element in elements (Plot.svg plot) do
                            match boxOf element with
                            | Some(left, top, right, bottom) ->
                                let isInside =
                                    left >= -slack
                                    && top >= -slack
                                    && right <= float plot.Width + slack
                                    && bottom <= float plot.Height + slack
                                Expect.isTrue
                                    isInside
                                    $"Got {left}, {top} to {right}, {bottom} in {plot.Width} by {plot.Height}: {element}"
                            | None -> ()) ]

          testList
              "words remain text and do not overlap"
              [ for name in names do
                    testCase $"{name}" (fun () ->
                        let written =
                            elements (Plot.svg (plotOf name))
                            |> named "text"
                            |> List.map (fun text -> text, (boxOf text).Value)
                        for place, (first, (left, top, right, bottom)) in List.indexed written do
                            for second, (otherLeft, otherTop, otherRight, otherBottom) in List.skip (place + 1) written do
                                // letters are lower than their boxes
                                let overlap =
                                    min right otherRight - max left otherLeft > 1.5
                                    && min bottom otherBottom - max top otherTop > 3.0
                                Expect.isFalse
                                    overlap
                                    $"Got '{first.Value}' over '{second.Value}', expected them apart.") ]

          testList
              "a legend covers no data"
              [ for name in names do
                    testCase $"{name}" (fun () ->
                        let found = elements (Plot.svg (plotOf name))
                        match named "rect" found |> List.filter (fun rect -> attribute "rx" rect = "3") with
                        | [] -> ()
                        | legends ->
                            let legend = List.exactlyOne legends
                            let left, top, right, bottom = (boxOf legend).Value
                            let mine = System.Collections.Generic.HashSet((nonNull legend.Parent).DescendantsAndSelf())
                            let isData (element: XElement) =
                                let strokes =
                                    [ element; yield! Option.toList (Option.ofObj element.Parent) ]
                                    |> List.map (attribute "stroke")
                                // except the legend itself, grid, axes and walls
                                not (mine.Contains element)
                                && not (
                                    List.exists
                                        (fun stroke -> List.contains stroke [ "#E4E4E4"; "#C4C4C4"; "#333333" ])
                                        strokes
                                )
                            for element in found |> List.filter isData do
                                match element.Name.LocalName with
                                | "path" ->
                                    for x, y in corners (attribute "d" element) do
                                        let isFree = x < left || x > right || y < top || y > bottom
                                        Expect.isTrue
                                            isFree
                                            $"Got ({x}, {y}) under the legend from {left}, {top} to {right}, {bottom}."
                                | "circle"
                                | "text"
                                | "image" ->
                                    match boxOf element with
                                    | Some(otherLeft, otherTop, otherRight, otherBottom) ->
                                        let isFree =
                                            otherRight < left
                                            || otherLeft > right
                                            || otherBottom < top
                                            || otherTop > bottom
                                        Expect.isTrue
                                            isFree
                                            $"Got {element} under the legend from {left}, {top} to {right}, {bottom}."
                                    | None -> ()
                                | _ -> ()) ]

          testCase "plots do not depend on the culture" (fun () ->
              let drawn () = Gallery.plots |> List.map (fun (_, plot) -> Plot.svg (plot ()))
              let expected = drawn ()
              let here = CultureInfo.CurrentCulture
              try
                  let odd = CultureInfo.InvariantCulture.Clone() :?> CultureInfo
                  odd.NumberFormat.NumberDecimalSeparator <- ","
                  odd.NumberFormat.NegativeSign <- "~"
                  CultureInfo.CurrentCulture <- odd
                  Expect.equal (drawn ()) expected "drawn ()"
              finally
                  CultureInfo.CurrentCulture <- here)

          testCase "every kind of plot and of layer is in the gallery" (fun () ->
              let kinds = Gallery.plots |> List.map (fun (_, plot) -> (plot ()).Kind) |> List.distinct
              for kind in [ PlotKind.Trajectories; PlotKind.Phase; PlotKind.Space; PlotKind.Losses; PlotKind.Layers ] do
                  Expect.contains kinds kind "kinds"
              let layers =
                  Gallery.plots
                  |> List.collect (fun (_, plot) -> (Plot.axes (plot ())).Layers)
                  |> List.map (fun layer -> layer.GetType().Name)
                  |> List.distinct
              for case in Reflection.FSharpType.GetUnionCases typeof<PlotLayer> do
                  Expect.contains layers case.Name "layers") ]
