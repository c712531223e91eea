using System.Diagnostics;

namespace FaceTests;

/// <summary>Stochastic equations from C#: kinds of noise, methods, keys, and what does not compile.</summary>
public class SdeTests
{
    private static readonly Tensor Y0 = Ones(400);

    private static Tensor Drift(Tensor t, Tensor y) => 0.5 * y;

    private static Tensor Diffusion(Tensor t, Tensor y) => 0.4 * y;

    private static Problem<DiagonalNoise, Tensor> Geometric() =>
        Sde.Problem(Drift, Noise.Diagonal<Tensor>(Diffusion), Y0, 0, 1).Noise(new Key(7));

    private static double Distance(Tensor a, Tensor b) => Mean(Abs(a - b)).ToArray()[0];

    [Fact]
    public void The_tour_of_noise()
    {
        var y0 = Tensor.Of(1.0);
        var path = Sde.Problem((t, u) => -u, Noise.Diagonal((Tensor t, Tensor u) => 0.1 * u), y0, 0, 1)
            .Using(Solver.Milstein) // does not compile for Noise.General
            .Noise(new Key(7))
            .Dt(0.01)
            .SaveAt(0, 0.5, 1)
            .Solve();
        Assert.Equal([3, 1], path.Ys.Shape);
        Assert.Equal(1.0, path.Ys.ToArray()[0]);
        Assert.Equal(100, path.Stats.Steps);
    }

    [Fact]
    public void Milstein_and_fine_Euler_Maruyama_agree_along_one_path()
    {
        var fine = Geometric().Using(Solver.EulerMaruyama).Dt(1.0 / 8192).SolveFinal();
        var milstein = Geometric().Using(Solver.Milstein).Dt(1.0 / 64).SolveFinal();
        var euler = Geometric().Using(Solver.EulerMaruyama).Dt(1.0 / 64).SolveFinal();
        Assert.True(
            3 * Distance(milstein, fine) < Distance(euler, fine),
            $"Got {Distance(milstein, fine)} for Milstein, {Distance(euler, fine)} for Euler-Maruyama."
        );
    }

    [Fact]
    public void Heun_solves_ordinary_and_Stratonovich_equations()
    {
        Near.Equal(Ode.Problem(Drift, Tensor.Of(1.0), 0, 1).Using(Solver.Heun).SolveFinal(), [Math.Exp(0.5)], 1e-5);
        var ito = Sde.Problem((t, y) => 0.5 * y + 0.08 * y, Noise.Diagonal<Tensor>(Diffusion), Y0, 0, 1);
        var fine = ito.Noise(new Key(7)).Using(Solver.Milstein).Dt(1.0 / 1024).SolveFinal();
        var stratonovich = Sde.Stratonovich(Drift, Noise.Diagonal<Tensor>(Diffusion), Y0, 0, 1)
            .Using(Solver.Heun)
            .Noise(new Key(7))
            .Tolerance(1e-3, 1e-3)
            .SolveFinal();
        Assert.True(Distance(stratonovich, fine) < 5e-3, $"Got {Distance(stratonovich, fine)}.");
    }

    /// <summary>Places that store methods: a property, a list, a conditional.</summary>
    private static Solver<AnyOde> Kept { get; } = Solver.Heun;

    [Fact]
    public void A_method_for_any_equation_converts_to_one_for_a_specific_kind()
    {
        List<Solver<AnyOde>> several = [Solver.Tsit5, Solver.Heun, Kept];
        var chosen = several.Count > 0 ? Solver.Kvaerno3 : Solver.Midpoint;
        Solver<DiagonalNoise> noisy = Solver.Heun;
        Assert.Equal(Solver.Heun, (Method)Kept);
        Assert.Equal(noisy, (Method)Kept);
        var decay = Ode.Problem((t, y) => -y, Tensor.Of(1.0), 0, 1);
        foreach (var solver in several.Append(chosen))
            Near.Equal(decay.Using(solver).SolveFinal(), [Math.Exp(-1)], 1e-5);
        var p = Sde.Stratonovich(Drift, Noise.Diagonal<Tensor>(Diffusion), Y0, 0, 1).Noise(new Key(7)).Dt(0.1);
        Assert.Equal(p.SolveFinal().ToArray(), p.Using(noisy).SolveFinal().ToArray());
        Assert.Equal("Heun", NeuralOde.Of(2).Using(Solver.Heun).Field(f => f.Linear(2)).Build(1).Settings.Solver.Name);
    }

