// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Models whose weights vary in depth by a spectral expansion.</summary>
public static partial class Galerkin
{
    /// <summary>
    /// Makes an expansion that is constant in depth at first: the first coefficients are the model made from the key,
    /// the others are 0. All are trained.
    /// </summary>
    /// <param name="basis">The basis.</param>
    /// <param name="start">The start of the time span.</param>
    /// <param name="stop">The end of the time span.</param>
    /// <param name="make">From a key to a model.</param>
    /// <param name="key">Determines the initial weights.</param>
    /// <returns>The model.</returns>
    /// <remarks>InputException unless the times of the span are finite and differ.</remarks>
    public static Galerkin<M> Init<M>(Basis basis, double start, double stop, Func<Key, M> make, Key key) =>
        GalerkinModule.init(Given(basis), start, stop, FSharp.Function(make), Given(key));

    /// <summary>
    /// The field of a model that varies in depth: <c>Galerkin.Field((net, x) =&gt; net.Apply(x), g)</c>.
    /// </summary>
    /// <param name="apply">Applies a model to a state.</param>
    /// <param name="g">The expansion.</param>
    /// <returns>A function of t and x: the result of apply, x'.</returns>
    public static Func<Tensor, Tensor, Tensor> Field<M>(Func<M, Tensor, Tensor> apply, Galerkin<M> g)
    {
        Given(apply);
        Given(g);
        return (t, x) => GalerkinModule.field(FSharp.Function(apply), Given(g), Given(t), Given(x));
    }
}
