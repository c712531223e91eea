namespace NeuralDE;

/// <summary>Pictures of solutions, fields, losses and data, as SVG.</summary>
public static class PlotExtensions
{
    extension(Plot)
    {
        /// <summary>Every channel of each series over time.</summary>
        /// <param name="series">Labels, times [time] and values [time] or [time; channels].</param>
        /// <remarks>
        /// A channel keeps its colour in all series; the second of two lines is dashed. ShapeException names the
        /// series that does not fit.
        /// </remarks>
        public static Plot Trajectories(params ReadOnlySpan<(string Label, Tensor Times, Tensor Values)> series) =>
            PlotModule.trajectories(FSharp.List(series));

        /// <summary>Series as points, one for each observation: what is missing is left out.</summary>
        public static Plot Observations(params ReadOnlySpan<(string Label, Series Series)> series) =>
            PlotModule.observations(FSharp.List(series));

        /// <summary>The mean over samples, with a band of one standard deviation to each side.</summary>
        /// <param name="series">Labels, times [time] and values [samples; time] or [samples; time; channels].</param>
        public static Plot Ensemble(params ReadOnlySpan<(string Label, Tensor Times, Tensor Values)> series) =>
            PlotModule.ensemble(FSharp.List(series));

        /// <summary>The median over samples, with a band from one quantile to another.</summary>
        /// <param name="low">The lower quantile, such as 0.05.</param>
        /// <param name="high">The upper quantile, such as 0.95.</param>
        /// <param name="series">Labels, times [time] and values [samples; time] or [samples; time; channels].</param>
        public static Plot Quantiles(
            double low,
            double high,
            params ReadOnlySpan<(string Label, Tensor Times, Tensor Values)> series
        ) => PlotModule.quantiles(low, high, FSharp.List(series));

        /// <summary>The losses of several trainings, each over steps of its own: validation beside training.</summary>
        /// <param name="series">
        /// Labels, steps and losses at them. The axis is logarithmic where all are positive.
        /// </param>
        public static Plot LossesAt(params ReadOnlySpan<(string Label, double[] Steps, double[] Losses)> series) =>
            PlotModule.lossesAt(FSharp.List(series));

        /// <summary>
        /// The losses of several trainings over their steps, on a logarithmic axis where all are positive.
        /// </summary>
        public static Plot LossesOf(params ReadOnlySpan<(string Label, double[] Losses)> series) =>
            PlotModule.lossesOf(FSharp.List(series));

        /// <summary>The losses of one training over its steps, on a logarithmic axis where all are positive.</summary>
        public static Plot Losses(double[] losses) => PlotModule.losses(Given(losses));

        /// <summary>The sizes of the steps between times, on a logarithmic axis.</summary>
        /// <param name="series">
        /// Labels and the times of every step [time], as SaveSteps of a problem keeps them.
        /// </param>
        public static Plot StepSizes(params ReadOnlySpan<(string Label, Tensor Times)> series) =>
            PlotModule.stepSizes(FSharp.List(series));

        /// <summary>The phase portrait: the second channel of each series over its first.</summary>
        /// <param name="series">Labels and values [time; channels]; channels after the second are left out.</param>
        public static Plot Phase(params ReadOnlySpan<(string Label, Tensor Values)> series) =>
            PlotModule.phase(FSharp.List(series));

        /// <summary>
        /// An empty phase plane from and to the given ends of both channels, for a field or streamlines alone.
        /// </summary>
        public static Plot Plane(double xLow, double xHigh, double yLow, double yHigh) =>
            PlotModule.plane(xLow, xHigh, yLow, yHigh);

        /// <summary>Trajectories of three channels in a box, paler where they are farther away.</summary>
        /// <param name="series">Labels and values [time; 3].</param>
        public static Plot Space(params ReadOnlySpan<(string Label, Tensor Values)> series) =>
            PlotModule.space(FSharp.List(series));

        /// <summary>The points of each series.</summary>
        public static Plot Scatter(params ReadOnlySpan<(string Label, Tensor Values)> series) =>
            PlotModule.scatter(FSharp.List(series));

        /// <summary>Points in the colours of a value each, with a colour bar.</summary>
        /// <param name="label">What the values are; it stands at the colour bar.</param>
        /// <param name="points">[n; 2].</param>
        /// <param name="values">[n].</param>
        public static Plot ScatterBy(string label, Tensor points, Tensor values) =>
            PlotModule.scatterBy(Given(label), Given(points), Given(values));

        /// <summary>Values over a grid as colours, with a colour bar.</summary>
        /// <param name="xs">Where the columns stand [x], evenly spaced and rising.</param>
        /// <param name="ys">Where the rows stand [y], likewise.</param>
        /// <param name="values">[y; x]. NaN stays white.</param>
        /// <remarks>
        /// Values on both sides of 0 get colours that part there, others the map Viridis; see <c>Colours</c>.
        /// </remarks>
        public static Plot HeatMap(Tensor xs, Tensor ys, Tensor values) =>
            PlotModule.heatMap(Given(xs), Given(ys), Given(values));

