using Microsoft.FSharp.Core;

namespace NeuralDE;

/// <summary>Drawings of curves on axes, one or several to a figure, as SVG.</summary>
public static class FigureExtensions
{
    extension(Curve)
    {
        /// <summary>A line through (x, y).</summary>
        public static Curve Line(string label, double[] x, double[] y) =>
            CurveModule.line(Given(label), Given(x), Given(y));

        /// <summary>A dashed line through (x, y).</summary>
        public static Curve Dashed(string label, double[] x, double[] y) =>
            CurveModule.dashed(Given(label), Given(x), Given(y));

        /// <summary>A marker at each (x, y).</summary>
        public static Curve Points(string label, double[] x, double[] y) =>
            CurveModule.points(Given(label), Given(x), Given(y));

        /// <summary>
        /// The shaded region between lower and upper over x. Raises ArgumentException where the two differ in
        /// length.
        /// </summary>
        public static Curve Band(string label, double[] x, double[] lower, double[] upper) =>
            CurveModule.band(Given(label), Given(x), Given(lower), Given(upper));
    }

    extension(Curve curve)
    {
        /// <summary>
        /// The curve in the given colour number (0 or more): data and model of one quantity take the same.
        /// </summary>
        public Curve Colour(int number) => CurveModule.colour(number, Given(curve));

        /// <summary>The curve with the region between lower and upper shaded behind it.</summary>
        public Curve WithBand(double[] lower, double[] upper) =>
            CurveModule.withBand(Given(lower), Given(upper), Given(curve));
    }

    extension(Axes)
    {
        /// <summary>
        /// Linear axes without title and labels, showing all of the curves, the legend where it covers none.
        /// </summary>
        public static Axes Create(params ReadOnlySpan<Curve> curves) => AxesModule.create(FSharp.List(curves));
    }

    extension(Axes axes)
    {
        /// <summary>The title above the axes.</summary>
        public Axes Title(string text) => Given(axes).With(title: Given(text));

        /// <summary>
        /// What stands along the horizontal axis; it may hold superscripts and subscripts ("x₁ in s⁻¹").
        /// </summary>
        public Axes XLabel(string text) => Given(axes).With(xLabel: Given(text));

        /// <summary>What stands along the vertical axis.</summary>
        public Axes YLabel(string text) => Given(axes).With(yLabel: Given(text));

        /// <summary>A linear or logarithmic horizontal axis.</summary>
        public Axes XScale(AxisScale scale) => Given(axes).With(xScale: Given(scale));

        /// <summary>A linear or logarithmic vertical axis.</summary>
        public Axes YScale(AxisScale scale) => Given(axes).With(yScale: Given(scale));

        /// <summary>The ends of the horizontal axis, the smaller first.</summary>
        public Axes XRange(double low, double high) => Given(axes).With(xRange: Tuple.Create(low, high));

        /// <summary>The ends of the vertical axis, the smaller first.</summary>
        public Axes YRange(double low, double high) => Given(axes).With(yRange: Tuple.Create(low, high));

        /// <summary>A unit as long on both axes.</summary>
        public Axes Equal() => Given(axes).With(isEqual: true);

        /// <summary>Neither axes nor ticks.</summary>
        public Axes Frameless() => Given(axes).With(hasFrame: false);

        /// <summary>Where the legend stands.</summary>
        public Axes Legend(LegendPlace place) => Given(axes).With(legend: Given(place));
    }

    extension(Figure)
    {
        /// <summary>A figure of one plot, 640 by 420 pixels.</summary>
        public static Figure Single(Axes axes) => FigureModule.single(Given(axes));

        /// <summary>A figure of several plots, row by row in so many columns, each 480 by 340 pixels.</summary>
        public static Figure Grid(int columns, params ReadOnlySpan<Axes> panels) =>
            FigureModule.grid(columns, FSharp.List(panels));
    }

    extension(Figure figure)
    {
        /// <summary>Plots of one column share what x they show.</summary>
        public Figure SharedX() => FigureModule.sharedX(Given(figure));

        /// <summary>Plots of one row share what y they show.</summary>
        public Figure SharedY() => FigureModule.sharedY(Given(figure));

        /// <summary>The title above all plots.</summary>
        public Figure Title(string text) => FigureModule.title(Given(text), Given(figure));

        /// <summary>Pixels of the whole drawing.</summary>
        public Figure Size(int width, int height) => FigureModule.size(width, height, Given(figure));

        /// <summary>
        /// The figure as the text of an SVG file that needs nothing else, on white, for any machine culture alike.
        /// Curves with more points than their pixels can show are thinned, keeping each pixel column's extremes.
        /// Raises ArgumentException where a curve's arrays differ in length, a logarithmic axis gets no positive
        /// value, a range is empty, or a panel has less than 160 by 120 pixels.
        /// </summary>
        public string Render() => FigureModule.render(Given(figure));

        /// <summary>The figure as the text of an SVG file: what <c>Render</c> gives.</summary>
        public string Svg() => FigureModule.svg(Given(figure));

        /// <summary>
        /// Writes the figure to a file of its own in the temporary folder and opens it in the browser; says where
        /// it is where there is none.
        /// </summary>
        public void Show() => FigureModule.show(Given(figure));

        /// <summary>
        /// Writes the figure to an SVG file, creating its folder; a file that is there is replaced at once, never
        /// left half written. Raises ArgumentException as <c>Render</c> does, and IOException where the file can't
        /// be written.
        /// </summary>
        public void Save(string path) => FigureModule.save(Given(path), Given(figure));
    }

    /// <summary>The axes with some answers changed.</summary>
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
