namespace NeuralDE

open System
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// <summary>x ↦ [cos 2π x B; sin 2π x B] with random frequencies B. They help a network to represent fine detail in few
/// coordinates.</summary>
/// <remarks>The frequencies are constants: they have no derivative. M. Tancik et al., Fourier features let networks learn
/// high frequency functions in low dimensional domains, 2020.</remarks>
type FourierFeatures =
    {
        /// [inputs; frequencies]
        Frequencies: Tensor
    }

    /// <summary>Normally distributed frequencies.</summary>
    /// <param name="deviation">Their standard deviation, in periods per unit of x.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">The number of input features.</param>
    /// <param name="frequencies">The number of frequencies.</param>
    /// <returns>The layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless both numbers are positive.</exception>
    static member init (deviation: float) (key: Key) (inputs: int) (frequencies: int) : FourierFeatures =
        Expect.positive "FourierFeatures.init" "inputs" inputs
        Expect.positive "FourierFeatures.init" "frequencies" frequencies
        { Frequencies = Init.normal deviation key [ inputs; frequencies ] }

    /// <summary>The cosines and sines of x.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">[batch…; inputs].</param>
    /// <returns>[batch…; 2 frequencies].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">for another number of features.</exception>
    static member apply (layer: FourierFeatures) (x: Tensor) : Tensor =
        LayerInput.features "FourierFeatures.apply" layer.Frequencies.Dims[0] x
        let angle = 2.0 * Math.PI * matmul x (stopGradient layer.Frequencies)
        concatAlong -1 [ cos angle; sin angle ]
