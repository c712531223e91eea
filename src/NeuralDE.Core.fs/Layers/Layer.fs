namespace NeuralDE

/// A layer of a network. `spatial` is the number of axes after the channels: 0 for features, 1 for sequences, 2 for images.
[<RequireQualifiedAccess>]
type Layer =
    | Linear of Linear
    | Conv1d of Conv1d
    | Conv2d of Conv2d
    | ConvTranspose1d of ConvTranspose1d
    | ConvTranspose2d of ConvTranspose2d
    | LayerNorm of LayerNorm
    | GroupNorm of GroupNorm
    | FourierFeatures of FourierFeatures
    | Activation of Activation
    /// x ↦ x^exponent, element-wise
    | Power of exponent: float
    /// the time as one more feature or channel, before the others
    | Time of spatial: int
    /// sets random elements to 0; the identity without a key
    | Dropout of rate: float
    /// means over square windows of an image
    | AveragePool2d of window: int * stride: int
    /// maxima over square windows of an image
    | MaxPool2d of window: int * stride: int
    /// means over all spatial axes
    | GlobalAveragePool of spatial: int
    /// [batch; …] → [batch; features]
    | Flatten
    /// x + f(x)
    | Residual of Layer list
    /// a custom layer: Blueprint.own
    | Own of OwnLayerPlace
