namespace FaceTests;

public class PlotTests
{
    private static readonly Tensor Ts = Linspace(0, 1, 5);
    private static readonly Tensor Ys = Reshape(Arange(0.0, 10.0, 1.0), 5, 2);

    [Fact]
    public void The_options_of_a_plot_are_set_and_it_is_saved()
    {
        var folder = Directory.CreateTempSubdirectory("neuralde").FullName;
        try
        {
            var path = Path.Combine(folder, "plot.svg");
            Plot.Trajectories(("data", Ts, Ys), ("model", Ts, 2.0 * Ys))
                .Points("data")
                .Channels("hare", "lynx")
                .Title("Pelts")
                .XLabel("year")
                .YLabel("thousands")
                .Size(820, 400)
                .Save(path);
            var svg = File.ReadAllText(path);
            Assert.Contains("width=\"820\"", svg);
            foreach (var text in new[] { "Pelts", "year", "thousands", "hare", "lynx" })
                Assert.Contains(text, svg);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void Figures_are_made_of_axes_and_axes_of_curves()
    {
        double[] x = [1.0, 2.0, 3.0];
        var curves = Axes.Create(
                Curve.Line("line", x, x).Colour(2).WithBand([0.5, 1.5, 2.5], [1.5, 2.5, 3.5]),
                Curve.Dashed("dashed", x, x),
                Curve.Points("points", x, x),
                Curve.Band("band", x, [0.5, 0.5, 0.5], [1.0, 1.0, 1.0])
            )
            .Title("curves")
            .XLabel("across")
            .YLabel("up")
            .XScale(AxisScale.Log)
            .YScale(AxisScale.Linear)
            .XRange(0.5, 4.0)
            .YRange(0.0, 5.0)
            .Legend(LegendPlace.TopLeft);
        var losses = Plot.LossesOf(("one", x), ("two", x)).Axes();
        var figure = Figure.Grid(2, curves, losses).Title("both").Size(900, 400);
        var svg = figure.Render();
        foreach (var text in new[] { "both", "curves", "across", "up", "dashed", "one", "two", "width=\"900\"" })
            Assert.Contains(text, svg);
        Assert.Equal(640, Figure.Single(curves).Width);
        Assert.Equal(420, Plot.Phase(("cycle", Ys)).Figure().Height);
        Assert.Contains("svg", Plot.Losses(x).Figure().Render());
    }

    [Fact]
    public void A_series_that_does_not_fit_is_named()
    {
        var error = Assert.Throws<ShapeException>(() => Plot.Trajectories(("short", Linspace(0, 1, 4), Ys)));
        Assert.StartsWith("Plot.trajectories: 'short' has times", error.Message);
    }

    [Fact]
    public void Every_kind_of_plot_is_drawn()
    {
        var samples = Randn(new Key(1), 8, 5, 2);
        var points = Randn(new Key(2), 50, 2);
        var image = Rand(new Key(3), 2, 1, 4, 4);
        double[] heights = [1.0, 2.0];
        Plot[] plots =
        [
            Plot.Ensemble(("mean", Ts, samples)).Marks("event", 0.5).Levels("level", 0.0).Span("past", 0.0, 0.4),
            Plot.Quantiles(0.1, 0.9, ("median", Ts, samples)).XRange(0.0, 1.0).YRange(-3.0, 3.0),
            Plot.Trajectories(("band", Ts, Ys)).Band("band", Ys - 1.0, Ys + 1.0).Legend(LegendPlace.Above),
            Plot.Trajectories(("dates", Ts, Ys)).Dates(new DateTime(2020, 1, 1), TimeSpan.FromDays(365)),
            Plot.LossesAt(("validation", [0.0, 10.0], heights)).YScale(AxisScale.Log),
            Plot.Losses([3.0, 2.0, 1.0]).Smooth(2),
            Plot.StepSizes(("steps", Ts)),
            Plot.Phase(("cycle", Ys)).Field((_, u) => -u).Equal(),
            Plot.Plane(-1.0, 1.0, -1.0, 1.0).Streamlines((_, u) => Stack(u[1], -u[0])),
            Plot.Space(("curve", Randn(new Key(4), 9, 3))).View(30.0, 20.0),
            Plot.Scatter(("points", points)).Behind(Plot.Density(points)),
            Plot.ScatterBy("radius", points, Sqrt(SumAlong(points * points, 1))).ColourLabel("r"),
            Plot.HeatMap(Ts, Ts, Outer(Ts, Ts)).Colours(ColourMap.Viridis).ColourRange(0.0, 1.0),
            Plot.Density(points),
            Plot.DensityOf(x => -Sum(x * x), -2.0, 2.0, -2.0, 2.0),
            Plot.Images(2, ["one", "two"], image),
            Plot.Histogram(("values", points)),
            Plot.HistogramOf(5, ("values", points)),
            Plot.Bars(("a", 1.0), ("b", 2.0)),
            Plot.BarsOf(["a", "b"], ("one", heights), ("two", heights)),
            Plot.Stats(("Tsit5", Ode.Problem((_, u) => -u, Ones(1), 0, 1).Solve().Stats)),
        ];
        foreach (var plot in plots)
            Assert.Contains("</svg>", plot.Svg());
        Assert.Contains("</svg>", Plot.Grid(2, plots[..2]).SharedX().SharedY().Svg());
    }

    [Fact]
    public void A_report_contains_its_pictures()
    {
        var plot = Plot.Losses([3.0, 2.0, 1.0]);
        var html = Report
            .Start("Spiral")
            .Section("Results")
            .Text("All is **well**.")
            .Figure("losses", plot)
            .Drawing("twice", Plot.Grid(2, plot, plot))
            .Table(["name", "value"], ["loss", "0.1"])
            .Environment(new DateTime(2020, 1, 1))
            .Html();
        foreach (var text in new[] { "Spiral", "Results", "<svg", "losses", "loss", "2020" })
            Assert.Contains(text, html);
    }
}
