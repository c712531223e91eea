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

    /// <summary>Uniform in ±1/√hidden.</summary>
    static member init (key: Key) (inputs: int) (hidden: int) : ElmanCell =
        let input, hidden = Recurrence.weights "ElmanCell.init" key inputs hidden 1
        { Input = input; Hidden = hidden }

    /// <summary>The next state: h [batch…; hidden], x [batch…; inputs] → [batch…; hidden].</summary>
    static member step (cell: ElmanCell) (h: Tensor) (x: Tensor) : Tensor =
        tanh (Linear.apply cell.Input x + Linear.apply cell.Hidden h)

    /// <summary>Steps along xs [batch…; time; inputs] from h: all states [batch…; time; hidden] and the last.</summary>
    static member scan (cell: ElmanCell) (h: Tensor) (xs: Tensor) : Tensor * Tensor =
        Recurrence.sequence "ElmanCell.scan" cell.Input.Inputs xs
        Recurrence.over (fun h x -> let h = ElmanCell.step cell h x in h, h) h xs

/// <summary>A plain recurrent network of one or more layers. PyTorch's RNN.</summary>
type Elman =
    {
        /// the first sees the inputs, each other the states of the one before
        Cells: ElmanCell list
    }

    /// <summary>So many layers, uniform in ±1/√hidden.</summary>
    static member init (key: Key) (inputs: int) (hidden: int) (layers: int) : Elman =
        { Cells = Recurrence.cells "Elman.init" ElmanCell.init key inputs hidden layers }

    /// <summary>From zero states: xs [batch…; time; inputs] → states of the last layer [batch…; time; hidden], and the last
    /// state of each layer.</summary>
    static member apply (net: Elman) (xs: Tensor) : Tensor * Tensor list =
        Elman.applyFrom (net.Cells |> List.map (fun cell -> Recurrence.start cell.Hidden.Inputs xs)) net xs

    /// <summary>From states [batch…; hidden] of your own, one for each layer.</summary>
    static member applyFrom (states: Tensor list) (net: Elman) (xs: Tensor) : Tensor * Tensor list =
        Recurrence.checkStates "Elman.applyFrom" net.Cells states
        Recurrence.stacked ElmanCell.scan net.Cells states xs
