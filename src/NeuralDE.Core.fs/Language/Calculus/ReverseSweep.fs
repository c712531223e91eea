namespace NeuralDE.Internal.Calculus

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// The state of a reverse sweep over a graph at x: the values of its nodes, and the cotangents accumulated so far, each
/// with the condition under which it can be non-zero.
[<Sealed>]
type internal ReverseSweep(g: Graph, x: Tensor[], wanted: bool[]) =
    let active = Activity.activeNodes g wanted
    let primal = Dictionary<Node, Tensor>(HashIdentity.Reference)
    let bundles = Dictionary<Node, Tensor[]>(HashIdentity.Reference)
    let cotangents = Dictionary<Node, Tensor * Condition option>(HashIdentity.Reference)
    let received = Dictionary<Node, (Tensor * Condition option) option[]>(HashIdentity.Reference)

    do
        for n in g.Order do
            match n.Op with
            | Input i -> primal[n] <- x[i]
            | Output i -> primal[n] <- bundles[n.Args[0]][i]
            | Apply fn -> bundles[n] <- Prim.apply fn (n.Args |> Array.map (fun a -> primal[a]))
            | op -> primal[n] <- Tensor.Apply(op, n.Args |> Array.map (fun a -> primal[a])) // a primitive

    /// Whether a node depends differentiably on the wanted inputs.
    member _.IsActive(n: Node) = active n

    /// The values of a node's arguments.
    member _.Arguments(n: Node) : Tensor[] = n.Args |> Array.map (fun a -> primal[a])

    member _.Cotangent(n: Node) : (Tensor * Condition option) voption =
        match cotangents.TryGetValue n with
        | true, found -> ValueSome found
        | _ -> ValueNone

    /// The cotangents of a function node's outputs.
    member _.Received(n: Node) : (Tensor * Condition option) option[] voption =
        match received.TryGetValue n with
        | true, found -> ValueSome found
        | _ -> ValueNone

    member _.Add (n: Node) (w: (Tensor * Condition option) option) =
        match w with
        | Some(w, condition) when active n ->
            cotangents[n] <-
                match cotangents.TryGetValue n with
                | true, (sum, old) -> sum + w, Conditions.either old condition
                | _ -> w, condition
        | _ -> ()

    /// Adds the cotangent of a function node's output to the function node.
    member _.PassOutput(n: Node, index: int, w: Tensor, condition: Condition option) =
        let bundle = n.Args[0]

        if not (received.ContainsKey bundle) then
            received[bundle] <- bundles[bundle] |> Array.map (fun _ -> None)

        received[bundle][index] <- Some(w, Conditions.settled condition)

    /// The VJP of a primitive: if its rule multiplies, the condition is applied first; each argument gets its own
    /// condition.
    member s.Pull(n: Node, w: Tensor, condition: Condition option) =
        let x = s.Arguments n
        let y = primal[n]
        let condition = Conditions.settled condition
        let isApplied = Slopes.isElementwise n.Op && not (Conditions.passes n.Op || Slopes.chooses n.Op)

        let order =
            match n.Op with
            | Gather _ -> n.Args[1].Op
            | op -> op // only a gather needs the operation of its indices

        let further = Conditions.pull n.Op x y order condition

        PrimitiveRules.pull n.Op x y w
        |> Array.iteri (fun i w ->
            let w = if isApplied then Option.map (Conditions.under condition) w else w
            s.Add n.Args[i] (w |> Option.map (fun w -> w, further[i])))

    /// By input: the accumulated cotangent, if it is wanted.
    member _.Found: (Tensor * Condition option) option[] =
        let found: (Tensor * Condition option) option[] = wanted |> Array.map (fun _ -> None)

        for n in g.Order do
            match n.Op, cotangents.TryGetValue n with
            | Input i, (true, (w, condition)) when wanted[i] -> found[i] <- Some(w, condition)
            | _ -> ()

        found
