namespace FaceTests;

using static NeuralDE.Calculus;

public class TrainingTests
{
    public sealed record Line(Tensor Slope, Tensor Offset);

    private static readonly Tensor X = Linspace(0, 1, 11);
    private static readonly Tensor Y = 2.0 * X + 1.0;

    private static readonly Line Start = new(Tensor.Scalar(0.0), Tensor.Scalar(0.0));

    private static Tensor Loss(Line m) => Mean(Square(m.Slope * X + m.Offset - Y));

    [Fact]
    public void Training_finds_the_line()
    {
        var steps = 0;
        var fit = Train.Start(Start, Optimisers.Adam(0.1)).Steps(400).Clip(10.0).OnStep(_ => steps++).Run(Loss);
        Near.Equal(fit.Model.Slope, 2.0, 1e-3);
        Near.Equal(fit.Model.Offset, 1.0, 1e-3);
        Assert.Equal(400, fit.Losses.Length);
        Assert.Equal(400, steps);
        Assert.True(fit.Status.IsCompleted);
    }

    [Fact]
    public void Steps_by_hand_equal_those_of_a_training()
    {
        var optimiser = Optimisers.AdamWith(new AdamSettings { Rate = 0.1 });
        var step = Compile(
            (Line model, OptimState state) =>
            {
                var (loss, gradient) = ValueAndGrad(Loss, model);
                return (loss, Optim.Step(optimiser, Optim.Clip(10.0, gradient), state, model));
            }
        );
        var (model, state) = (Start, Optim.Init(optimiser, Start));
        for (var i = 0; i < 20; i++)
            (_, (model, state)) = step(model, state);
        var fit = Train.Start(Start, Optimisers.Adam(0.1)).Steps(20).Clip(10.0).Progress().Run(Loss);
        Assert.Equal((double)fit.Model.Slope, (double)model.Slope);
        Near.Equal(Optim.GlobalNorm(new Line(Tensor.Of(3.0), Tensor.Of(4.0))), 5.0, 1e-15);
    }

    [Fact]
    public void Lbfgs_finds_the_line()
    {
        var fit = Lbfgs.Minimise(Loss, Start);
        Near.Equal(fit.Model.Slope, 2.0, 1e-6);
        var iterations = new List<int>();
        var short_ = Lbfgs.MinimiseWith(
            new LbfgsSettings { MaxIterations = 2 },
            p => iterations.Add(p.Iteration),
            Loss,
            Start
        );
        Assert.Equal([1, 2], iterations);
        Assert.Equal(LbfgsStatus.MaxIterations, short_.Status);
    }

    [Fact]
    public void A_training_ends_when_it_is_cancelled()
    {
        using var source = new CancellationTokenSource();
        var training = Train
            .Start(Start, Optimisers.GradientDescent(0.1))
            .Steps(1_000_000)
            .Cancel(source.Token)
            .OnStep(p =>
            {
                if (p.Step == 5)
                    source.Cancel();
            });
        var fit = Assert.Throws<FitCancelledException<Fit<Line>>>(() => training.Run(Loss)).Fit;
        Assert.Equal(5, fit.Losses.Length);
        Assert.True(fit.Status is TrainStatus.Cancelled { step: 6 });
        Assert.Equal("The training was cancelled before step 6.", fit.Status.Sentence);
    }

    [Fact]
    public void A_minimisation_ends_when_it_is_cancelled()
    {
        using var source = new CancellationTokenSource();
        var settings = new LbfgsSettings { Cancellation = source.Token };
        var cancelled = Assert.Throws<FitCancelledException<LbfgsFit<Line>>>(() =>
            Lbfgs.MinimiseWith(settings, _ => source.Cancel(), Loss, Start)
        );
        var fit = cancelled.Fit;
        Assert.Equal(LbfgsStatus.Cancelled, fit.Status);
        Assert.Equal(1, fit.Iterations);
    }

    [Fact]
    public void Networks_start_from_initialisers()
    {
        var net = Mlp.InitWith(Init.Glorot, new Key(1), 2, 8, 1);
        Assert.Equal([1], net.Apply(Ones(2)).Shape);
        Assert.Equal([5, 1], net.ApplyWith(Softplus, Ones(5, 2)).Shape);
        var layer = Linear.InitWith(Init.He, new Key(1), 2, 3);
        Assert.Equal([0.0, 0.0, 0.0], layer.Bias.ToArray());
        Assert.Equal([2, 3], Init.Uniform(0.5, new Key(1), 2, 3).Shape);
    }

