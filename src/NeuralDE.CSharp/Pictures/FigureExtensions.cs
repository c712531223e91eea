using Microsoft.FSharp.Core;

namespace NeuralDE;

// Axes with other titles, labels, scales and ranges. F# writes { axes with Title = "…" }.
public static partial class FigureExtensions
{
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
