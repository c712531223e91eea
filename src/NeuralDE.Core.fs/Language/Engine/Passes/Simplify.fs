namespace NeuralDE.Internal.Engine

open NeuralDE.Internal.Graph

/// Rewrites that preserve values: each rule examines a node whose arguments are already simplified.
module internal Simplify =
    let private isLiteral (value: float) (n: Node) =
        match n.Op with
        | Constant l when l.Dtype.IsFloat -> System.BitConverter.Int64BitsToDouble l.Bits = value
        | Constant l -> float l.Bits = value
        | _ -> false

    /// Whether the node is this number, or a broadcast of it.
    let rec private spreads (value: float) (n: Node) =
        match n.Op with
        | Broadcast _
        | Reshape _ -> spreads value n.Args[0]
        | _ -> isLiteral value n

    let isZeros (n: Node) : bool = spreads 0.0 n

    /// The single number of which the node is a broadcast.
    let rec private single (n: Node) : Node voption =
        match n.Op with
        | Broadcast _ when Shape.size n.Args[0].Shape = 1L -> ValueSome n.Args[0]
        | Broadcast _
        | Reshape _ when Shape.size n.Shape <> 1L -> single n.Args[0]
        | _ -> ValueNone

    let private isElementwise (op: Op) =
        match op with
        | Unary _
        | Binary _
        | Compare _
        | Select
        | Fma
        | Cast _ -> true
        | _ -> false // no other operation is element-wise

    let private toScalar (n: Node) = if n.Shape.Length = 0 then n else Intern.node (Reshape [||]) [| n |]

    let private identity (rank: int) = Array.init rank id

    let rec private rule (op: Op) (args: Node[]) : Node voption =
        match op with
        | Reshape shape when Shape.same shape args[0].Shape -> ValueSome args[0]
        | Reshape shape ->
            match args[0].Op with
            | Reshape _ -> ValueSome(simple (Reshape shape) args[0].Args)
            | _ -> ValueNone
        | Permute p when p = identity p.Length -> ValueSome args[0]
        | Permute p ->
            match args[0].Op with
            | Permute q -> ValueSome(simple (Permute(p |> Array.map (fun a -> q[a]))) args[0].Args)
            | _ -> ValueNone
        | Broadcast(shape, _) when Shape.same shape args[0].Shape -> ValueSome args[0]
        | Cast dtype when dtype = args[0].Dtype -> ValueSome args[0]
        | Binary Mul when spreads 1.0 args[0] -> ValueSome args[1]
        | Binary Mul when spreads 1.0 args[1] -> ValueSome args[0]
        | Binary Div when spreads 1.0 args[1] -> ValueSome args[0]
        | Unary(Power 1.0) -> ValueSome args[0]
        | Unary Neg ->
            match args[0].Op with
            | Unary Neg -> ValueSome args[0].Args[0]
            | _ -> ValueNone
        | Select when obj.ReferenceEquals(args[1], args[2]) -> ValueSome args[1]
        | StopGradient -> ValueSome args[0]
        // an operation on broadcast single numbers is computed once, then broadcast
        | _ when isElementwise op && Shape.size args[0].Shape > 1L && args |> Array.forall (fun a -> (single a).IsSome) ->
            let one = Intern.node op (args |> Array.map (fun a -> toScalar (single a).Value))
            ValueSome(Intern.node (Broadcast(args[0].Shape, [||])) [| one |])
        | _ -> ValueNone // no rule applies

    and private simple (op: Op) (args: Node[]) : Node =
        match rule op args with
        | ValueSome n -> n
        | ValueNone -> Intern.node op args

    let graph (g: Graph) : Graph =
        g.Memo(
            "simplify",
            fun () ->
                Intern.graph
                    g.Inputs
                    (Intern.rebuild g (g.Inputs |> Array.mapi Intern.input) (fun n args ->
                        rule n.Op args |> ValueOption.defaultWith (fun () -> Intern.again n args)))
        )
