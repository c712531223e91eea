namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open NeuralDE.Internal.Graph

/// Hoists values that a loop's body computes from captured values only: they are computed once, before the loop.
module internal Hoist =
    /// Movement makes views, which cost nothing inside the loop.
    let private isFree (op: Op) =
        match op with
        | Input _
        | Constant _
        | Data _
        | Iota _
        | Reshape _
        | Permute _
        | Broadcast _
        | Slice _
        | Reverse _
        | StopGradient -> true
        | _ -> false // all computing operations are worth hoisting

    /// The nodes that depend only on captured values.
    let private fixedIn (body: Graph) (carried: int) : HashSet<Node> =
        let found = HashSet<Node>(HashIdentity.Reference)

        for n in body.Order do
            let isFixed =
                match n.Op with
                | Input i -> i >= carried
                | Constant _
                | Data _
                | Iota _ -> true
                // a check of loop-invariant values gives the same result in every iteration
                | Check c when not c.Flagged -> false
                // a function node may be expensive and not needed
                | Apply _
                | Output _ -> false
                | _ -> n.Args |> Array.forall found.Contains // all other nodes are determined by their arguments

            if isFixed then found.Add n |> ignore

        found

    /// The nodes to hoist: loop-invariant values that are outputs or are used by a variant node, if worth computing
    /// once.
    let private takenFrom (body: Graph) (carried: int) (isFixed: Node -> bool) : HashSet<Node> =
        let taken = HashSet<Node>(HashIdentity.Reference)
        let inputSize = body.Inputs[carried..] |> Array.sumBy (fun s -> Shape.size s.Shape)
        // a hoisted value is stored during the whole loop, so it may not be much larger than the captured ones
        let largest = max 4096L (2L * inputSize)
        let worth (n: Node) = isFixed n && not (isFree n.Op) && Shape.size n.Shape <= largest

        /// Views of an invariant value stay inside; their source is hoisted instead.
        let take (n: Node) =
            let mutable source = n

            while isFixed source && isFree source.Op && source.Args.Length = 1 do
                source <- source.Args[0]

            if worth source then taken.Add source |> ignore

        for n in body.Order do
            if not (isFixed n) then Array.iter take n.Args

        Array.iter take body.Outputs
        taken

    /// The graph from captured values to the chosen values.
    let private prologueOf (body: Graph) (carried: int) (isFixed: Node -> bool) (chosen: Node[]) : Graph =
        let outside = Dictionary<Node, Node>(HashIdentity.Reference)

        // only invariant values are computed here; those that no chosen value needs are dropped
        for n in body.Order do
            if isFixed n then
                outside[n] <-
                    match n.Op with
                    | Input i -> Intern.input (i - carried) n.Signature
                    | _ -> Intern.again n (n.Args |> Array.map (fun a -> outside[a]))

        Intern.graph body.Inputs[carried..] (chosen |> Array.map (fun n -> outside[n]))

    /// The body with the chosen values as further inputs.
    let restOf (body: Graph) (chosen: Node[]) : Graph =
        let signatures = chosen |> Array.map (fun n -> n.Signature)
        let place = Dictionary<Node, int>(HashIdentity.Reference)
        chosen |> Array.iteri (fun k n -> place[n] <- body.Inputs.Length + k)
        let inside = Dictionary<Node, Node>(HashIdentity.Reference)

        for n in body.Order do
            inside[n] <-
                match place.TryGetValue n with
                | true, k -> Intern.input k n.Signature
                | _ ->
                    match n.Op with
                    | Input i -> Intern.input i n.Signature
                    | _ -> Intern.again n (n.Args |> Array.map (fun a -> inside[a]))

        Intern.graph (Array.append body.Inputs signatures) (body.Outputs |> Array.map (fun n -> inside[n]))

    /// The same function with its inputs in another order.
    let reorder (g: Graph) (order: int[]) : Graph =
        g.Memo(
            ("reorder", String.Join(",", Array.map string order)),
            fun () ->
                let inputs = order |> Array.map (fun i -> g.Inputs[i])
                let arguments = Array.zeroCreate order.Length
                order |> Array.iteri (fun k i -> arguments[i] <- Intern.input k g.Inputs[i])
                Intern.graph inputs (Intern.rebuild g arguments Intern.again)
        )

    /// Splits a body whose inputs from `carried` on are captured: the graph from captured values to hoisted values, and
    /// the body that takes the hoisted values as further inputs. Values that are much larger than all captured ones together
    /// stay inside.
    let split (body: Graph) (carried: int) : struct (Graph * Graph) voption =
        let fixedNodes = fixedIn body carried
        let taken = takenFrom body carried fixedNodes.Contains

        if taken.Count = 0 then
            ValueNone
        else
            let chosen = body.Walk |> Array.filter taken.Contains
            let prologue = prologueOf body carried fixedNodes.Contains chosen
            ValueSome(struct (prologue, restOf body chosen))