        /// <summary>
        /// The density of points [n; 2], estimated with Gaussian kernels (D. Scott's widths, 1992) on 160 by 160
        /// cells.
        /// </summary>
        public static Plot Density(Tensor points) => PlotModule.density(Given(points));

        /// <summary>
        /// A density given by its logarithm, on 160 by 160 cells of a rectangle: one vmapped call. The function is
        /// from a point [2] to a number.
        /// </summary>
        public static Plot DensityOf(
            Func<Tensor, Tensor> logDensity,
            double xLow,
            double xHigh,
            double yLow,
            double yHigh
        ) => PlotModule.densityOf(FSharp.Function(logDensity), xLow, xHigh, yLow, yHigh);

        /// <summary>Images in a grid.</summary>
        /// <param name="columns">Images side by side.</param>
        /// <param name="titles">One above each image, or none at all.</param>
        /// <param name="images">
        /// [n; height; width] or [n; channels; height; width] with 1 channel (grey) or 3 (red, green, blue).
        /// </param>
        /// <remarks>
        /// From 0 (black) to 1 where all values lie there, else from the least to the greatest of all images.
        /// </remarks>
        public static Plot Images(int columns, IReadOnlyList<string> titles, Tensor images) =>
            PlotModule.images(columns, FSharp.List(titles), Given(images));

        /// <summary>How often values lie in each of so many equal bins, which all series share.</summary>
        /// <param name="bins">1 or more.</param>
        /// <param name="series">Labels and values of any shape; what is not finite is left out.</param>
        public static Plot HistogramOf(int bins, params ReadOnlySpan<(string Label, Tensor Values)> series) =>
            PlotModule.histogramOf(bins, FSharp.List(series));

        /// <summary>
        /// As <c>HistogramOf</c>, with bins of the width that D. Freedman and P. Diaconis (1981) give, 5 to 80 of
        /// them.
        /// </summary>
        public static Plot Histogram(params ReadOnlySpan<(string Label, Tensor Values)> series) =>
            PlotModule.histogram(FSharp.List(series));

        /// <summary>Groups of bars side by side: for each series a value at every name.</summary>
        public static Plot BarsOf(
            IReadOnlyList<string> names,
            params ReadOnlySpan<(string Label, double[] Values)> series
        ) => PlotModule.barsOf(FSharp.List(names), FSharp.Named(series));

        /// <summary>A bar for every name.</summary>
        public static Plot Bars(params ReadOnlySpan<(string Name, double Value)> values) =>
            PlotModule.bars(FSharp.List(values));

        /// <summary>What solves cost, side by side: accepted and rejected steps and evaluations of the field.</summary>
        public static Plot Stats(params ReadOnlySpan<(string Label, Stats Stats)> solves) =>
            PlotModule.stats(FSharp.List(solves));

        /// <summary>
        /// Several plots in one figure, row by row in so many columns; SharedX, SharedY, Save and Svg of a figure
        /// go on from there.
        /// </summary>
        public static Figure Grid(int columns, params ReadOnlySpan<Plot> plots) =>
            PlotModule.grid(columns, FSharp.List(plots));
    }

    extension(Plot plot)
    {
        /// <summary>Names of the channels, in order: labels read "model hare" instead of "model 1".</summary>
        public Plot Channels(params ReadOnlySpan<string> names) => PlotModule.channels(FSharp.List(names), Given(plot));

        /// <summary>Draws the series of this label as points instead of lines: data beside a model.</summary>
        public Plot Points(string label) => PlotModule.points(Given(label), Given(plot));

        /// <summary>
        /// Shades from a lower to an upper bound, both [time] or [time; channels] as the values are, around the
        /// series of this label. Of several bands the later are the darker ones: give the widest first.
        /// </summary>
        public Plot Band(string label, Tensor lower, Tensor upper) =>
            PlotModule.band(Given(label), Given(lower), Given(upper), Given(plot));

        /// <summary>A layer behind the series.</summary>
        public Plot Layer(PlotLayer layer) => PlotModule.layer(Given(layer), Given(plot));

        /// <summary>
        /// The layers of another plot, such as a heat map or a density, behind those of this one, over the same
        /// ranges.
        /// </summary>
        public Plot Behind(Plot other) => PlotModule.behind(Given(other), Given(plot));

        /// <summary>Vertical lines: events, or the boundary between training and forecast.</summary>
        public Plot Marks(string label, params ReadOnlySpan<double> at) =>
            PlotModule.marks(Given(label), FSharp.List(at), Given(plot));

        /// <summary>Horizontal lines: thresholds, equilibria.</summary>
        public Plot Levels(string label, params ReadOnlySpan<double> at) =>
            PlotModule.levels(Given(label), FSharp.List(at), Given(plot));

