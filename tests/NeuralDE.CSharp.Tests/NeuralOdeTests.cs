namespace FaceTests;

/// <summary>A neural ODE is described, built, trained, used and saved by fluent calls.</summary>
public class NeuralOdeTests
{
    private static readonly Tensor Times = Linspace(0, 1.5, 16);

    private static readonly Tensor States = Ode.Problem(
            (_, u) => Stack(-0.1 * u[0] + 2.0 * u[1], -2.0 * u[0] - 0.1 * u[1]),
            Tensor.Of(2.0, 0.0),
            0,
            1.5
        )
        .SaveAt(Times)
        .SolveYs();

    private static NeuralOde Model(int seed = 42) =>
        NeuralOde
            .Of(dim: 2)
            .Field(f => f.Power(3).Linear(50).Tanh().Linear(2))
            .Using(Solver.Dopri5)
            .Gradient(Gradients.Checkpointed)
            .Tolerance(1e-5, 1e-7)
            .Build(seed: seed);

    private static void InFolder(Action<string> action)
    {
        var folder = Directory.CreateTempSubdirectory("neuralde").FullName;
        try
        {
            action(folder);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void A_model_is_fitted_and_predicts()
    {
        var fit = Model().Fit(Times, States, train => train.Adam(1e-2).Steps(150).Clip(1.0).Progress());
        Assert.True(fit.Status.IsCompleted);
        Assert.True(fit.Losses[^1] < 0.1 * fit.Losses[0], $"Got a loss of {fit.Losses[^1]} after {fit.Losses[0]}.");
        Tensor forecast = fit.Model.Predict(States[0], Times);
        Assert.Equal(States.Shape, forecast.Shape);
        Near.Equal(Mean(Square(forecast - States)), fit.Losses[^1], 0.5);
        Near.Equal(fit.Model.Final(States[0], 0, 1.5), forecast[^1], 1e-3);
        Assert.True(fit.Model.Stats(States[0], 0, 1.5).Steps > 0);
    }

    [Fact]
    public void A_seed_gives_the_same_model()
    {
        var (one, other) = (Model(1), Model(2));
        Assert.Equal(2 * 50 + 50 + 50 * 2 + 2, Tree.Count(one));
        Assert.Equal(Tree.Flatten(one)[0].ToArray(), Tree.Flatten(Model(1))[0].ToArray());
        Assert.NotEqual(Tree.Flatten(one)[0].ToArray(), Tree.Flatten(other)[0].ToArray());
    }

    [Fact]
    public void A_model_is_saved_and_loaded() =>
        InFolder(folder =>
        {
            var path = Path.Combine(folder, "spiral.safetensors");
            Model(1).Save(path);
            var loaded = Model(2).Load(path);
            var expected = Model(1).Predict(States[0], Times);
            Assert.Equal(expected.ToArray(), loaded.Predict(States[0], Times).ToArray());
            var error = Assert.Throws<FileException>(() =>
                NeuralOde.Of(dim: 2).Field(f => f.Linear(2)).Build(seed: 1).Load(path)
            );
            Assert.Equal(path, error.Path);
        });

    [Fact]
    public void A_fit_ends_when_it_is_cancelled()
    {
        using var source = new CancellationTokenSource();
        var cancelled = Assert.Throws<FitCancelledException<Fit<NeuralOde>>>(() =>
            Model()
                .Fit(
                    Times,
                    States,
                    train =>
                        train
                            .AdamW(1e-2)
                            .Steps(100_000)
                            .Cancel(source.Token)
                            .OnStep(p =>
                            {
                                if (p.Step == 3)
                                    source.Cancel();
                            })
                )
        );
        Assert.True(cancelled.Fit.Status is TrainStatus.Cancelled { step: 4 });
    }

    [Fact]
    public void A_builder_is_immutable()
    {
        var start = NeuralOde.Of(dim: 2).Field(f => f.Linear(2));
        var augmented = NeuralOde.Of(dim: 2).Augment(3).Field(f => f.Linear(8).Softplus().Linear(5)).Build(seed: 1);
        Assert.Equal([3, 2], augmented.Predict(Ones(2), Tensor.Of(0.0, 0.5, 1.0)).Shape);
        Assert.Equal([3, 5], augmented.States(Ones(2), Tensor.Of(0.0, 0.5, 1.0)).Shape);
        Assert.Equal(Solver.RK4, start.Using(Solver.RK4).Dt(0.1).Build(seed: 1).Settings.Solver);
        Assert.Equal(Solver.Tsit5, start.Build(seed: 1).Settings.Solver);
        Assert.True(start.PerSample().Build(new Key(1)).Settings.PerSample);
    }

    [Fact]
    public void A_model_without_a_field_is_refused()
    {
        var error = Assert.Throws<InputException>(() => NeuralOde.Of(dim: 2).Build(seed: 1));
        Assert.StartsWith("NeuralOde.Build: got no field, expected a network", error.Message);
    }

    [Fact]
    public void Fields_are_made_from_fields()
    {
        var times = Tensor.Of(0.0, 1.0);
        var (x, v) = Ode.Problem(Field.SecondOrder<Tensor>((_, x, _) => -x), (Ones(1), Zeros(1)), 0, 1).SolveFinal();
        Near.Equal(x, Math.Cos(1.0), 1e-5);
        Near.Equal(v, -Math.Sin(1.0), 1e-5);
        var back = Ode.Problem(Field.ReverseTime<Tensor>(0, 1, (_, u) => -u), Ones(1), 0, 1).SolveFinal();
        Near.Equal(back, Math.E, 1e-5);
        var conditioned = Field.Conditioned(Ones(1), (_, u) => SumAlong(u, 0) * Ones(1));
        Near.Equal(conditioned(Tensor.Scalar(0.0), 2.0 * Ones(1)), 3.0, 1e-15);
        var augmented = Ode.Problem((_, u) => -u, Ones(2), 0, 1).Augment(3).SaveAt(times).SolveYs();
        Assert.Equal([2, 5], augmented.Shape);
    }
}
