namespace NeuralDE

/// The colour bar beside a plot, which shows the numbers of the colours.
module internal ColourBar =
    let private gap, thick, labelSize = 14.0, 13.0, 12.0

    let private axis (box: Box) (colours: ColourScale) : Drawing.Axis =
        { Scale = colours.Scale
          Low = colours.Low
          High = colours.High
          From = box.Bottom
          To = box.Top
          GivenTicks = None }

    let private widest axis =
        Drawing.labelled (Drawing.ticksUp axis) |> List.map _.Label |> Drawing.widest Drawing.tickSize

    /// The width that it needs right of the plot's box, in pixels.
    let room (axes: Axes) (box: Box) =
        match LayerDrawing.scale axes with
        | None -> 0.0
        | Some colours ->
            let axis = axis box colours
            let note = Svg.width Drawing.tickSize (Drawing.ticksUp axis).Note
            let lines = Svg.wrap labelSize box.Height colours.Label
            max (gap + thick + 7.0 + widest axis) (gap + note) + 1.25 * labelSize * float lines.Length + 8.0

    /// Whether it has a note above it, such as a factor.
    let isNoted (axes: Axes) box =
        match LayerDrawing.scale axes with
        | None -> false
        | Some colours -> (Drawing.ticksUp (axis box colours)).Note <> ""

    let draw (axes: Axes) (box: Box) =
        match LayerDrawing.scale axes with
        | None -> []
        | Some colours ->
            let axis = axis box colours
            let ticks = Drawing.ticksUp axis
            let left, right = box.Right + gap, box.Right + gap + thick
            let x, y, width, height = Svg.number left, Svg.number box.Top, Svg.number thick, Svg.number box.Height
            let ramp = Png.indexed (Colours.ramp colours.Map) 1 256 [| for index in 255..-1..0 -> byte index |]
            let place = $"x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\""
            [ "<g>"
              $"<image {place} preserveAspectRatio=\"none\" href=\"{Png.address ramp}\"/>"
              $"<g stroke=\"#333333\" stroke-width=\"0.8\" fill=\"none\"><rect {place}/>"
              for tick in ticks.Ticks do
                  let y = floor (Drawing.position axis tick.At) + 0.5
                  Svg.line right y (right + (if tick.Label = "" then 2.0 else 4.0)) y
              "</g>"
              for tick in Drawing.labelled ticks do
                  let baseline = Drawing.position axis tick.At + 0.35 * Drawing.tickSize
                  Svg.text Drawing.tickSize "start" (right + 7.0) baseline "" tick.Label
              if ticks.Note <> "" then Svg.text Drawing.tickSize "start" left (box.Top - 7.0) "" ticks.Note
              for place, text in List.indexed (Svg.wrap labelSize box.Height colours.Label) do
                  let x = right + 11.0 + widest axis + labelSize * (1.0 + 1.25 * float place)
                  let y = (box.Top + box.Bottom) / 2.0
                  Svg.text labelSize "middle" x y $" transform=\"rotate(-90 {Svg.number x} {Svg.number y})\"" text
              "</g>" ]
