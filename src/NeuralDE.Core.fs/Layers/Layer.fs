namespace NeuralDE

/// A layer of a network. Spatial axes are those after the channels: 0 for features, 1 for sequences, 2 for images.
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
    /// x ↦ x^exponent, element by element
    | Power of exponent: float
    /// the time as one more feature or channel, before the others
    | Time of spatial: int
    /// needs a key, and is the identity without one
    | Dropout of rate: float
    /// means over windows of an image
    | AveragePool2d of window: int * stride: int
    /// maxima over windows of an image
    | MaxPool2d of window: int * stride: int
    /// means over all spatial axes
    | GlobalAveragePool of spatial: int
    /// [batch; …] → [batch; features]
    | Flatten
    /// x + f(x)
    | Residual of Layer list
    /// a layer of your own: Blueprint.own
    | Own of OwnLayerPlace
