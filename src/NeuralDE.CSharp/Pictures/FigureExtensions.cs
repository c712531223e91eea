using Microsoft.FSharp.Core;

namespace NeuralDE;

/// <summary>Drawings of curves on axes, in figures of one or more plots, as SVG.</summary>
public static class FigureExtensions
{
    extension(Curve)
    {
        /// <summary>A line through the points (x, y).</summary>
        public static Curve Line(string label, double[] x, double[] y) =>
            CurveModule.line(Given(label), Given(x), Given(y));

        /// <summary>A dashed line through the points (x, y).</summary>
        public static Curve Dashed(string label, double[] x, double[] y) =>
            CurveModule.dashed(Given(label), Given(x), Given(y));

        /// <summary>A marker at each point (x, y).</summary>
        public static Curve Points(string label, double[] x, double[] y) =>
            CurveModule.points(Given(label), Given(x), Given(y));

        /// <summary>
        /// The shaded region between lower and upper over x. ArgumentException if their lengths differ.
        /// </summary>
        public static Curve Band(string label, double[] x, double[] lower, double[] upper) =>
            CurveModule.band(Given(label), Given(x), Given(lower), Given(upper));
    }

    extension(Curve curve)
    {
        /// <summary>
        /// Gives the curve a colour number (0 or more). Use one number for the data and the model of one quantity.
        /// </summary>
        public Curve Colour(int number) => CurveModule.colour(number, Given(curve));

        /// <summary>Shades the region between lower and upper behind the curve.</summary>
        public Curve WithBand(double[] lower, double[] upper) =>
            CurveModule.withBand(Given(lower), Given(upper), Given(curve));
    }

    extension(Axes)
    {
        /// <summary>
        /// Linear axes that show all of the curves, without title and labels. The legend is where it covers no curve.
        /// </summary>
        public static Axes Create(params ReadOnlySpan<Curve> curves) => AxesModule.create(FSharp.List(curves));
    }

    extension(Axes axes)
    {
        /// <summary>Sets the title above the axes.</summary>
        public Axes Title(string text) => Given(axes).With(title: Given(text));

        /// <summary>
        /// Sets the label of the horizontal axis; it may contain superscripts and subscripts ("x₁ in s⁻¹").
        /// </summary>
        public Axes XLabel(string text) => Given(axes).With(xLabel: Given(text));

        /// <summary>Sets the label of the vertical axis.</summary>
        public Axes YLabel(string text) => Given(axes).With(yLabel: Given(text));

        /// <summary>Sets the scale of the horizontal axis: linear, logarithmic or dates.</summary>
        public Axes XScale(AxisScale scale) => Given(axes).With(xScale: Given(scale));

        /// <summary>Sets the scale of the vertical axis: linear, logarithmic or dates.</summary>
        public Axes YScale(AxisScale scale) => Given(axes).With(yScale: Given(scale));

        /// <summary>Sets the ends of the horizontal axis, the smaller first.</summary>
        public Axes XRange(double low, double high) => Given(axes).With(xRange: Tuple.Create(low, high));

        /// <summary>Sets the ends of the vertical axis, the smaller first.</summary>
        public Axes YRange(double low, double high) => Given(axes).With(yRange: Tuple.Create(low, high));

        /// <summary>Gives a unit the same length on both axes.</summary>
        public Axes Equal() => Given(axes).With(isEqual: true);

        /// <summary>Removes axes and ticks.</summary>
        public Axes Frameless() => Given(axes).With(hasFrame: false);

        /// <summary>Sets the place of the legend.</summary>
        public Axes Legend(LegendPlace place) => Given(axes).With(legend: Given(place));
    }

    extension(Figure)
    {
        /// <summary>A figure of one plot, 640 by 420 pixels.</summary>
        public static Figure Single(Axes axes) => FigureModule.single(Given(axes));

        /// <summary>
        /// A figure of several plots in <paramref name="columns"/> columns, row by row, each 480 by 340 pixels.
        /// </summary>
        public static Figure Grid(int columns, params ReadOnlySpan<Axes> panels) =>
            FigureModule.grid(columns, FSharp.List(panels));
    }

    extension(Figure figure)
    {
        /// <summary>Gives the plots of a column the same x range.</summary>
        public Figure SharedX() => FigureModule.sharedX(Given(figure));

        /// <summary>Gives the plots of a row the same y range.</summary>
        public Figure SharedY() => FigureModule.sharedY(Given(figure));

        /// <summary>Sets the title above all plots.</summary>
        public Figure Title(string text) => FigureModule.title(Given(text), Given(figure));

        /// <summary>Sets the size of the whole drawing in pixels.</summary>
        public Figure Size(int width, int height) => FigureModule.size(width, height, Given(figure));

        /// <summary>
        /// The figure as the text of a self-contained SVG file on white, the same in every culture. Curves with more
        /// points than their pixels can show are thinned; the extremes of each pixel column are kept.
        /// ArgumentException if the arrays of a curve differ in length, a curve has no positive value on a
        /// logarithmic axis, a range is empty, or a panel is smaller than 160 by 120 pixels.
        /// </summary>
        public string Render() => FigureModule.render(Given(figure));

        /// <summary>The figure as the text of an SVG file, the same as Render.</summary>
        public string Svg() => FigureModule.svg(Given(figure));

        /// <summary>
        /// Writes the figure to a new file in the temporary folder and opens it in the browser. Without a browser it
        /// prints the path of the file.
        /// </summary>
        public void Show() => FigureModule.show(Given(figure));

        /// <summary>
        /// Saves the figure as an SVG file. Creates the folder; atomically replaces an existing file.
        /// ArgumentException as for Render; IOException if the file cannot be written.
        /// </summary>
        public void Save(string path) => FigureModule.save(Given(path), Given(figure));
    }

    /// <summary>The axes with some fields changed.</summary>
    private static Axes With(
        this Axes axes,
        string? title = null,
        string? xLabel = null,
        string? yLabel = null,
        AxisScale? xScale = null,
        AxisScale? yScale = null,
        Tuple<double, double>? xRange = null,
        Tuple<double, double>? yRange = null,
        bool? isEqual = null,
        bool? hasFrame = null,
        LegendPlace? legend = null
    ) =>
        new(
            title ?? axes.Title,
            xLabel ?? axes.XLabel,
            yLabel ?? axes.YLabel,
            xScale ?? axes.XScale,
            yScale ?? axes.YScale,
            xRange is null ? axes.XRange : FSharpOption<Tuple<double, double>>.Some(xRange),
            yRange is null ? axes.YRange : FSharpOption<Tuple<double, double>>.Some(yRange),
            axes.XTicks,
            axes.YTicks,
            isEqual ?? axes.IsEqual,
            hasFrame ?? axes.HasFrame,
            legend ?? axes.Legend,
            axes.Layers,
            axes.Curves
        );
}
