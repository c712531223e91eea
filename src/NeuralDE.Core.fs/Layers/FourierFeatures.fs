namespace NeuralDE

open System
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// <summary>x ↦ [cos 2π x B; sin 2π x B] with random frequencies B: lets a network see fine detail in few coordinates.</summary>
/// <remarks>The frequencies are constants: they have no derivative. M. Tancik et al., Fourier features let networks learn high
/// frequency functions in low dimensional domains, 2020.</remarks>
type FourierFeatures =
    {
        /// [inputs; frequencies]
        Frequencies: Tensor
    }

    /// <summary>Normal frequencies of a deviation, in periods per unit of x.</summary>
    static member init (deviation: float) (key: Key) (inputs: int) (frequencies: int) : FourierFeatures =
        Expect.positive "FourierFeatures.init" "inputs" inputs
        Expect.positive "FourierFeatures.init" "frequencies" frequencies
        { Frequencies = Init.normal deviation key [ inputs; frequencies ] }

    /// <summary>[batch…; inputs] → [batch…; 2 frequencies].</summary>
    static member apply (layer: FourierFeatures) (x: Tensor) : Tensor =
        LayerInput.features "FourierFeatures.apply" layer.Frequencies.Dims[0] x
        let angle = 2.0 * Math.PI * matmul x (stopGradient layer.Frequencies)
        concatAlong -1 [ cos angle; sin angle ]
