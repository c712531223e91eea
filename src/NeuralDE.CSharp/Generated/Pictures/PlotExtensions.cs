// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Plots of solutions, fields, losses and data, as SVG.</summary>
/// <remarks>For other drawings use Figure. Axes converts a plot to Axes, which a figure can combine.</remarks>
public static partial class PlotExtensions
{
    extension(Plot)
    {
        /// <summary>Plots every channel of each series over time.</summary>
        /// <param name="series">Labels, times [time] and values [time] or [time; channels].</param>
        /// <returns>The plot.</returns>
        /// <remarks>
        /// A channel has the same colour in all series; the second of two lines is dashed. ShapeException, with the
        /// label, for a series of another shape; InputException without series.
        /// </remarks>
        public static Plot Trajectories(params ReadOnlySpan<(string Label, Tensor Times, Tensor Values)> series) =>
            PlotModule.trajectories(FSharp.List(series));

        /// <summary>Plots series as points, one point for each observation. Missing values have no point.</summary>
        /// <param name="series">Labels and series.</param>
        /// <returns>The plot.</returns>
        public static Plot Observations(params ReadOnlySpan<(string Label, Series Series)> series) =>
            PlotModule.observations(FSharp.List(series));

        /// <summary>Plots the mean over samples, with a band of one standard deviation on each side.</summary>
        /// <param name="series">Labels, times [time] and values [samples; time] or [samples; time; channels].</param>
        /// <returns>The plot.</returns>
        /// <remarks>ShapeException, with the label, for a series of another shape.</remarks>
        public static Plot Ensemble(params ReadOnlySpan<(string Label, Tensor Times, Tensor Values)> series) =>
            PlotModule.ensemble(FSharp.List(series));

        /// <summary>Plots the median over samples, with a band between two quantiles.</summary>
        /// <param name="low">The lower quantile, such as 0.05.</param>
        /// <param name="high">The upper quantile, such as 0.95.</param>
        /// <param name="series">Labels, times [time] and values [samples; time] or [samples; time; channels].</param>
        /// <returns>The plot.</returns>
        /// <remarks>ShapeException, with the label, for a series of another shape.</remarks>
        public static Plot Quantiles(
            double low,
            double high,
            params ReadOnlySpan<(string Label, Tensor Times, Tensor Values)> series
        ) => PlotModule.quantiles(low, high, FSharp.List(series));

        /// <summary>
        /// Plots the losses of several trainings over individual steps, for example validation and training losses.
        /// </summary>
        /// <param name="series">Labels, steps, and the losses at these steps.</param>
        /// <returns>The plot.</returns>
        /// <remarks>
        /// The axis is logarithmic if all losses are positive. InputException unless each series has as many steps as
        /// losses.
        /// </remarks>
        public static Plot LossesAt(params ReadOnlySpan<(string Label, double[] Steps, double[] Losses)> series) =>
            PlotModule.lossesAt(FSharp.List(series));

        /// <summary>
        /// Plots the losses of several trainings over their steps. The axis is logarithmic if all losses are positive.
        /// </summary>
        /// <param name="series">Labels and losses.</param>
        /// <returns>The plot.</returns>
        public static Plot LossesOf(params ReadOnlySpan<(string Label, double[] Losses)> series) =>
            PlotModule.lossesOf(FSharp.List(series));

        /// <summary>
        /// Plots the losses of one training over its steps. The axis is logarithmic if all losses are positive.
        /// </summary>
        /// <param name="losses">The losses.</param>
        /// <returns>The plot.</returns>
        public static Plot Losses(double[] losses) => PlotModule.losses(Given(losses));

        /// <summary>Plots the step sizes of solves over time, on a logarithmic axis.</summary>
        /// <param name="series">Labels and the times of all steps [time], as Problem.SaveSteps saves them.</param>
        /// <returns>The plot.</returns>
        public static Plot StepSizes(params ReadOnlySpan<(string Label, Tensor Times)> series) =>
            PlotModule.stepSizes(FSharp.List(series));

        /// <summary>Plots the phase portrait: the second channel of each series over its first channel.</summary>
        /// <param name="series">Labels and values [time; channels]; further channels are ignored.</param>
        /// <returns>The plot.</returns>
        /// <remarks>ShapeException, with the label, for a series of another shape.</remarks>
        public static Plot Phase(params ReadOnlySpan<(string Label, Tensor Values)> series) =>
            PlotModule.phase(FSharp.List(series));

