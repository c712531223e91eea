namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// <summary>(x − mean) / √(variance + ε) · scale + shift over the last axes of each sample. PyTorch's LayerNorm.</summary>
/// <remarks>J. L. Ba, J. R. Kiros, G. E. Hinton, Layer normalization, 2016.</remarks>
type LayerNorm =
    {
        /// of the shape of the axes that are normalised together
        Scale: Tensor
        Shift: Tensor
        /// keeps the quotient finite, 1e-5
        Epsilon: float
    }

    /// <summary>Scale 1 and shift 0 for the last axes, as [ features ].</summary>
    static member init(shape: int list) : LayerNorm =
        if shape.IsEmpty || List.exists (fun n -> n < 1) shape then
            Expect.misfit $"LayerNorm.init: got shape {shape}, expected the extents of the last axes, each 1 or more."

        { Scale = ones shape; Shift = zeros shape; Epsilon = 1e-5 }

    /// <summary>A tensor of the same shape. ShapeException if the last axes of x are not the layer's.</summary>
    static member apply (layer: LayerNorm) (x: Tensor) : Tensor =
        let own = layer.Scale.Dims
        let before = x.Rank - own.Length

        if before < 0 || not (Shape.same x.Dims[before..] own) then
            Expect.misfit
                $"LayerNorm.apply: input is {Expect.text x}, the layer was made for {Shape.text own} at the end."

        let flat = Prim.reshape (Array.append x.Dims[.. before - 1] [| layer.Scale.Count |]) x
        let centred, factor = LayerInput.centred layer.Epsilon flat
        Prim.reshape x.Dims (centred * factor) * layer.Scale + layer.Shift
