namespace NeuralDE

/// Linear layers with an activation between them; no activation after the last.
type Mlp =
    {
        /// at least one; the inputs of each are the outputs of the previous one
        Layers: Linear list
        /// the function between layers
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

    /// <summary>A tanh network, each layer as Linear.init makes it.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="sizes">The widths: inputs first, outputs last.</param>
    /// <returns>The network.</returns>
    /// <exception cref="T:NeuralDE.InputException">for fewer than two sizes, and for one that is not positive.</exception>
    static member init (key: Key) (sizes: int list) : Mlp = Mlp.Build("Mlp.init", Linear.init, key, sizes)

    /// <summary>Like init, with weights from an initialiser such as Init.glorot or Init.he, and biases 0.</summary>
    /// <param name="weights">From a key and a shape [inputs; outputs] to the weights.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="sizes">The widths: inputs first, outputs last.</param>
    /// <returns>The network.</returns>
    /// <exception cref="T:NeuralDE.InputException">for fewer than two sizes, and for one that is not positive.</exception>
    static member initWith (weights: Key -> int list -> Tensor) (key: Key) (sizes: int list) : Mlp =
        Mlp.Build("Mlp.initWith", Linear.initWith weights, key, sizes)

    /// <summary>The same weights with another activation: Mlp.init key [ 2; 16; 2 ] |> Mlp.withActivation
    /// Activation.Softplus.</summary>
    /// <param name="activation">The function between layers.</param>
    /// <param name="net">The network.</param>
    /// <returns>The network with this activation.</returns>
    static member withActivation (activation: Activation) (net: Mlp) : Mlp = { net with Activation = activation }

    /// <summary>Applies the network.</summary>
    /// <param name="net">The network.</param>
    /// <param name="x">[batch…; inputs].</param>
    /// <returns>[batch…; outputs].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">for another number of features.</exception>
    static member apply (net: Mlp) (x: Tensor) : Tensor = Mlp.applyWith (Activation.apply net.Activation) net x

    /// <summary>Applies the network with another function between layers.</summary>
    /// <param name="activation">The function.</param>
    /// <param name="net">The network.</param>
    /// <param name="x">[batch…; inputs].</param>
    /// <returns>[batch…; outputs].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">for another number of features.</exception>
    static member applyWith (activation: Tensor -> Tensor) (net: Mlp) (x: Tensor) : Tensor =
        match net.Layers with
        | first :: rest -> List.fold (fun x layer -> Linear.apply layer (activation x)) (Linear.apply first x) rest
        | [] ->
            raise (InputException "Mlp.apply: the network has no layers, expected one or more. Make it with Mlp.init.")