        /// <summary>
        /// Plots an empty phase plane with the given ranges of both channels, for a field or streamlines.
        /// </summary>
        /// <param name="xLow">Lower end of the horizontal axis.</param>
        /// <param name="xHigh">Upper end of the horizontal axis.</param>
        /// <param name="yLow">Lower end of the vertical axis.</param>
        /// <param name="yHigh">Upper end of the vertical axis.</param>
        /// <returns>The plot.</returns>
        public static Plot Plane(double xLow, double xHigh, double yLow, double yHigh) =>
            PlotModule.plane(xLow, xHigh, yLow, yHigh);

        /// <summary>Plots trajectories of three channels in a box. Distant parts are paler.</summary>
        /// <param name="series">Labels and values [time; 3].</param>
        /// <returns>The plot.</returns>
        public static Plot Space(params ReadOnlySpan<(string Label, Tensor Values)> series) =>
            PlotModule.space(FSharp.List(series));

        /// <summary>Plots the points [n; 2] of each series.</summary>
        /// <param name="series">Labels and points [n; 2].</param>
        /// <returns>The plot.</returns>
        public static Plot Scatter(params ReadOnlySpan<(string Label, Tensor Values)> series) =>
            PlotModule.scatter(FSharp.List(series));

        /// <summary>Plots points coloured by values, with a colour bar.</summary>
        /// <param name="label">The label of the colour bar.</param>
        /// <param name="points">[n; 2].</param>
        /// <param name="values">[n].</param>
        /// <returns>The plot.</returns>
        public static Plot ScatterBy(string label, Tensor points, Tensor values) =>
            PlotModule.scatterBy(Given(label), Given(points), Given(values));

        /// <summary>Plots values on a grid as colours, with a colour bar.</summary>
        /// <param name="xs">The x of the columns [x], evenly spaced and increasing.</param>
        /// <param name="ys">The y of the rows [y], evenly spaced and increasing.</param>
        /// <param name="values">[y; x]. NaN is white.</param>
        /// <returns>The plot.</returns>
        /// <remarks>
        /// If the largest values on both sides of 0 differ by a factor of at most 10, the colour map is CoolWarm,
        /// centred at 0; otherwise it is Viridis. Colours sets the map.
        /// </remarks>
        public static Plot HeatMap(Tensor xs, Tensor ys, Tensor values) =>
            PlotModule.heatMap(Given(xs), Given(ys), Given(values));

        /// <summary>
        /// Plots the density of points [n; 2], by a Gaussian kernel estimate (widths of D. Scott, 1992) on 160 by 160
        /// cells.
        /// </summary>
        /// <param name="points">[n; 2].</param>
        /// <returns>The plot.</returns>
        public static Plot Density(Tensor points) => PlotModule.density(Given(points));

        /// <summary>
        /// Plots a density, given its logarithm, on 160 by 160 cells of a rectangle. The function runs once, vmapped.
        /// </summary>
        /// <param name="logDensity">From a point [2] to a number.</param>
        /// <param name="xLow">Lower end of the horizontal axis.</param>
        /// <param name="xHigh">Upper end of the horizontal axis.</param>
        /// <param name="yLow">Lower end of the vertical axis.</param>
        /// <param name="yHigh">Upper end of the vertical axis.</param>
        /// <returns>The plot.</returns>
        /// <remarks>
        /// ShapeException unless the function returns the shape []; InputException unless the smaller end is first.
        /// </remarks>
        public static Plot DensityOf(
            Func<Tensor, Tensor> logDensity,
            double xLow,
            double xHigh,
            double yLow,
            double yHigh
        ) => PlotModule.densityOf(FSharp.Function(logDensity), xLow, xHigh, yLow, yHigh);

        /// <summary>Plots images in a grid.</summary>
        /// <param name="columns">Number of images in a row of the grid.</param>
        /// <param name="titles">One title for each image, or none.</param>
        /// <param name="images">
        /// [n; height; width] or [n; channels; height; width] with 1 channel (grey) or 3 channels (red, green, blue).
        /// </param>
        /// <returns>The plot.</returns>
        /// <remarks>
        /// If all values are between 0 and 1, 0 is black and 1 is full brightness; otherwise the scale goes from the
        /// smallest to the largest value of all images.
        /// </remarks>
        public static Plot Images(int columns, IReadOnlyList<string> titles, Tensor images) =>
            PlotModule.images(columns, FSharp.List(titles), Given(images));

