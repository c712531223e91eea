using System.Text.RegularExpressions;
using FaceTests.Surface;

namespace FaceTests.Examples;

/// <summary>The C# lines of README.md are those below, and they run.</summary>
public class ReadmeTests
{
    private static string Run()
    {
        var (ts, y0) = (Linspace(0, 1.5, 30), Tensor.Of(2.0, 0.0));
        Tensor Solve(Func<Tensor, Tensor> field) => Ode.Problem((_, u) => field(u), y0, 0, 1.5).SaveAt(ts).SolveYs();
        var data = Solve(u => Stack(2.0 * u[1] - 0.1 * u[0], -2.0 * u[0] - 0.1 * u[1]));
        var fit = Lbfgs.Minimise(net => Mean(Square(Solve(net.Apply) - data)), Mlp.Init(new Key(42), 2, 16, 2));
        var plot = Plot.Trajectories(("data", ts, data), ("model", ts, Solve(fit.Model.Apply))).Points("data");
        return plot.Figure().Render();
    }

    [Fact]
    public void The_C_sharp_lines_run() => Assert.Contains("</svg>", Run());

    [Fact]
    public void The_C_sharp_lines_are_these()
    {
        var readme = Regex.Match(
            File.ReadAllText(Checkout.File("README.md")),
            "```csharp\r?\n(.*?)```",
            RegexOptions.Singleline
        );
        Assert.True(readme.Success, "README.md has no C# lines.");
        var source = File.ReadAllLines(Checkout.File("tests/NeuralDE.CSharp.Tests/Examples/ReadmeTests.cs"));
        var known = source.Select(line => line.Trim()).ToHashSet();
        var lines = readme
            .Groups[1]
            .Value.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in lines.Where(line => !line.StartsWith("using ", StringComparison.Ordinal)).SkipLast(1))
            Assert.True(known.Contains(line), $"Got `{line}` in README.md, expected a line of this file's Run.");
        Assert.Equal("plot.Save(\"spiral.svg\");", lines[^1]);
    }
}
