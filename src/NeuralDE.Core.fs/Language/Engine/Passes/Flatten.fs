namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open NeuralDE.Internal.Graph

/// Prepares a graph to run: inlines named calls and custom functions, and drops nodes that no output needs. Nodes are
/// interned, so a body shared by a call and its derivative is computed once.
module internal Flatten =
    let rec graph (g: Graph) : Graph =
        g.Memo("flatten", fun () -> Intern.graph g.Inputs (place g (g.Inputs |> Array.mapi Intern.input)))

    and private place (g: Graph) (arguments: Node[]) : Node[] =
        let bundles = Dictionary<Node, Node[]>(HashIdentity.Reference)

        Intern.rebuild g arguments (fun n args ->
            let inPlace (h: Graph) =
                bundles[n] <- place (graph h) args
                n

            match n.Op with
            | Apply(Call(h, Inline)) -> inPlace h
            | Apply(Custom c) -> inPlace c.Primal
            | Output i ->
                match bundles.TryGetValue n.Args[0] with
                | true, outputs -> outputs[i]
                | _ -> Intern.again n args
            | _ -> Intern.again n args)

/// Pairs of a loop and its pullback. The pullback reads the tape of the loop; without a pair, it runs the loop again.
module internal LoopPairs =
    /// The loop that a pullback reverses, on the same arguments. Interning makes it one node.
    let private primalOf (p: Pullback) (n: Node) : Node = Intern.node (Apply(Loop p.Of)) n.Args[.. p.Wanted.Length - 1]

    /// For each pullback its loop, if the loop is among the nodes and runs before it. The nodes are in the order in which
    /// they run.
    let inOrder (nodes: Node seq) : Dictionary<Node, Node> =
        let pairs = Dictionary<Node, Node>(HashIdentity.Reference)
        let before = HashSet<Node>(HashIdentity.Reference)

        for n in nodes do
            match n.Op with
            | Apply(Loop _) -> before.Add n |> ignore
            | Apply(Pullback p) ->
                let primal = primalOf p n
                if before.Contains primal then pairs[n] <- primal
            | _ -> ()

        pairs

/// A flattened graph as arrays, for the interpreter.
type internal Program =
    {
        Nodes: Node[]
        Args: int[][]
        Outputs: int[]
        /// For a pullback: the index of the loop on the same arguments, whose run can record the tape; otherwise −1.
        Primal: int[]
        /// For a loop: whether a pullback needs its tape.
        Taped: bool[]
        /// By node: the slots that no later node reads.
        Release: int[][]
    }

module internal Program =
    let private make (g: Graph) =
        let g = Flatten.graph g
        let nodes = g.Order
        let slot = Dictionary<Node, int>(HashIdentity.Reference)
        nodes |> Array.iteri (fun i n -> slot[n] <- i)
        let args = nodes |> Array.map (fun n -> n.Args |> Array.map (fun a -> slot[a]))
        let primal = Array.create nodes.Length -1
        let taped = Array.create nodes.Length false

        for pair in LoopPairs.inOrder nodes do
            primal[slot[pair.Key]] <- slot[pair.Value]
            taped[slot[pair.Value]] <- true

        let last = Array.init nodes.Length id
        args
        |> Array.iteri (fun i used ->
            for u in used do
                last[u] <- i)
        let outputs = g.Outputs |> Array.map (fun n -> slot[n])

        for o in outputs do
            last[o] <- nodes.Length

        let release = Array.init nodes.Length (fun _ -> List<int>(0))
        last |> Array.iteri (fun k i -> if i < nodes.Length then release[i].Add k)

        { Nodes = nodes
          Args = args
          Outputs = outputs
          Primal = primal
          Taped = taped
          Release = release |> Array.map (fun slots -> slots.ToArray()) }

    let ofGraph (g: Graph) : Program = g.Memo("program", fun () -> make g)