        /// <summary>Plots histograms with <paramref name="bins"/> equal bins, which all series share.</summary>
        /// <param name="bins">Number of bins, 1 or more.</param>
        /// <param name="series">Labels and values of any shape; non-finite values are ignored.</param>
        /// <returns>The plot.</returns>
        public static Plot HistogramOf(int bins, params ReadOnlySpan<(string Label, Tensor Values)> series) =>
            PlotModule.histogramOf(bins, FSharp.List(series));

        /// <summary>
        /// Plots histograms like HistogramOf, with the bin width of D. Freedman and P. Diaconis (1981) and 5 to 80
        /// bins.
        /// </summary>
        /// <param name="series">Labels and values of any shape; non-finite values are ignored.</param>
        /// <returns>The plot.</returns>
        public static Plot Histogram(params ReadOnlySpan<(string Label, Tensor Values)> series) =>
            PlotModule.histogram(FSharp.List(series));

        /// <summary>Plots groups of bars: for each name one bar of each series.</summary>
        /// <param name="names">The names of the groups.</param>
        /// <param name="series">Labels and one value for each name.</param>
        /// <returns>The plot.</returns>
        public static Plot BarsOf(
            IReadOnlyList<string> names,
            params ReadOnlySpan<(string Label, double[] Values)> series
        ) => PlotModule.barsOf(FSharp.List(names), FSharp.Named(series));

        /// <summary>Plots one bar for each name.</summary>
        /// <param name="values">Names and values.</param>
        /// <returns>The plot.</returns>
        public static Plot Bars(params ReadOnlySpan<(string Name, double Value)> values) =>
            PlotModule.bars(FSharp.List(values));

        /// <summary>
        /// Plots the cost of solves as bars: accepted steps, rejected steps and evaluations of the field.
        /// </summary>
        /// <param name="solves">Labels and solver statistics.</param>
        /// <returns>The plot.</returns>
        public static Plot Stats(params ReadOnlySpan<(string Label, Stats Stats)> solves) =>
            PlotModule.stats(FSharp.List(solves));

        /// <summary>
        /// Combines plots in one figure with <paramref name="columns"/> columns, row by row. Figure.SharedX, SharedY,
        /// Save and Svg work on the result.
        /// </summary>
        /// <param name="columns">The number of columns.</param>
        /// <param name="plots">The plots.</param>
        /// <returns>The figure.</returns>
        public static Figure Grid(int columns, params ReadOnlySpan<Plot> plots) =>
            PlotModule.grid(columns, FSharp.List(plots));
    }

    extension(Plot plot)
    {
        /// <summary>
        /// Sets the names of the channels, in order: a label is then "model hare" instead of "model 1".
        /// </summary>
        /// <param name="names">The names of the channels, in order.</param>
        /// <returns>The changed plot.</returns>
        public Plot Channels(params ReadOnlySpan<string> names) => PlotModule.channels(FSharp.List(names), Given(plot));

        /// <summary>
        /// Draws the series with this label as points instead of lines, for example data beside a model. InputException
        /// for an unknown label.
        /// </summary>
        /// <param name="label">The label of a series.</param>
        /// <returns>The changed plot.</returns>
        public Plot Points(string label) => PlotModule.points(Given(label), Given(plot));

        /// <summary>
        /// Shades the region between two bounds around the series with this label. The bounds are [time] or [time;
        /// channels], like the values. A later band is darker, so add the widest band first. InputException for an
        /// unknown label.
        /// </summary>
        /// <param name="label">The label of a series.</param>
        /// <param name="lower">The lower bound, like the values.</param>
        /// <param name="upper">The upper bound, like the values.</param>
        /// <returns>The changed plot.</returns>
        public Plot Band(string label, Tensor lower, Tensor upper) =>
            PlotModule.band(Given(label), Given(lower), Given(upper), Given(plot));

        /// <summary>Adds a layer behind the series.</summary>
        /// <param name="layer">The layer.</param>
        /// <returns>The changed plot.</returns>
        public Plot Layer(PlotLayer layer) => PlotModule.layer(Given(layer), Given(plot));

        /// <summary>
        /// Adds the layers of another plot, such as a heat map or a density, behind the layers of this plot. Axes
        /// without a range take the range of the other plot.
        /// </summary>
        /// <param name="other">The other plot.</param>
        /// <returns>The changed plot.</returns>
        public Plot Behind(Plot other) => PlotModule.behind(Given(other), Given(plot));

