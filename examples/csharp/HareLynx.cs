namespace NeuralDE.Examples;

/// <summary>
/// Hares and lynxes in Canada, 1900 to 1920: fits the Lotka–Volterra equations and a small neural ODE to real data. The same
/// numbers as examples/01-hare-lynx.fsx.
/// </summary>
internal static class HareLynx
{
    /// <summary>The neural ODE: its field is a network, and it finds its own start.</summary>
    private sealed record Model(Mlp Field, Tensor Start);

    public static void Run(string folder)
    {
        // 1. The data: pelts in thousands, a row a year
        var table = Csv.Read(Path.Combine(AppContext.BaseDirectory, "hare-lynx.csv"));
        var ts = table.Column("year") - 1900.0; // [21] years since 1900
        var us = table.Columns("hare", "lynx"); // [21; 2]
        var logs = Log(us);
        var fine = Linspace(0, 20, 401);

        // 2. Lotka and Volterra: x' = αx − βxy, y' = δxy − γy, all six unknowns through their logarithms
        static Tensor LotkaVolterra(Tensor p, Tensor u) =>
            Stack(p[0] * u[0] - p[1] * u[0] * u[1], p[3] * u[0] * u[1] - p[2] * u[1]);

        static Tensor Solve(Func<Tensor, Tensor, Tensor> field, Tensor start, Tensor times) =>
            Ode.Problem(field, start, 0, times[^1]).Tolerance(1e-6, 1e-6).SaveAt(times).SolveYs();

        static Tensor PredictLogs(Tensor times, Tensor theta)
        {
            var p = Exp(theta); // α, β, γ, δ, hare and lynx in 1900
            return Log(Solve((_, u) => LotkaVolterra(p, u), p[4..6], times));
        }

        Tensor HalfSquares(Tensor theta) => 0.5 * Sum(Square(PredictLogs(ts, theta) - logs));
        static double RmseOf(double half) => Math.Sqrt(2.0 * half / 42.0);

        Console.WriteLine("Lotka–Volterra, L-BFGS through the solve");
        var guess = Log(Concat(Tensor.Of(0.5, 0.02, 0.8, 0.02), us[0]));

        var fit = Lbfgs.MinimiseWith(
            new LbfgsSettings(),
            p =>
            {
                if (p.Iteration % 5 == 0)
                    Console.WriteLine($"  iteration {p.Iteration, 3}  log-RMSE {RmseOf(p.Loss):F4}");
            },
            HalfSquares,
            guess
        );

        Console.WriteLine($"  {fit.Status} after {fit.Iterations} iterations, log-RMSE {RmseOf(fit.Loss):F4}\n");

        // Standard errors: the covariance of θ is σ² H⁻¹, with H the Hessian of ½ Σ r² at the optimum and
        // σ² = Σ r² / (42 − 6); to first order the parameter exp θ has exp θ times the standard error of θ.
        var variance = 2.0 * fit.Loss / (42.0 - 6.0);
        var parameters = Exp(fit.Model);
        var errors = parameters * Sqrt(Diagonal(variance * Inverse(Calculus.Hessian(HalfSquares, fit.Model))));
        var (found, deviation) = (parameters.ToArray(), errors.ToArray());
        (string Name, int Digits)[] names =
        [
            ("α", 3),
            ("β", 4),
            ("γ", 3),
            ("δ", 4),
            ("hare 1900", 1),
            ("lynx 1900", 1),
        ];

        foreach (var (i, (name, digits)) in names.Index())
        {
            var format = $"F{digits}";
            Console.WriteLine($"  {name, -9}  {found[i].ToString(format)} ± {deviation[i].ToString(format)}");
        }

        // 3. A neural ODE: the field is a network, on logarithms of mean 0 and deviation 1 and a time of 3 years
        var normaliser = Normaliser.Fit(Normalisation.Standard, logs);

        Tensor NeuralLogs(Tensor times, Model model) =>
            normaliser.Invert(Solve((_, v) => model.Field.Apply(v), model.Start, times / 3.0));

        Func<Model, Tensor> LossOver(int years) =>
            model => Mean(Square(NeuralLogs(ts[..(years + 1)], model) - logs[..(years + 1)]));

        Console.WriteLine("\nNeural ODE, Adam on a growing part of the data, then L-BFGS on all");
        var trained = new Model(Mlp.Init(new Key(1), 2, 16, 2), normaliser.Apply(logs[0]));
        var losses = new List<double>();

        foreach (var years in new[] { 7, 13, 20 })
        {
            var stage = Train
                .Start(trained, Optimisers.Adam(2e-2))
                .Steps(200)
                .Clip(1.0)
                .OnStep(p =>
                {
                    if (p.Step % 100 == 0)
                        Console.WriteLine($"  {years, 2} years, step {p.Step, 3}  log-RMSE {Math.Sqrt(p.Loss):F4}");
                })
                .Run(LossOver(years));
            trained = stage.Best;
            losses.AddRange(stage.Losses);
        }

        var refined = Lbfgs.MinimiseWith(
            new LbfgsSettings { MaxIterations = 300 },
            p =>
            {
                if (p.Iteration % 100 == 0)
                    Console.WriteLine($"  iteration {p.Iteration, 9}  log-RMSE {Math.Sqrt(p.Loss):F4}");
            },
            LossOver(20),
            trained
        );

        Console.WriteLine(
            $"  log-RMSE {Math.Sqrt(refined.Loss):F4} with {Tree.Count(refined.Model)} parameters for 42 numbers: "
                + "closer, but free to follow noise\n"
        );

        // To the last digit what artifacts/demo/summary.json has of the F# script
        Console.WriteLine($"loss lotka_volterra {fit.Loss:R}");
        Console.WriteLine($"loss neural_ode {refined.Loss:R}\n");

        // 4. Pictures
        var (classic, neural) = (Exp(PredictLogs(fine, fit.Model)), Exp(NeuralLogs(fine, refined.Model)));

        Plot.Trajectories(
                ("data", ts + 1900.0, us),
                ("Lotka–Volterra", fine + 1900.0, classic),
                ("neural ODE", fine + 1900.0, neural)
            )
            .Points("data")
            .Channels("hare", "lynx")
            .Title("Pelts of hares and lynxes, and two models of them")
            .XLabel("year")
            .YLabel("pelts in thousands")
            .Size(820, 400)
            .Save(Path.Combine(folder, "fit.svg"));

        Plot.Phase(("data", us), ("Lotka–Volterra", classic), ("neural ODE", neural))
            .Points("data")
            .Title("The cycle")
            .XLabel("hares in thousands")
            .YLabel("lynxes in thousands")
            .Save(Path.Combine(folder, "phase.svg"));

        Plot.LossesOf(
                ("Lotka–Volterra, L-BFGS", [.. fit.Losses.Select(RmseOf)]),
                ("neural ODE, Adam then L-BFGS", [.. losses.Concat(refined.Losses).Select(Math.Sqrt)])
            )
            .Title("Training, the neural ODE on 7, 13, then all 20 years")
            .XLabel("step")
            .YLabel("log-RMSE")
            .Save(Path.Combine(folder, "losses.svg"));
    }
}
