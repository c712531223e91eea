namespace NeuralDE

open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// The running statistics of batch normalisation. They are not parameters: keep them beside the model, and pass on the state
/// that `BatchNorm.train` returns.
type BatchNormState =
    {
        /// running mean of each channel
        Mean: Tensor
        /// running variance of each channel, that of a sample (n − 1)
        Variance: Tensor
    }

    /// <summary>Mean 0 and variance 1.</summary>
    /// <param name="channels">The number of channels.</param>
    /// <returns>The statistics, each [channels].</returns>
    /// <exception cref="T:NeuralDE.InputException">unless channels is positive.</exception>
    static member init(channels: int) : BatchNormState =
        Expect.positive "BatchNormState.init" "channels" channels
        { Mean = zeros [ channels ]; Variance = ones [ channels ] }

/// <summary>(x − mean) / √(variance + ε) · scale + shift for each channel, with the statistics of the batch in training and
/// the running statistics in evaluation. PyTorch's BatchNorm1d and BatchNorm2d.</summary>
/// <remarks>The running statistics are an explicit argument and result. In a vector field use GroupNorm, which does not mix
/// samples. S. Ioffe, C. Szegedy, Batch normalization, 2015.</remarks>
type BatchNorm =
    {
        /// [channels]
        Scale: Tensor
        /// [channels]
        Shift: Tensor
        /// the weight of the new statistics in the running mean, 0.1
        Momentum: float
        /// keeps the quotient finite, 1e-5
        Epsilon: float
    }

    /// <summary>Scale 1 and shift 0.</summary>
    /// <param name="channels">The number of channels.</param>
    /// <returns>The layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless channels is positive.</exception>
    static member init(channels: int) : BatchNorm =
        Expect.positive "BatchNorm.init" "channels" channels
        { Scale = ones [ channels ]; Shift = zeros [ channels ]; Momentum = 0.1; Epsilon = 1e-5 }

    static member private Scaled(layer: BatchNorm, mean: Tensor, variance: Tensor, x: Tensor) : Tensor =
        let perChannel = LayerInput.perChannel x
        let gain = layer.Scale / sqrt (variance + layer.Epsilon)
        (x - perChannel mean) * perChannel gain + perChannel layer.Shift

    /// <summary>Normalises with the statistics of the batch, and returns the next running statistics.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="state">The running statistics.</param>
    /// <param name="x">[batch; channels; …].</param>
    /// <returns>A tensor of the same shape, and the next running statistics, which have no derivative.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">for another number of channels, and for fewer than two numbers per
    /// channel.</exception>
    static member train (layer: BatchNorm) (state: BatchNormState) (x: Tensor) : Tensor * BatchNormState =
        LayerInput.channels "BatchNorm.train" layer.Scale.Count x
        let channels = x.Dims[1]
        let n = if channels = 0 then 0 else x.Count / channels

        if n < 2 then
            Expect.misfit
                $"BatchNorm.train: got shape {Expect.text x}, expected two or more numbers per channel. Use a larger batch."

        let rows = Prim.reshape [| channels; n |] (moveAxis 1 0 x)
        let mean, variance = meanAlong 1 rows, varAlong 1 rows
        let blend (old: Tensor) (next: Tensor) = stopGradient ((1.0 - layer.Momentum) * old + layer.Momentum * next)
        let ofSample = variance * (float n / float (n - 1))
        let next = { Mean = blend state.Mean mean; Variance = blend state.Variance ofSample }
        BatchNorm.Scaled(layer, mean, variance, x), next

    /// <summary>Normalises with the running statistics.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="state">The running statistics.</param>
    /// <param name="x">[batch; channels; …].</param>
    /// <returns>A tensor of the same shape.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">for another number of channels.</exception>
    static member evaluate (layer: BatchNorm) (state: BatchNormState) (x: Tensor) : Tensor =
        LayerInput.channels "BatchNorm.evaluate" layer.Scale.Count x
        BatchNorm.Scaled(layer, state.Mean, state.Variance, x)
