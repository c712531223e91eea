namespace NeuralDE

open NeuralDE.Internal.Tensor

/// <summary>Dropout: sets random elements to 0 and divides the others by the fraction that is kept, so the mean does not
/// change.</summary>
/// <remarks>In a vector field, pass a key that is constant during the solve: the mask is then constant, and the field is a
/// function. For evaluation omit the call. N. Srivastava et al., Dropout, 2014.</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Dropout =
    let internal check verb (rate: float) =
        if not (rate >= 0.0 && rate < 1.0) then
            raise (InputException $"{verb}: got rate {string rate}, expected a number from 0 to below 1.")

    /// <summary>Drops elements of x.</summary>
    /// <param name="rate">The fraction of elements to drop, from 0 to below 1; 0 is the identity.</param>
    /// <param name="key">Equal keys drop the same elements. Under vmap a shared key drops the same elements in each
    /// row.</param>
    /// <param name="x">Floats of any shape.</param>
    /// <returns>A tensor of the same shape.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless 0 ≤ rate &lt; 1.</exception>
    let apply (rate: float) (key: Key) (x: Tensor) : Tensor =
        check "Dropout.apply" rate
        Expect.floats "Dropout.apply" x

        if rate = 0.0 then
            x
        else
            let stays = bernoulli key (1.0 - rate) (List.ofArray x.Dims)
            where stays (x / (1.0 - rate)) 0.0
