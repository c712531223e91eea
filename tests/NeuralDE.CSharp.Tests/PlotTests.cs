namespace NeuralDE.CSharp.Tests;

public class PlotTests
{
    private static readonly Tensor Ts = Linspace(0, 1, 5);
    private static readonly Tensor Ys = Reshape(Arange(0.0, 10.0, 1.0), 5, 2);

    [Fact]
    public void A_plot_is_answered_step_by_step_and_saved()
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
}
