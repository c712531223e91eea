namespace NeuralDE

open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// What batch normalisation has seen of its inputs. It is no parameter: keep it beside the model, and pass on what train
/// returns.
type BatchNormState =
    {
        /// running mean of each channel
        Mean: Tensor
        /// running variance of each channel, that of a sample (n − 1)
        Variance: Tensor
    }

    /// <summary>Mean 0 and variance 1.</summary>
    static member init(channels: int) : BatchNormState =
        Expect.positive "BatchNormState.init" "channels" channels
        { Mean = zeros [ channels ]; Variance = ones [ channels ] }

/// <summary>(x − mean) / √(variance + ε) · scale + shift for each channel: by the batch's mean and variance in training, by the
/// running ones in evaluation. PyTorch's BatchNorm1d and 2d.</summary>
/// <remarks>The running state is explicit. In a vector field prefer GroupNorm, which does not mix samples.
/// S. Ioffe, C. Szegedy, Batch normalization, 2015.</remarks>
type BatchNorm =
    {
        /// [channels]
        Scale: Tensor
        /// [channels]
        Shift: Tensor
        /// the share of the new in the running state, 0.1
        Momentum: float
        /// keeps the quotient finite, 1e-5
        Epsilon: float
    }

    /// <summary>Scale 1 and shift 0.</summary>
    static member init(channels: int) : BatchNorm =
        Expect.positive "BatchNorm.init" "channels" channels
        { Scale = ones [ channels ]; Shift = zeros [ channels ]; Momentum = 0.1; Epsilon = 1e-5 }

    static member private Scaled(layer: BatchNorm, mean: Tensor, variance: Tensor, x: Tensor) : Tensor =
        let perChannel = LayerInput.perChannel x
        let gain = layer.Scale / sqrt (variance + layer.Epsilon)
        (x - perChannel mean) * perChannel gain + perChannel layer.Shift

    /// <summary>[batch; channels; …] → the same shape by the batch's own statistics, and the next running state.</summary>
    /// <remarks>The state has no derivative. ShapeException for fewer than two numbers a channel.</remarks>
    static member train (layer: BatchNorm) (state: BatchNormState) (x: Tensor) : Tensor * BatchNormState =
        LayerInput.channels "BatchNorm.train" layer.Scale.Count x
        let channels = x.Dims[1]
        let n = if channels = 0 then 0 else x.Count / channels

        if n < 2 then
            Expect.misfit
                $"BatchNorm.train: got shape {Expect.text x}, expected two or more numbers a channel. Give a batch."

        let rows = Prim.reshape [| channels; n |] (moveAxis 1 0 x)
        let mean, variance = meanAlong 1 rows, varAlong 1 rows
        let blend (old: Tensor) (next: Tensor) = stopGradient ((1.0 - layer.Momentum) * old + layer.Momentum * next)
        let ofSample = variance * (float n / float (n - 1))
        let next = { Mean = blend state.Mean mean; Variance = blend state.Variance ofSample }
        BatchNorm.Scaled(layer, mean, variance, x), next

    /// <summary>[batch; channels; …] → the same shape by the running statistics.</summary>
    static member evaluate (layer: BatchNorm) (state: BatchNormState) (x: Tensor) : Tensor =
        LayerInput.channels "BatchNorm.evaluate" layer.Scale.Count x
        BatchNorm.Scaled(layer, state.Mean, state.Variance, x)
