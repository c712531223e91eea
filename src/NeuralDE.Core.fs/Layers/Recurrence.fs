namespace NeuralDE.Internal.Layers

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Common parts of recurrent networks: a step repeated along the time axis, layer by layer.
module internal Recurrence =
    /// Weights and bias uniform in ±1/√hidden: PyTorch's default for recurrent cells.
    let weights verb (key: Key) inputs hidden gates : Linear * Linear =
        Expect.positive verb "inputs" inputs
        Expect.positive verb "hidden" hidden
        let bound = 1.0 / sqrt (float hidden)

        let linear rows key : Linear =
            let forWeight, forBias = Key.split key

            { Weight = Init.uniform bound forWeight [ rows; gates * hidden ]
              Bias = Init.uniform bound forBias [ gates * hidden ] }

        let forInput, forHidden = Key.split key
        linear inputs forInput, linear hidden forHidden

    /// `layers` cells: the first for the inputs, the others for the hidden state of the previous one.
    let cells verb (cell: Key -> int -> int -> 'C) (key: Key) inputs hidden layers : 'C list =
        Expect.positive verb "layers" layers
        Key.splitN layers key |> List.mapi (fun i key -> cell key (if i = 0 then inputs else hidden) hidden)

    let sequence verb inputs (xs: Tensor) =
        if xs.Rank < 2 then
            Expect.misfit $"{verb}: got shape {Expect.text xs}, expected [batch…; time; channels] or [time; channels]."

        LayerInput.features verb inputs xs

    /// The state before the first step, a row of zeros for each sample: [batch…; hidden].
    let start hidden (xs: Tensor) =
        Prim.zeros { Dtype = xs.Dtype; Shape = Array.append xs.Dims[.. xs.Rank - 3] [| hidden |] }

    /// Repeats a step, from a state and [batch…; channels] to the next state and its output, along [batch…; time; channels].
    let over (step: 'S -> Tensor -> 'S * Tensor) (state: 'S) (xs: Tensor) : Tensor * 'S =
        let time = xs.Rank - 2
        let last, ys = scan step state (moveAxis time 0 xs)
        moveAxis 0 time ys, last

    /// Applies cells one after the other, each along the whole sequence; the last states are in the order of the cells.
    let stacked (along: 'C -> 'S -> Tensor -> Tensor * 'S) (cells: 'C list) (states: 'S list) (xs: Tensor) =
        let layer (xs, last) (cell, state) =
            let ys, state = along cell state xs
            ys, state :: last

        let ys, last = List.fold layer (xs, []) (List.zip cells states)
        ys, List.rev last

    let checkStates verb (cells: 'C list) (states: 'S list) =
        if states.Length <> cells.Length then
            raise (
                InputException
                    $"{verb}: got {string states.Length} states for {string cells.Length} layers, expected one for each."
            )
