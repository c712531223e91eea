namespace NeuralDE.Service;

/// <summary>What a forecast says: a state for each time reached, and how the solve ended.</summary>
public sealed record Forecast(double[][] Ys, string Status, string Message);

/// <summary>
/// A trained neural ODE. Its solve from one time to the next is compiled once; the compiled function may be called by any
/// number of requests at the same time.
/// </summary>
public sealed class Predictor
{
    private readonly Mlp net;
    private readonly Func<Mlp, Tensor, (Tensor, Tensor), Tensor> advance;

    /// <summary>How many numbers the model has.</summary>
    public int Parameters => Tree.Count(net);

    private Predictor(Mlp net)
    {
        this.net = net;
        // What changes is an argument: the model, the state and the times. Their shapes are always the same, however many
        // times a request asks for, so one plan serves them all.
        advance = Calculus.Compile<Mlp, Tensor, (Tensor Now, Tensor Next), Tensor>(
            (net, y, t) => Problem(net, y, t.Now, t.Next).MaxSteps(10_000).SolveFinal()
        );
    }

    private static OdeProblem<Tensor> Problem(Mlp net, Tensor y0, Tensor t0, Tensor t1) =>
        Ode.Problem((_, y) => net.Apply(y), y0, t0, t1);

    /// <summary>Learns a spiral from 30 points of it.</summary>
    public static Predictor Train(int steps, CancellationToken token)
    {
        var ts = Linspace(0, 1.5, 30);
        var y0 = Tensor.Of(2.0, 0.0);
        var data = Ode.Problem((_, u) => Stack(-0.1 * u[0] + 2.0 * u[1], -2.0 * u[0] - 0.1 * u[1]), y0, 0, 1.5)
            .SaveAt(ts)
            .SolveYs();

        var fit = NeuralDE
            .Train.Start(Mlp.Init(new Key(42), 2, 16, 2), Optimisers.Adam(1e-2))
            .Steps(steps)
            .Clip(1.0)
            .Cancel(token)
            .Run(net => Mean(Square(Problem(net, y0, 0, 1.5).SaveAt(ts).SolveYs() - data)));

        return new Predictor(fit.Best);
    }

    /// <summary>The states at these times, of which y0 is the first; stops between two of them once the token is cancelled.</summary>
    /// <exception cref="ArgumentException">for input that does not fit, with a sentence for the caller.</exception>
    public Forecast Predict(double[]? y0, double[]? times, CancellationToken token)
    {
        if (y0 is null || times is null || times.Length == 0)
            throw new InputException(
                "predict: got no y0 or no times, expected both: { \"y0\": [2, 0], \"times\": [0, 1] }."
            );

        foreach (var (i, t) in times.Index())
            if (!double.IsFinite(t) || i > 0 && t <= times[i - 1])
                throw new InputException($"predict: times must be finite and increase; got {t} at position {i}.");

        var ys = new List<double[]> { y0 };
        var y = Tensor.Of(y0);

        try
        {
            for (var i = 1; i < times.Length; i++)
            {
                token.ThrowIfCancellationRequested();
                y = advance(net, y, (Tensor.Scalar(times[i - 1]), Tensor.Scalar(times[i])));
                ys.Add(y.ToArray());
            }

            return new Forecast([.. ys], Status.Success.ToString(), Status.Success.Sentence);
        }
        catch (SolveException stopped)
        {
            return new Forecast([.. ys], stopped.Status.ToString(), stopped.Message);
        }
    }
}