    [Fact]
    public void Matrices_trees_samples_and_times()
    {
        var general = Sde.Problem(Drift, Noise.General((t, y) => Reshape(y, 2, 1) * Ones(2, 3)), Ones(2), 0, 1)
            .Noise(new Key(1))
            .Dt(0.1);
        Assert.Equal([2], general.SolveFinal().Shape);

        var pair = Sde.Problem(
                (Tensor t, (Tensor A, Tensor B) s) => (-s.A, -s.B),
                Noise.Additive(t => (Ones(2), Ones(3))),
                (Ones(2), Ones(3)),
                0,
                1
            )
            .Noise(new Key(1))
            .Dt(0.1)
            .SolveFinal();
        Assert.Equal([3], pair.Item2.Shape);

        var rows = Sde.Problem(
            Drift,
            Noise.Diagonal<Tensor>(Diffusion),
            Ones(2, 1),
            Tensor.Of(0.0),
            Tensor.Of(0.5, 1.0)
        );
        var all = Sde.Stratonovich(Drift, Noise.Diagonal<Tensor>(Diffusion), Ones(2, 1), Zeros(2), Tensor.Of(0.5, 1.0))
            .Noise(new Key(2))
            .PerSample()
            .SolveFinal();
        Assert.Equal([2, 1], all.Shape);
        Assert.Throws<ShapeException>(() => rows.Noise(new Key(2)).Dt(0.1).Solve());
    }

    [Fact]
    public void Unsupported_options_with_noise_are_refused()
    {
        var e = Assert.Throws<InputException>(() => Geometric().Using(Solver.Heun).Dt(0.1).Solve());
        Assert.Contains("Itô", e.Message);
        Assert.Throws<InputException>(() => Geometric().UsingMethod(Solver.Tsit5));
        Assert.Throws<InputException>(() => Geometric().Dt(0.1).Solve().At(0.5));
        Assert.Throws<InputException>(() =>
            Geometric().Dt(0.1).On(Event.Falling((Tensor t, Tensor y) => y[0]), Event.Stop<Tensor>()).Solve()
        );
    }

    /// <summary>Lines that must not compile, and the two kinds of equation that the compiler names.</summary>
    private static readonly (string Line, string Has, string Needs)[] Impossible =
    [
        ("Sde.Problem(f, Noise.General((t, y) => y), y0, 0, 1).Using(Solver.Milstein)", "AnyNoise", "CommutativeNoise"),
        ("Sde.Problem(f, Noise.Diagonal(f), y0, 0, 1).Using(Solver.Tsit5)", "DiagonalNoise", "AnyOde"),
        ("Ode.Problem(f, y0, 0, 1).Using(Solver.EulerMaruyama)", "AnyOde", "AnyNoise"),
        ("Ode.Problem(f, y0, 0, 1).Using(Solver.Milstein)", "AnyOde", "CommutativeNoise"),
    ];

    [Fact]
    public void Impossible_pairs_of_method_and_equation_do_not_compile()
    {
        var folder = Directory.CreateTempSubdirectory("neuralde").FullName;
        try
        {
            string[] parts =
            [
                "NeuralDE.CSharp",
                "NeuralDE.Core",
                "NeuralDE.Solvers",
                "NeuralDE.Language",
                "FSharp.Core",
            ];
            var references = parts.Select(p =>
                $"<Reference Include='{p}'><HintPath>{Path.Combine(AppContext.BaseDirectory, p + ".dll")}</HintPath></Reference>"
            );
            File.WriteAllText(
                Path.Combine(folder, "Pairs.csproj"),
                "<Project Sdk='Microsoft.NET.Sdk'><PropertyGroup><TargetFramework>net10.0</TargetFramework>"
                    + "<ImplicitUsings>enable</ImplicitUsings></PropertyGroup><ItemGroup>"
                    + string.Concat(references)
                    + "</ItemGroup></Project>"
            );
            var lines = Impossible.Select((pair, k) => $"    public static object Pair{k}() => {pair.Line};");
            File.WriteAllText(
                Path.Combine(folder, "Pairs.cs"),
                "using NeuralDE;\npublic static class Pairs\n{\n    static readonly Func<Tensor, Tensor, Tensor> f = (t, y) => y;\n"
                    + "    static readonly Tensor y0 = Tensor.Of(1.0);\n"
                    + "    public static object Possible() => Sde.Problem(f, Noise.Diagonal(f), y0, 0, 1).Using(Solver.Milstein);\n"
                    + string.Join("\n", lines)
                    + "\n}\n"
            );
            var info = new ProcessStartInfo("dotnet")
            {
                RedirectStandardOutput = true,
                WorkingDirectory = folder,
                ArgumentList = { "build", "-nologo", "-v:q", "-nodeReuse:false" },
            };
            using var running = Process.Start(info)!;
            var output = running.StandardOutput.ReadToEnd();
            running.WaitForExit();
            var errors = output.Split('\n').Where(l => l.Contains("error ")).Distinct().ToList();

            // one error per line, and none for the possible pair
            Assert.True(errors.Count == Impossible.Length, $"Got {errors.Count} errors.\n{output}");
            for (var k = 0; k < Impossible.Length; k++)
            {
                var (line, has, needs) = Impossible[k];
                var said = errors.Find(e => e.Contains($"Pairs.cs({7 + k},")) ?? "";
                Assert.True(said.Contains("CS0311"), $"Got no CS0311 for {line}.\n{output}");
                Assert.Contains($"NeuralDE.{has}", said);
                Assert.Contains($"NeuralDE.{needs}", said);
            }
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }
}
