namespace NeuralDE.Internal.Calculus

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Calculus.Masks

/// The key under which a graph remembers a derived graph. The masks say which tangents or cotangents are present; the
/// missing ones are zero.
[<RequireQualifiedAccess>]
type internal Transform =
    | Activity of inputs: bool[]
    | Forward of inputs: bool[]
    | Reverse of wanted: bool[] * given: bool[]
    | Batched of rows: int * inputs: bool[] * forced: bool[]

/// Which results can have a non-zero tangent.
module internal Activity =
    /// The arguments on which a primitive's result depends differentiably.
    let private smoothArgs (op: Op) (args: Node[]) : Node[] =
        match op with
        | Input _
        | Constant _
        | Data _
        | Iota _
        | Compare _
        | ArgMax _
        | ArgSort _
        | SearchSorted _
        | Pivots
        | Random _
        | StopGradient
        | Binary(And | Or | Xor | FoldKey) -> [||]
        | Unary u -> if (Unaries.about u).Slope.IsSome then args else [||]
        | Cast dtype -> if dtype.IsFloat then args else [||]
        | Gather _
        | Check _ -> [| args[0] |]
        | Select -> [| args[1]; args[2] |]
        | Scatter _ -> [| args[0]; args[2] |]
        | Binary _
        | Fma
        | Reduce _
        | CumSum _
        | Reshape _
        | Permute _
        | Broadcast _
        | Op.Slice _
        | Op.Pad _
        | Reverse _
        | Concat _
        | Op.Dot
        | Op.Conv _
        | Fft _
        | Cholesky
        | TriangularSolve _
        | Lu -> args
        | Apply _
        | Output _ -> raise (GraphException $"{op} is not a primitive")

    let rec activeOutputs (g: Graph) (on: bool[]) : bool[] =
        g.Memo(Transform.Activity on, fun () -> g.Outputs |> Array.map (activeNodes g on))

    and activeNodes (g: Graph) (on: bool[]) : Node -> bool =
        let active = HashSet<Node>(HashIdentity.Reference)
        let bundles = Dictionary<Node, bool[]>(HashIdentity.Reference)

        for n in g.Order do
            let isActive =
                n.Dtype.IsFloat
                && match n.Op with
                   | Input i -> on[i]
                   | Output i -> bundles[n.Args[0]][i]
                   | Apply fn ->
                       bundles[n] <- activeFn fn (n.Args |> Array.map active.Contains)
                       any bundles[n]
                   | op -> smoothArgs op n.Args |> Array.exists active.Contains // a primitive

            if isActive then active.Add n |> ignore

        active.Contains

    and activeFn (fn: Fn) (on: bool[]) : bool[] =
        let floats (outputs: Signature[]) = outputs |> Array.map (fun s -> s.Dtype.IsFloat && any on)

        match fn with
        | Call(g, _) -> activeOutputs g on
        | Cond(t, e) -> Array.map2 (||) (activeOutputs t on[1..]) (activeOutputs e on[1..])
        | Root r -> floats (outputSignatures r.Solve)
        | Custom c -> floats (outputSignatures c.Primal)
        | Host h -> floats h.Outputs
        | Pullback p -> p.Wanted |> Array.filter id |> Array.map (fun _ -> any on)
        | Loop l ->
            let states, emits = activeLoop l on
            Array.concat [ states; no l.Registers; emits ]

    /// The carried states and emissions that can have a tangent: the least fixed point over the iterations.
    and activeLoop (l: Loop) (on: bool[]) : bool[] * bool[] =
        let carried = l.States + l.Registers

        let body states = activeOutputs l.Body (Array.concat [ states; no l.Registers; on[carried..] ])

        let states = on[.. l.States - 1] |> fixpoint (fun s -> Array.map2 (||) s (Array.take l.States (body s)))

        states, (body states)[carried .. carried + l.Emits - 1]
