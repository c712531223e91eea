namespace NeuralDE

open System
open System.Text

/// A drawing of one or more plots, row by row in `Columns` columns. Width and Height are those of the whole drawing, in
/// pixels. With SharesX the plots of a column have the same x range, with SharesY those of a row the same y range; the inner
/// plots then have no label on that axis.
type Figure =
    { Title: string
      Panels: Axes list
      Columns: int
      SharesX: bool
      SharesY: bool
      Width: int
      Height: int }

/// Drawings of curves on axes, in figures of one or more plots, as SVG.
module Figure =
    let private check (figure: Figure) =
        let wrong problem = invalidArg (nameof figure) $"Figure: {problem}"
        let rows = (figure.Panels.Length + figure.Columns - 1) / max 1 figure.Columns
        if figure.Panels.IsEmpty then wrong "there is nothing to draw. Give at least one panel."
        if figure.Columns < 1 then wrong $"got {string figure.Columns} columns. Give 1 or more."
        if figure.Width < 160 * figure.Columns || figure.Height < 120 * rows then
            wrong
                $"{string figure.Width} by {string figure.Height} pixels are too few. Give each panel at least 160 by 120 pixels."

        for axes in figure.Panels do
            for name, scale, range in [ "x", axes.XScale, axes.XRange; "y", axes.YScale, axes.YRange ] do
                match range with
                | Some(low, high) when not (Drawing.shows scale low && Drawing.shows scale high && low < high) ->
                    let positive = if scale = AxisScale.Log then "positive and finite" else "finite"
                    wrong (
                        $"the {name} range from {string low} to {string high} cannot be drawn. "
                        + $"Give two {positive} ends, the smaller first."
                    )
                | _ -> ()

            axes.Layers |> List.tryPick LayerCheck.problem |> Option.iter wrong
            let isLinear = axes.XScale <> AxisScale.Log && axes.YScale <> AxisScale.Log
            if not isLinear && axes.Layers |> List.exists Drawing.isCells then
                wrong "cells need linear axes. Give the logarithms of their coordinates instead."
            if not isLinear && axes.IsEqual then
                wrong "IsEqual needs two linear axes, and one is logarithmic. Set IsEqual to false."

            for curve in axes.Curves do
                if curve.X.Length <> curve.Y.Length then
                    wrong
                        $"curve '{curve.Label}' has {string curve.X.Length} x and {string curve.Y.Length} y. Give one y for each x."
                if defaultArg curve.Colour 0 < 0 then
                    wrong $"curve '{curve.Label}' has the colour number {string curve.Colour.Value}. Give 0 or more."
                match curve.Band with
                | Some(lower, upper) when lower.Length <> curve.X.Length || upper.Length <> curve.X.Length ->
                    wrong (
                        $"the band of curve '{curve.Label}' has {string lower.Length} lower and {string upper.Length} upper "
                        + $"bounds for {string curve.X.Length} x. Give one of each for each x."
                    )
                | _ -> ()

                let drawn = Array.concat (Drawing.heights curve)
                for name, scale, values in [ "x", axes.XScale, curve.X; "y", axes.YScale, drawn ] do
                    let finite = values |> Array.filter Double.IsFinite
                    let positive = finite |> Array.exists (fun value -> value > 0.0)
                    if scale = AxisScale.Log && finite.Length > 0 && not positive then
                        wrong (
                            $"curve '{curve.Label}' has no positive {name}, and the {name} axis is logarithmic. "
                            + "Give positive values or a linear axis."
                        )

    /// <summary>A figure of one plot, 640 by 420 pixels.</summary>
    /// <param name="axes">The axes.</param>
    /// <returns>The figure.</returns>
    let single (axes: Axes) =
        { Title = ""
          Panels = [ axes ]
          Columns = 1
          SharesX = false
          SharesY = false
          Width = 640
          Height = 420 }

    /// <summary>A figure of several plots in `columns` columns, row by row, each 480 by 340 pixels.</summary>
    /// <param name="columns">The number of columns.</param>
    /// <param name="panels">The plots.</param>
    /// <returns>The figure.</returns>
    let grid columns (panels: Axes list) =
        let rows = (panels.Length + columns - 1) / max 1 columns
        { Title = ""
          Panels = panels
          Columns = columns
          SharesX = false
          SharesY = false
          Width = 480 * columns
          Height = 340 * rows }

    /// <summary>Gives the plots of a column the same x range.</summary>
    /// <param name="figure">The figure.</param>
    /// <returns>The changed figure.</returns>
    let sharedX (figure: Figure) = { figure with SharesX = true }

    /// <summary>Gives the plots of a row the same y range.</summary>
    /// <param name="figure">The figure.</param>
    /// <returns>The changed figure.</returns>
    let sharedY (figure: Figure) = { figure with SharesY = true }

    /// <summary>Sets the title above all plots.</summary>
    /// <param name="text">The title.</param>
    /// <param name="figure">The figure.</param>
    /// <returns>The changed figure.</returns>
    let title (text: string) (figure: Figure) = { figure with Title = text }

    /// <summary>Sets the size of the whole drawing in pixels.</summary>
    /// <param name="width">The width in pixels.</param>
    /// <param name="height">The height in pixels.</param>
    /// <param name="figure">The figure.</param>
    /// <returns>The changed figure.</returns>
    let size (width: int) (height: int) (figure: Figure) : Figure = { figure with Width = width; Height = height }

    /// Panes with shared ranges.
    let private share (figure: Figure) columns (panes: Pane list) =
        let last = panes.Length - 1
        let union same domain place =
            let shared = panes |> List.indexed |> List.filter (fst >> same place) |> List.map (snd >> domain)
            List.min (List.map fst shared), List.max (List.map snd shared)
        let inColumn place other = (other % columns = place % columns)
        let inRow place other = (other / columns = place / columns)
        panes
        |> List.mapi (fun place pane ->
            let hasBelow = figure.SharesX && place + columns <= last
            let hasLeft = figure.SharesY && place % columns > 0
            { pane with
                XDomain = (if figure.SharesX then union inColumn _.XDomain place else pane.XDomain)
                YDomain = (if figure.SharesY then union inRow _.YDomain place else pane.YDomain)
                Axes =
                    { pane.Axes with
                        XLabel = (if hasBelow then "" else pane.Axes.XLabel)
                        YLabel = (if hasLeft then "" else pane.Axes.YLabel) } })

    /// Each plot with the place of its legend and its box. The plots of a row share top and bottom, those of a column left
    /// and right. Labels and legends need space that depends on the boxes, so this iterates a few rounds.
    let private settle columns (panes: Pane list) =
        let share (margins: Panel.Margins list) =
            let placed = List.indexed margins
            let most side same = placed |> List.filter (fst >> same) |> List.map (snd >> side) |> List.max
            let shared place : Panel.Margins =
                let inRow other = (other / columns = place / columns)
                let inColumn other = (other % columns = place % columns)
                { Left = inColumn |> most _.Left
                  Right = inColumn |> most _.Right
                  Top = inRow |> most _.Top
                  Bottom = inRow |> most _.Bottom }
            List.map (fst >> shared) placed

        let rec next round places boxes =
            let boxes = List.map3 Panel.margins panes places boxes |> share |> List.map2 Panel.box panes
            let found = List.map3 Legend.place panes places boxes
            let leaves before after = Legend.isOutside after && not (Legend.isOutside before)
            let moved = List.exists2 leaves places found
            if round < 3 || moved then next (round + 1) found boxes else List.zip3 panes found boxes

        next 0 (panes |> List.map _.Axes.Legend) (panes |> List.map _.Area)

    /// <summary>The figure as the text of a self-contained SVG file on white, the same in every culture. Curves with more
    /// points than their pixels can show are thinned; the extremes of each pixel column are kept. ArgumentException if the
    /// arrays of a curve differ in length, a curve has no positive value on a logarithmic axis, a range is empty, or a panel
    /// is smaller than 160 by 120 pixels.</summary>
    /// <param name="figure">The figure.</param>
    /// <returns>The text of the file.</returns>
    let render (figure: Figure) : string =
        check figure
        let pad, gap = 10.0, 18.0
        let columns = min figure.Columns figure.Panels.Length
        let rows = (figure.Panels.Length + columns - 1) / columns
        let heading = Svg.wrap 16.0 (float figure.Width - 2.0 * pad) figure.Title
        let top = pad + (if heading.IsEmpty then 0.0 else 22.0 * float heading.Length + 8.0)
        let width = (float figure.Width - 2.0 * pad - gap * float (columns - 1)) / float columns
        let height = (float figure.Height - top - pad - gap * float (rows - 1)) / float rows

        let panes =
            figure.Panels
            |> List.mapi (fun place axes ->
                let left = pad + (width + gap) * float (place % columns)
                let top = top + (height + gap) * float (place / columns)
                Drawing.pane axes { Left = left; Top = top; Right = left + width; Bottom = top + height })

        let text = StringBuilder()
        let add (line: string) = text.Append(line).Append('\n') |> ignore
        let size = $"width=\"{string figure.Width}\" height=\"{string figure.Height}\""
        let font = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', system-ui, sans-serif"
        let title = figure.Title :: (figure.Panels |> List.map _.Title) |> List.filter ((<>) "") |> String.concat "; "
        add (
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" {size} viewBox=\"0 0 {string figure.Width} {string figure.Height}\" "
            + $"role=\"img\" font-family=\"{font}\" fill=\"#222222\">"
        )
        let accessible = if title = "" then "Figure" else Svg.escape title
        add $"<title>{accessible}</title>"
        add $"<rect {size} fill=\"#FFFFFF\"/>"
        for place, line in List.indexed heading do
            let middle, baseline = float figure.Width / 2.0, 26.0 + 22.0 * float place
            add (Svg.text 16.0 "middle" middle baseline " font-weight=\"600\"" line)

        for pane, place, box in settle columns (share figure columns panes) do
            add "<g>"
            Panel.draw pane place box |> List.iter add
            add "</g>"

        add "</svg>"
        text.ToString()

    /// <summary>The figure as the text of an SVG file, the same as `render`.</summary>
    /// <param name="figure">The figure.</param>
    /// <returns>The text of the file.</returns>
    let svg (figure: Figure) : string = render figure

    /// <summary>Writes the figure to a new file in the temporary folder and opens it in the browser. Without a browser it
    /// prints the path of the file.</summary>
    /// <param name="figure">The figure.</param>
    let show (figure: Figure) : unit = Writer.show "svg" (render figure)

    /// <summary>Saves the figure as an SVG file. Creates the folder; atomically replaces an existing file. ArgumentException
    /// as for `render`; IOException if the file cannot be written.</summary>
    /// <param name="path">The file.</param>
    /// <param name="figure">The figure.</param>
    let save (path: string) (figure: Figure) : unit =
        if String.IsNullOrWhiteSpace path then
            invalidArg (nameof path) "Figure: the path is empty. Give the name of the file to write."
        Writer.save path (render figure)
