// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Dropout: sets random elements to 0 and divides the others by the fraction that is kept, so the mean does not change.
/// </summary>
/// <remarks>
/// In a vector field, pass a key that is constant during the solve: the mask is then constant, and the field is a
/// function. For evaluation omit the call. N. Srivastava et al., Dropout, 2014.
/// </remarks>
public static partial class Dropout
{
    /// <summary>Drops elements of x.</summary>
    /// <param name="rate">The fraction of elements to drop, from 0 to below 1; 0 is the identity.</param>
    /// <param name="key">
    /// Equal keys drop the same elements. Under Vmap a shared key drops the same elements in each row.
    /// </param>
    /// <param name="x">Floats of any shape.</param>
    /// <returns>A tensor of the same shape.</returns>
    /// <exception cref="InputException">unless 0 ≤ rate &lt; 1.</exception>
    public static Tensor Apply(double rate, Key key, Tensor x) => DropoutModule.apply(rate, Given(key), Given(x));
}
