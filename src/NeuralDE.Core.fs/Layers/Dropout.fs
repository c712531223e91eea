namespace NeuralDE

open NeuralDE.Internal.Tensor

/// <summary>Some elements set to 0 at random, the others divided by the share that stays. The mean stays as it is.</summary>
/// <remarks>Inside a vector field the key makes the mask, so the mask is one for the whole solve: the field stays a function.
/// For evaluation leave the call out. N. Srivastava et al., Dropout, 2014.</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Dropout =
    let internal check verb (rate: float) =
        if not (rate >= 0.0 && rate < 1.0) then
            raise (InputException $"{verb}: got rate {string rate}, expected a number from 0 to below 1.")

    /// <summary>x with elements dropped.</summary>
    /// <param name="rate">The share of elements dropped, from 0 to below 1; 0 is the identity.</param>
    /// <param name="key">The same key drops the same elements. Under vmap a shared key drops the same ones in each row.</param>
    /// <param name="x">Floats of any shape.</param>
    let apply (rate: float) (key: Key) (x: Tensor) : Tensor =
        check "Dropout.apply" rate
        Expect.floats "Dropout.apply" x

        if rate = 0.0 then
            x
        else
            let stays = bernoulli key (1.0 - rate) (List.ofArray x.Dims)
            where stays (x / (1.0 - rate)) 0.0
