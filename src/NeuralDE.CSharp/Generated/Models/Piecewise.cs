// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Models whose weights are constant on each of n equal pieces of the time span.</summary>
public static partial class Piecewise
{
    /// <summary>Makes <paramref name="pieces"/> models, each from its own key.</summary>
    /// <param name="pieces">The number of pieces.</param>
    /// <param name="start">The start of the time span.</param>
    /// <param name="stop">The end of the time span.</param>
    /// <param name="make">From a key to a model.</param>
    /// <param name="key">Determines the initial weights.</param>
    /// <returns>The model.</returns>
    /// <remarks>
    /// InputException unless <paramref name="pieces"/> is positive and the times of the span are finite and differ.
    /// </remarks>
    public static Piecewise<M> Init<M>(int pieces, double start, double stop, Func<Key, M> make, Key key) =>
        PiecewiseModule.init(pieces, start, stop, FSharp.Function(make), Given(key));

    /// <summary>The field of a model in pieces: <c>Piecewise.Field((net, x) =&gt; net.Apply(x), p)</c>.</summary>
    /// <param name="apply">Applies a model to a state.</param>
    /// <param name="p">The pieces.</param>
    /// <returns>A function of t and x: the result of apply, x'.</returns>
    public static Func<Tensor, Tensor, Tensor> Field<M>(Func<M, Tensor, Tensor> apply, Piecewise<M> p)
    {
        Given(apply);
        Given(p);
        return (t, x) => PiecewiseModule.field(FSharp.Function(apply), Given(p), Given(t), Given(x));
    }
}
