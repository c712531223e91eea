namespace NeuralDE

open System

/// The problem of a layer, in words that name the fix.
module internal LayerCheck =
    let private extent name (extent: Extent) =
        let ends = [ extent.Left; extent.Right; extent.Bottom; extent.Top ]
        if not (List.forall Double.IsFinite ends) || extent.Left >= extent.Right || extent.Bottom >= extent.Top then
            Some(
                $"the {name} extend from ({string extent.Left}, {string extent.Bottom}) to ({string extent.Right}, {string extent.Top}). "
                + "Give finite ends, the smaller first."
            )
        else
            None

    let private lengths name (arrays: float[] list) =
        let counts = arrays |> List.map _.Length
        if List.distinct counts |> List.length > 1 then
            let found = counts |> List.map string |> String.concat ", "
            Some $"the {name} have arrays of {found} numbers. Give arrays of equal length."
        else
            None

    let private scale name (colours: ColourScale) =
        let isShown value = Double.IsFinite value && (colours.Scale <> AxisScale.Log || value > 0.0)
        if isShown colours.Low && isShown colours.High && colours.Low < colours.High then
            None
        else
            Some(
                $"the colours of the {name} range from {string colours.Low} to {string colours.High}. Give two finite ends, the smaller "
                + "first, both positive on a logarithmic scale."
            )

    let private first (problems: string option list) = List.tryPick id problems

    let private colour label number =
        if number < 0 then
            Some $"bars '{label}' have the colour number {string number}. Give 0 or more."
        else
            None

    /// The first problem of a layer, if any.
    let problem layer : string option =
        match layer with
        | PlotLayer.Span(label, _, low, high) ->
            if low < high then
                None
            else
                Some $"the span '{label}' from {string low} to {string high} is empty. Give the smaller end first."
        | PlotLayer.Rule _ -> None
        | PlotLayer.Bars(label, number, _) -> colour label number
        | PlotLayer.Cells(area, values, colours) ->
            first
                [ (if values.Length = 0 then Some "there are no cells to draw. Give at least one." else None)
                  extent "cells" area
                  scale "cells" colours ]
        | PlotLayer.Image(area, columns, rows, pixels) ->
            first
                [ (if columns < 1 || rows < 1 || pixels.Length <> 3 * columns * rows then
                       Some
                           $"an image of {string columns} by {string rows} pixels has {string pixels.Length} bytes. Give red, green and blue of each pixel."
                   else
                       None)
                  extent "image's edges" area ]
        | PlotLayer.Dots(x, y, values, colours) -> first [ lengths "dots" [ x; y; values ]; scale "dots" colours ]
        | PlotLayer.Arrows(x, y, dx, dy, _) -> lengths "arrows" [ x; y; dx; dy ]
        | PlotLayer.Strokes strokes -> strokes |> Array.tryPick (fun line -> lengths "strokes" [ line.X; line.Y ])
        | PlotLayer.Words _ -> None
