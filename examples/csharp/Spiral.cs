namespace NeuralDE.Examples;

/// <summary>Learns a spiral from 30 points of it: the field is a network of the cubes of the state.</summary>
internal static class Spiral
{
    private sealed record Net(Linear Hidden, Linear Out);

    public static void Run(string folder)
    {
        var ts = Linspace(0, 1.5, 30);
        var start = Tensor.Of(2.0, 0.0);

        Tensor Solve(Func<Tensor, Tensor, Tensor> field, Tensor y0) =>
            Ode.Problem(field, y0, 0, 1.5).SaveAt(ts).Gradient(Gradients.Checkpointed).SolveYs();

        var us = Solve((_, u) => Stack(-0.1 * u[0] + 2.0 * u[1], -2.0 * u[0] - 0.1 * u[1]), start);

        Tensor Predict(Net net) => Solve((_, u) => net.Out.Apply(Tanh(net.Hidden.Apply(Pow(u, 3.0)))), us[0]);

        var (k1, k2) = new Key(42).Split();
        var fit = Train
            .Start(new Net(Linear.Init(k1, 2, 50), Linear.Init(k2, 50, 2)), Optimisers.Adam(1e-2))
            .Steps(200)
            .Clip(1.0)
            .Progress()
            .Run(net => Mean(Abs(Predict(net) - us)));

        Console.WriteLine($"loss      {fit.Losses[0]:F3}, then {fit.Losses[^1]:F3}");

        Plot.Trajectories(("data", ts, us), ("model", ts, Predict(fit.Model)))
            .Points("data")
            .Save(Path.Combine(folder, "spiral.svg"));
    }
}
