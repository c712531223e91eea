// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Drawings of curves on axes, in figures of one or more plots, as SVG.</summary>
public static partial class FigureExtensions
{
    extension(Curve)
    {
        /// <summary>A line through the points (x, y).</summary>
        /// <param name="label">The legend entry; "" for none.</param>
        /// <param name="x">The x of the points.</param>
        /// <param name="y">The y of the points.</param>
        /// <returns>The curve.</returns>
        public static Curve Line(string label, double[] x, double[] y) =>
            CurveModule.line(Given(label), Given(x), Given(y));

        /// <summary>A dashed line through the points (x, y).</summary>
        /// <param name="label">The legend entry; "" for none.</param>
        /// <param name="x">The x of the points.</param>
        /// <param name="y">The y of the points.</param>
        /// <returns>The curve.</returns>
        public static Curve Dashed(string label, double[] x, double[] y) =>
            CurveModule.dashed(Given(label), Given(x), Given(y));

        /// <summary>A marker at each point (x, y).</summary>
        /// <param name="label">The legend entry; "" for none.</param>
        /// <param name="x">The x of the points.</param>
        /// <param name="y">The y of the points.</param>
        /// <returns>The curve.</returns>
        public static Curve Points(string label, double[] x, double[] y) =>
            CurveModule.points(Given(label), Given(x), Given(y));

        /// <summary>
        /// The shaded region between lower and upper over x. ArgumentException if their lengths differ.
        /// </summary>
        /// <param name="label">The legend entry; "" for none.</param>
        /// <param name="x">The x of the points.</param>
        /// <param name="lower">The lower bound over x.</param>
        /// <param name="upper">The upper bound over x.</param>
        /// <returns>The curve.</returns>
        public static Curve Band(string label, double[] x, double[] lower, double[] upper) =>
            CurveModule.band(Given(label), Given(x), Given(lower), Given(upper));
    }

    extension(Curve curve)
    {
        /// <summary>
        /// Gives the curve a colour number (0 or more). Use one number for the data and the model of one quantity.
        /// </summary>
        /// <param name="number">The colour number.</param>
        /// <returns>The curve.</returns>
        public Curve Colour(int number) => CurveModule.colour(number, Given(curve));

        /// <summary>Shades the region between lower and upper behind the curve.</summary>
        /// <param name="lower">The lower bound over x.</param>
        /// <param name="upper">The upper bound over x.</param>
        /// <returns>The curve.</returns>
        public Curve WithBand(double[] lower, double[] upper) =>
            CurveModule.withBand(Given(lower), Given(upper), Given(curve));
    }

    extension(Axes)
    {
        /// <summary>
        /// Linear axes that show all of the curves, without title and labels. The legend is where it covers no curve.
        /// </summary>
        /// <param name="curves">The curves.</param>
        /// <returns>The axes.</returns>
        public static Axes Create(params ReadOnlySpan<Curve> curves) => AxesModule.create(FSharp.List(curves));
    }

    extension(Figure)
    {
        /// <summary>A figure of one plot, 640 by 420 pixels.</summary>
        /// <param name="axes">The axes.</param>
        /// <returns>The figure.</returns>
        public static Figure Single(Axes axes) => FigureModule.single(Given(axes));

        /// <summary>
        /// A figure of several plots in <paramref name="columns"/> columns, row by row, each 480 by 340 pixels.
        /// </summary>
        /// <param name="columns">The number of columns.</param>
        /// <param name="panels">The plots.</param>
        /// <returns>The figure.</returns>
        public static Figure Grid(int columns, params ReadOnlySpan<Axes> panels) =>
            FigureModule.grid(columns, FSharp.List(panels));
    }

    extension(Figure figure)
    {
        /// <summary>Gives the plots of a column the same x range.</summary>
        /// <returns>The changed figure.</returns>
        public Figure SharedX() => FigureModule.sharedX(Given(figure));

        /// <summary>Gives the plots of a row the same y range.</summary>
        /// <returns>The changed figure.</returns>
        public Figure SharedY() => FigureModule.sharedY(Given(figure));

        /// <summary>Sets the title above all plots.</summary>
        /// <param name="text">The title.</param>
        /// <returns>The changed figure.</returns>
        public Figure Title(string text) => FigureModule.title(Given(text), Given(figure));

        /// <summary>Sets the size of the whole drawing in pixels.</summary>
        /// <param name="width">The width in pixels.</param>
        /// <param name="height">The height in pixels.</param>
        /// <returns>The changed figure.</returns>
        public Figure Size(int width, int height) => FigureModule.size(width, height, Given(figure));

        /// <summary>
        /// The figure as the text of a self-contained SVG file on white, the same in every culture. Curves with more
        /// points than their pixels can show are thinned; the extremes of each pixel column are kept. ArgumentException
        /// if the arrays of a curve differ in length, a curve has no positive value on a logarithmic axis, a range is
        /// empty, or a panel is smaller than 160 by 120 pixels.
        /// </summary>
        /// <returns>The text of the file.</returns>
        public string Render() => FigureModule.render(Given(figure));

        /// <summary>The figure as the text of an SVG file, the same as Render.</summary>
        /// <returns>The text of the file.</returns>
        public string Svg() => FigureModule.svg(Given(figure));

        /// <summary>
        /// Writes the figure to a new file in the temporary folder and opens it in the browser. Without a browser it
        /// prints the path of the file.
        /// </summary>
        public void Show() => FigureModule.show(Given(figure));

        /// <summary>
        /// Saves the figure as an SVG file. Creates the folder; atomically replaces an existing file. ArgumentException
        /// as for Render; IOException if the file cannot be written.
        /// </summary>
        /// <param name="path">The file.</param>
        public void Save(string path) => FigureModule.save(Given(path), Given(figure));
    }
}
