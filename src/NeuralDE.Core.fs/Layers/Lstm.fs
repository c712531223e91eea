namespace NeuralDE

open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// The state of an LSTM.
type LstmState =
    {
        /// the output h, [batch…; hidden]
        Output: Tensor
        /// the cell state, [batch…; hidden]
        Memory: Tensor
    }

/// <summary>One step of a long short-term memory, by PyTorch's equations (LSTMCell).</summary>
/// <remarks>
///   i, f, o = σ(x W + b + h U + c) and g = tanh(x W + b + h U + c), each with separate weights,
///   memory' = f memory + i g,   h' = o tanh memory'.
/// S. Hochreiter, J. Schmidhuber, Long short-term memory, 1997, with the forget gate of Gers et al. 2000.
/// </remarks>
type LstmCell =
    {
        /// W, b: [inputs; 4 hidden], the gates i, f, g, o concatenated
        Input: Linear
        /// U, c: [hidden; 4 hidden]
        Hidden: Linear
    }

    /// <summary>Weights and biases uniform in ±1/√hidden.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">The number of input features.</param>
    /// <param name="hidden">The number of features of output and memory.</param>
    /// <returns>The cell.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless both are positive.</exception>
    static member init (key: Key) (inputs: int) (hidden: int) : LstmCell =
        let input, hidden = Recurrence.weights "LstmCell.init" key inputs hidden 4
        { Input = input; Hidden = hidden }

    /// <summary>The next state.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="state">The state.</param>
    /// <param name="x">The input, [batch…; inputs].</param>
    /// <returns>The next state.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member step (cell: LstmCell) (state: LstmState) (x: Tensor) : LstmState =
        let gates = Linear.apply cell.Input x + Linear.apply cell.Hidden state.Output

        match splitAlong -1 (List.replicate 4 cell.Hidden.Inputs) gates with
        | [ i; f; g; o ] ->
            let memory = sigmoid f * state.Memory + sigmoid i * tanh g
            { Output = sigmoid o * tanh memory; Memory = memory }
        | _ -> Expect.misfit "LstmCell.step: the cell's weights are not four gates wide. Make it with LstmCell.init."

    /// <summary>Steps along a sequence.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="state">The initial state.</param>
    /// <param name="xs">[batch…; time; inputs].</param>
    /// <returns>All outputs [batch…; time; hidden] and the last state.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member scan (cell: LstmCell) (state: LstmState) (xs: Tensor) : Tensor * LstmState =
        Recurrence.sequence "LstmCell.scan" cell.Input.Inputs xs
        Recurrence.over (fun state x -> let state = LstmCell.step cell state x in state, state.Output) state xs

/// A network of long short-term memories of one or more layers. PyTorch's LSTM.
type Lstm =
    {
        /// the first sees the inputs, each other the outputs of the one before
        Cells: LstmCell list
    }

    /// <summary>Layers with weights uniform in ±1/√hidden.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="inputs">The number of input features.</param>
    /// <param name="hidden">The number of features of each output and memory.</param>
    /// <param name="layers">The number of layers.</param>
    /// <returns>The network.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless all are positive.</exception>
    static member init (key: Key) (inputs: int) (hidden: int) (layers: int) : Lstm =
        { Cells = Recurrence.cells "Lstm.init" LstmCell.init key inputs hidden layers }

    /// <summary>Applies the network to a sequence, from zero states.</summary>
    /// <param name="net">The network.</param>
    /// <param name="xs">[batch…; time; inputs].</param>
    /// <returns>The outputs of the last layer [batch…; time; hidden], and the last state of each layer.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member apply (net: Lstm) (xs: Tensor) : Tensor * LstmState list =
        let zero (cell: LstmCell) : LstmState =
            let h = Recurrence.start cell.Hidden.Inputs xs
            { Output = h; Memory = h }

        Lstm.applyFrom (List.map zero net.Cells) net xs

    /// <summary>Like apply, from given states.</summary>
    /// <param name="states">One for each layer.</param>
    /// <param name="net">The network.</param>
    /// <param name="xs">[batch…; time; inputs].</param>
    /// <returns>The outputs of the last layer [batch…; time; hidden], and the last state of each layer.</returns>
    /// <exception cref="T:NeuralDE.InputException">for another number of states.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    static member applyFrom (states: LstmState list) (net: Lstm) (xs: Tensor) : Tensor * LstmState list =
        Recurrence.checkStates "Lstm.applyFrom" net.Cells states
        Recurrence.stacked LstmCell.scan net.Cells states xs
