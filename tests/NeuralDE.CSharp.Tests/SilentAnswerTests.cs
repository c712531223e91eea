namespace FaceTests;

using static NeuralDE.Calculus;

/// <summary>Former defects that gave wrong results without an error, from C#.</summary>
public class SilentAnswerTests
{
    public sealed record Plain(double A, float B);

    public sealed record Mixed(Tensor W, double Rate, Tensor Unused);

    private static readonly Mixed Model = new(Tensor.Of(1.0), 0.5, Tensor.Of(2.0));

    private static Tensor Loss(Mixed m) => Sum(Square(m.W));

    [Fact]
    public void A_record_of_plain_numbers_is_refused_by_every_entry()
    {
        var plain = new Plain(1, 2);
        Tensor Of(Plain p) => Tensor.Scalar(p.A);
        Action[] entries =
        [
            () => Grad(Of, plain),
            () => ValueAndGrad(Of, plain),
            () => Vjp(Of, plain),
            () => Lbfgs.Minimise(Of, plain),
            () => LevenbergMarquardt.Minimise(Of, plain),
            () => Train.Start(plain, Optimisers.Adam(0.1)).Run(Of),
        ];

        foreach (var entry in entries)
        {
            var error = Assert.Throws<TreeException>(entry);
            Assert.Contains("A, B", error.Message);
        }
    }

    [Fact]
    public void A_loss_that_ignores_the_model_is_refused()
    {
        var outside = Model;
        Tensor Ignores(Mixed _) => Loss(outside);
        Assert.Throws<InputException>(() => Lbfgs.Minimise(Ignores, Model));
        Assert.Throws<InputException>(() => LevenbergMarquardt.Minimise(Ignores, Model));
        Assert.Throws<InputException>(() => Train.Start(Model, Optimisers.Adam(0.1)).Run(Ignores));
        Assert.Throws<InputException>(() => Train.Start(Model, Optimisers.Frozen).Run(Loss));
    }

    [Fact]
    public void Fits_warn_of_constants()
    {
        var trained = Train.Start(Model, Optimisers.Adam(0.1)).Steps(2).Run(Loss).Warnings;
        foreach (var warnings in new[] { trained, Lbfgs.Minimise(Loss, Model).Warnings })
        {
            Assert.Equal(2, warnings.Length);
            Assert.StartsWith("Rate is a plain number", warnings[0]);
            Assert.Contains("not depend on Unused", warnings[1]);
        }
    }

    [Fact]
    public void Parameters_that_are_not_identifiable_are_named()
    {
        var x = Linspace(1, 2, 10);
        Tensor Residuals((Tensor A, Tensor B) p) => p.A * p.B * x - Square(x);
        var at = (Tensor.Scalar(1.0), Tensor.Scalar(2.0));
        var error = Assert.Throws<InputException>(() => LevenbergMarquardt.Covariance(Residuals, at));
        Assert.Contains("Item1, Item2 are not identifiable", error.Message);
    }

    [Fact]
    public void Steps_of_a_hundredth_add_up_in_both_types()
    {
        foreach (var dtype in new[] { Dtype.Float32, Dtype.Float64 })
        {
            var start = Cast(Tensor.Of(0.0), dtype);
            var solution = Ode.Problem((_, y) => OnesLike(y), start, 0.0, 1000.0).Using(Solver.RK4).Dt(0.01).Solve();
            Assert.Equal(100_000, solution.Stats.Steps);
            Assert.Equal(1000.0, (double)solution.Y1[0], 1e-4);
        }
    }

    [Fact]
    public void Added_components_of_images_are_channels()
    {
        var same = new ConvSettings { Padding = [1] };
        var model = NeuralOde.Init(new Key(1), Blueprint.Images(3).Conv(same, 3, 3)).Augment(1);
        var images = Randn(new Key(2), 4, 2, 8, 8);
        Assert.Equal([2, 4, 3, 8, 8], model.States(images, Tensor.Of(0.0, 1.0)).Shape);
        Assert.Throws<ShapeException>(() => Ode.Problem((_, y) => -y, images, 0.0, 1.0).Augment(1));
    }

    [Fact]
    public void A_series_starts_from_what_was_observed()
    {
        var values = Tensor.Of(
            new[,]
            {
                { double.NaN, 1.0 },
                { 2.0, double.NaN },
            }
        );
        var series = Series.Create(Tensor.Of(0.0, 1.0), values);
        Assert.Equal([2.0, 1.0], series.FirstObserved().ToArray());
        Assert.Equal([double.NaN, 1.0, 2.0, double.NaN], series.Observed().ToArray());
        Assert.Equal([2.0, 1.0], Series.Pad(series).FirstObserved().ToArray());
        Assert.Contains("<svg", Plot.Observations(("data", series)).Svg());
    }

    [Fact]
    public void Where_takes_two_numbers()
    {
        var t = Tensor.Of(5.0, 10.0);
        Assert.Equal([0.0, 10.0], Where(t < 7.5, 0.0, 10.0).ToArray());
        Assert.Equal([0.0, 10.0], Where(t < 7.5, 0, 10).ToArray());
    }

    [Fact]
    public void Times_within_a_rounding_of_the_end_are_the_end()
    {
        var times = Cast(Linspace(0, 0.6, 7), Dtype.Float32);
        var solution = Ode.Problem((_, y) => -y, Tensor.Of(1.0), 0.0, 0.6).SaveAt(times).Solve();
        Assert.Equal(0.6, (double)solution.Ts[6]);
    }
}
