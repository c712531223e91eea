namespace NeuralDE.Examples;

/// <summary>Learns a spiral from 30 points of it: a neural ODE whose network sees the cubes of the state.</summary>
internal static class Spiral
{
    public static void Run(string folder)
    {
        var times = Linspace(0, 1.5, 30);
        var states = Ode.Problem(
                (_, u) => Stack(-0.1 * u[0] + 2.0 * u[1], -2.0 * u[0] - 0.1 * u[1]),
                Tensor.Of(2.0, 0.0),
                0,
                1.5
            )
            .SaveAt(times)
            .SolveYs();

        var model = NeuralOde
            .Of(dim: 2)
            .Field(f => f.Power(3).Linear(50).Tanh().Linear(2))
            .Using(Solver.Dopri5)
            .Gradient(Gradients.Checkpointed)
            .Build(seed: 42);

        var fit = model.Fit(times, states, train => train.Adam(1e-2).Steps(200).Clip(1.0).Progress());
        var forecast = fit.Model.Predict(states[0], times);
        Console.WriteLine($"loss      {fit.Losses[0]:F3}, then {fit.Losses[^1]:F3}");

        Directory.CreateDirectory(folder);
        fit.Model.Save(Path.Combine(folder, "spiral.safetensors"));
        Plot.Trajectories(("data", times, states), ("model", times, forecast))
            .Points("data")
            .Save(Path.Combine(folder, "spiral.svg"));
    }
}
