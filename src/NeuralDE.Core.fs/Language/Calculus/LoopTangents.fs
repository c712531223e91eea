namespace NeuralDE.Internal.Calculus

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus.Masks
open NeuralDE.Internal.Calculus.Activity

/// The forward derivative of a loop is a loop, with tangents among its states, captured values and emissions.
module internal LoopTangents =
    let private primals first count = Array.init count (fun i -> Primal(first + i))

    let private tangents first (m: bool[]) =
        [| for i in 0 .. m.Length - 1 do
               if m[i] then Tangent(first + i) |]

    let private count m = m |> Array.filter id |> Array.length

    /// The value of a source, from the arguments of the function and their tangents.
    let argument (x: Tensor[]) (dx: Tensor option[]) (source: Source) : Tensor =
        match source with
        | Primal i -> x[i]
        | Tangent i -> orZeros x[i].Signature dx[i]

    /// Reorders the derived body, which has all primals first and then all tangents, to the order of a loop's inputs
    /// and outputs.
    let private bodyOf (l: Loop) (bodyOn: bool[]) (derived: Graph) (arguments: Source[]) (results: Source[]) : Graph =
        let outputs = outputSignatures l.Body
        let active = activeOutputs l.Body bodyOn
        let derivedInputs = Array.append (primals 0 l.Body.Inputs.Length) (tangents 0 bodyOn)
        let derivedOutputs = Array.append (primals 0 outputs.Length) (tangents 0 active)

        let signature source =
            match source with
            | Primal i
            | Tangent i -> l.Body.Inputs[i]

        let argumentAt, derivedAt = positions arguments, positions derivedOutputs

        Tracing.closed (arguments |> Array.map signature) (fun x ->
            let argument source = x[(argumentAt source).Value]
            let y = Prim.call derived (derivedInputs |> Array.map argument)

            let result source =
                match source, derivedAt source with
                | _, Some k -> y[k]
                | (Primal i | Tangent i), None -> Prim.zeros outputs[i]

            let flags = primals (l.States + l.Registers + l.Emits) l.Flags
            Array.append results flags |> Array.map result)

    /// The derivative along these arguments, by the forward derivative of a graph; with the sources of its arguments
    /// and outputs.
    let rec derive (jvpGraph: Graph -> bool[] -> Graph) (l: Loop) (on: bool[]) : Loop * Source[] * Source[] =
        let carried = l.States + l.Registers
        let activeStates, activeEmits = activeLoop l on
        let captured = on[carried..]
        let bodyOn = Array.concat [ activeStates; no l.Registers; captured ]
        let derived = jvpGraph l.Body bodyOn

        let arguments =
            Array.concat
                [ primals 0 l.States
                  tangents 0 activeStates
                  primals l.States l.Registers
                  primals carried captured.Length
                  tangents carried captured ]

        // in every stream, the tangents follow the primals
        let firsts = l.Streams |> Array.scan (fun first s -> first + s.Emits) 0
        let activeOf k = activeEmits[firsts[k] .. firsts[k + 1] - 1]

        let emissions =
            l.Streams
            |> Array.mapi (fun k s ->
                Array.append (primals (carried + firsts[k]) s.Emits) (tangents (carried + firsts[k]) (activeOf k)))

        let results =
            Array.concat
                [ primals 0 l.States; tangents 0 activeStates; primals l.States l.Registers; Array.concat emissions ]

        let body = bodyOf l bodyOn derived arguments results
        let streams = l.Streams |> Array.mapi (fun k s -> { s with Emits = s.Emits + count (activeOf k) })
        body.OfRow <- lazy (ofRow jvpGraph l on arguments results)
        { l with States = l.States + count activeStates; Streams = streams; Body = body }, arguments, results

    /// The body of one row of the derivative of a loop that vmap made, if it has the same arguments and outputs.
    and private ofRow jvpGraph (l: Loop) on (arguments: Source[]) (results: Source[]) : RowGraph voption =
        match RowLoop.ofLoop l with
        | ValueNone -> ValueNone
        | ValueSome(struct (row, captured)) ->
            let derived, rowArguments, rowResults = derive jvpGraph row on
            let carried = l.States + l.Registers

            let isByRow source =
                match source with
                | Primal i
                | Tangent i -> i < carried || captured[i - carried]

            if rowArguments = arguments && rowResults = results then
                ValueSome
                    { Graph = derived.Body
                      Rows = l.Batch[0]
                      Inputs = Array.map isByRow arguments
                      Outputs = Array.create derived.Body.Outputs.Length true }
            else
                ValueNone
