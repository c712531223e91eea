namespace NeuralDE;

/// <summary>Stochastic differential equations.</summary>
public static class Sde
{
    /// <summary>The Itô equation dy = f(t, y) dt + g(t, y) dW from y(t0) = y0 to t1.</summary>
    /// <param name="drift">f: from time ([], in the dtype of the state) and state to a tree like the state.</param>
    /// <param name="noise">Noise.Diagonal(g), Noise.Additive(g) or Noise.General(g).</param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors, such as a record.</param>
    /// <param name="t0">The start time.</param>
    /// <param name="t1">The end time; it may be smaller than t0.</param>
    /// <remarks>
    /// The default method is EulerMaruyama, with constant steps Dt. Noise(key) is required: equal keys give equal paths, and
    /// the path depends neither on the steps nor on the method. The rows of a batch have independent noise. Steps end at
    /// output times.
    /// </remarks>
    public static Problem<N, S> Problem<N, S>(Func<Tensor, S, S> drift, Noise<N, S> noise, S y0, double t0, double t1)
        where N : AnyNoise => SdeVerbs.problem(FSharp.Function(drift), Given(noise), y0, t0, t1);

    /// <summary>The same with times that are tensors: numbers, or [batch] with PerSample.</summary>
    public static Problem<N, S> Problem<N, S>(Func<Tensor, S, S> drift, Noise<N, S> noise, S y0, Tensor t0, Tensor t1)
        where N : AnyNoise => SdeVerbs.problem(FSharp.Function(drift), Given(noise), y0, Given(t0), Given(t1));

    /// <summary>The Stratonovich equation dy = f(t, y) dt + g(t, y) ∘ dW from y(t0) = y0 to t1.</summary>
    /// <param name="drift">f, as in Problem.</param>
    /// <param name="noise">Noise.Diagonal(g), Noise.Additive(g) or Noise.General(g).</param>
    /// <param name="y0">The state at t0.</param>
    /// <param name="t0">The start time.</param>
    /// <param name="t1">The end time; it may be smaller than t0.</param>
    /// <remarks>
    /// The default method is Heun, which estimates its error: steps are adaptive, with default tolerances of 1e-3 and 1e-6, or
    /// constant with Dt.
    /// </remarks>
    public static Problem<N, S> Stratonovich<N, S>(
        Func<Tensor, S, S> drift,
        Noise<N, S> noise,
        S y0,
        double t0,
        double t1
    )
        where N : AnyNoise => SdeVerbs.stratonovich(FSharp.Function(drift), Given(noise), y0, t0, t1);

    /// <summary>The same with times that are tensors: numbers, or [batch] with PerSample.</summary>
    public static Problem<N, S> Stratonovich<N, S>(
        Func<Tensor, S, S> drift,
        Noise<N, S> noise,
        S y0,
        Tensor t0,
        Tensor t1
    )
        where N : AnyNoise => SdeVerbs.stratonovich(FSharp.Function(drift), Given(noise), y0, Given(t0), Given(t1));
}
