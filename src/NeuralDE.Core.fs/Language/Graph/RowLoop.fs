namespace NeuralDE.Internal.Graph

/// The loop of one row of a loop that vmap made.
module internal RowLoop =
    /// The loop of one row of the first batch axis, and for each captured value whether it has that axis; ValueNone if
    /// vmap did not make the loop.
    let ofLoop (l: Loop) : struct (Loop * bool[]) voption =
        let carried = l.States + l.Registers

        match l.Body.OfRow.Value with
        | ValueSome row when
            l.Batch.Length > 0
            && row.Rows = l.Batch[0]
            && Array.forall id row.Inputs[.. carried - 1]
            && Array.forall id row.Outputs
            ->
            ValueSome(struct ({ l with Batch = l.Batch[1..]; Body = row.Graph }, row.Inputs[carried..]))
        | _ -> ValueNone

    /// The loop of one row of all batch axes, and for each captured value which of these axes it has. A loop without batch
    /// axes is its own.
    let rec innermost (l: Loop) : struct (Loop * bool[][]) voption =
        if l.Batch.Length = 0 then
            let captured = l.Body.Inputs.Length - l.States - l.Registers
            ValueSome(struct (l, Array.init captured (fun _ -> [||])))
        else
            match ofLoop l with
            | ValueSome(struct (row, outer)) ->
                innermost row
                |> ValueOption.map (fun (struct (last, inner)) ->
                    struct (last, Array.map2 (fun isOuter axes -> Array.append [| isOuter |] axes) outer inner))
            | ValueNone -> ValueNone