    [Fact]
    public void Training_uses_batches_and_validates_on_others()
    {
        var (epochs, models) = (new List<EpochProgress>(), new List<int>());
        var batches = Batches.OfTree(4, (X, Y)).Shuffle(new Key(1));
        Assert.Equal((11, 4, 3), (batches.Samples, batches.Size, batches.PerEpoch));
        var optimiser = Optimisers
            .Adam(0.1)
            .Schedule(Schedule.Times(Schedule.Cosine(300, 0.01), Schedule.WarmUp(5, Schedule.Constant(1.0))))
            .Averaged(Averagings.MovingAverage(0.9));
        var fit = Train
            .Start(Start, optimiser)
            .Epochs(100)
            .Validate(Loss)
            .Metric("slope", m => m.Slope)
            .StopEarlyWith(new() { Patience = 50 })
            .OnEpoch(epochs.Add)
            .OnModel(100, (step, _) => models.Add(step))
            .RunOn(batches, (batch, m) => Mean(Square(m.Slope * batch.X + m.Offset - batch.Y)));
        Near.Equal(fit.Model.Slope, 2.0, 0.05);
        Near.Equal(fit.AveragedOrNull!.Slope, 2.0, 0.1);
        Assert.NotNull(epochs[0].ValidationOrNull);
        Assert.Equal(("slope", epochs.Count), (fit.Metrics[0].Item1, fit.Metrics[0].Item2.Values.Length));
        Assert.Equal(fit.Steps / 100, models.Count);
    }

    [Fact]
    public void Parts_of_a_model_are_frozen_or_grouped()
    {
        Line Trained(Optimiser optimiser) => Train.Start(Start, optimiser).Steps(5).Run(Loss).Model;
        var frozen = Trained(Optimisers.Adam(0.1).Freeze(Optim.Under("Slope")));
        Assert.Equal(0.0, (double)frozen.Slope);
        Assert.NotEqual(0.0, (double)frozen.Offset);
        var grouped = Trained(
            Optim.Groups((Optim.Named("Offset"), Optimisers.Frozen), (Optim.Others, Optimisers.Lion(0.1)))
        );
        Assert.Equal(0.0, (double)grouped.Offset);
        Assert.NotEqual(0.0, (double)grouped.Slope);
    }

    [Fact]
    public void A_training_is_resumed_from_its_file()
    {
        var folder = Directory.CreateTempSubdirectory("neuralde").FullName;
        try
        {
            var path = Path.Combine(folder, "training");
            var training = Train.Start(Start, Optimisers.Adam(0.1));
            training.Steps(10).CheckpointEvery(5, path).Run(Loss);
            var resumed = training.Steps(20).Resume(path).Run(Loss);
            var whole = training.Steps(20).Run(Loss);
            Assert.Equal((double)whole.Model.Slope, (double)resumed.Model.Slope);
            Assert.Equal(20, resumed.Steps);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void Least_squares_find_the_line_and_its_covariance()
    {
        Tensor Residuals(Line m) => m.Slope * X + m.Offset - Y;
        var fit = LevenbergMarquardt.Minimise(Residuals, Start);
        Near.Equal(fit.Model.Slope, 2.0, 1e-10);
        Assert.Equal([2, 2], LevenbergMarquardt.Covariance(Residuals, fit.Model).Shape);
        var undamped = new LevenbergMarquardtSettings { Damping = Damping.Undamped };
        var iterations = 0;
        Near.Equal(
            LevenbergMarquardt.MinimiseWith(undamped, _ => iterations++, Residuals, Start).Model.Offset,
            1.0,
            1e-10
        );
        Assert.InRange(iterations, 1, 3);
    }

    [Fact]
    public void A_custom_optimiser()
    {
        var own = Optimisers.OwnRule(
            "own momentum",
            x => [("direction", ZerosLike(x))],
            leaf =>
            {
                var direction = 0.9 * leaf.Slots["direction"] + leaf.Gradient;
                return (leaf.X - leaf.Scaled(1e-2, direction), [("direction", direction)]);
            }
        );
        Tensor Fit(Optimiser optimiser)
        {
            var model = Tensor.Of(2.0, -1.0);
            var state = Optim.Init(optimiser, model);
            for (var k = 0; k < 20; k++)
                (model, state) = Optim.Step(optimiser, 2.0 * model, state, model);
            return model;
        }
        Near.Equal(Fit(own), Fit(Optimisers.Sgd(new SgdSettings { Rate = 1e-2, Momentum = 0.9 })), 0.0);
    }

    [Fact]
    public void Rows_of_an_ensemble_are_those_of_the_function()
    {
        var x = Reshape(Linspace(0, 1, 10), 5, 2);
        Tensor rows = ProcessGroup.alone.MapRows((Tensor x) => x * 2.0, x);
        Assert.Equal((x * 2.0).ToArray(), rows.ToArray());
        Assert.Throws<ShapeException>(() => (object)ProcessGroup.alone.MapRows((Tensor x) => x[0], x));
        Assert.Throws<ArgumentNullException>(() => (object)ProcessGroup.alone.MapRows<Tensor, Tensor>(null!, x));
    }
}
