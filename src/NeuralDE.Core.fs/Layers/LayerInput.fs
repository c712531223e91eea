namespace NeuralDE.Internal.Layers

open NeuralDE
open NeuralDE.Internal.Tensor

/// Checks of the inputs of layers. Messages name the verb of the layer, the given shape and the expected one.
module internal LayerInput =
    /// The features are on the last axis.
    let features verb expected (x: Tensor) =
        if x.Rank = 0 then
            Expect.misfit (
                $"{verb}: input is one number, the layer was made for {string expected} features. "
                + "Use [features] or [batch…; features]."
            )

        let got = x.Dims[x.Rank - 1]

        if got <> expected then
            Expect.misfit $"{verb}: input has {string got} features, the layer was made for {string expected}."

    /// The channels are on the axis after the batch.
    let channels verb expected (x: Tensor) =
        Expect.floats verb x

        if x.Rank < 2 then
            Expect.misfit
                $"{verb}: got shape {Expect.text x}, expected [batch; channels; …]. Add an axis with expandDims."

        if x.Dims[1] <> expected then
            Expect.misfit
                $"{verb}: input {Expect.text x} has {string x.Dims[1]} channels, the layer was made for {string expected}."

    /// One number per channel, broadcast over the axes after the channels: [channels] → [channels; 1; …].
    let perChannel (x: Tensor) (numbers: Tensor) =
        Prim.reshape (Array.append [| numbers.Count |] (Array.create (max 0 (x.Rank - 2)) 1)) numbers

    /// Along the last axis: x − mean, and 1 / √(variance + ε) with last extent 1. The variance is computed from the centred
    /// values, so that the mean, and its derivative, is subtracted once.
    let centred (epsilon: float) (x: Tensor) : Tensor * Tensor =
        let centred = x - expandDims -1 (meanAlong -1 x)
        let variance = expandDims -1 (meanAlong -1 (square centred))
        centred, 1.0 / sqrt (variance + epsilon)
