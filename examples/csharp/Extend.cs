namespace NeuralDE.Examples;

/// <summary>
/// Parts of your own, as docs/extend.fsx has them in F#: each takes the place of one of the library's, and gives its number.
/// </summary>
public static class Extend
{
    /// <summary>What a part gives, what is right, and how near they must be.</summary>
    public sealed record Comparison(string Part, double Own, double Right, double Within);

    public static void Run()
    {
        foreach (var c in All())
            Console.WriteLine($"{c.Part, -22} {c.Own:F6}, right is {c.Right:F6}");
    }

    public static IEnumerable<Comparison> All() => Parts.Select(part => part());

    /// <summary>Each of them.</summary>
    public static IReadOnlyList<Func<Comparison>> Parts { get; } =
    [
        Method,
        Controller,
        Norm,
        GradientMethod,
        Combinator,
        ControlPath,
        LayerOfYourOwn,
        OptimiserAndLoss,
        StateThatIsNoParameter,
    ];

    private static Tensor Prey(Tensor t, Tensor u) => Stack(1.5 * u[0] - u[0] * u[1], u[0] * u[1] - 3.0 * u[1]);

    private static Problem<AnyOde, Tensor> Hunt() => Ode.Problem(Prey, Tensor.Of(1.0, 1.2), 0, 2).Tolerance(1e-5, 1e-7);

    /// <summary>Heun's method, by its step.</summary>
    private static Comparison Method()
    {
        var own = Solver.OfStepWithError(
            "own Heun",
            2,
            s =>
            {
                var k1 = s.Field(s.T0, s.Y);
                var k2 = s.Field(s.T1, s.Y + s.H * k1);
                return (s.Y + s.H * (0.5 * (k1 + k2)), s.H * (0.5 * (k2 - k1)));
            }
        );
        double End(Solver<AnyOde> solver) => (double)Hunt().Using(solver).SolveFinal()[0];
        return new("method", End(own), End(Solver.Heun), 1e-10);
    }

    /// <summary>PI control, by its rule.</summary>
    private static Comparison Controller()
    {
        var own = StepController.OfRule(
            "own PI",
            [("last", 1.0)],
            a =>
            {
                double k = a.Power;
                var q = Maximum(a.Error, 1e-30);
                var last = Maximum(a.Slots["last"], 1e-30);
                var filtered = 0.9 * Exp(-0.7 / k * Log(q)) * Exp(0.4 / k * Log(last));
                var shorter = 0.9 * Exp(-1.0 / k * Log(q));
                var factor = Where(
                    a.Accepted,
                    Minimum(Maximum(filtered, 0.2), 10.0),
                    Minimum(Maximum(shorter, 0.2), 0.9)
                );
                return (factor, [("last", Where(a.Accepted, a.Error, a.Slots["last"]))]);
            }
        );
        double Steps(StepController controller) => Hunt().Controller(controller).Solve().Stats.Steps;
        return new("step controller", Steps(own), Steps(StepController.ProportionalIntegral), 0);
    }

    /// <summary>The largest error of all components counts, instead of their root mean square.</summary>
    private static Comparison Norm()
    {
        var strict = Hunt().Norm(e => Amax(Abs(e))).SolveFinal();
        return new("error norm", (double)strict[0], (double)Hunt().Tolerance(1e-10, 1e-12).SolveFinal()[0], 1e-3);
    }

    /// <summary>The adjoint equation by the trapezoidal rule over each span between outputs.</summary>
    private static Comparison GradientMethod()
    {
        var own = Gradients.Own(
            "trapezoidal",
            s =>
            {
                var h = s.T1 - s.T0;
                var (d1, q1) = s.Pull(s.T1, s.Y1, s.Adjoint);
                var (d0, q0) = s.Pull(s.T0, s.Y0, s.Adjoint + h * d1);
                return (s.Adjoint + 0.5 * h * (d0 + d1), 0.5 * h * (q0 + q1));
            }
        );
        var outputs = Linspace(0, 2, 401).ToArray();
        double Slope(Gradient method) =>
            (double)
                Calculus.Grad(
                    y => Sum(Ode.Problem(Prey, y, 0, 2).SaveAt(outputs).Gradient(method).Solve().Y1),
                    Tensor.Of(1.0, 1.2)
                )[0];
        return new("gradient method", Slope(own), Slope(Gradients.Checkpointed), 1e-3);
    }

