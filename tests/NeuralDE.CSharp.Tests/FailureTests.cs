using static NeuralDE.Calculus;

namespace FaceTests;

/// <summary>Trainings and solves that fail, are cancelled, or cannot be written.</summary>
public class FailureTests
{
    private static Tensor Bowl(Tensor x) => Sum(Square(x - 3.0));

    private static Training<Tensor> Towards3 => Train.Start(Tensor.Of(0.0), Optimisers.GradientDescent(0.25)).Steps(20);

    [Fact]
    public void A_cancelled_training_throws_the_exception_type_of_dotnet_with_the_fit()
    {
        using var source = new CancellationTokenSource();
        var training = Towards3
            .OnStep(p =>
            {
                if (p.Step == 5)
                    source.Cancel();
            })
            .Cancel(source.Token);
        var cancelled = Assert.Throws<FitCancelledException<Fit<Tensor>>>(() => training.Run(Bowl));
        Assert.IsAssignableFrom<OperationCanceledException>(cancelled);
        Assert.Equal(source.Token, cancelled.CancellationToken);
        Assert.Equal(5, cancelled.Fit.Steps);
        Assert.Equal(Towards3.Run(Bowl).Losses[..5], cancelled.Fit.Losses);
        var keyed = Assert.Throws<FitCancelledException<Fit<Tensor>>>(() =>
            training.RunOn(Batches.Keys(new Key(1)), (_, x) => Bowl(x))
        );
        Assert.Equal(0, keyed.Fit.Steps);
    }