        /// <summary>Adds vertical lines, for example at events, or between training and forecast.</summary>
        /// <param name="label">The legend entry; "" for none.</param>
        /// <param name="at">Values on the horizontal axis.</param>
        /// <returns>The changed plot.</returns>
        public Plot Marks(string label, params ReadOnlySpan<double> at) =>
            PlotModule.marks(Given(label), FSharp.List(at), Given(plot));

        /// <summary>Adds horizontal lines, for example at thresholds or equilibria.</summary>
        /// <param name="label">The legend entry; "" for none.</param>
        /// <param name="at">Values on the vertical axis.</param>
        /// <returns>The changed plot.</returns>
        public Plot Levels(string label, params ReadOnlySpan<double> at) =>
            PlotModule.levels(Given(label), FSharp.List(at), Given(plot));

        /// <summary>Shades an interval of the horizontal axis. An infinite end is the edge of the plot.</summary>
        /// <param name="label">The legend entry; "" for none.</param>
        /// <param name="low">The lower end.</param>
        /// <param name="high">The upper end.</param>
        /// <returns>The changed plot.</returns>
        public Plot Span(string label, double low, double high) =>
            PlotModule.span(Given(label), low, high, Given(plot));

        /// <summary>
        /// Adds arrows of a field of two channels at a given time, over the range of the phase portrait. The field runs
        /// once, vmapped. InputException unless the plot is a phase portrait.
        /// </summary>
        /// <param name="time">The time.</param>
        /// <param name="field">From time [] and state [2] to derivative [2].</param>
        /// <returns>The changed plot.</returns>
        public Plot FieldAt(double time, Func<Tensor, Tensor, Tensor> field) =>
            PlotModule.fieldAt(time, FSharp.Function(field), Given(plot));

        /// <summary>Like FieldAt, at time 0.</summary>
        /// <param name="field">From time [] and state [2] to derivative [2].</param>
        /// <returns>The changed plot.</returns>
        public Plot Field(Func<Tensor, Tensor, Tensor> field) => PlotModule.field(FSharp.Function(field), Given(plot));

        /// <summary>
        /// Adds evenly spaced streamlines (B. Jobard and W. Lefer, 1997) of a field of two channels at a given time,
        /// over the range of the phase portrait. The field is evaluated on 81 by 81 points, once, vmapped, and
        /// interpolated bilinearly. InputException unless the plot is a phase portrait.
        /// </summary>
        /// <param name="time">The time.</param>
        /// <param name="field">From time [] and state [2] to derivative [2].</param>
        /// <returns>The changed plot.</returns>
        public Plot StreamlinesAt(double time, Func<Tensor, Tensor, Tensor> field) =>
            PlotModule.streamlinesAt(time, FSharp.Function(field), Given(plot));

        /// <summary>Like StreamlinesAt, at time 0.</summary>
        /// <param name="field">From time [] and state [2] to derivative [2].</param>
        /// <returns>The changed plot.</returns>
        public Plot Streamlines(Func<Tensor, Tensor, Tensor> field) =>
            PlotModule.streamlines(FSharp.Function(field), Given(plot));

        /// <summary>
        /// Plots the running mean of losses over <paramref name="window"/> steps, with the losses in a paler colour
        /// behind it. InputException unless the plot shows losses.
        /// </summary>
        /// <param name="window">The number of steps.</param>
        /// <returns>The changed plot.</returns>
        public Plot Smooth(int window) => PlotModule.smooth(window, Given(plot));

        /// <summary>
        /// Sets the direction of view of a plot of three channels: azimuth about the vertical axis, and elevation, in
        /// degrees.
        /// </summary>
        /// <param name="azimuth">The azimuth in degrees.</param>
        /// <param name="elevation">The elevation in degrees, from −90 to 90.</param>
        /// <returns>The changed plot.</returns>
        public Plot View(double azimuth, double elevation) => PlotModule.view(azimuth, elevation, Given(plot));

        /// <summary>Sets the colour map.</summary>
        /// <param name="map">The colour map.</param>
        /// <returns>The changed plot.</returns>
        public Plot Colours(ColourMap map) => PlotModule.colours(Given(map), Given(plot));

        /// <summary>Sets the numbers at the ends of the colour map.</summary>
        /// <param name="low">The number of the first colour.</param>
        /// <param name="high">The number of the last colour.</param>
        /// <returns>The changed plot.</returns>
        public Plot ColourRange(double low, double high) => PlotModule.colourRange(low, high, Given(plot));

