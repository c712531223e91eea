namespace FaceTests;

/// <summary>The tour of the language in C#, from a problem to a trained, saved model and to records as states.</summary>
public sealed class TourTests : IDisposable
{
    public sealed record Net(Linear Hidden, Linear Out); // C# records are trees too

    public sealed record Body(Tensor Pos, Tensor Vel);

    private readonly string folder = Directory.CreateTempSubdirectory("neuralde").FullName;

    public void Dispose() => Directory.Delete(folder, true);

    [Fact]
    public void A_tour_of_the_language()
    {
        var solution = Ode.Problem(
                (t, u) => Stack(1.5 * u[0] - u[0] * u[1], u[0] * u[1] - 3.0 * u[1]),
                Tensor.Of(1.0, 1.0),
                0,
                10
            )
            .Using(Solver.Tsit5)
            .Tolerance(1e-8, 1e-8)
            .SaveAt(Linspace(0, 10, 101))
            .Solve();
        Assert.Equal([101, 2], solution.Ys.Shape);

        var times = Linspace(0, 1, 11);
        var y0 = Tensor.Of(2.0, 0.0);
        var states = Ode.Problem((t, u) => Stack(2.0 * u[1], -2.0 * u[0]), y0, 0, 1).SaveAt(times).SolveYs();
        var cancellationToken = CancellationToken.None;

        var model = NeuralOde
            .Of(dim: 2)
            .Field(f => f.Power(3).Linear(50).Tanh().Linear(2))
            .Using(Solver.Dopri5)
            .Gradient(Gradients.Checkpointed)
            .Build(seed: 42);

        var fit = model.Fit(
            times,
            states,
            train => train.Adam(1e-2).Steps(20).Clip(1.0).Progress().Cancel(cancellationToken)
        );
        Assert.True(fit.Losses[^1] < fit.Losses[0]);

        Tensor forecast = fit.Model.Predict(y0, times);
        Assert.Equal([11, 2], forecast.Shape);
        fit.Model.Save(Path.Combine(folder, "spiral.safetensors"));

        var batch = Tensor.Of(1.0, 2.0);
        static Tensor Loss(Net n, Tensor b) => Sum(n.Out.Apply(Tanh(n.Hidden.Apply(b))));
        var (k1, k2) = new Key(42).Split();
        var net = new Net(Linear.Init(k1, 2, 3), Linear.Init(k2, 3, 2));
        Net g = Calculus.Grad(n => Loss(n, batch), net);
        Near.Equal(g.Out.Bias, [1.0, 1.0], 0.0);

        var body = Ode.Problem((t, s) => new Body(s.Vel, -s.Pos), new Body(Tensor.Of(1.0), Tensor.Of(0.0)), 0, 1)
            .SolveFinal();
        Near.Equal(body.Pos, Math.Cos(1.0), 1e-5);

        var bounces = Ode.Problem((t, u) => Stack(u[1], -9.81 * OnesLike(t)), Tensor.Of(10.0, 0.0), 0, 5)
            .On(Event.Falling<Tensor>((t, u) => u[0]), Event.Apply<Tensor>((t, u) => Stack(u[0], -0.8 * u[1])))
            .Solve();
        Assert.Equal(2, bounces.Events.Times.Length);
        Near.Equal(bounces.Events.Times[0], Math.Sqrt(20 / 9.81), 1e-7);
    }

    [Fact]
    public void Derivatives_through_a_solve()
    {
        static Tensor Field(Tensor u) => Stack(1.5 * u[0] - u[0] * u[1], u[0] * u[1] - 3.0 * u[1]);
        var y0 = Tensor.Of(1.0, 1.0);
        var jacobian = Calculus.Jacobian(p => Ode.Problem((t, u) => p * Field(u), y0, 0, 10).SolveFinal(), y0);
        Assert.Equal([2, 2], jacobian.Shape);

        // the derivative by t1 is f(t1, y(t1))
        var byEnd = Calculus.Grad(
            t1 => Sum(Ode.Problem((t, u) => Field(u), y0, Tensor.Of(0.0)[0], t1).SolveFinal()),
            Tensor.Of(10.0)[0]
        );
        var end = Ode.Problem((t, u) => Field(u), y0, 0, 10).SolveFinal();
        Near.Equal(byEnd, Sum(Field(end)).ToArray()[0], 1e-4);
    }

    [Fact]
    public void Stiffness_and_ensembles()
    {
        static Tensor Robertson(Tensor t, Tensor y)
        {
            var (a, b, c) = (0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] * y[1]);
            return Stack(b - a, a - b - c, c);
        }

        var chemistry = Ode.Problem(Robertson, Tensor.Of(1.0, 0.0, 0.0), 0, 1e5).Using(Solver.Rosenbrock23).Solve();
        Near.Equal(chemistry.Y1[0], 0.0178659, 2e-5);

        static Tensor Lorenz(Tensor t, Tensor u)
        {
            var (x, y, z) = (u[0], u[1], u[2]);
            return Stack(10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z);
        }

        var ensemble = Ode.Problem(Lorenz, Randn(new Key(1), 1000, 3), 0, 1).PerSample().SolveFinal();
        Assert.Equal([1000, 3], ensemble.Shape);
    }
}
