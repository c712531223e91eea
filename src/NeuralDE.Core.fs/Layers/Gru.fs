namespace NeuralDE

open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Layers

/// <summary>One step of a gated recurrent unit, by PyTorch's equations (GRUCell):</summary>
/// <remarks>
///   r = σ(x W_r + b_r + h U_r + c_r),   z = σ(x W_z + b_z + h U_z + c_z),
///   n = tanh(x W_n + b_n + r (h U_n + c_n)),   h' = (1 − z) n + z h.
/// K. Cho et al., Learning phrase representations using RNN encoder–decoder, 2014.
/// </remarks>
type GruCell =
    {
        /// W, b: [inputs; 3 hidden], the gates r, z, n side by side
        Input: Linear
        /// U, c: [hidden; 3 hidden]
        Hidden: Linear
    }

    /// <summary>Uniform in ±1/√hidden.</summary>
    static member init (key: Key) (inputs: int) (hidden: int) : GruCell =
        let input, hidden = Recurrence.weights "GruCell.init" key inputs hidden 3
        { Input = input; Hidden = hidden }

    /// <summary>The next state: h [batch…; hidden], x [batch…; inputs] → [batch…; hidden].</summary>
    static member step (cell: GruCell) (h: Tensor) (x: Tensor) : Tensor =
        let thirds x = splitAlong -1 (List.replicate 3 cell.Hidden.Inputs) x

        match thirds (Linear.apply cell.Input x), thirds (Linear.apply cell.Hidden h) with
        | [ r; z; n ], [ hr; hz; hn ] ->
            let reset, update = sigmoid (r + hr), sigmoid (z + hz)
            let candidate = tanh (n + reset * hn)
            candidate + update * (h - candidate)
        | _ -> Expect.misfit "GruCell.step: the cell's weights are not three gates wide. Make it with GruCell.init."

    /// <summary>Steps along xs [batch…; time; inputs] from h: all states [batch…; time; hidden] and the last.</summary>
    static member scan (cell: GruCell) (h: Tensor) (xs: Tensor) : Tensor * Tensor =
        Recurrence.sequence "GruCell.scan" cell.Input.Inputs xs
        Recurrence.over (fun h x -> let h = GruCell.step cell h x in h, h) h xs

/// <summary>A network of gated recurrent units of one or more layers. PyTorch's GRU.</summary>
type Gru =
    {
        /// the first sees the inputs, each other the states of the one before
        Cells: GruCell list
    }

    /// <summary>So many layers, uniform in ±1/√hidden.</summary>
    static member init (key: Key) (inputs: int) (hidden: int) (layers: int) : Gru =
        { Cells = Recurrence.cells "Gru.init" GruCell.init key inputs hidden layers }

    /// <summary>From zero states: xs [batch…; time; inputs] → states of the last layer [batch…; time; hidden], and the last
    /// state of each layer.</summary>
    static member apply (net: Gru) (xs: Tensor) : Tensor * Tensor list =
        Gru.applyFrom (net.Cells |> List.map (fun cell -> Recurrence.start cell.Hidden.Inputs xs)) net xs

    /// <summary>From states [batch…; hidden] of your own, one for each layer.</summary>
    static member applyFrom (states: Tensor list) (net: Gru) (xs: Tensor) : Tensor * Tensor list =
        Recurrence.checkStates "Gru.applyFrom" net.Cells states
        Recurrence.stacked GruCell.scan net.Cells states xs
