namespace NeuralDE

open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// What an LSTM carries from step to step, each [batch…; hidden].
type LstmState =
    {
        /// what it shows
        Output: Tensor
        /// what it remembers
        Memory: Tensor
    }

/// <summary>One step of a long short-term memory, by PyTorch's equations (LSTMCell):</summary>
/// <remarks>
///   i, f, o = σ(x W + b + h U + c) and g = tanh(x W + b + h U + c), each with its own part of the weights,
///   memory' = f memory + i g,   h' = o tanh memory'.
/// S. Hochreiter, J. Schmidhuber, Long short-term memory, 1997, with the forget gate of Gers et al. 2000.
/// </remarks>
type LstmCell =
    {
        /// W, b: [inputs; 4 hidden], the gates i, f, g, o side by side
        Input: Linear
        /// U, c: [hidden; 4 hidden]
        Hidden: Linear
    }

    /// <summary>Uniform in ±1/√hidden.</summary>
    static member init (key: Key) (inputs: int) (hidden: int) : LstmCell =
        let input, hidden = Recurrence.weights "LstmCell.init" key inputs hidden 4
        { Input = input; Hidden = hidden }

    /// <summary>The next state, from a state and x [batch…; inputs].</summary>
    static member step (cell: LstmCell) (state: LstmState) (x: Tensor) : LstmState =
        let gates = Linear.apply cell.Input x + Linear.apply cell.Hidden state.Output

        match splitAlong -1 (List.replicate 4 cell.Hidden.Inputs) gates with
        | [ i; f; g; o ] ->
            let memory = sigmoid f * state.Memory + sigmoid i * tanh g
            { Output = sigmoid o * tanh memory; Memory = memory }
        | _ -> Expect.misfit "LstmCell.step: the cell's weights are not four gates wide. Make it with LstmCell.init."

    /// <summary>Steps along xs [batch…; time; inputs]: all outputs [batch…; time; hidden] and the last state.</summary>
    static member scan (cell: LstmCell) (state: LstmState) (xs: Tensor) : Tensor * LstmState =
        Recurrence.sequence "LstmCell.scan" cell.Input.Inputs xs
        Recurrence.over (fun state x -> let state = LstmCell.step cell state x in state, state.Output) state xs

/// <summary>A network of long short-term memories of one or more layers. PyTorch's LSTM.</summary>
type Lstm =
    {
        /// the first sees the inputs, each other the outputs of the one before
        Cells: LstmCell list
    }

    /// <summary>So many layers, uniform in ±1/√hidden.</summary>
    static member init (key: Key) (inputs: int) (hidden: int) (layers: int) : Lstm =
        { Cells = Recurrence.cells "Lstm.init" LstmCell.init key inputs hidden layers }

    /// <summary>From zero states: xs [batch…; time; inputs] → outputs of the last layer [batch…; time; hidden], and the last
    /// state of each layer.</summary>
    static member apply (net: Lstm) (xs: Tensor) : Tensor * LstmState list =
        let zero (cell: LstmCell) : LstmState =
            let h = Recurrence.start cell.Hidden.Inputs xs
            { Output = h; Memory = h }

        Lstm.applyFrom (List.map zero net.Cells) net xs

    /// <summary>From states of your own, one for each layer.</summary>
    static member applyFrom (states: LstmState list) (net: Lstm) (xs: Tensor) : Tensor * LstmState list =
        Recurrence.checkStates "Lstm.applyFrom" net.Cells states
        Recurrence.stacked LstmCell.scan net.Cells states xs
