// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Kinds of noise, for Sde.Problem. The kind determines, at compile time, the methods that can be used.
/// </summary>
/// <remarks>
/// Write the types of a lambda, as in <c>Noise.Diagonal((Tensor t, Tensor y) =&gt; 0.1 * y)</c>. For a method group
/// write the type of the state, as in <c>Noise.Diagonal&lt;Tensor&gt;(G)</c>. Otherwise the compiler reports CS0411.
/// </remarks>
public static partial class Noise
{
    /// <summary>
    /// Component-wise noise g(t, y) dW: each component of the state has an independent Brownian motion.
    /// </summary>
    /// <param name="g">
    /// From time and state to a tree like the state. Component i may depend on component i of the state only; otherwise
    /// use General.
    /// </param>
    /// <returns>The noise.</returns>
    public static Noise<DiagonalNoise, S> Diagonal<S>(Func<Tensor, S, S> g) =>
        NoisesModule.Diagonal(FSharp.Function(g));

    /// <summary>
    /// Component-wise noise g(t) dW that does not depend on the state: each component has an independent Brownian
    /// motion.
    /// </summary>
    /// <param name="g">From time to a tree like the state.</param>
    /// <returns>The noise.</returns>
    public static Noise<AdditiveNoise, S> Additive<S>(Func<Tensor, S> g) => NoisesModule.Additive(FSharp.Function(g));

    /// <summary>Noise g(t, y) dW with a matrix g: the sum over j of g[…; i; j] dW[…; j].</summary>
    /// <param name="g">
    /// From time and a state [batch…; d] to [batch…; d; channels]. W is [batch…; channels], with independent
    /// components.
    /// </param>
    /// <returns>The noise.</returns>
    public static Noise<AnyNoise, Tensor> General(Func<Tensor, Tensor, Tensor> g) =>
        NoisesModule.General(FSharp.Function(g));
}
