using static System.FormattableString;

namespace NeuralDE.Service;

/// <summary>What a forecast says: a state for each time reached, and how the solve ended.</summary>
public sealed record Forecast(double[][] Ys, string Status, string Message);

/// <summary>
/// A trained neural ODE. Its solve from one time to the next is compiled once; the compiled function may be called by any
/// number of requests at the same time.
/// </summary>
public sealed class Predictor
{
    private const int Dimension = 2;
    private readonly NeuralOde model;
    private readonly ServiceLimits limits;
    private readonly Func<NeuralOde, Tensor, (Tensor, Tensor), Tensor> advance;

    /// <summary>How many numbers the model has.</summary>
    public int Parameters => Tree.Count(model);

    private Predictor(NeuralOde model, ServiceLimits limits)
    {
        this.model = model.MaxSteps(limits.MaxSteps);
        this.limits = limits;
        // What changes is an argument: the model, the state and the times. Their shapes are always the same, however many
        // times a request asks for, so one plan serves them all.
        advance = Calculus.Compile<NeuralOde, Tensor, (Tensor Now, Tensor Next), Tensor>(
            (model, y, t) => model.Final(y, t.Now, t.Next)
        );
    }

    /// <summary>The model of a file; where there is none, one that has learnt a spiral from 30 points of it, then saved there.</summary>
    /// <param name="path">A safetensors file; null neither loads nor saves.</param>
    /// <param name="steps">How long to train.</param>
    /// <param name="limits">What a question may ask for.</param>
    public static Predictor LoadOrTrain(string? path, int steps, ServiceLimits limits)
    {
        var model = NeuralOde.Of(dim: Dimension).Field(f => f.Linear(16).Tanh().Linear(2)).Build(seed: 42);
        if (path is not null && File.Exists(path))
            return new Predictor(model.Load(path), limits);

        var times = Linspace(0, 1.5, 30);
        var states = Ode.Problem(
                (_, u) => Stack(-0.1 * u[0] + 2.0 * u[1], -2.0 * u[0] - 0.1 * u[1]),
                Tensor.Of(2.0, 0.0),
                0,
                1.5
            )
            .SaveAt(times)
            .SolveYs();

        var fit = model.Fit(times, states, train => train.Adam(1e-2).Steps(steps).Clip(1.0));
        if (path is not null)
            fit.Best.Save(path);
        return new Predictor(fit.Best, limits);
    }

    /// <summary>The states at these times, of which y0 is the first; stops, in the middle of a solve too, once the token is cancelled.</summary>
    /// <exception cref="ArgumentException">for input that does not fit, with a sentence for the caller.</exception>
    public Forecast Predict(double[]? y0, double[]? times, CancellationToken token)
    {
        if (y0 is null || times is null || times.Length == 0)
            throw new InputException(
                "predict: got no y0 or no times, expected both: { \"y0\": [2, 0], \"times\": [0, 1] }."
            );

        if (times.Length > limits.Times)
            throw new InputException(
                $"predict: got {times.Length} times, expected at most {limits.Times}. Ask several times, each from where the last answer ended."
            );

        if (y0.Length != Dimension)
            throw new InputException($"predict: got {y0.Length} numbers in y0, expected {Dimension}.");

        foreach (var (i, x) in y0.Index())
            if (!double.IsFinite(x))
                throw new InputException(
                    $"predict: y0 must be finite numbers; got {Invariant($"{x} at position {i}")}."
                );

        foreach (var (i, t) in times.Index())
            if (!double.IsFinite(t) || i > 0 && t <= times[i - 1])
                throw new InputException(
                    $"predict: times must be finite and increase; got {Invariant($"{t} at position {i}")}."
                );

        var ys = new List<double[]> { y0 };
        var y = Tensor.Of(y0);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(token);
        both.CancelAfter(TimeSpan.FromSeconds(limits.Seconds));

        try
        {
            for (var i = 1; i < times.Length; i++)
            {
                var span = (Tensor.Scalar(times[i - 1]), Tensor.Scalar(times[i]));
                y = Engine.Cancellable(both.Token, () => advance(model, y, span));
                both.Token.ThrowIfCancellationRequested();
                ys.Add(y.ToArray());
            }

            return new Forecast([.. ys], Status.Success.ToString(), Status.Success.Sentence);
        }
        catch (SolveException stopped)
        {
            return new Forecast([.. ys], stopped.Status.ToString(), stopped.Message);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return new Forecast(
                [.. ys],
                "TimeLimit",
                Invariant(
                    $"predict: stopped after {limits.Seconds} seconds with {ys.Count} of {times.Length} times. Ask for fewer, or for nearer ones."
                )
            );
        }
    }
}
