namespace FaceTests;

/// <summary>Trainings, minimisations and solves report to an IProgress.</summary>
public class ProgressTests
{
    /// <summary>Progress of the base library would report on another thread, later.</summary>
    private sealed class Collected<T> : IProgress<T>
    {
        public List<T> All { get; } = [];

        public void Report(T value) => All.Add(value);
    }

    private static readonly Tensor Start = Tensor.Of(1.0, -2.0);

    private static Tensor Bowl(Tensor x) => Sum(Square(x));

    [Fact]
    public void A_training_reports_steps_and_epochs()
    {
        var (steps, epochs) = (new Collected<TrainProgress>(), new Collected<EpochProgress>());
        var fit = Train.Start(Start, Optimisers.Adam(0.1)).Steps(5).OnStep(steps).OnEpoch(epochs).Run(Bowl);
        Assert.Equal([1, 2, 3, 4, 5], steps.All.Select(p => p.Step));
        Assert.Equal(fit.Losses, steps.All.Select(p => p.Loss));
        Assert.Equal(5, epochs.All.Count);
    }

    [Fact]
    public void A_solve_reports_its_steps()
    {
        var solve = new Collected<SolveProgress>();
        var solution = Ode.Problem((_, y) => -y, Start, 0, 1).Progress(solve).Solve();
        Assert.Equal(solution.Stats.Steps, solve.All[^1].Steps);
        Assert.Equal(1.0, solve.All[^1].Fraction, 12);
        Assert.True(solve.All.Zip(solve.All.Skip(1)).All(pair => pair.First.Time <= pair.Second.Time));
    }

    [Fact]
    public void Minimisations_report_iterations()
    {
        var (lbfgs, fit) = (
            new Collected<LbfgsProgress<Tensor>>(),
            new Collected<LevenbergMarquardtProgress<Tensor>>()
        );
        var least = Lbfgs.MinimiseWith(new LbfgsSettings(), lbfgs, Bowl, Start);
        Assert.Equal(least.Iterations, lbfgs.All.Count);
        LevenbergMarquardt.MinimiseWith(new LevenbergMarquardtSettings(), fit, x => x - 1.0, Start);
        Assert.NotEmpty(fit.All);
    }

    [Fact]
    public void A_cancelled_solve_and_a_cancelled_training_are_cancelled_operations()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var problem = Ode.Problem((_, y) => -y, Start, 0, 1).Cancel(source.Token);
        Assert.ThrowsAny<OperationCanceledException>(() => problem.Solve());
        var training = Train.Start(Start, Optimisers.Adam(0.1)).Cancel(source.Token);
        Assert.ThrowsAny<OperationCanceledException>(() => training.Run(Bowl));
    }
}
