namespace NeuralDE

/// <summary>Linear layers with an activation between them, none after the last.</summary>
type Mlp =
    {
        /// at least one; each takes what the one before gives
        Layers: Linear list
        /// between layers
        Activation: Activation
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

        { Layers = List.map2 (fun key (inputs, outputs) -> layer key inputs outputs) keys (List.pairwise sizes)
          Activation = Activation.Tanh }

    /// <summary>A tanh network of these widths, inputs first and outputs last, each layer as Linear.init makes it.</summary>
    static member init (key: Key) (sizes: int list) : Mlp = Mlp.Build("Mlp.init", Linear.init, key, sizes)

    /// <summary>As init, with weights from an initialiser such as Init.glorot or Init.he and biases of 0.</summary>
    static member initWith (weights: Key -> int list -> Tensor) (key: Key) (sizes: int list) : Mlp =
        Mlp.Build("Mlp.initWith", Linear.initWith weights, key, sizes)

    /// <summary>The same weights with another activation: Mlp.init key [ 2; 16; 2 ] |> Mlp.withActivation Activation.Softplus.</summary>
    static member withActivation (activation: Activation) (net: Mlp) : Mlp = { net with Activation = activation }

    /// <summary>The network at x, its activation between layers: [batch…; inputs] → [batch…; outputs].</summary>
    static member apply (net: Mlp) (x: Tensor) : Tensor = Mlp.applyWith (Activation.apply net.Activation) net x

    /// <summary>The network at x with another function between layers.</summary>
    static member applyWith (activation: Tensor -> Tensor) (net: Mlp) (x: Tensor) : Tensor =
        match net.Layers with
        | first :: rest -> List.fold (fun x layer -> Linear.apply layer (activation x)) (Linear.apply first x) rest
        | [] ->
            raise (InputException "Mlp.apply: the network has no layers, expected one or more. Make it with Mlp.init.")