    /// <summary>Friction for any field of position and velocity.</summary>
    private static Comparison Combinator()
    {
        static Func<Tensor, (Tensor X, Tensor V), (Tensor X, Tensor V)> Damped(
            double rate,
            Func<Tensor, (Tensor X, Tensor V), (Tensor X, Tensor V)> f
        ) =>
            (t, s) =>
            {
                var (dx, dv) = f(t, s);
                return (dx, dv - rate * s.V);
            };
        var spring = Field.SecondOrder<Tensor>((t, x, v) => -x);
        var (end, _) = Ode.Problem(Damped(2.0, spring), (X: Tensor.Scalar(1.0), V: Tensor.Scalar(0.0)), 0, 1)
            .Tolerance(1e-9, 1e-11)
            .SolveFinal();
        return new("field combinator", (double)end, 2 * Math.Exp(-1), 1e-8); // (1 + t) e^(−t)
    }

    /// <summary>dx = x dX is x₀ exp(X − X₀).</summary>
    private static Comparison ControlPath()
    {
        var wave = Control.OfFunction(t => Stack(Sin(3.0 * t)));
        var field = Field.Controlled(wave, (t, x) => ExpandDims(x, -1));
        var end = Ode.Problem(field, Tensor.Of(1.0), 0, 2).Tolerance(1e-9, 1e-11).SolveFinal();
        return new("control path", (double)end[0], Math.Exp(Math.Sin(6)), 1e-7);
    }

    /// <summary>Radial functions around centres that are learned.</summary>
    private sealed record Radial(Tensor Centres, double Width) : OwnLayer
    {
        public Tensor Apply(LayerCall call)
        {
            var apart = ExpandDims(call.X, -2) - Centres;
            return Exp(-SumAlong(Square(apart), -1) / (2.0 * Width * Width));
        }
    }

    private static Comparison LayerOfYourOwn()
    {
        var net = Network.Init(
            new Key(4),
            Blueprint.Features(2).Own(20, key => new Radial(Randn(key, 20, 2), 0.7)).Linear(1)
        );
        static Tensor Bump(Tensor x) => ExpandDims(Exp(-SumAlong(Square(x - 0.5), -1)), -1);
        var points = Randn(new Key(5), 200, 2);
        var fit = Train
            .Start(net, Optimisers.Adam(3e-2))
            .Steps(200)
            .Run(model => Loss.MeanSquaredError(Bump(points), model.Apply(points)));
        var unseen = Randn(new Key(6), 200, 2);
        return new("layer", (double)Loss.MeanSquaredError(Bump(unseen), fit.Model.Apply(unseen)), 0, 2e-3);
    }

    /// <summary>A quantile by the pinball loss, moved by the signs of gradients.</summary>
    private static Comparison OptimiserAndLoss()
    {
        var signs = Optimisers.OwnRule(
            "signs",
            x => [("mean", ZerosLike(x))],
            leaf =>
            {
                var mean = 0.9 * leaf.Slots["mean"] + 0.1 * leaf.Gradient;
                return (leaf.X - leaf.Scaled(5e-3, mean / (Abs(mean) + 1e-12)), [("mean", mean)]);
            }
        );
        var data = Randn(new Key(7), 4000);
        Tensor Pinball(Tensor q) => Mean(Maximum(0.9 * (data - q), -0.1 * (data - q)));
        var fit = Train.Start(Tensor.Scalar(0.0), signs).Steps(400).Run(Pinball);
        return new("optimiser and loss", (double)fit.Model, (double)Quantile(data, 0.9), 0.02);
    }

    private sealed record Centred(Tensor Weight, Tensor Mean);

    /// <summary>A running mean, which the loss returns anew and no gradient moves.</summary>
    private static Comparison StateThatIsNoParameter()
    {
        var xs = 3.0 + Randn(new Key(8), 256, 2);
        var ys = Matmul(
            xs - 3.0,
            Tensor.Of([
                [1.0],
                [-2.0],
            ])
        );
        var fit = Train
            .Start(new Centred(Zeros(2, 1), Zeros(2)), Optimisers.Adam(2e-2))
            .Epochs(100)
            .RunUpdating(
                Batches.OfTree(32, (X: xs, Y: ys)).Shuffle(new Key(9)),
                (batch, m) =>
                {
                    var mean = Calculus.StopGradient(0.9 * m.Mean + 0.1 * MeanAlong(batch.X, 0));
                    return (Loss.MeanSquaredError(batch.Y, Matmul(batch.X - mean, m.Weight)), m with { Mean = mean });
                }
            );
        return new("state, no parameter", (double)fit.Model.Mean[0], 3, 0.3);
    }
}
