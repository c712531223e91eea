namespace NeuralDE.Internal.Families

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Integration

/// The events of a problem, traced and checked.
module internal EventSetup =
    let private refuseValue family verb k (value: Tensor) =
        if value.Rank <> 0 then
            raise (
                ShapeException
                    $"{verb}: the value of event {string k} has shape {Shape.text value.Dims}, expected one float. Take one component, or reduce it with sum, amax or amin; with {family}.perSample it sees one sample."
            )

        if not value.Dtype.IsFloat then
            raise (
                DtypeException
                    $"{verb}: the value of event {string k} is {value.Dtype}, expected one float that changes its sign at the event. Write a difference, not a comparison."
            )

    /// The events' graphs, and the values that they captured.
    let trace family verb (events: (EventTrigger<'S> * EventAction<'S>) list) (like: 'S) names (inputs: Signature[]) =
        let state = inputs[1..]
        let call f (x: Tensor[]) = f x[0] (Tree.unflatten like x[1..])

        let parts =
            events
            |> List.mapi (fun k (trigger, action) ->
                let value, ofValue =
                    Tracing.trace verb Hoisted inputs (fun x ->
                        let value: Tensor = call trigger.Value x
                        refuseValue family verb k value
                        [| value |])

                let change =
                    action.Change
                    |> Option.map (fun change ->
                        Tracing.trace verb Hoisted inputs (fun x ->
                            let after = call change x |> Tree.flatten
                            StateChecks.requireLike
                                verb
                                $"the change of event {string k} returned"
                                "Return a state like the given one."
                                names
                                state
                                after
                            after))

                let part: EventPart =
                    { Value = value
                      Change =
                        (match change with
                         | Some(g, _) -> ValueSome g
                         | None -> ValueNone)
                      Rising = trigger.Rising
                      Falling = trigger.Falling }

                part,
                Array.append
                    ofValue
                    (match change with
                     | Some(_, captured) -> captured
                     | None -> [||]))

        parts |> List.map fst |> List.toArray, parts |> List.toArray |> Array.collect snd
