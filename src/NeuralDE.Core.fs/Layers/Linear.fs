namespace NeuralDE

open System
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// <summary>The affine map x ↦ x W + b.</summary>
/// <remarks>A tree of two tensors: grad, Train and Lbfgs take it, alone or inside a record of your own. PyTorch keeps the
/// transposed weight, [outputs; inputs].</remarks>
type Linear =
    {
        /// [inputs; outputs]
        Weight: Tensor
        /// [outputs]
        Bias: Tensor
    }

    member layer.Inputs = layer.Weight.Dims[0]
    member layer.Outputs = layer.Weight.Dims[1]

    /// <summary>Weights and bias uniform in ±1/√inputs, float64: the default of PyTorch's Linear.</summary>
    static member init (key: Key) (inputs: int) (outputs: int) : Linear =
        Expect.positive "Linear.init" "inputs" inputs
        Expect.positive "Linear.init" "outputs" outputs
        let forWeight, forBias = Key.split key

        { Weight = Init.linear forWeight [ inputs; outputs ]
          Bias = Init.uniform (1.0 / Math.Sqrt(float inputs)) forBias [ outputs ] }

    /// <summary>Weights from an initialiser such as Init.glorot or Init.he; a bias of 0.</summary>
    static member initWith (weights: Key -> int list -> Tensor) (key: Key) (inputs: int) (outputs: int) : Linear =
        Expect.positive "Linear.initWith" "inputs" inputs
        Expect.positive "Linear.initWith" "outputs" outputs
        { Weight = weights key [ inputs; outputs ]; Bias = zeros [ outputs ] }

    /// <summary>x W + b: [inputs] → [outputs], [batch…; inputs] → [batch…; outputs].</summary>
    /// <remarks>ShapeException if the last axis of x is not the layer's inputs.</remarks>
    static member apply (layer: Linear) (x: Tensor) : Tensor =
        LayerInput.features "Linear.apply" layer.Inputs x
        matmul x layer.Weight + layer.Bias
