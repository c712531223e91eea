namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open System.Runtime.CompilerServices
open NeuralDE.Internal.Graph

/// Moves movements of large unstored arrays below element-wise operations: permute (f (a, b)) = f (permute a, permute
/// b). A reduction's elements are then computed in the order in which it reads them. Values do not change.
module internal Sink =
    let private elementwise (n: Node) (args: Node[]) = Intern.node n.Op args

    [<Sealed>]
    type private Sinking(streams: HashSet<Node>) =
        let streamed = HashSet<Node>(HashIdentity.Reference)
        let made = Dictionary<struct (Op * int64), Node>(HashIdentity.Structural)

        /// Whether a movement of this node can be moved below it.
        let isOpen (n: Node) = streamed.Contains n && StreamKinds.isElementwise n

        /// Records that the node replaces one that is not stored.
        member _.Follows(n: Node, original: Node) = if streams.Contains original then streamed.Add n |> ignore

        /// The moved node, with element-wise nodes above movements.
        member x.Move(op: Op, source: Node) : Node =
            let result = Dictionary<Node, Node>(HashIdentity.Reference)
            let todo = Stack<Node>()
            todo.Push source

            while todo.Count > 0 do
                let n = todo.Peek()

                if result.ContainsKey n then
                    todo.Pop() |> ignore
                else
                    match made.TryGetValue(struct (op, n.Id)) with
                    | true, known -> result[n] <- known
                    | _ when isOpen n ->
                        match n.Args |> Array.filter (fun a -> not (result.ContainsKey a)) with
                        | [||] ->
                            let moved = elementwise n (n.Args |> Array.map (fun a -> result[a]))
                            streamed.Add moved |> ignore
                            made[struct (op, n.Id)] <- moved
                            result[n] <- moved
                        | missing -> Array.iter todo.Push missing
                    | _ -> result[n] <- x.MoveClosed(op, n)

            result[source]

        /// The same for a node that is not element-wise; a renaming of an element-wise node is moved below that first.
        member private x.MoveClosed(op: Op, n: Node) : Node =
            match n.Op with
            | Reshape _ when isOpen n.Args[0] && RuntimeHelpers.TryEnsureSufficientExecutionStack() ->
                x.Move(op, x.Move(n.Op, n.Args[0]))
            | _ -> Intern.node op [| n |]

    let private rewrite (sinking: Sinking) (n: Node) (args: Node[]) : Node =
        match n.Op with
        | Iota(s, axis) when StreamLimits.isLarge n && n.Shape.Length > 1 ->
            // a vector of indices, broadcast
            let line = Intern.node (Iota({ s with Shape = [| s.Shape[axis] |] }, 0)) [||]
            Intern.node (Broadcast(s.Shape, [| axis |])) [| line |]
        | Broadcast(shape, _) when StreamLimits.isLarge n && StreamKinds.isRenaming n ->
            Intern.node (Reshape shape) args
        | Permute _
        | Slice _
        | Reverse _ -> sinking.Move(n.Op, args[0])
        | Reduce(r, axes) when StreamLimits.isLarge args[0] ->
            match ReducedAxes.order axes args[0].Shape with
            | ValueSome order ->
                let moved = sinking.Move(Permute order, args[0])
                let rank = order.Length
                Intern.node (Reduce(r, [| rank - axes.Length .. rank - 1 |])) [| moved |]
            | ValueNone -> Intern.again n args
        | _ -> Intern.again n args // computing nodes, and movements of small arrays, stay

    let graph (g: Graph) : Graph =
        let streams = Streams.ofGraph g

        if streams.Count = 0 && not (Array.exists StreamLimits.isLarge g.Walk) then
            g
        else
            let sinking = Sinking streams

            let rewritten =
                Intern.rebuild g (g.Inputs |> Array.mapi Intern.input) (fun n args ->
                    let made = rewrite sinking n args
                    sinking.Follows(made, n)
                    made)

            Intern.graph g.Inputs rewritten
