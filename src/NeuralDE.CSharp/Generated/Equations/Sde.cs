// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Stochastic differential equations.</summary>
public static partial class Sde
{
    /// <summary>The Itô equation dy = f(t, y) dt + g(t, y) dW from y(t0) = y0 to t1.</summary>
    /// <param name="drift">f: from time ([], in the dtype of the state) and state to a tree like the state.</param>
    /// <param name="noise">
    /// Noise.Diagonal(g), Noise.Additive(g) or Noise.General(g). The kind determines, at compile time, the methods that
    /// can be used.
    /// </param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors, such as a record.</param>
    /// <param name="t0">The start time: a number; [batch] with PerSample. Noise has no derivative by time.</param>
    /// <param name="t1">The end time, likewise; it may be smaller than t0.</param>
    /// <returns>
    /// A problem with the method EulerMaruyama. It needs constant steps, Problem.Dt, and a key, Problem.Noise.
    /// </returns>
    /// <remarks>
    /// Noise(key) is required: equal keys give equal paths, and the path depends neither on the steps nor on the
    /// method. The rows of a batch have independent noise; with PerSample, row k has the path of <c>key.Fold(k)</c>.
    /// Steps end at output times, which are [time] for all rows. Steps control the error of the state only, not of
    /// derivatives. The path has a resolution of 2^-24 of [t0, t1]: InputException for shorter steps and for outputs at
    /// a smaller distance. K. Itô 1944; P. E. Kloeden, E. Platen, Numerical solution of stochastic differential
    /// equations, 1992.
    /// </remarks>
    /// <exception cref="InputException">for a time that is not finite, and for other types of times.</exception>
    public static Problem<N, S> Problem<N, S>(Func<Tensor, S, S> drift, Noise<N, S> noise, S y0, double t0, double t1)
        where N : AnyNoise => SdeVerbs.problem(FSharp.Function(drift), Given(noise), y0, t0, t1);

    /// <summary>The Itô equation dy = f(t, y) dt + g(t, y) dW from y(t0) = y0 to t1.</summary>
    /// <param name="drift">f: from time ([], in the dtype of the state) and state to a tree like the state.</param>
    /// <param name="noise">
    /// Noise.Diagonal(g), Noise.Additive(g) or Noise.General(g). The kind determines, at compile time, the methods that
    /// can be used.
    /// </param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors, such as a record.</param>
    /// <param name="t0">The start time: a number; [batch] with PerSample. Noise has no derivative by time.</param>
    /// <param name="t1">The end time, likewise; it may be smaller than t0.</param>
    /// <returns>
    /// A problem with the method EulerMaruyama. It needs constant steps, Problem.Dt, and a key, Problem.Noise.
    /// </returns>
    /// <remarks>
    /// Noise(key) is required: equal keys give equal paths, and the path depends neither on the steps nor on the
    /// method. The rows of a batch have independent noise; with PerSample, row k has the path of <c>key.Fold(k)</c>.
    /// Steps end at output times, which are [time] for all rows. Steps control the error of the state only, not of
    /// derivatives. The path has a resolution of 2^-24 of [t0, t1]: InputException for shorter steps and for outputs at
    /// a smaller distance. K. Itô 1944; P. E. Kloeden, E. Platen, Numerical solution of stochastic differential
    /// equations, 1992.
    /// </remarks>
    /// <exception cref="InputException">for a time that is not finite, and for other types of times.</exception>
    public static Problem<N, S> Problem<N, S>(Func<Tensor, S, S> drift, Noise<N, S> noise, S y0, Tensor t0, Tensor t1)
        where N : AnyNoise => SdeVerbs.problem(FSharp.Function(drift), Given(noise), y0, Given(t0), Given(t1));

    /// <summary>The Stratonovich equation dy = f(t, y) dt + g(t, y) ∘ dW from y(t0) = y0 to t1.</summary>
    /// <param name="drift">f, as in Sde.Problem.</param>
    /// <param name="noise">Noise.Diagonal(g), Noise.Additive(g) or Noise.General(g).</param>
    /// <param name="y0">The state at t0.</param>
    /// <param name="t0">The start time: a number; [batch] with PerSample.</param>
    /// <param name="t1">The end time, likewise; it may be smaller than t0.</param>
    /// <returns>A problem with the method Heun. It needs a key, Problem.Noise.</returns>
    /// <remarks>
    /// Heun estimates its error: steps are adaptive, with default tolerances of 1e-3 and 1e-6, or constant with
    /// Problem.Dt. A tenth of the tolerance takes about ten times as many steps. The rest is as in Sde.Problem. R. L.
    /// Stratonovich 1966.
    /// </remarks>
    /// <exception cref="InputException">for a time that is not finite, and for other types of times.</exception>
    public static Problem<N, S> Stratonovich<N, S>(
        Func<Tensor, S, S> drift,
        Noise<N, S> noise,
        S y0,
        double t0,
        double t1
    )
        where N : AnyNoise => SdeVerbs.stratonovich(FSharp.Function(drift), Given(noise), y0, t0, t1);

    /// <summary>The Stratonovich equation dy = f(t, y) dt + g(t, y) ∘ dW from y(t0) = y0 to t1.</summary>
    /// <param name="drift">f, as in Sde.Problem.</param>
    /// <param name="noise">Noise.Diagonal(g), Noise.Additive(g) or Noise.General(g).</param>
    /// <param name="y0">The state at t0.</param>
    /// <param name="t0">The start time: a number; [batch] with PerSample.</param>
    /// <param name="t1">The end time, likewise; it may be smaller than t0.</param>
    /// <returns>A problem with the method Heun. It needs a key, Problem.Noise.</returns>
    /// <remarks>
    /// Heun estimates its error: steps are adaptive, with default tolerances of 1e-3 and 1e-6, or constant with
    /// Problem.Dt. A tenth of the tolerance takes about ten times as many steps. The rest is as in Sde.Problem. R. L.
    /// Stratonovich 1966.
    /// </remarks>
    /// <exception cref="InputException">for a time that is not finite, and for other types of times.</exception>
    public static Problem<N, S> Stratonovich<N, S>(
        Func<Tensor, S, S> drift,
        Noise<N, S> noise,
        S y0,
        Tensor t0,
        Tensor t1
    )
        where N : AnyNoise => SdeVerbs.stratonovich(FSharp.Function(drift), Given(noise), y0, Given(t0), Given(t1));
}
