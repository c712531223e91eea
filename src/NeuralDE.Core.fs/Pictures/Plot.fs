namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Pictures

/// <summary>Plots of solutions, fields, losses and data, as SVG.</summary>
/// <remarks>For other drawings use Figure. Plot.axes converts a plot to Axes, which a figure can combine.</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Plot =
    // ── over time ────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Plots every channel of each series over time.</summary>
    /// <param name="series">Labels, times [time] and values [time] or [time; channels].</param>
    /// <returns>The plot.</returns>
    /// <remarks>A channel has the same colour in all series; the second of two lines is dashed. ShapeException, with the
    /// label, for a series of another shape; InputException without series.</remarks>
    let trajectories (series: (string * Tensor * Tensor) list) : Plot =
        PlotData.some "Plot.trajectories" series
        PlotData.plot PlotKind.Trajectories (List.map (PlotData.trajectory "Plot.trajectories") series)

    /// <summary>Plots series as points, one point for each observation. Missing values have no point.</summary>
    /// <param name="series">Labels and series.</param>
    /// <returns>The plot.</returns>
    let observations (series: (string * NeuralDE.Series) list) : Plot =
        PlotData.some "Plot.observations" series
        let plot = trajectories [ for label, s in series -> label, s.Times, Series.observed s ]
        { plot with Points = List.map fst series }

    /// <summary>Plots the mean over samples, with a band of one standard deviation on each side.</summary>
    /// <param name="series">Labels, times [time] and values [samples; time] or [samples; time; channels].</param>
    /// <returns>The plot.</returns>
    /// <remarks>ShapeException, with the label, for a series of another shape.</remarks>
    let ensemble (series: (string * Tensor * Tensor) list) : Plot =
        PlotData.some "Plot.ensemble" series
        let summary ys =
            let mean, deviation = meanAlong 0 ys, stdAlong 0 ys
            mean - deviation, mean, mean + deviation
        PlotData.plot PlotKind.Trajectories (List.map (PlotData.ensemble "Plot.ensemble" summary) series)

    /// <summary>Plots the median over samples, with a band between two quantiles.</summary>
    /// <param name="low">The lower quantile, such as 0.05.</param>
    /// <param name="high">The upper quantile, such as 0.95.</param>
    /// <param name="series">Labels, times [time] and values [samples; time] or [samples; time; channels].</param>
    /// <returns>The plot.</returns>
    /// <remarks>ShapeException, with the label, for a series of another shape.</remarks>
    let quantiles (low: float) (high: float) (series: (string * Tensor * Tensor) list) : Plot =
        PlotData.some "Plot.quantiles" series
        if not (0.0 <= low && low < high && high <= 1.0) then
            raise (InputException $"Plot.quantiles: got {string low} and {string high}, expected 0 ≤ low < high ≤ 1.")
        let summary ys = quantileAlong 0 low ys, medianAlong 0 ys, quantileAlong 0 high ys
        PlotData.plot PlotKind.Trajectories (List.map (PlotData.ensemble "Plot.quantiles" summary) series)

    /// <summary>Plots the losses of several trainings over individual steps, for example validation and training
    /// losses.</summary>
    /// <param name="series">Labels, steps, and the losses at these steps.</param>
    /// <returns>The plot.</returns>
    /// <remarks>The axis is logarithmic if all losses are positive. InputException unless each series has as many steps as
    /// losses.</remarks>
    let lossesAt (series: (string * float[] * float[]) list) : Plot =
        PlotData.some "Plot.losses" series
        PlotData.plot
            PlotKind.Losses
            [ for label, steps, losses in series do
                  if steps.Length <> losses.Length then
                      Expect.misfit
                          $"Plot.lossesAt: '{label}' has {string steps.Length} steps and {string losses.Length} losses. Give one loss for each step."
                  PlotData.series label steps [| losses |] ]

    /// <summary>Plots the losses of several trainings over their steps. The axis is logarithmic if all losses are
    /// positive.</summary>
    /// <param name="series">Labels and losses.</param>
    /// <returns>The plot.</returns>
    let lossesOf (series: (string * float[]) list) : Plot =
        lossesAt [ for label, losses in series -> label, Array.init losses.Length float, losses ]

    /// <summary>Plots the losses of one training over its steps. The axis is logarithmic if all losses are
    /// positive.</summary>
    /// <param name="losses">The losses.</param>
    /// <returns>The plot.</returns>
    let losses (losses: float[]) : Plot = lossesOf [ "", losses ]

    /// <summary>Plots the step sizes of solves over time, on a logarithmic axis.</summary>
    /// <param name="series">Labels and the times of all steps [time], as Ode.saveSteps saves them.</param>
    /// <returns>The plot.</returns>
    let stepSizes (series: (string * Tensor) list) : Plot =
        PlotData.some "Plot.stepSizes" series
        { PlotData.plot
              PlotKind.Trajectories
              [ for label, ts in series do
                    Expect.rank "Plot.stepSizes" 1 $"the times of '{label}'" ts
                    let times = PlotData.floats ts
                    let sizes = times |> Array.pairwise |> Array.map (fun (t, next) -> abs (next - t))
                    PlotData.series label times[.. sizes.Length - 1] [| sizes |] ] with
            YLabel = Some "step size"
            YScale = Some AxisScale.Log }

    // ── in the plane and in space ────────────────────────────────────────────────────────────────────────────────

    /// <summary>Plots the phase portrait: the second channel of each series over its first channel.</summary>
    /// <param name="series">Labels and values [time; channels]; further channels are ignored.</param>
    /// <returns>The plot.</returns>
    /// <remarks>ShapeException, with the label, for a series of another shape.</remarks>
    let phase (series: (string * Tensor) list) : Plot =
        PlotData.some "Plot.phase" series

        PlotData.plot
            PlotKind.Phase
            [ for label, ys in series do
                  if ys.Rank <> 2 || ys.Dims[1] < 2 then
                      Expect.misfit (
                          $"Plot.phase: '{label}' has shape {Expect.text ys}, expected [time; channels] "
                          + "with two channels or more."
                      )

                  let found = PlotData.columns ys
                  PlotData.series label found[0] [| found[1] |] ]

    /// <summary>Plots an empty phase plane with the given ranges of both channels, for a field or streamlines.</summary>
    /// <param name="xLow">Lower end of the horizontal axis.</param>
    /// <param name="xHigh">Upper end of the horizontal axis.</param>
    /// <param name="yLow">Lower end of the vertical axis.</param>
    /// <param name="yHigh">Upper end of the vertical axis.</param>
    /// <returns>The plot.</returns>
    let plane (xLow: float, xHigh: float) (yLow: float, yHigh: float) : Plot =
        { PlotData.plot PlotKind.Phase [] with XRange = Some(xLow, xHigh); YRange = Some(yLow, yHigh) }

    /// <summary>Plots trajectories of three channels in a box. Distant parts are paler.</summary>
    /// <param name="series">Labels and values [time; 3].</param>
    /// <returns>The plot.</returns>
    let space (series: (string * Tensor) list) : Plot =
        PlotData.some "Plot.space" series
        { PlotData.plot
              PlotKind.Space
              [ for label, ys in series do
                    if ys.Rank <> 2 || ys.Dims[1] <> 3 then
                        Expect.misfit $"Plot.space: '{label}' has shape {Expect.text ys}, expected [time; 3]."
                    let found = PlotData.columns ys
                    PlotData.series label found[0] found[1..] ] with
            Channels = [ "x"; "y"; "z" ]
            Height = 520 }

    /// <summary>Plots the points [n; 2] of each series.</summary>
    /// <param name="series">Labels and points [n; 2].</param>
    /// <returns>The plot.</returns>
    let scatter (series: (string * Tensor) list) : Plot =
        PlotData.some "Plot.scatter" series
        let found = [ for label, points in series -> label, PlotData.pairs "Plot.scatter" label points ]
        { PlotData.plot PlotKind.Phase [ for label, (x, y) in found -> PlotData.series label x [| y |] ] with
            Points = List.map fst series }

    /// <summary>Plots points coloured by values, with a colour bar.</summary>
    /// <param name="label">The label of the colour bar.</param>
    /// <param name="points">[n; 2].</param>
    /// <param name="values">[n].</param>
    /// <returns>The plot.</returns>
    let scatterBy (label: string) (points: Tensor) (values: Tensor) : Plot =
        let x, y = PlotData.pairs "Plot.scatterBy" label points
        if values.Rank <> 1 || values.Count <> x.Length then
            Expect.misfit
                $"Plot.scatterBy: got values {Expect.text values} for {string x.Length} points, expected [{string x.Length}]."
        let values = PlotData.floats values
        PlotData.finite "Plot.scatterBy" label values |> ignore
        let colours = { PlotData.colourScale values with Label = label }
        { PlotData.plot PlotKind.Layers [] with Layers = [ PlotLayer.Dots(x, y, values, colours) ] }

    // ── maps ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Plots values on a grid as colours, with a colour bar.</summary>
    /// <param name="xs">The x of the columns [x], evenly spaced and increasing.</param>
    /// <param name="ys">The y of the rows [y], evenly spaced and increasing.</param>
    /// <param name="values">[y; x]. NaN is white.</param>
    /// <returns>The plot.</returns>
    /// <remarks>If the largest values on both sides of 0 differ by a factor of at most 10, the colour map is CoolWarm,
    /// centred at 0; otherwise it is Viridis. `colours` sets the map.</remarks>
    let heatMap (xs: Tensor) (ys: Tensor) (values: Tensor) : Plot =
        { PlotData.plot PlotKind.Layers [] with Layers = [ PlotData.cells "Plot.heatMap" xs ys values ] }

    let private densityMap (xRange: float * float) (yRange: float * float) layer =
        { PlotData.plot PlotKind.Layers [] with
            Layers =
                [ PlotData.recolour
                      (fun colours -> { colours with Map = ColourMap.Blues; Low = 0.0; Label = "density" })
                      layer ]
            XRange = Some xRange
            YRange = Some yRange }

    /// <summary>Plots the density of points [n; 2], by a Gaussian kernel estimate (widths of D. Scott, 1992) on 160 by 160
    /// cells.</summary>
    /// <param name="points">[n; 2].</param>
    /// <returns>The plot.</returns>
    let density (points: Tensor) : Plot =
        let x, y = PlotData.pairs "Plot.density" "points" points
        let shown = Array.zip x y |> Array.filter (fun (x, y) -> Double.IsFinite x && Double.IsFinite y)
        PlotData.finite "Plot.density" "points" (Array.map fst shown) |> ignore
        let extent, values = Statistics.density 160 (Array.map fst shown) (Array.map snd shown)
        let colours = PlotData.colourScale (values |> Seq.cast<float> |> Array.ofSeq)
        densityMap (extent.Left, extent.Right) (extent.Bottom, extent.Top) (PlotLayer.Cells(extent, values, colours))

    /// <summary>Plots a density, given its logarithm, on 160 by 160 cells of a rectangle. The function runs once,
    /// vmapped.</summary>
    /// <param name="logDensity">From a point [2] to a number.</param>
    /// <param name="xLow">Lower end of the horizontal axis.</param>
    /// <param name="xHigh">Upper end of the horizontal axis.</param>
    /// <param name="yLow">Lower end of the vertical axis.</param>
    /// <param name="yHigh">Upper end of the vertical axis.</param>
    /// <returns>The plot.</returns>
    /// <remarks>ShapeException unless the function returns the shape []; InputException unless the smaller end is
    /// first.</remarks>
    let densityOf (logDensity: Tensor -> Tensor) (xLow: float, xHigh: float) (yLow: float, yHigh: float) : Plot =
        let count = 160
        let middles name (low: float, high: float) =
            if not (Double.IsFinite low && Double.IsFinite high && low < high) then
                raise (
                    InputException
                        $"Plot.densityOf: got {name} from {string low} to {string high}, expected the smaller end first."
                )
            let half = (high - low) / float (2 * count)
            linspace (low + half) (high - half) count
        let xs, ys = middles "x" (xLow, xHigh), middles "y" (yLow, yHigh)
        let points =
            [| for y in ys.ToArray() do
                   for x in xs.ToArray() do
                       x
                       y |]
        let found = vmap logDensity (reshape [ count * count; 2 ] (tensor points))
        if found.Rank <> 1 then
            Expect.misfit
                $"Plot.densityOf: the log-density returned shape {Shape.text found.Dims[1..]} for a point of shape [2], expected one number, shape []."
        densityMap
            (xLow, xHigh)
            (yLow, yHigh)
            (PlotData.cells "Plot.densityOf" xs ys (exp (reshape [ count; count ] found)))

    /// <summary>Plots images in a grid.</summary>
    /// <param name="columns">Number of images in a row of the grid.</param>
    /// <param name="titles">One title for each image, or none.</param>
    /// <param name="images">[n; height; width] or [n; channels; height; width] with 1 channel (grey) or 3 channels (red,
    /// green, blue).</param>
    /// <returns>The plot.</returns>
    /// <remarks>If all values are between 0 and 1, 0 is black and 1 is full brightness; otherwise the scale goes from the
    /// smallest to the largest value of all images.</remarks>
    let images (columns: int) (titles: string list) (images: Tensor) : Plot =
        Expect.positive "Plot.images" "columns" columns
        let pictures, width, height = PlotData.pixels "Plot.images" images
        if not titles.IsEmpty && titles.Length <> pictures.Length then
            raise (
                InputException
                    $"Plot.images: got {string titles.Length} titles for {string pictures.Length} images. Give one title for each image, or no titles."
            )
        let columns = min columns pictures.Length
        let rows = (pictures.Length + columns - 1) / columns
        let cell = Math.Clamp(760.0 / float columns, 44.0, 180.0)
        let unit = cell / float width
        let gap, head = 8.0 / unit, (if titles.IsEmpty then 0.0 else 17.0 / unit)
        let placed =
            pictures
            |> List.mapi (fun place pixels ->
                let left = float (place % columns) * (float width + gap)
                let top = -float(place / columns) * (float height + gap + head) - head
                place, left, top, pixels)
        let layers =
            [ for place, left, top, pixels in placed do
                  let extent = { Left = left; Right = left + float width; Bottom = top - float height; Top = top }
                  PlotLayer.Image(extent, width, height, pixels)
                  match List.tryItem place titles with
                  | Some title ->
                      let shown = Svg.cut Drawing.tickSize cell title
                      PlotLayer.Words(left + float width / 2.0, top + 0.5 * head, "middle", shown)
                  | None -> () ]
        let right = float columns * (float width + gap) - gap
        let bottom = -float rows * (float height + gap + head) + gap
        { PlotData.plot PlotKind.Layers [] with
            Layers = layers
            XRange = Some(0.0, right)
            YRange = Some(bottom, 0.0)
            IsEqual = true
            HasFrame = false
            Width = max 160 (int (right * unit) + 24)
            Height = max 120 (int (-bottom * unit) + 24) }

    // ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Plots histograms with `bins` equal bins, which all series share.</summary>
    /// <param name="bins">Number of bins, 1 or more.</param>
    /// <param name="series">Labels and values of any shape; non-finite values are ignored.</param>
    /// <returns>The plot.</returns>
    let histogramOf (bins: int) (series: (string * Tensor) list) : Plot =
        PlotData.some "Plot.histogramOf" series
        Expect.positive "Plot.histogramOf" "bins" bins
        let found = [ for label, x in series -> label, PlotData.finite "Plot.histogramOf" label (PlotData.floats x) ]
        let edges = Statistics.edges bins (found |> List.map snd |> Array.concat)
        let bars values =
            Statistics.counts edges values
            |> Array.mapi (fun bin count -> { Left = edges[bin]; Right = edges[bin + 1]; Bottom = 0.0; Top = count })
            |> Array.filter (fun bar -> bar.Top > 0.0)
        { PlotData.plot PlotKind.Layers [] with
            Layers = found |> List.mapi (fun number (label, values) -> PlotLayer.Bars(label, number, bars values))
            YLabel = Some "count" }

    /// <summary>Plots histograms like histogramOf, with the bin width of D. Freedman and P. Diaconis (1981) and 5 to 80
    /// bins.</summary>
    /// <param name="series">Labels and values of any shape; non-finite values are ignored.</param>
    /// <returns>The plot.</returns>
    let histogram (series: (string * Tensor) list) : Plot =
        PlotData.some "Plot.histogram" series
        let values =
            [| for label, x in series do
                   yield! PlotData.finite "Plot.histogram" label (PlotData.floats x) |]
        histogramOf (Statistics.binCount values) series

    /// <summary>Plots groups of bars: for each name one bar of each series.</summary>
    /// <param name="names">The names of the groups.</param>
    /// <param name="series">Labels and one value for each name.</param>
    /// <returns>The plot.</returns>
    let barsOf (names: string list) (series: (string * float list) list) : Plot =
        PlotData.groups "Plot.bars" names series

    /// <summary>Plots one bar for each name.</summary>
    /// <param name="values">Names and values.</param>
    /// <returns>The plot.</returns>
    let bars (values: (string * float) list) : Plot = barsOf (List.map fst values) [ "", List.map snd values ]

    /// <summary>Plots the cost of solves as bars: accepted steps, rejected steps and evaluations of the field.</summary>
    /// <param name="solves">Labels and solver statistics.</param>
    /// <returns>The plot.</returns>
    let stats (solves: (string * Stats) list) : Plot =
        let each pick = solves |> List.map (snd >> pick >> float)
        PlotData.some "Plot.stats" solves
        barsOf
            (List.map fst solves)
            [ "accepted steps", each _.Steps; "rejected steps", each _.Rejected; "evaluations", each _.Evaluations ]

    // ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Sets the names of the channels, in order: a label is then "model hare" instead of "model 1".</summary>
    /// <param name="names">The names of the channels, in order.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let channels (names: string list) (plot: Plot) = { plot with Channels = names }

    /// Returns the plot if it has a series with this label; otherwise raises an InputException.
    let private knows verb (label: string) (plot: Plot) =
        let known = plot.Series |> List.map _.Label
        if not (List.contains label known) then
            let known = known |> List.map (fun label -> $"'{label}'") |> String.concat ", "
            raise (InputException $"{verb}: no series has the label '{label}'. The labels are {known}.")

    /// <summary>Draws the series with this label as points instead of lines, for example data beside a model. InputException
    /// for an unknown label.</summary>
    /// <param name="label">The label of a series.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let points (label: string) (plot: Plot) =
        knows "Plot.points" label plot
        { plot with Points = label :: plot.Points }

    /// <summary>Shades the region between two bounds around the series with this label. The bounds are [time] or [time;
    /// channels], like the values. A later band is darker, so add the widest band first. InputException for an unknown
    /// label.</summary>
    /// <param name="label">The label of a series.</param>
    /// <param name="lower">The lower bound, like the values.</param>
    /// <param name="upper">The upper bound, like the values.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let band (label: string) (lower: Tensor) (upper: Tensor) (plot: Plot) =
        knows "Plot.band" label plot
        if plot.Kind <> PlotKind.Trajectories then
            raise (InputException "Plot.band: only trajectories have bands. Start with Plot.trajectories.")
        let bound name (s: PlotSeries) (x: Tensor) =
            let width = if x.Rank = 2 then x.Dims[1] else 1
            if x.Rank < 1 || x.Rank > 2 || x.Dims[0] <> s.X.Length || width <> s.Columns.Length then
                Expect.misfit (
                    $"Plot.band: the {name} bound of '{label}' has shape {Expect.text x}, expected one number for each of "
                    + $"{string s.X.Length} times and {string s.Columns.Length} channels."
                )
            PlotData.columns x
        let add (s: PlotSeries) =
            if s.Label = label then
                { s with Bands = s.Bands @ [ bound "lower" s lower, bound "upper" s upper ] }
            else
                s
        { plot with Series = List.map add plot.Series }

    /// <summary>Adds a layer behind the series.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let layer (layer: PlotLayer) (plot: Plot) = { plot with Layers = plot.Layers @ [ layer ] }

    /// <summary>Adds the layers of another plot, such as a heat map or a density, behind the layers of this plot. Axes
    /// without a range take the range of the other plot.</summary>
    /// <param name="other">The other plot.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let behind (other: Plot) (plot: Plot) =
        { plot with
            Layers = other.Layers @ plot.Layers
            XRange = Option.orElse other.XRange plot.XRange
            YRange = Option.orElse other.YRange plot.YRange }

    /// <summary>Adds vertical lines, for example at events, or between training and forecast.</summary>
    /// <param name="label">The legend entry; "" for none.</param>
    /// <param name="at">Values on the horizontal axis.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let marks (label: string) (at: float list) (plot: Plot) =
        layer (PlotLayer.Rule(label, Along.X, Array.ofList at)) plot

    /// <summary>Adds horizontal lines, for example at thresholds or equilibria.</summary>
    /// <param name="label">The legend entry; "" for none.</param>
    /// <param name="at">Values on the vertical axis.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let levels (label: string) (at: float list) (plot: Plot) =
        layer (PlotLayer.Rule(label, Along.Y, Array.ofList at)) plot

    /// <summary>Shades an interval of the horizontal axis. An infinite end is the edge of the plot.</summary>
    /// <param name="label">The legend entry; "" for none.</param>
    /// <param name="low">The lower end.</param>
    /// <param name="high">The upper end.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let span (label: string) (low: float) (high: float) (plot: Plot) =
        layer (PlotLayer.Span(label, Along.X, low, high)) plot

    let private withField verb field (plot: Plot) =
        match plot.Kind with
        | PlotKind.Phase -> { plot with Fields = plot.Fields @ [ field ] }
        | PlotKind.Trajectories
        | PlotKind.Space
        | PlotKind.Losses
        | PlotKind.Layers ->
            raise (InputException $"{verb}: a field needs a phase portrait. Start with Plot.phase or Plot.plane.")

    /// <summary>Adds arrows of a field of two channels at a given time, over the range of the phase portrait. The field runs
    /// once, vmapped. InputException unless the plot is a phase portrait.</summary>
    /// <param name="time">The time.</param>
    /// <param name="field">From time [] and state [2] to derivative [2].</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let fieldAt (time: float) (field: Tensor -> Tensor -> Tensor) (plot: Plot) =
        withField "Plot.field" { Field = field; Time = time; Streamlines = None } plot

    /// <summary>Like fieldAt, at time 0.</summary>
    /// <param name="field">From time [] and state [2] to derivative [2].</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let field (field: Tensor -> Tensor -> Tensor) (plot: Plot) = fieldAt 0.0 field plot

    /// <summary>Adds evenly spaced streamlines (B. Jobard and W. Lefer, 1997) of a field of two channels at a given time,
    /// over the range of the phase portrait. The field is evaluated on 81 by 81 points, once, vmapped, and interpolated
    /// bilinearly. InputException unless the plot is a phase portrait.</summary>
    /// <param name="time">The time.</param>
    /// <param name="field">From time [] and state [2] to derivative [2].</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let streamlinesAt (time: float) (field: Tensor -> Tensor -> Tensor) (plot: Plot) =
        withField "Plot.streamlines" { Field = field; Time = time; Streamlines = Some 0.045 } plot

    /// <summary>Like streamlinesAt, at time 0.</summary>
    /// <param name="field">From time [] and state [2] to derivative [2].</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let streamlines (field: Tensor -> Tensor -> Tensor) (plot: Plot) = streamlinesAt 0.0 field plot

    /// <summary>Plots the running mean of losses over `window` steps, with the losses in a paler colour behind it.
    /// InputException unless the plot shows losses.</summary>
    /// <param name="window">The number of steps.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let smooth (window: int) (plot: Plot) =
        Expect.positive "Plot.smooth" "a window of" window
        if plot.Kind <> PlotKind.Losses then
            raise (InputException "Plot.smooth: only losses can be smoothed. Start with Plot.losses.")
        { plot with Smoothing = window }

    /// <summary>Sets the direction of view of a plot of three channels: azimuth about the vertical axis, and elevation, in
    /// degrees.</summary>
    /// <param name="azimuth">The azimuth in degrees.</param>
    /// <param name="elevation">The elevation in degrees, from −90 to 90.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let view (azimuth: float) (elevation: float) (plot: Plot) =
        if not (Double.IsFinite azimuth && abs elevation <= 90.0) then
            raise (
                InputException
                    $"Plot.view: got azimuth {string azimuth} and elevation {string elevation}, expected an elevation from −90 to 90."
            )
        { plot with View = (azimuth, elevation) }

    let private recolour change (plot: Plot) = { plot with Layers = List.map (PlotData.recolour change) plot.Layers }

    /// <summary>Sets the colour map.</summary>
    /// <param name="map">The colour map.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let colours (map: ColourMap) (plot: Plot) = recolour (fun colours -> { colours with Map = map }) plot

    /// <summary>Sets the numbers at the ends of the colour map.</summary>
    /// <param name="low">The number of the first colour.</param>
    /// <param name="high">The number of the last colour.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let colourRange (low: float) (high: float) (plot: Plot) =
        recolour (fun colours -> { colours with Low = low; High = high }) plot

    /// <summary>Sets the label of the colour bar.</summary>
    /// <param name="text">The text.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let colourLabel (text: string) (plot: Plot) = recolour (fun colours -> { colours with Label = text }) plot

    /// <summary>Sets the title above the plot.</summary>
    /// <param name="text">The text.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let title (text: string) (plot: Plot) = { plot with Title = text }

    /// <summary>Sets the label of the horizontal axis.</summary>
    /// <param name="text">The text.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let xLabel (text: string) (plot: Plot) = { plot with XLabel = Some text }

    /// <summary>Sets the label of the vertical axis.</summary>
    /// <param name="text">The text.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let yLabel (text: string) (plot: Plot) = { plot with YLabel = Some text }

    /// <summary>Sets the ends of the horizontal axis.</summary>
    /// <param name="low">The lower end.</param>
    /// <param name="high">The upper end.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let xRange (low: float) (high: float) (plot: Plot) = { plot with XRange = Some(low, high) }

    /// <summary>Sets the ends of the vertical axis.</summary>
    /// <param name="low">The lower end.</param>
    /// <param name="high">The upper end.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let yRange (low: float) (high: float) (plot: Plot) = { plot with YRange = Some(low, high) }

    /// <summary>Sets the scale of the horizontal axis: linear, logarithmic or dates.</summary>
    /// <param name="scale">The scale.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let xScale (scale: AxisScale) (plot: Plot) = { plot with XScale = Some scale }

    /// <summary>Sets the scale of the vertical axis: linear, logarithmic or dates.</summary>
    /// <param name="scale">The scale.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let yScale (scale: AxisScale) (plot: Plot) = { plot with YScale = Some scale }

    /// <summary>Shows dates on the horizontal axis: time 0 is `start`, and time 1 is one `unit` later.</summary>
    /// <param name="start">The date of time 0.</param>
    /// <param name="unit">The duration of one unit of time.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let dates (start: DateTime) (unit: TimeSpan) (plot: Plot) = xScale (AxisScale.Dates(start, unit)) plot

    /// <summary>Gives a unit the same length on both axes.</summary>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let equal (plot: Plot) = { plot with IsEqual = true }

    /// <summary>Sets the place of the legend.</summary>
    /// <param name="place">The place.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let legend (place: LegendPlace) (plot: Plot) = { plot with Legend = place }

    /// <summary>Sets the size of the whole drawing in pixels; default: 640 by 420.</summary>
    /// <param name="width">The width in pixels.</param>
    /// <param name="height">The height in pixels.</param>
    /// <param name="plot">The plot.</param>
    /// <returns>The changed plot.</returns>
    let size (width: int) (height: int) (plot: Plot) = { plot with Width = width; Height = height }

    // ── output ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Converts the plot to axes, which can be changed or combined with others by Figure.grid.</summary>
    /// <param name="plot">The plot.</param>
    /// <returns>The axes.</returns>
    let axes (plot: Plot) : Axes = PlotAxes.axes plot

    /// <summary>Converts the plot to a figure of one plot.</summary>
    /// <param name="plot">The plot.</param>
    /// <returns>The figure.</returns>
    let figure (plot: Plot) : Figure = { Figure.single (axes plot) with Width = plot.Width; Height = plot.Height }

    /// <summary>Combines plots in one figure with `columns` columns, row by row. Figure.sharedX, `sharedY`, `save` and `svg` work
    /// on the result.</summary>
    /// <param name="columns">The number of columns.</param>
    /// <param name="plots">The plots.</param>
    /// <returns>The figure.</returns>
    let grid (columns: int) (plots: Plot list) : Figure = Figure.grid columns (List.map axes plots)

    /// <summary>The plot as SVG text, for a notebook or a page.</summary>
    /// <param name="plot">The plot.</param>
    /// <returns>The text.</returns>
    let svg (plot: Plot) : string = Figure.svg (figure plot)

    /// <summary>Writes the plot to a new file in the temporary folder and opens it in the browser. Without a browser it
    /// prints the path of the file.</summary>
    /// <param name="plot">The plot.</param>
    let show (plot: Plot) : unit = Figure.show (figure plot)

    /// <summary>Saves the plot as an SVG file. Creates the folder; atomically replaces an existing file. IOException if the
    /// file cannot be written.</summary>
    /// <param name="path">The file.</param>
    /// <param name="plot">The plot.</param>
    let save (path: string) (plot: Plot) : unit = Figure.save path (figure plot)
