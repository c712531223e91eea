namespace NeuralDE;

/// <summary>Kinds of noise, for Sde.Problem: which methods there are depends on the kind, at compile time.</summary>
/// <remarks>
/// Where a lambda is given, write its types, as in <c>Noise.Diagonal((Tensor t, Tensor y) =&gt; 0.1 * y)</c>; where a method is given,
/// the state's, as in <c>Noise.Diagonal&lt;Tensor&gt;(G)</c>. Otherwise the compiler says CS0411.
/// </remarks>
public static class Noise
{
    /// <summary>
    /// g(t, y) dW by components: a Brownian motion of its own for each component of the state, all independent.
    /// </summary>
    /// <param name="g">
    /// Time and state to a tree like the state. Component i may depend on component i of the state alone; what depends on
    /// others is General.
    /// </param>
    public static Noise<DiagonalNoise, S> Diagonal<S>(Func<Tensor, S, S> g) =>
        NoisesModule.Diagonal(FSharp.Function(g));

    /// <summary>g(t) dW by components, whatever the state.</summary>
    /// <param name="g">Time to a tree like the state.</param>
    public static Noise<AdditiveNoise, S> Additive<S>(Func<Tensor, S> g) => NoisesModule.Additive(FSharp.Function(g));

    /// <summary>g(t, y) dW with a matrix g: the sum over j of g[…; i; j] dW[…; j].</summary>
    /// <param name="g">Time and a state [batch…; d] to [batch…; d; channels].</param>
    public static Noise<AnyNoise, Tensor> General(Func<Tensor, Tensor, Tensor> g) =>
        NoisesModule.General(FSharp.Function(g));
}
