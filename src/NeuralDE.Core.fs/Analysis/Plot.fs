namespace NeuralDE

open System
open NeuralDE.Compiler

/// <summary>Pictures of solutions, fields, losses and data, as SVG.</summary>
/// <remarks>Figure draws whatever else one wants; Plot.axes gives a plot as Axes, to stand beside others in one.</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Plot =
    // ── over time ────────────────────────────────────────────────────────────────────────────────────────────────

    /// <summary>Every channel of each series over time.</summary>
    /// <param name="series">Labels, times [time] and values [time] or [time; channels].</param>
    /// <remarks>
    /// A channel keeps its colour in all series; the second of two lines is dashed. ShapeException names the series that
    /// does not fit.
    /// </remarks>
    let trajectories (series: (string * Tensor * Tensor) list) : Plot =
        PlotData.some "Plot.trajectories" series
        PlotData.plot PlotKind.Trajectories (List.map (PlotData.trajectory "Plot.trajectories") series)

    /// <summary>Series as points, one for each observation: what is missing is left out.</summary>
    let observations (series: (string * NeuralDE.Series) list) : Plot =
        PlotData.some "Plot.observations" series
        let plot = trajectories [ for label, s in series -> label, s.Times, Series.observed s ]
        { plot with Points = List.map fst series }

    /// <summary>The mean over samples, with a band of one standard deviation to each side.</summary>
    /// <param name="series">Labels, times [time] and values [samples; time] or [samples; time; channels].</param>
    let ensemble (series: (string * Tensor * Tensor) list) : Plot =
        PlotData.some "Plot.ensemble" series
        let summary ys =
            let mean, deviation = meanAlong 0 ys, stdAlong 0 ys
            mean - deviation, mean, mean + deviation
        PlotData.plot PlotKind.Trajectories (List.map (PlotData.ensemble "Plot.ensemble" summary) series)

    /// <summary>The median over samples, with a band from one quantile to another.</summary>
    /// <param name="low">The lower quantile, such as 0.05.</param>
    /// <param name="high">The upper quantile, such as 0.95.</param>
    /// <param name="series">Labels, times [time] and values [samples; time] or [samples; time; channels].</param>
    let quantiles (low: float) (high: float) (series: (string * Tensor * Tensor) list) : Plot =
        PlotData.some "Plot.quantiles" series
        if not (0.0 <= low && low < high && high <= 1.0) then
            raise (InputException $"Plot.quantiles: got {string low} and {string high}, expected 0 ≤ low < high ≤ 1.")
        let summary ys = quantileAlong 0 low ys, medianAlong 0 ys, quantileAlong 0 high ys
        PlotData.plot PlotKind.Trajectories (List.map (PlotData.ensemble "Plot.quantiles" summary) series)

    /// <summary>The losses of several trainings, each over steps of its own: validation beside training.</summary>
    /// <param name="series">Labels, steps and losses at them. The axis is logarithmic where all are positive.</param>
    let lossesAt (series: (string * float[] * float[]) list) : Plot =
        PlotData.some "Plot.losses" series
        PlotData.plot
            PlotKind.Losses
            [ for label, steps, losses in series do
                  if steps.Length <> losses.Length then
                      Expect.misfit
                          $"Plot.lossesAt: '{label}' has {string steps.Length} steps and {string losses.Length} losses. Give one of each."
                  PlotData.series label steps [| losses |] ]

    /// The losses of several trainings over their steps, on a logarithmic axis where all are positive.
    let lossesOf (series: (string * float[]) list) : Plot =
        lossesAt [ for label, losses in series -> label, Array.init losses.Length float, losses ]

    /// The losses of one training over its steps, on a logarithmic axis where all are positive.
    let losses (losses: float[]) : Plot = lossesOf [ "", losses ]

    /// <summary>The sizes of the steps between times, on a logarithmic axis.</summary>
    /// <param name="series">Labels and the times of every step [time], as Ode.saveSteps keeps them.</param>
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

    /// <summary>The phase portrait: the second channel of each series over its first.</summary>
    /// <param name="series">Labels and values [time; channels]; channels after the second are left out.</param>
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

    /// An empty phase plane from and to the given ends of both channels, for a field or streamlines alone.
    let plane (xRange: float * float) (yRange: float * float) : Plot =
        { PlotData.plot PlotKind.Phase [] with XRange = Some xRange; YRange = Some yRange }

    /// <summary>Trajectories of three channels in a box, paler where they are farther away.</summary>
    /// <param name="series">Labels and values [time; 3].</param>
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

    /// The points of each series.
    let scatter (series: (string * Tensor) list) : Plot =
        PlotData.some "Plot.scatter" series
        let found = [ for label, points in series -> label, PlotData.pairs "Plot.scatter" label points ]
        { PlotData.plot PlotKind.Phase [ for label, (x, y) in found -> PlotData.series label x [| y |] ] with
            Points = List.map fst series }

    /// <summary>Points in the colours of a value each, with a colour bar.</summary>
    /// <param name="label">What the values are; it stands at the colour bar.</param>
    /// <param name="points">[n; 2].</param>
    /// <param name="values">[n].</param>
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

    /// <summary>Values over a grid as colours, with a colour bar.</summary>
    /// <param name="xs">Where the columns stand [x], evenly spaced and rising.</param>
    /// <param name="ys">Where the rows stand [y], likewise.</param>
    /// <param name="values">[y; x]. NaN stays white.</param>
    /// <remarks>Values on both sides of 0 get colours that part there, others the map Viridis; see `colours`.</remarks>
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

    /// The density of points [n; 2], estimated with Gaussian kernels (D. Scott's widths, 1992) on 160 by 160 cells.
    let density (points: Tensor) : Plot =
        let x, y = PlotData.pairs "Plot.density" "points" points
        let shown = Array.zip x y |> Array.filter (fun (x, y) -> Double.IsFinite x && Double.IsFinite y)
        PlotData.finite "Plot.density" "points" (Array.map fst shown) |> ignore
        let extent, values = Statistics.density 160 (Array.map fst shown) (Array.map snd shown)
        let colours = PlotData.colourScale (values |> Seq.cast<float> |> Array.ofSeq)
        densityMap (extent.Left, extent.Right) (extent.Bottom, extent.Top) (PlotLayer.Cells(extent, values, colours))

    /// <summary>A density given by its logarithm, on 160 by 160 cells of a rectangle: one vmapped call.</summary>
    /// <param name="logDensity">From a point [2] to a number.</param>
    /// <param name="xRange">The ends of the horizontal axis.</param>
    /// <param name="yRange">The ends of the vertical axis.</param>
    let densityOf (logDensity: Tensor -> Tensor) (xRange: float * float) (yRange: float * float) : Plot =
        let count = 160
        let middles name (low: float, high: float) =
            if not (Double.IsFinite low && Double.IsFinite high && low < high) then
                raise (
                    InputException
                        $"Plot.densityOf: got {name} from {string low} to {string high}, expected the smaller end first."
                )
            let half = (high - low) / float (2 * count)
            linspace (low + half) (high - half) count
        let xs, ys = middles "x" xRange, middles "y" yRange
        let points =
            [| for y in ys.ToArray() do
                   for x in xs.ToArray() do
                       x
                       y |]
        let found = vmap logDensity (reshape [ count * count; 2 ] (tensor points))
        if found.Rank <> 1 then
            Expect.misfit
                $"Plot.densityOf: the log-density gave shape {Shape.text found.Dims[1..]} for a point of shape [2], expected one number, shape []."
        densityMap xRange yRange (PlotData.cells "Plot.densityOf" xs ys (exp (reshape [ count; count ] found)))

    /// <summary>Images in a grid.</summary>
    /// <param name="columns">Images side by side.</param>
    /// <param name="titles">One above each image, or none at all.</param>
    /// <param name="images">[n; height; width] or [n; channels; height; width] with 1 channel (grey) or 3 (red, green, blue).</param>
    /// <remarks>From 0 (black) to 1 where all values lie there, else from the least to the greatest of all images.</remarks>
    let images (columns: int) (titles: string list) (images: Tensor) : Plot =
        Expect.positive "Plot.images" "columns" columns
        let pictures, width, height = PlotData.pixels "Plot.images" images
        if not titles.IsEmpty && titles.Length <> pictures.Length then
            raise (
                InputException
                    $"Plot.images: got {string titles.Length} titles for {string pictures.Length} images. Give one of each, or none."
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

    /// <summary>How often values lie in each of so many equal bins, which all series share.</summary>
    /// <param name="bins">1 or more.</param>
    /// <param name="series">Labels and values of any shape; what is not finite is left out.</param>
    let histogramOf (bins: int) (series: (string * Tensor) list) : Plot =
        PlotData.some "Plot.histogram" series
        Expect.positive "Plot.histogram" "bins" bins
        let found = [ for label, x in series -> label, PlotData.finite "Plot.histogram" label (PlotData.floats x) ]
        let edges = Statistics.edges bins (found |> List.map snd |> Array.concat)
        let bars values =
            Statistics.counts edges values
            |> Array.mapi (fun bin count -> { Left = edges[bin]; Right = edges[bin + 1]; Bottom = 0.0; Top = count })
            |> Array.filter (fun bar -> bar.Top > 0.0)
        { PlotData.plot PlotKind.Layers [] with
            Layers = found |> List.mapi (fun number (label, values) -> PlotLayer.Bars(label, number, bars values))
            YLabel = Some "count" }

    /// As `histogramOf`, with bins of the width that D. Freedman and P. Diaconis (1981) give, 5 to 80 of them.
    let histogram (series: (string * Tensor) list) : Plot =
        PlotData.some "Plot.histogram" series
        let values =
            [| for label, x in series do
                   yield! PlotData.finite "Plot.histogram" label (PlotData.floats x) |]
        histogramOf (Statistics.binCount values) series

    /// Groups of bars side by side: for each series a value at every name.
    let barsOf (names: string list) (series: (string * float list) list) : Plot =
        PlotData.groups "Plot.bars" names series

    /// A bar for every name.
    let bars (values: (string * float) list) : Plot = barsOf (List.map fst values) [ "", List.map snd values ]

    /// What solves cost, side by side: accepted and rejected steps and evaluations of the field.
    let stats (solves: (string * Stats) list) : Plot =
        let each pick = solves |> List.map (snd >> pick >> float)
        PlotData.some "Plot.stats" solves
        barsOf
            (List.map fst solves)
            [ "accepted steps", each _.Steps; "rejected steps", each _.Rejected; "evaluations", each _.Evaluations ]

    // ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// Names of the channels, in order: labels read "model hare" instead of "model 1".
    let channels (names: string list) (plot: Plot) = { plot with Channels = names }

    /// The plot, where it has a series of this label.
    let private knows verb (label: string) (plot: Plot) =
        let known = plot.Series |> List.map _.Label
        if not (List.contains label known) then
            let known = known |> List.map (fun label -> $"'{label}'") |> String.concat ", "
            raise (InputException $"{verb}: no series has the label '{label}'. There are: {known}.")

    /// Draws the series of this label as points instead of lines: data beside a model.
    let points (label: string) (plot: Plot) =
        knows "Plot.points" label plot
        { plot with Points = label :: plot.Points }

    /// Shades from a lower to an upper bound, both [time] or [time; channels] as the values are, around the series of this
    /// label. Of several bands the later are the darker ones: give the widest first.
    let band (label: string) (lower: Tensor) (upper: Tensor) (plot: Plot) =
        knows "Plot.band" label plot
        if plot.Kind <> PlotKind.Trajectories then
            raise (InputException "Plot.band: only trajectories have bands. Draw them with Plot.trajectories.")
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

    /// A layer behind the series.
    let layer (layer: PlotLayer) (plot: Plot) = { plot with Layers = plot.Layers @ [ layer ] }

    /// The layers of another plot, such as a heat map or a density, behind those of this one, over the same ranges.
    let behind (other: Plot) (plot: Plot) =
        { plot with
            Layers = other.Layers @ plot.Layers
            XRange = Option.orElse other.XRange plot.XRange
            YRange = Option.orElse other.YRange plot.YRange }

    /// Vertical lines: events, or the boundary between training and forecast.
    let marks (label: string) (at: float list) (plot: Plot) =
        layer (PlotLayer.Rule(label, Along.X, Array.ofList at)) plot

    /// Horizontal lines: thresholds, equilibria.
    let levels (label: string) (at: float list) (plot: Plot) =
        layer (PlotLayer.Rule(label, Along.Y, Array.ofList at)) plot

    /// A shaded stretch of the horizontal axis; an infinite end is the plot's edge.
    let span (label: string) (low: float) (high: float) (plot: Plot) =
        layer (PlotLayer.Span(label, Along.X, low, high)) plot

    let private withField verb field (plot: Plot) =
        match plot.Kind with
        | PlotKind.Phase -> { plot with Fields = plot.Fields @ [ field ] }
        | PlotKind.Trajectories
        | PlotKind.Space
        | PlotKind.Losses
        | PlotKind.Layers ->
            raise (InputException $"{verb}: a field needs a phase portrait. Begin with Plot.phase or Plot.plane.")

    /// Arrows of a field of two channels at a time, over what the phase portrait shows: one vmapped call.
    let fieldAt (time: float) (field: Tensor -> Tensor -> Tensor) (plot: Plot) =
        withField "Plot.field" { Field = field; Time = time; Streamlines = None } plot

    /// As `fieldAt`, at time 0.
    let field (field: Tensor -> Tensor -> Tensor) (plot: Plot) = fieldAt 0.0 field plot

    /// Evenly spaced streamlines (B. Jobard and W. Lefer, 1997) of a field of two channels at a time, over what the phase
    /// portrait shows. The field is evaluated on 81 by 81 points in one vmapped call and is bilinear between them.
    let streamlinesAt (time: float) (field: Tensor -> Tensor -> Tensor) (plot: Plot) =
        withField "Plot.streamlines" { Field = field; Time = time; Streamlines = Some 0.045 } plot

    /// As `streamlinesAt`, at time 0.
    let streamlines (field: Tensor -> Tensor -> Tensor) (plot: Plot) = streamlinesAt 0.0 field plot

    /// Shows losses as their running mean over so many steps, before the losses themselves in a paler colour.
    let smooth (window: int) (plot: Plot) =
        Expect.positive "Plot.smooth" "a window of" window
        if plot.Kind <> PlotKind.Losses then
            raise (InputException "Plot.smooth: only losses are smoothed. Draw them with Plot.losses.")
        { plot with Smoothing = window }

    /// Where the eye of a plot of three channels is: azimuth about the vertical axis and elevation, in degrees.
    let view (azimuth: float) (elevation: float) (plot: Plot) =
        if not (Double.IsFinite azimuth && abs elevation <= 90.0) then
            raise (
                InputException
                    $"Plot.view: got azimuth {string azimuth} and elevation {string elevation}, expected −90 to 90 for the latter."
            )
        { plot with View = (azimuth, elevation) }

    let private recolour change (plot: Plot) = { plot with Layers = List.map (PlotData.recolour change) plot.Layers }

    /// The map from numbers to colours.
    let colours (map: ColourMap) (plot: Plot) = recolour (fun colours -> { colours with Map = map }) plot

    /// The numbers at the ends of the colours.
    let colourRange (low: float) (high: float) (plot: Plot) =
        recolour (fun colours -> { colours with Low = low; High = high }) plot

    /// What stands at the colour bar.
    let colourLabel (text: string) (plot: Plot) = recolour (fun colours -> { colours with Label = text }) plot

    /// The title above the plot.
    let title (text: string) (plot: Plot) = { plot with Title = text }

    /// What stands along the horizontal axis.
    let xLabel (text: string) (plot: Plot) = { plot with XLabel = Some text }

    /// What stands along the vertical axis.
    let yLabel (text: string) (plot: Plot) = { plot with YLabel = Some text }

    /// The ends of the horizontal axis.
    let xRange (low: float) (high: float) (plot: Plot) = { plot with XRange = Some(low, high) }

    /// The ends of the vertical axis.
    let yRange (low: float) (high: float) (plot: Plot) = { plot with YRange = Some(low, high) }

    /// How the horizontal axis turns values into positions.
    let xScale (scale: AxisScale) (plot: Plot) = { plot with XScale = Some scale }

    /// How the vertical axis turns values into positions.
    let yScale (scale: AxisScale) (plot: Plot) = { plot with YScale = Some scale }

    /// Dates along the horizontal axis: time 0 is the start, and 1 is a unit later.
    let dates (start: DateTime) (unit: TimeSpan) (plot: Plot) = xScale (AxisScale.Dates(start, unit)) plot

    /// A unit as long on both axes.
    let equal (plot: Plot) = { plot with IsEqual = true }

    /// Where the legend stands.
    let legend (place: LegendPlace) (plot: Plot) = { plot with Legend = place }

    /// Pixels of the whole drawing, 640 by 420 unless said otherwise.
    let size (width: int) (height: int) (plot: Plot) = { plot with Width = width; Height = height }

    // ── results ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// The plot as axes, to be changed or put beside others with Figure.grid.
    let axes (plot: Plot) : Axes = PlotAxes.axes plot

    /// The plot as a figure of its own.
    let figure (plot: Plot) : Figure = { Figure.single (axes plot) with Width = plot.Width; Height = plot.Height }

    /// Several plots in one figure, row by row in so many columns; Figure.sharedX, sharedY, save and svg go on from there.
    let grid (columns: int) (plots: Plot list) : Figure = Figure.grid columns (List.map axes plots)

    /// The plot as the text of an SVG file, for a notebook or a page.
    let svg (plot: Plot) : string = Figure.svg (figure plot)

    /// Writes the plot to a file of its own in the temporary folder and opens it in the browser; says where it is where
    /// there is none.
    let show (plot: Plot) : unit = Figure.show (figure plot)

    /// Writes the plot as SVG, creating its folder; a file that is there is replaced at once. IOException if it can't.
    let save (path: string) (plot: Plot) : unit = Figure.save path (figure plot)
