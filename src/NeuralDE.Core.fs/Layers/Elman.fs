namespace NeuralDE

open NeuralDE.Internal.Layers

/// <summary>One step of a plain recurrent network: h' = tanh(x W + b + h U + c). PyTorch's RNNCell.</summary>
/// <remarks>J. L. Elman, Finding structure in time, 1990.</remarks>
type ElmanCell =
    {
        /// [inputs; hidden]
        Input: Linear
        /// [hidden; hidden]
        Hidden: Linear
    }

    /// <summary>Weights and biases uniform in ±1/√hidden.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">The number of input features.</param>
    /// <param name="hidden">The number of features of the state.</param>
    /// <returns>The cell.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless both are positive.</exception>
    static member init (key: Key) (inputs: int) (hidden: int) : ElmanCell =
        let input, hidden = Recurrence.weights "ElmanCell.init" key inputs hidden 1
        { Input = input; Hidden = hidden }

    /// <summary>The next state.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="h">The state, [batch…; hidden].</param>
    /// <param name="x">The input, [batch…; inputs].</param>
    /// <returns>[batch…; hidden].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member step (cell: ElmanCell) (h: Tensor) (x: Tensor) : Tensor =
        tanh (Linear.apply cell.Input x + Linear.apply cell.Hidden h)

    /// <summary>Steps along a sequence.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="h">The initial state, [batch…; hidden].</param>
    /// <param name="xs">[batch…; time; inputs].</param>
    /// <returns>All states [batch…; time; hidden] and the last state.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member scan (cell: ElmanCell) (h: Tensor) (xs: Tensor) : Tensor * Tensor =
        Recurrence.sequence "ElmanCell.scan" cell.Input.Inputs xs
        Recurrence.over (fun h x -> let h = ElmanCell.step cell h x in h, h) h xs

/// A plain recurrent network of one or more layers. PyTorch's RNN.
type Elman =
    {
        /// the input of the first is the sequence, that of each other the states of the previous one
        Cells: ElmanCell list
    }

    /// <summary>Layers with weights uniform in ±1/√hidden.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">The number of input features.</param>
    /// <param name="hidden">The number of features of each state.</param>
    /// <param name="layers">The number of layers.</param>
    /// <returns>The network.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless all are positive.</exception>
    static member init (key: Key) (inputs: int) (hidden: int) (layers: int) : Elman =
        { Cells = Recurrence.cells "Elman.init" ElmanCell.init key inputs hidden layers }

    /// <summary>Applies the network to a sequence, from zero states.</summary>
    /// <param name="net">The network.</param>
    /// <param name="xs">[batch…; time; inputs].</param>
    /// <returns>The states of the last layer [batch…; time; hidden], and the last state of each layer.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member apply (net: Elman) (xs: Tensor) : Tensor * Tensor list =
        Elman.applyFrom (net.Cells |> List.map (fun cell -> Recurrence.start cell.Hidden.Inputs xs)) net xs

    /// <summary>Like apply, from given states.</summary>
    /// <param name="states">[batch…; hidden], one for each layer.</param>
    /// <param name="net">The network.</param>
    /// <param name="xs">[batch…; time; inputs].</param>
    /// <returns>The states of the last layer [batch…; time; hidden], and the last state of each layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">for another number of states.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member applyFrom (states: Tensor list) (net: Elman) (xs: Tensor) : Tensor * Tensor list =
        Recurrence.checkStates "Elman.applyFrom" net.Cells states
        Recurrence.stacked ElmanCell.scan net.Cells states xs
