namespace NeuralDE

open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// <summary>One step of a gated recurrent unit, by PyTorch's equations (GRUCell).</summary>
/// <remarks>
///   r = σ(x W_r + b_r + h U_r + c_r),   z = σ(x W_z + b_z + h U_z + c_z),
///   n = tanh(x W_n + b_n + r (h U_n + c_n)),   h' = (1 − z) n + z h.
/// K. Cho et al., Learning phrase representations using RNN encoder–decoder, 2014.
/// </remarks>
type GruCell =
    {
        /// W, b: [inputs; 3 hidden], the gates r, z, n concatenated
        Input: Linear
        /// U, c: [hidden; 3 hidden]
        Hidden: Linear
    }

    /// <summary>Weights and biases uniform in ±1/√hidden.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">The number of input features.</param>
    /// <param name="hidden">The number of features of the state.</param>
    /// <returns>The cell.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless both are positive.</exception>
    static member init (key: Key) (inputs: int) (hidden: int) : GruCell =
        let input, hidden = Recurrence.weights "GruCell.init" key inputs hidden 3
        { Input = input; Hidden = hidden }

    /// <summary>The next state.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="h">The state, [batch…; hidden].</param>
    /// <param name="x">The input, [batch…; inputs].</param>
    /// <returns>[batch…; hidden].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member step (cell: GruCell) (h: Tensor) (x: Tensor) : Tensor =
        let thirds x = splitAlong -1 (List.replicate 3 cell.Hidden.Inputs) x

        match thirds (Linear.apply cell.Input x), thirds (Linear.apply cell.Hidden h) with
        | [ r; z; n ], [ hr; hz; hn ] ->
            let reset, update = sigmoid (r + hr), sigmoid (z + hz)
            let candidate = tanh (n + reset * hn)
            candidate + update * (h - candidate)
        | _ -> Expect.misfit "GruCell.step: the cell's weights are not three gates wide. Make it with GruCell.init."

    /// <summary>Steps along a sequence.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="h">The initial state, [batch…; hidden].</param>
    /// <param name="xs">[batch…; time; inputs].</param>
    /// <returns>All states [batch…; time; hidden] and the last state.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member scan (cell: GruCell) (h: Tensor) (xs: Tensor) : Tensor * Tensor =
        Recurrence.sequence "GruCell.scan" cell.Input.Inputs xs
        Recurrence.over (fun h x -> let h = GruCell.step cell h x in h, h) h xs

/// A network of gated recurrent units of one or more layers. PyTorch's GRU.
type Gru =
    {
        /// the input of the first is the sequence, that of each other the states of the previous one
        Cells: GruCell list
    }

    /// <summary>Layers with weights uniform in ±1/√hidden.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">The number of input features.</param>
    /// <param name="hidden">The number of features of each state.</param>
    /// <param name="layers">The number of layers.</param>
    /// <returns>The network.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless all are positive.</exception>
    static member init (key: Key) (inputs: int) (hidden: int) (layers: int) : Gru =
        { Cells = Recurrence.cells "Gru.init" GruCell.init key inputs hidden layers }

    /// <summary>Applies the network to a sequence, from zero states.</summary>
    /// <param name="net">The network.</param>
    /// <param name="xs">[batch…; time; inputs].</param>
    /// <returns>The states of the last layer [batch…; time; hidden], and the last state of each layer.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member apply (net: Gru) (xs: Tensor) : Tensor * Tensor list =
        Gru.applyFrom (net.Cells |> List.map (fun cell -> Recurrence.start cell.Hidden.Inputs xs)) net xs

    /// <summary>Like apply, from given states.</summary>
    /// <param name="states">[batch…; hidden], one for each layer.</param>
    /// <param name="net">The network.</param>
    /// <param name="xs">[batch…; time; inputs].</param>
    /// <returns>The states of the last layer [batch…; time; hidden], and the last state of each layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">for another number of states.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member applyFrom (states: Tensor list) (net: Gru) (xs: Tensor) : Tensor * Tensor list =
        Recurrence.checkStates "Gru.applyFrom" net.Cells states
        Recurrence.stacked GruCell.scan net.Cells states xs
