namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// <summary>(x − mean) / √(variance + ε) · scale + shift over the last axes of each sample. PyTorch's LayerNorm.</summary>
/// <remarks>J. L. Ba, J. R. Kiros, G. E. Hinton, Layer normalization, 2016.</remarks>
type LayerNorm =
    {
        /// of the shape of the normalised axes
        Scale: Tensor
        /// of the same shape
        Shift: Tensor
        /// keeps the quotient finite, 1e-5
        Epsilon: float
    }

    /// <summary>Scale 1 and shift 0.</summary>
    /// <param name="shape">The extents of the normalised last axes, such as [features].</param>
    /// <returns>The layer.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">for no extent, and for one that is not positive.</exception>
    static member init(shape: int list) : LayerNorm =
        if shape.IsEmpty || List.exists (fun n -> n < 1) shape then
            Expect.misfit $"LayerNorm.init: got shape {shape}, expected the extents of the last axes, each 1 or more."

        { Scale = ones shape; Shift = zeros shape; Epsilon = 1e-5 }

    /// <summary>Normalises the last axes of x.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">[…; shape of the layer].</param>
    /// <returns>A tensor of the same shape.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the last axes of x are not those of the layer.</exception>
    static member apply (layer: LayerNorm) (x: Tensor) : Tensor =
        let own = layer.Scale.Dims
        let before = x.Rank - own.Length

        if before < 0 || not (Shape.same x.Dims[before..] own) then
            Expect.misfit
                $"LayerNorm.apply: input is {Expect.text x}, the layer was made for {Shape.text own} as last axes."

        let flat = Prim.reshape (Array.append x.Dims[.. before - 1] [| layer.Scale.Count |]) x
        let centred, factor = LayerInput.centred layer.Epsilon flat
        Prim.reshape x.Dims (centred * factor) * layer.Scale + layer.Shift
