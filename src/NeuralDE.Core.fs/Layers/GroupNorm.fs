namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// <summary>(x − mean) / √(variance + ε) over each group of channels of each sample, then a scale and a shift for each
/// channel. PyTorch's GroupNorm.</summary>
/// <remarks>Y. Wu, K. He, Group normalization, 2018.</remarks>
type GroupNorm =
    {
        /// [channels]
        Scale: Tensor
        /// [channels]
        Shift: Tensor
        /// the number of groups
        Groups: int
        /// keeps the quotient finite, 1e-5
        Epsilon: float
    }

    /// <summary>Scale 1 and shift 0.</summary>
    /// <param name="groups">The number of groups.</param>
    /// <param name="channels">The number of channels, divisible by groups.</param>
    /// <returns>The layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless both are positive and the channels divide into the
    /// groups.</exception>
    static member init (groups: int) (channels: int) : GroupNorm =
        Expect.positive "GroupNorm.init" "groups" groups
        Expect.positive "GroupNorm.init" "channels" channels

        if channels % groups <> 0 then
            raise (
                InputException $"GroupNorm.init: {string channels} channels do not divide into {string groups} groups."
            )

        { Scale = ones [ channels ]; Shift = zeros [ channels ]; Groups = groups; Epsilon = 1e-5 }

    /// <summary>Normalises each group of channels of each sample.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">[batch; channels; …].</param>
    /// <returns>A tensor of the same shape.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">for another number of channels.</exception>
    static member apply (layer: GroupNorm) (x: Tensor) : Tensor =
        LayerInput.channels "GroupNorm.apply" layer.Scale.Count x
        let batch, channels = x.Dims[0], x.Dims[1]
        let inGroups =
            Prim.reshape
                [| batch; layer.Groups; Shape.extent "GroupNorm.apply" (Shape.size x.Dims[1..] / int64 layer.Groups) |]
                x
        let centred, factor = LayerInput.centred layer.Epsilon inGroups
        // one factor for each channel of each sample, so that each position is multiplied once
        let factors = factor * Prim.reshape [| layer.Groups; channels / layer.Groups |] layer.Scale
        let perPlace = Prim.reshape (Array.append [| batch; channels |] (Array.create (x.Rank - 2) 1)) factors
        Prim.reshape x.Dims centred * perPlace + LayerInput.perChannel x layer.Shift
