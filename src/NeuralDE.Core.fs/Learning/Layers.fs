namespace NeuralDE

open System
open NeuralDE.Compiler

/// <summary>The affine map x ↦ x W + b.</summary>
/// <remarks>A tree of two tensors: grad, Train and Lbfgs take it, alone or inside a record of one's own.</remarks>
type Linear =
    {
        /// [inputs; outputs]
        Weight: Tensor
        /// [outputs]
        Bias: Tensor
    }

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
        let inputs = layer.Weight.Dims[0]

        if x.Rank = 0 then
            Expect.misfit (
                $"Linear.apply: input is one number, the layer was made for {inputs} features. "
                + "Give [features] or [batch…; features]."
            )

        let features = x.Dims[x.Rank - 1]

        if features <> inputs then
            Expect.misfit $"Linear.apply: input has {features} features, the layer was made for {inputs}."

        matmul x layer.Weight + layer.Bias

/// <summary>Linear layers with an activation between them, none after the last.</summary>
type Mlp =
    {
        /// at least one; each takes what the one before gives
        Layers: Linear list
    }

    static member private Build(verb, layer: Key -> int -> int -> Linear, key: Key, sizes: int list) : Mlp =
        if sizes.Length < 2 || List.exists (fun n -> n < 1) sizes then
            raise (
                InputException(
                    $"{verb}: got sizes {sizes}, expected inputs, hidden widths and outputs, "
                    + "each 1 or more. Write [ 2; 16; 2 ]."
                )
            )

        let keys = Key.splitN (sizes.Length - 1) key
        { Layers = List.map2 (fun key (inputs, outputs) -> layer key inputs outputs) keys (List.pairwise sizes) }

    /// <summary>A network of these widths, inputs first and outputs last, each layer as Linear.init makes it.</summary>
    static member init (key: Key) (sizes: int list) : Mlp = Mlp.Build("Mlp.init", Linear.init, key, sizes)

    /// <summary>As init, with weights from an initialiser such as Init.glorot or Init.he and biases of 0.</summary>
    static member initWith (weights: Key -> int list -> Tensor) (key: Key) (sizes: int list) : Mlp =
        Mlp.Build("Mlp.initWith", Linear.initWith weights, key, sizes)

    /// <summary>The network at x, tanh between layers: [batch…; inputs] → [batch…; outputs].</summary>
    static member apply (net: Mlp) (x: Tensor) : Tensor = Mlp.applyWith tanh net x

    /// <summary>The network at x with another activation between layers, such as softplus or relu.</summary>
    static member applyWith (activation: Tensor -> Tensor) (net: Mlp) (x: Tensor) : Tensor =
        match net.Layers with
        | first :: rest -> List.fold (fun x layer -> Linear.apply layer (activation x)) (Linear.apply first x) rest
        | [] ->
            raise (InputException "Mlp.apply: the network has no layers, expected one or more. Make it with Mlp.init.")
