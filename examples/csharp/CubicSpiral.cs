namespace NeuralDE.Examples;

/// <summary>
/// The spiral that torchdiffeq's examples/ode_demo.py learns: a cubic oscillator, known at 1000 times. The same numbers as
/// examples/hare-lynx/spiral.fsx, which says why it is trained so.
/// </summary>
internal static class CubicSpiral
{
    private const int Length = 10;

    public static void Run(string folder)
    {
        // 1. The truth: y' = y³ A from (2, 0), row vectors as there
        double[][] rows =
        [
            [-0.1, 2.0],
            [-2.0, -0.1],
        ];
        var a = Tensor.Of(rows);
        var start = Tensor.Of(2.0, 0.0);
        var times = Linspace(0, 25, 1000);
        Tensor Truth(Tensor t, Tensor y) => Matmul(Pow(y, 3.0), a);

        static Tensor Solve(double rtol, Func<Tensor, Tensor, Tensor> field, Tensor y0, Tensor times) =>
            Ode.Problem(field, y0, 0, times[^1])
                .Using(Solver.Dopri5)
                .Tolerance(rtol, 0.01 * rtol)
                .SaveAt(times)
                .SolveYs();

        var states = Solve(1e-7, Truth, start, times); // [1000; 2]

        // 2. The network on y³, 2-50-2, weights of deviation 0.1
        static Func<Tensor, Tensor, Tensor> Field(Mlp net) => (_, y) => net.Apply(Pow(y, 3.0));
        Tensor Predict(Mlp net) => Solve(1e-7, Field(net), start, times);
        double Error(Mlp net) => (double)Mean(Abs(Predict(net) - states));

        // 3. Mini-batches: 20 windows of 10 points a step, each solved from its first point
        var windows = Windows.Slide(Length, 0, 1, states).Past; // [991; 10; 2]

        Func<Tensor, Mlp, Tensor> Loss(double rtol) =>
            (batch, net) =>
            {
                var predicted = Solve(rtol, Field(net), MoveAxis(batch, 1, 0)[0], times[..Length]); // [10; 20; 2]
                return Mean(Abs(MoveAxis(predicted, 0, 1) - batch));
            };

        // As many windows, which begin evenly along the curve instead of evenly in time
        var speed = Sqrt(SumAlong(Square(Truth(0.0, MoveAxis(windows, 1, 0)[0])), 1));
        var travelled = Cumsum(speed, 0);
        var share = travelled / travelled[^1];
        var half = 0.5 / share.Count;
        var evenWindows = Take(windows, 0, SearchSorted(share, Linspace(half, 1.0 - half, share.Count)));

        static Batches<Tensor> BatchesOf(Key key, Tensor windows) =>
            Batches.OfTree(20, windows).Shuffle(key).DropLast();

        // 4. The demo's 2000 steps, then 6000 that differ from it
        var untrained = Mlp.InitWith((key, shape) => 0.1 * Randn(key, shape), new Key(0), 2, 50, 2);

        var demo = Train
            .Start(untrained, Optimisers.RmsProp(1e-3))
            .Steps(2000)
            .RunOn(BatchesOf(new Key(1), windows), Loss(1e-7));
        Console.WriteLine($"mean absolute error {Error(demo.Model):F4} after the demo's 2000 steps of RMSprop");

        var further = Train
            .Start(demo.Model, Optimisers.Adam(5e-3).Schedule(Schedule.Cosine(6000, 0.0)))
            .Steps(6000)
            .RunOn(BatchesOf(new Key(2), evenWindows), Loss(1e-4));
        Console.WriteLine($"mean absolute error {Error(further.Model):F4} after 6000 more of Adam");

        // To the last digit what artifacts/demo/summary.json has of the F# script
        Console.WriteLine($"spiral_mae {Error(further.Model):R}");
        Console.WriteLine($"loss spiral {further.Losses[^1]:R}");

        Plot.Phase(("truth", states), ("network", Predict(further.Model)))
            .Channels("y₁", "y₂")
            .Title("The spiral and what was learned of it")
            .Save(Path.Combine(folder, "cubic-spiral.svg"));
    }
}
