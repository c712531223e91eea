namespace NeuralDE.Internal.Graph

open System
open System.Collections.Generic
open NeuralDE

/// Interning: equal nodes and equal graphs are one object. They are held weakly, so unused ones are collected. A
/// function that is traced twice gives the same graph, so its remembered derivatives and plans are found again.
module internal Intern =
    let private gate = obj ()
    let mutable private lastId = 0L

    /// A set of weakly held objects, searched by hash and equality.
    type private WeakSet<'T when 'T: not struct and 'T: not null>() =
        let buckets = Dictionary<int, List<WeakReference<'T>>>()
        let mutable count = 0
        let mutable limit = 4096

        let purge () =
            count <- 0

            for pair in Seq.toArray buckets do
                pair.Value.RemoveAll(fun weak -> not (fst (weak.TryGetTarget()))) |> ignore
                count <- count + pair.Value.Count

                if pair.Value.Count = 0 then buckets.Remove pair.Key |> ignore

            limit <- max 4096 (2 * count)

        member _.FindOrAdd(hash: int, isSame: 'T -> bool, make: unit -> 'T) : 'T =
            let bucket =
                match buckets.TryGetValue hash with
                | true, bucket -> bucket
                | _ ->
                    let bucket = List<WeakReference<'T>>(1)
                    buckets[hash] <- bucket
                    bucket

            let mutable found: 'T voption = ValueNone
            let mutable i = 0

            while found.IsNone && i < bucket.Count do
                match bucket[i].TryGetTarget() with
                | true, target when isSame target -> found <- ValueSome target
                | _ -> ()

                i <- i + 1

            match found with
            | ValueSome target -> target
            | ValueNone ->
                let target = make ()
                bucket.Add(WeakReference<'T> target)
                count <- count + 1

                if count > limit then purge ()

                target

    let private nodes = WeakSet<Node>()
    let private graphs = WeakSet<Graph>()

    /// The most recently used graphs are held strongly, so that a loop that traces the same function finds it again
    /// after a garbage collection.
    let private recent: Graph option[] = Array.create 512 None

    let mutable private turn = 0

    let private hold (g: Graph) =
        recent[turn] <- Some g
        turn <- (turn + 1) % recent.Length

    let private sameArgs (a: Node[]) (b: Node[]) =
        let mutable i = 0

        while i < a.Length && obj.ReferenceEquals(a[i], b[i]) do
            i <- i + 1

        i = a.Length

    let private signed (op: Op) (args: Node[]) (signature: Signature) : Node =
        let mutable hash = HashCode.Combine(op.GetHashCode(), signature.Dtype.GetHashCode())

        for arg in args do
            hash <- HashCode.Combine(hash, arg.Id)

        for extent in signature.Shape do
            hash <- HashCode.Combine(hash, extent)

        let isSame (n: Node) =
            n.Args.Length = args.Length
            && sameArgs n.Args args
            && n.Dtype = signature.Dtype
            && Shape.same n.Shape signature.Shape
            && n.Op = op

        let make () =
            lastId <- lastId + 1L
            Counters.AddCreated()
            Node(lastId, op, args, signature)

        lock gate (fun () -> nodes.FindOrAdd(hash, isSame, make))

    let input index signature = signed (Input index) [||] signature

    /// The i-th output of a function node.
    let output (bundle: Node) index =
        match bundle.Op with
        | Apply fn ->
            let outputs = Infer.outputs fn (bundle.Args |> Array.map (fun a -> a.Signature))
            signed (Output index) [| bundle |] outputs[index]
        | op -> raise (GraphException $"output {string index} of {op}: only function nodes have outputs")

    let node op (args: Node[]) =
        match op with
        | Output index -> output args[0] index
        | Input index -> raise (GraphException $"input {string index} is made with its signature")
        | _ -> signed op args (Infer.node op (args |> Array.map (fun a -> a.Signature)))

    let graph (inputs: Signature[]) (outputs: Node[]) : Graph =
        let mutable hash = inputs.Length

        for output in outputs do
            hash <- HashCode.Combine(hash, output.Id)

        let isSame (g: Graph) =
            g.Outputs.Length = outputs.Length
            && sameArgs g.Outputs outputs
            && g.Inputs.Length = inputs.Length
            && Array.forall2
                (fun (a: Signature) (b: Signature) -> a.Dtype = b.Dtype && Shape.same a.Shape b.Shape)
                g.Inputs
                inputs

        let make () =
            lastId <- lastId + 1L
            Counters.AddCreated()
            Graph(lastId, inputs, outputs)

        lock gate (fun () ->
            let g = graphs.FindOrAdd(hash, isSame, make)
            hold g
            g)

    /// A node whose signature the caller already knows. Inferring it again would compute the signatures of all results
    /// of a function node for each of its outputs.
    let made (op: Op) (args: Node[]) (signature: Signature) : Node = signed op args signature

    /// The same operation on other arguments with the same signatures.
    let again (n: Node) (args: Node[]) : Node = if sameArgs n.Args args then n else signed n.Op args n.Signature

    /// Replaces a graph's nodes, arguments before their users; `rewrite` receives a node and its new arguments.
    let rebuild (g: Graph) (arguments: Node[]) (rewrite: Node -> Node[] -> Node) : Node[] =
        let map = Dictionary<Node, Node>(HashIdentity.Reference)

        for n in g.Order do
            map[n] <-
                match n.Op with
                | Input i -> arguments[i]
                | _ -> rewrite n (n.Args |> Array.map (fun a -> map[a]))

        g.Outputs |> Array.map (fun n -> map[n])
