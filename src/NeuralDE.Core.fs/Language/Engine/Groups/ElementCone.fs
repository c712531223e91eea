namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph

/// The class of an element-wise node: only nodes of one class share a group.
type internal GroupClass =
    /// one element, any dtypes
    | Scalars
    /// `count` elements; floats of one dtype and bools. None: only bools, which fit either dtype
    | Vectors of count: int64 * lane: Dtype option
    /// `count` elements of dtypes that vector groups do not support: a separate group
    | Alone of count: int64

/// Finds element-wise nodes that run in one group, and makes the group.
module internal ElementCone =
    /// The most operations and temporaries in one compiled group (see ElementGroup.weight).
    let private budget = 220

    let private laneOf (n: Node) (operands: Dtype) : Result<Dtype option, unit> =
        let kinds = [ n.Dtype; operands ] |> List.filter (fun d -> d <> Bool) |> List.distinct

        match kinds with
        | [] -> Ok None
        | [ d ] when d.IsFloat -> Ok(Some d)
        | _ -> Error()

    /// ValueNone if the node is not element-wise.
    let classOf (n: Node) : GroupClass voption =
        match ElementGroup.codeOf n with
        | ValueNone -> ValueNone
        | ValueSome(struct (code, operands)) ->
            let count = Shape.size n.Shape

            if count = 1L then
                ValueSome Scalars
            else
                match code, laneOf n operands with
                | Compute _, Ok lane -> ValueSome(Vectors(count, lane))
                | Compute _, Error()
                | Convert _, _ -> ValueSome(Alone count)

    /// The class of a group after a node joins it; ValueNone if the node cannot join.
    let private join (group: GroupClass) (node: GroupClass) : GroupClass voption =
        match group, node with
        | Scalars, Scalars -> ValueSome Scalars
        | Vectors(n, a), Vectors(m, b) when n = m ->
            match a, b with
            | Some p, Some q when p <> q -> ValueNone
            | Some _, _ -> ValueSome group
            | None, _ -> ValueSome node
        | _ -> ValueNone

    /// Skips nodes that only rename elements, down to the first node that is available or computes.
    let rec through (isThere: Node -> bool) (n: Node) : Node =
        match n.Op with
        | Reshape _
        | StopGradient when not (isThere n) -> through isThere n.Args[0]
        | _ -> n

    /// The nodes that run in one group with the targets, and the nodes that the group reads.
    let find (isThere: Node -> bool) (targets: Node list) : struct (HashSet<Node> * List<Node>) =
        let cone = HashSet<Node>(HashIdentity.Reference)
        let outside = List<Node>()
        let seen = HashSet<Node>(HashIdentity.Reference)
        let mutable kind = (classOf targets.Head).Value
        let mutable weight = 0
        let todo = Queue<Node>(targets)

        let weightOf (n: Node) =
            match ElementGroup.codeOf n with
            | ValueSome(struct (code, _)) -> if kind = Scalars then 3 else ElementGroup.weight code
            | ValueNone -> 0

        for t in targets do
            seen.Add t |> ignore

        while todo.Count > 0 do
            let n = todo.Dequeue()

            let joined =
                if isThere n then
                    ValueNone
                else
                    match classOf n with
                    | ValueSome c when cone.Count = 0 -> ValueSome c
                    | ValueSome c when weight + weightOf n <= budget -> join kind c
                    | _ -> ValueNone

            match joined with
            | ValueSome c ->
                kind <- c
                weight <- weight + weightOf n
                cone.Add n |> ignore

                for a in n.Args do
                    let source = through isThere a

                    if seen.Add source then todo.Enqueue source
            | ValueNone -> outside.Add n

        struct (cone, outside)

    /// The class of a group of these nodes.
    let kindOf (nodes: Node[]) : GroupClass =
        nodes
        |> Array.fold
            (fun kind n -> join kind (classOf n).Value |> ValueOption.defaultValue kind)
            (classOf nodes[0]).Value

    /// The group of these nodes (arguments before their users), of which some are stored; and the nodes that it reads.
    /// isSingle says whether a node that it reads has one element, used for all elements of the group.
    let group
        (isThere: Node -> bool)
        (isSingle: Node -> bool)
        (order: Node[])
        (stored: Node[])
        : struct (ElementGroup * Node[]) =
        let kind = kindOf order
        let step = Dictionary<Node, int>(HashIdentity.Reference)
        order |> Array.iteri (fun i n -> step[n] <- i)
        let arguments = List<struct (GroupArgument * Node)>()
        let argumentOf = Dictionary<Node, int>(HashIdentity.Reference)

        let operand (a: Node) : Operand =
            let source = through isThere a

            match step.TryGetValue source with
            | true, i -> Operand.Result i
            | _ ->
                match argumentOf.TryGetValue source with
                | true, i -> Operand.Argument i
                | _ ->
                    let single = kind <> Scalars && isSingle source
                    argumentOf[source] <- arguments.Count
                    arguments.Add(struct ({ Dtype = source.Dtype; Single = single }, source))
                    Operand.Argument(arguments.Count - 1)

        let steps =
            order
            |> Array.map (fun n ->
                match ElementGroup.codeOf n with
                | ValueSome(struct (code, operands)) ->
                    { Code = code; Type = operands; Operands = Array.map operand n.Args; Dtype = n.Dtype }
                | ValueNone -> raise (GraphException $"{n.Op} is not element-wise"))

        let group =
            { Arguments = arguments.ToArray() |> Array.map (fun (struct (a, _)) -> a)
              Steps = steps
              Outputs = stored |> Array.map (fun n -> step[n])
              Form =
                match kind with
                | Scalars -> Singles
                | Vectors _ -> Floats
                | Alone _ -> Anything }

        struct (group, arguments.ToArray() |> Array.map (fun (struct (_, n)) -> n))