    [Fact]
    public void Cancelled_minimisations_throw_too()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var start = Tensor.Of(0.0, 1.0);
        var lbfgs = Assert.Throws<FitCancelledException<LbfgsFit<Tensor>>>(() =>
            Lbfgs.MinimiseWith(new LbfgsSettings { Cancellation = source.Token }, _ => { }, Bowl, start)
        );
        Assert.Equal(0, lbfgs.Fit.Iterations);
        Assert.Throws<FitCancelledException<LevenbergMarquardtFit<Tensor>>>(() =>
            LevenbergMarquardt.MinimiseWith(
                new LevenbergMarquardtSettings { Cancellation = source.Token },
                _ => { },
                x => Square(x) - 3.0,
                start
            )
        );
    }

    [Fact]
    public void A_cancelled_solve_throws_OperationCanceledException()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var decay = Ode.Problem((_, u) => -u, Tensor.Of(1.0), 0, 1);
        var alone = Assert.Throws<SolveCancelledException>(() => decay.Cancel(source.Token).Solve());
        Assert.Equal(source.Token, alone.CancellationToken);
        Assert.Equal(0.0, alone.Time);
        Assert.NotNull(alone.TsOrNull);
        var final = Compile<Tensor, Tensor>(y0 => Ode.Problem((_, u) => -u, y0, 0, 1).SolveFinal());
        Assert.ThrowsAny<OperationCanceledException>(() =>
            Engine.Cancellable(source.Token, () => final(Tensor.Of(1.0)))
        );
        Assert.True(decay.Cancel(source.Token).TrySolve().Status.IsCancelled);
    }

    [Fact]
    public void A_gradient_that_is_cancelled_in_its_backward_pass_throws_OperationCanceledException()
    {
        using var source = new CancellationTokenSource();
        var pulled = 0;
        Tensor Seen(Tensor w) =>
            Dynamic(
                w,
                x =>
                {
                    pulled++;
                    if (pulled == 3)
                        source.Cancel();
                    return x;
                },
                w
            );
        Tensor Looked(Tensor y) => CustomGradient(x => x * 1.0, (_, _, w) => Seen(w), y);
        Tensor Loss(Tensor k) =>
            Sum(Ode.Problem((_, y) => Looked(k * y), Tensor.Of(1.0), 0, 1).Using(Solver.Euler).Dt(0.05).SolveFinal());
        var gradient = Compile<Tensor, Tensor>(k => Grad(Loss, k));
        var cancelled = Assert.Throws<OperationCanceledException>(() =>
            Engine.Cancellable(source.Token, () => gradient(Tensor.Of(1.0)))
        );
        Assert.Equal(source.Token, cancelled.CancellationToken);
        Assert.Equal(3, pulled);
        Assert.Equal(Math.Pow(1.05, 19), (double)Sum(gradient(Tensor.Of(1.0))), 12);
        Assert.Equal(23, pulled);
    }

    [Fact]
    public void A_training_continues_after_a_failure_with_its_policy()
    {
        var data = Tensor.Of(1.0, double.NaN, 1.0, 1.0);
        var training = Train.Start(Tensor.Of(0.5), Optimisers.Adam(0.05)).Steps(8);
        Fit<Tensor> Run(Training<Tensor> t) => t.RunOn(Batches.OfTree(1, data), (x, w) => Sum(Square(w - x)));
        Assert.True(Run(training).Status.IsNonFinite);
        var progress = new List<int>();
        var fit = Run(training.OnFailure(FailurePolicy.NewSkip(1)).OnStep(p => progress.Add(p.Skipped)));
        Assert.True(fit.Status.IsCompleted);
        Assert.Equal((8, 2, 0), (fit.Steps, fit.Skipped, fit.Shortened));
        Assert.Equal([0, 1, 1, 1, 2, 2], progress);
        Assert.True(double.IsNaN(fit.Losses[1]));
        Assert.StartsWith("2 of 8 steps were skipped", fit.Warnings.Single(), StringComparison.Ordinal);
        var shrunk = Train
            .Start(Tensor.Of(0.0), Optimisers.GradientDescent(1.0))
            .Steps(2)
            .OnFailure(FailurePolicy.NewShrink(0.5, 3))
            .Run(x => Sum(Sqrt(1.2 - x)) * 0.0 - 2.0 * Sum(x));
        Assert.Equal(1, shrunk.Shortened);
        Assert.Throws<InputException>(() => training.OnFailure(FailurePolicy.NewSkip(0)));
    }

    [Fact]
    public void A_resumed_training_is_compared_and_a_missing_file_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("neuralde").FullName;
        try
        {
            var path = Path.Combine(folder, "training");
            var missing = Assert.Throws<FileException>(() => Towards3.Resume(path).Run(Bowl));
            Assert.Contains("there is no such file", missing.Message, StringComparison.Ordinal);
            var first = Towards3.ResumeIfThere(path).CheckpointEvery(7, path).Run(Bowl);
            Assert.Equal(20, first.Steps);
            var other = Train.Start(Tensor.Of(0.0), Optimisers.GradientDescent(0.125)).Steps(25);
            var refused = Assert.Throws<FileException>(() => other.Resume(path).Run(Bowl));
            Assert.Contains("the rate: 0.25 → 0.125", refused.Message, StringComparison.Ordinal);
            Assert.Equal(25, other.Resume(path).AcceptChanges().Run(Bowl).Steps);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void A_failed_checkpoint_does_not_end_the_training()
    {
        var folder = Directory.CreateTempSubdirectory("neuralde").FullName;
        try
        {
            Assert.Throws<FileException>(() => Towards3.CheckpointEvery(4, folder).Run(Bowl));
            var path = Path.Combine(folder, "training");
            var fit = Towards3
                .CheckpointEvery(4, path)
                .OnStep(p =>
                {
                    if (p.Step == 1)
                        Directory.CreateDirectory(path);
                })
                .Run(Bowl);
            Assert.True(fit.Status.IsCompleted);
            Assert.Equal(path, fit.UnsavedOrNull!.Path);
            Assert.Null(Towards3.Run(Bowl).UnsavedOrNull);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void The_expansion_of_an_archive_is_limited()
    {
        var path = Path.GetTempFileName();
        try
        {
            using (var file = File.Create(path))
            using (
                var zip = new System.IO.Compression.GZipStream(
                    file,
                    System.IO.Compression.CompressionLevel.SmallestSize
                )
            )
            {
                zip.Write([0, 0, 8, 1, 0, 32, 0, 0]);
                zip.Write(new byte[1 << 21]);
            }
            var small = new UnpackingSettings { Bytes = 1 << 20 };
            var refused = Assert.Throws<FileException>(() => Idx.ReadWith(small, path));
            Assert.Contains("expected at most 1048576", refused.Message, StringComparison.Ordinal);
            Assert.Equal(1 << 21, Idx.ReadWith(small with { Ratio = 1100 }, path).Count);
            Assert.Equal(1 << 21, Idx.Read(path).Count);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
