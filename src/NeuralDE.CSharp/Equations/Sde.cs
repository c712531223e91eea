namespace NeuralDE;

/// <summary>Stochastic differential equations: a problem, a few answers, a solve.</summary>
public static class Sde
{
    /// <summary>dy = f(t, y) dt + g(t, y) dW in Itô's sense, from y(t0) = y0 to t1.</summary>
    /// <param name="drift">f: time (0-d, in the state's dtype) and state to a tree like the state.</param>
    /// <param name="noise">Noise.Diagonal(g), Noise.Additive(g) or Noise.General(g).</param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors, such as a record of yours.</param>
    /// <param name="t0">The start.</param>
    /// <param name="t1">The end; may be smaller than t0.</param>
    /// <remarks>
    /// Solved by EulerMaruyama unless said otherwise, in steps of Dt. Needs Noise(key): equal keys give equal paths, and the
    /// path depends neither on the steps nor on the method. A batch has independent noise in all of its rows. Steps end at
    /// output times.
    /// </remarks>
    public static Problem<N, S> Problem<N, S>(Func<Tensor, S, S> drift, Noise<N, S> noise, S y0, double t0, double t1)
        where N : AnyNoise => SdeVerbs.problem(FSharp.Function(drift), Given(noise), y0, t0, t1);

    /// <summary>The same with times that are tensors: numbers, or [batch] with PerSample.</summary>
    public static Problem<N, S> Problem<N, S>(Func<Tensor, S, S> drift, Noise<N, S> noise, S y0, Tensor t0, Tensor t1)
        where N : AnyNoise => SdeVerbs.problem(FSharp.Function(drift), Given(noise), y0, Given(t0), Given(t1));

    /// <summary>dy = f(t, y) dt + g(t, y) ∘ dW in Stratonovich's sense, from y(t0) = y0 to t1.</summary>
    /// <param name="drift">f, as in Problem.</param>
    /// <param name="noise">Noise.Diagonal(g), Noise.Additive(g) or Noise.General(g).</param>
    /// <param name="y0">The state at t0.</param>
    /// <param name="t0">The start.</param>
    /// <param name="t1">The end; may be smaller than t0.</param>
    /// <remarks>
    /// Solved by Heun unless said otherwise, which estimates its error: steps are adaptive, with a tolerance of 1e-3 and 1e-6
    /// unless said otherwise, or those of Dt.
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