        /// <summary>A shaded stretch of the horizontal axis; an infinite end is the plot's edge.</summary>
        public Plot Span(string label, double low, double high) =>
            PlotModule.span(Given(label), low, high, Given(plot));

        /// <summary>
        /// Arrows of a field of two channels at a time, over what the phase portrait shows: one vmapped call.
        /// </summary>
        public Plot FieldAt(double time, Func<Tensor, Tensor, Tensor> field) =>
            PlotModule.fieldAt(time, FSharp.Function(field), Given(plot));

        /// <summary>As <c>FieldAt</c>, at time 0.</summary>
        public Plot Field(Func<Tensor, Tensor, Tensor> field) => PlotModule.field(FSharp.Function(field), Given(plot));

        /// <summary>
        /// Evenly spaced streamlines (B. Jobard and W. Lefer, 1997) of a field of two channels at a time, over what
        /// the phase portrait shows. The field is evaluated on 81 by 81 points in one vmapped call and is bilinear
        /// between them.
        /// </summary>
        public Plot StreamlinesAt(double time, Func<Tensor, Tensor, Tensor> field) =>
            PlotModule.streamlinesAt(time, FSharp.Function(field), Given(plot));

        /// <summary>As <c>StreamlinesAt</c>, at time 0.</summary>
        public Plot Streamlines(Func<Tensor, Tensor, Tensor> field) =>
            PlotModule.streamlines(FSharp.Function(field), Given(plot));

        /// <summary>
        /// Shows losses as their running mean over so many steps, before the losses themselves in a paler colour.
        /// </summary>
        public Plot Smooth(int window) => PlotModule.smooth(window, Given(plot));

        /// <summary>
        /// Where the eye of a plot of three channels is: azimuth about the vertical axis and elevation, in degrees.
        /// </summary>
        public Plot View(double azimuth, double elevation) => PlotModule.view(azimuth, elevation, Given(plot));

        /// <summary>The map from numbers to colours.</summary>
        public Plot Colours(ColourMap map) => PlotModule.colours(Given(map), Given(plot));

        /// <summary>The numbers at the ends of the colours.</summary>
        public Plot ColourRange(double low, double high) => PlotModule.colourRange(low, high, Given(plot));

        /// <summary>What stands at the colour bar.</summary>
        public Plot ColourLabel(string text) => PlotModule.colourLabel(Given(text), Given(plot));

        /// <summary>The title above the plot.</summary>
        public Plot Title(string text) => PlotModule.title(Given(text), Given(plot));

        /// <summary>What stands along the horizontal axis.</summary>
        public Plot XLabel(string text) => PlotModule.xLabel(Given(text), Given(plot));

        /// <summary>What stands along the vertical axis.</summary>
        public Plot YLabel(string text) => PlotModule.yLabel(Given(text), Given(plot));

        /// <summary>The ends of the horizontal axis.</summary>
        public Plot XRange(double low, double high) => PlotModule.xRange(low, high, Given(plot));

        /// <summary>The ends of the vertical axis.</summary>
        public Plot YRange(double low, double high) => PlotModule.yRange(low, high, Given(plot));

        /// <summary>How the horizontal axis turns values into positions.</summary>
        public Plot XScale(AxisScale scale) => PlotModule.xScale(Given(scale), Given(plot));

        /// <summary>How the vertical axis turns values into positions.</summary>
        public Plot YScale(AxisScale scale) => PlotModule.yScale(Given(scale), Given(plot));

        /// <summary>Dates along the horizontal axis: time 0 is the start, and 1 is a unit later.</summary>
        public Plot Dates(DateTime start, TimeSpan unit) => PlotModule.dates(start, unit, Given(plot));

        /// <summary>A unit as long on both axes.</summary>
        public Plot Equal() => PlotModule.equal(Given(plot));

        /// <summary>Where the legend stands.</summary>
        public Plot Legend(LegendPlace place) => PlotModule.legend(Given(place), Given(plot));

        /// <summary>Pixels of the whole drawing, 640 by 420 unless said otherwise.</summary>
        public Plot Size(int width, int height) => PlotModule.size(width, height, Given(plot));

        /// <summary>The plot as axes, to be changed or put beside others with Figure.Grid.</summary>
        public Axes Axes() => PlotModule.axes(Given(plot));

        /// <summary>The plot as a figure of its own.</summary>
        public Figure Figure() => PlotModule.figure(Given(plot));

        /// <summary>The plot as the text of an SVG file, for a notebook or a page.</summary>
        public string Svg() => PlotModule.svg(Given(plot));

        /// <summary>
        /// Writes the plot to a file of its own in the temporary folder and opens it in the browser; says where it
        /// is where there is none.
        /// </summary>
        public void Show() => PlotModule.show(Given(plot));

        /// <summary>
        /// Writes the plot as SVG, creating its folder; a file that is there is replaced at once. IOException if it
        /// can't.
        /// </summary>
        public void Save(string path) => PlotModule.save(Given(path), Given(plot));
    }
}