        /// <summary>Sets the label of the colour bar.</summary>
        /// <param name="text">The text.</param>
        /// <returns>The changed plot.</returns>
        public Plot ColourLabel(string text) => PlotModule.colourLabel(Given(text), Given(plot));

        /// <summary>Sets the title above the plot.</summary>
        /// <param name="text">The text.</param>
        /// <returns>The changed plot.</returns>
        public Plot Title(string text) => PlotModule.title(Given(text), Given(plot));

        /// <summary>Sets the label of the horizontal axis.</summary>
        /// <param name="text">The text.</param>
        /// <returns>The changed plot.</returns>
        public Plot XLabel(string text) => PlotModule.xLabel(Given(text), Given(plot));

        /// <summary>Sets the label of the vertical axis.</summary>
        /// <param name="text">The text.</param>
        /// <returns>The changed plot.</returns>
        public Plot YLabel(string text) => PlotModule.yLabel(Given(text), Given(plot));

        /// <summary>Sets the ends of the horizontal axis.</summary>
        /// <param name="low">The lower end.</param>
        /// <param name="high">The upper end.</param>
        /// <returns>The changed plot.</returns>
        public Plot XRange(double low, double high) => PlotModule.xRange(low, high, Given(plot));

        /// <summary>Sets the ends of the vertical axis.</summary>
        /// <param name="low">The lower end.</param>
        /// <param name="high">The upper end.</param>
        /// <returns>The changed plot.</returns>
        public Plot YRange(double low, double high) => PlotModule.yRange(low, high, Given(plot));

        /// <summary>Sets the scale of the horizontal axis: linear, logarithmic or dates.</summary>
        /// <param name="scale">The scale.</param>
        /// <returns>The changed plot.</returns>
        public Plot XScale(AxisScale scale) => PlotModule.xScale(Given(scale), Given(plot));

        /// <summary>Sets the scale of the vertical axis: linear, logarithmic or dates.</summary>
        /// <param name="scale">The scale.</param>
        /// <returns>The changed plot.</returns>
        public Plot YScale(AxisScale scale) => PlotModule.yScale(Given(scale), Given(plot));

        /// <summary>
        /// Shows dates on the horizontal axis: time 0 is <paramref name="start"/>, and time 1 is one
        /// <paramref name="unit"/> later.
        /// </summary>
        /// <param name="start">The date of time 0.</param>
        /// <param name="unit">The duration of one unit of time.</param>
        /// <returns>The changed plot.</returns>
        public Plot Dates(DateTime start, TimeSpan unit) => PlotModule.dates(start, unit, Given(plot));

        /// <summary>Gives a unit the same length on both axes.</summary>
        /// <returns>The changed plot.</returns>
        public Plot Equal() => PlotModule.equal(Given(plot));

        /// <summary>Sets the place of the legend.</summary>
        /// <param name="place">The place.</param>
        /// <returns>The changed plot.</returns>
        public Plot Legend(LegendPlace place) => PlotModule.legend(Given(place), Given(plot));

        /// <summary>Sets the size of the whole drawing in pixels; default: 640 by 420.</summary>
        /// <param name="width">The width in pixels.</param>
        /// <param name="height">The height in pixels.</param>
        /// <returns>The changed plot.</returns>
        public Plot Size(int width, int height) => PlotModule.size(width, height, Given(plot));

        /// <summary>Converts the plot to axes, which can be changed or combined with others by Figure.Grid.</summary>
        /// <returns>The axes.</returns>
        public Axes Axes() => PlotModule.axes(Given(plot));

        /// <summary>Converts the plot to a figure of one plot.</summary>
        /// <returns>The figure.</returns>
        public Figure Figure() => PlotModule.figure(Given(plot));

        /// <summary>The plot as SVG text, for a notebook or a page.</summary>
        /// <returns>The text.</returns>
        public string Svg() => PlotModule.svg(Given(plot));

        /// <summary>
        /// Writes the plot to a new file in the temporary folder and opens it in the browser. Without a browser it
        /// prints the path of the file.
        /// </summary>
        public void Show() => PlotModule.show(Given(plot));

        /// <summary>
        /// Saves the plot as an SVG file. Creates the folder; atomically replaces an existing file. IOException if the
        /// file cannot be written.
        /// </summary>
        /// <param name="path">The file.</param>
        public void Save(string path) => PlotModule.save(Given(path), Given(plot));
    }
}
