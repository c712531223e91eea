namespace NeuralDE;

/// <summary>Pictures of solutions and losses, as SVG. Figure draws whatever else one wants.</summary>
public static class PlotExtensions
{
    extension(Plot)
    {
        /// <summary>Every channel of each series over time.</summary>
        /// <param name="series">Labels, times [time] and values [time] or [time; channels].</param>
        /// <remarks>
        /// A channel keeps its colour in all series; the second of two lines is dashed. ShapeException names the series that
        /// does not fit.
        /// </remarks>
        public static Plot Trajectories(params ReadOnlySpan<(string Label, Tensor Times, Tensor Values)> series) =>
            PlotModule.trajectories(FSharp.List(series));

        /// <summary>The phase portrait: the second channel of each series over its first.</summary>
        /// <param name="series">Labels and values [time; channels]; channels after the second are left out.</param>
        public static Plot Phase(params ReadOnlySpan<(string Label, Tensor Values)> series) =>
            PlotModule.phase(FSharp.List(series));

        /// <summary>The losses of one training over its steps, on a logarithmic axis where all are positive.</summary>
        public static Plot Losses(double[] losses) => PlotModule.losses(losses);

        /// <summary>The losses of several trainings over their steps, on a logarithmic axis where all are positive.</summary>
        public static Plot LossesOf(params ReadOnlySpan<(string Label, double[] Losses)> series) =>
            PlotModule.lossesOf(FSharp.List(series));
    }

    extension(Plot plot)
    {
        /// <summary>Names of the channels, in order: labels read "model hare" instead of "model 1".</summary>
        public Plot Channels(params ReadOnlySpan<string> names) => PlotModule.channels(FSharp.List(names), plot);

        /// <summary>Draws the series of this label as points instead of lines: data beside a model.</summary>
        /// <exception cref="InputException">if no series has this label.</exception>
        public Plot Points(string label) => PlotModule.points(label, plot);

        /// <summary>The title above the plot.</summary>
        public Plot Title(string text) => PlotModule.title(text, plot);

        /// <summary>What stands along the horizontal axis.</summary>
        public Plot XLabel(string text) => PlotModule.xLabel(text, plot);

        /// <summary>What stands along the vertical axis.</summary>
        public Plot YLabel(string text) => PlotModule.yLabel(text, plot);

        /// <summary>Pixels of the whole drawing, 640 by 420 unless said otherwise.</summary>
        public Plot Size(int width, int height) => PlotModule.size(width, height, plot);

        /// <summary>The plot as axes, to be changed or put beside others with Figure.Grid.</summary>
        public Axes Axes() => PlotModule.axes(plot);

        /// <summary>The plot as a figure of its own.</summary>
        public Figure Figure() => PlotModule.figure(plot);

        /// <summary>Writes the plot as SVG, creating its folder; a file that is there is replaced at once. IOException if it can't.</summary>
        public void Save(string path) => PlotModule.save(path, plot);
    }
}
