namespace NeuralDE.Internal.Layers

open NeuralDE
open NeuralDE.Internal.Tensor

/// What layers ask of their inputs. Messages name the layer's verb, what came and what the layer was made for.
module internal LayerInput =
    /// The last axis carries the features.
    let features verb expected (x: Tensor) =
        if x.Rank = 0 then
            Expect.misfit (
                $"{verb}: input is one number, the layer was made for {string expected} features. "
                + "Give [features] or [batch…; features]."
            )

        let got = x.Dims[x.Rank - 1]

        if got <> expected then
            Expect.misfit $"{verb}: input has {string got} features, the layer was made for {string expected}."

    /// The axis after the batch carries the channels.
    let channels verb expected (x: Tensor) =
        Expect.floats verb x

        if x.Rank < 2 then
            Expect.misfit
                $"{verb}: got shape {Expect.text x}, expected [batch; channels; …]. Add an axis with expandDims."

        if x.Dims[1] <> expected then
            Expect.misfit
                $"{verb}: input {Expect.text x} has {string x.Dims[1]} channels, the layer was made for {string expected}."

    /// One number a channel, stretched over the axes after the channels: [channels] → [channels; 1; …].
    let perChannel (x: Tensor) (numbers: Tensor) =
        Prim.reshape (Array.append [| numbers.Count |] (Array.create (max 0 (x.Rank - 2)) 1)) numbers

    /// Along the last axis: x − mean, and 1 / √(variance + ε), whose last extent is 1. The variance is taken of what is
    /// centred already, so that the mean is subtracted once, and so its derivative.
    let centred (epsilon: float) (x: Tensor) : Tensor * Tensor =
        let centred = x - expandDims -1 (meanAlong -1 x)
        let variance = expandDims -1 (meanAlong -1 (square centred))
        centred, 1.0 / sqrt (variance + epsilon)
