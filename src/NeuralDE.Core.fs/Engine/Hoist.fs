namespace NeuralDE.Compiler

open System.Collections.Generic
open NeuralDE

/// What a loop's body computes from captured values alone, taken out of it: computed once, before the loop.
module internal Hoist =
    /// Movement makes views, which cost nothing inside.
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
        | _ -> false // what computes is worth computing once

    /// From a body whose inputs from `carried` on are captured: the graph from captured values to further ones, and the body
    /// that takes them as inputs behind its own. Values larger than all that is captured stay inside.
    let split (body: Graph) (carried: int) : struct (Graph * Graph) voption =
        let fixedNodes = HashSet<Node>(HashIdentity.Reference)
        let taken = HashSet<Node>(HashIdentity.Reference)
        let inputSize = body.Inputs[carried..] |> Array.sumBy (fun s -> Shape.size s.Shape)
        let largest = max 4096L (2L * inputSize)

        for n in body.Order do
            let isFixed =
                match n.Op with
                | Input i -> i >= carried
                | Constant _
                | Data _
                | Iota _ -> true
                // a check of what is fixed finds the same in every iteration
                | Check c when not c.Flagged -> false
                // a function node may be costly or not needed
                | Apply _
                | Output _ -> false
                | _ -> n.Args |> Array.forall fixedNodes.Contains // everything else has the value its arguments give it

            if isFixed then fixedNodes.Add n |> ignore

        let worth (n: Node) = fixedNodes.Contains n && not (isFree n.Op) && Shape.size n.Shape <= largest

        /// Views over a fixed value stay inside, so their source is what is taken.
        let take (n: Node) =
            let mutable source = n

            while fixedNodes.Contains source && isFree source.Op && source.Args.Length = 1 do
                source <- source.Args[0]

            if worth source then taken.Add source |> ignore

        // the last fixed values: used by something that is not fixed, or results
        for n in body.Order do
            if not (fixedNodes.Contains n) then Array.iter take n.Args

        Array.iter take body.Outputs

        if taken.Count = 0 then
            ValueNone
        else
            let chosen = body.Walk |> Array.filter taken.Contains
            let captured = body.Inputs[carried..]
            let outside = Dictionary<Node, Node>(HashIdentity.Reference)

            // only fixed values are computed there; those that no chosen one needs fall away
            for n in body.Order do
                if fixedNodes.Contains n then
                    outside[n] <-
                        match n.Op with
                        | Input i -> Intern.input (i - carried) n.Signature
                        | _ -> Intern.again n (n.Args |> Array.map (fun a -> outside[a]))

            let prologue = Intern.graph captured (chosen |> Array.map (fun n -> outside[n]))
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

            let rest =
                Intern.graph (Array.append body.Inputs signatures) (body.Outputs |> Array.map (fun n -> inside[n]))

            ValueSome(struct (prologue, rest))
