namespace NeuralDE

open System
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// <summary>The affine map x ↦ x W + b.</summary>
/// <remarks>A tree of two tensors, so grad, Train and Lbfgs accept it, also as a part of a record. PyTorch's Linear has the
/// transposed weight, [outputs; inputs].</remarks>
type Linear =
    {
        /// [inputs; outputs]
        Weight: Tensor
        /// [outputs]
        Bias: Tensor
    }

    /// The number of input features.
    member layer.Inputs = layer.Weight.Dims[0]

    /// The number of output features.
    member layer.Outputs = layer.Weight.Dims[1]

    /// <summary>Weights and bias uniform in ±1/√inputs, float64: the default of PyTorch's Linear.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">The number of input features.</param>
    /// <param name="outputs">The number of output features.</param>
    /// <returns>The layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless both are positive.</exception>
    static member init (key: Key) (inputs: int) (outputs: int) : Linear =
        Expect.positive "Linear.init" "inputs" inputs
        Expect.positive "Linear.init" "outputs" outputs
        let forWeight, forBias = Key.split key

        { Weight = Init.linear forWeight [ inputs; outputs ]
          Bias = Init.uniform (1.0 / Math.Sqrt(float inputs)) forBias [ outputs ] }

    /// <summary>Weights from an initialiser such as Init.glorot or Init.he; a bias of 0.</summary>
    /// <param name="weights">From a key and a shape [inputs; outputs] to the weights.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">The number of input features.</param>
    /// <param name="outputs">The number of output features.</param>
    /// <returns>The layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless both are positive.</exception>
    static member initWith (weights: Key -> int list -> Tensor) (key: Key) (inputs: int) (outputs: int) : Linear =
        Expect.positive "Linear.initWith" "inputs" inputs
        Expect.positive "Linear.initWith" "outputs" outputs
        { Weight = weights key [ inputs; outputs ]; Bias = zeros [ outputs ] }

    /// <summary>x W + b.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">[inputs] or [batch…; inputs].</param>
    /// <returns>[outputs] or [batch…; outputs].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the last axis of x is not the layer's inputs.</exception>
    static member apply (layer: Linear) (x: Tensor) : Tensor =
        LayerInput.features "Linear.apply" layer.Inputs x
        matmul x layer.Weight + layer.Bias
