namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// An event: the value whose sign changes, and the change of the state. The inputs of the graphs are time, state…, captured
/// values.
type internal EventPart =
    {
        /// the value, one float
        Value: Graph
        /// the state after the event; ValueNone: the solve ends
        Change: Graph voption
        /// the directions that count, in the direction of the solve
        Rising: bool
        Falling: bool
    }

/// An event's functions on tensors; times and values are float64.
[<NoEquality; NoComparison>]
type internal EventTerm =
    { Value: Tensor -> Tensor[] -> Tensor
      Change: (Tensor -> Tensor[] -> Tensor[]) voption
      Rising: bool
      Falling: bool }

module internal EventParts =
    let private own (g: Graph) leaves = g.Inputs[1 + leaves ..]

    /// The values captured by the events, in their order: for each event those of the value, then those of the change.
    let captured leaves (events: EventPart[]) : Signature[] =
        events
        |> Array.collect (fun e ->
            match e.Change with
            | ValueSome change -> Array.append (own e.Value leaves) (own change leaves)
            | ValueNone -> own e.Value leaves)

    /// The events closed over the values that they captured.
    let close leaves (events: EventPart[]) (captured: Tensor[]) : EventTerm[] =
        let mutable rest = captured

        let take (g: Graph) =
            let count = (own g leaves).Length
            let mine = rest[.. count - 1]
            rest <- rest[count..]
            fun (t: Tensor) y -> Prim.call g (Array.concat [ [| Prim.cast g.Inputs[0].Dtype t |]; y; mine ])

        events
        |> Array.map (fun e ->
            let value = take e.Value
            let change = e.Change |> ValueOption.map take

            { Value = fun t y -> Prim.cast Float64 (Array.head (value t y))
              Change = change
              Rising = e.Rising
              Falling = e.Falling })
