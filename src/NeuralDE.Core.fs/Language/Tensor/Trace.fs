namespace NeuralDE.Internal.Tensor

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

/// How a closed function treats captured expressions that were computed inside it but do not depend on its arguments.
type internal Capture =
    /// They are computed outside, once: right for loops. (An expression that is larger than its arguments is computed
    /// inside.)
    | Hoisted
    /// They are computed inside, when the function runs: right for branches, which may not run at all.
    | InPlace

/// Turns functions of tensors into closed graphs.
module internal Tracing =
    /// Whether a result is larger than its arguments, so that capturing it would cost memory.
    let private enlarges op =
        match op with
        | Broadcast _
        | Iota _ -> true
        | _ -> false // no other operation enlarges its arguments

    /// Whether an expression over placeholders becomes part of a trace's graph; otherwise it is an input. Raises
    /// TraceException if its trace has ended.
    let private isInside (trace: Trace) (capture: Capture) (owner: Trace) serial (op: Op) : bool =
        if owner.Level > trace.Level || (owner.Level = trace.Level && not (obj.ReferenceEquals(owner, trace))) then
            raise (
                TraceException
                    $"a placeholder of {owner.Verb} outlived its function and was used in {trace.Verb}. Return the tensor from the function instead of storing it elsewhere."
            )

        let isInput =
            match op with
            | Input _ -> true
            | _ -> false

        let madeInside = serial >= trace.FirstSerial

        let keep =
            match capture with
            | Hoisted -> obj.ReferenceEquals(owner, trace) || (madeInside && enlarges op)
            | InPlace -> obj.ReferenceEquals(owner, trace) || madeInside

        keep && not isInput

    /// Closes outputs over the trace's placeholders. Captured tensors become further inputs and are returned with the
    /// graph.
    let close (trace: Trace) (capture: Capture) (holes: Tensor[]) (outputs: Tensor[]) : Graph * Tensor[] =
        let nodes = Dictionary<Tensor, Node>(HashIdentity.Reference)
        let captured = List<Tensor>()
        holes |> Array.iteri (fun i hole -> nodes[hole] <- Intern.input i hole.Signature)

        let lift (t: Tensor) =
            captured.Add t
            nodes[t] <- Intern.input (holes.Length + captured.Count - 1) t.Signature

        let todo = Stack<Tensor>()

        /// Visits arguments first; when an expression is popped again, its arguments are finished and it becomes a
        /// node.
        let expand (t: Tensor) op (args: Tensor[]) =
            let mutable ready = true

            for i in args.Length - 1 .. -1 .. 0 do
                if not (nodes.ContainsKey args[i]) then
                    if ready then
                        todo.Push t
                        ready <- false

                    todo.Push args[i]

            if ready then nodes[t] <- Intern.made op (args |> Array.map (fun a -> nodes[a])) t.Signature

        let visit (t: Tensor) =
            match t.Content with
            | Content.Value _ -> lift t
            | Content.Structure(op, args, _, _) -> expand t op args
            | Content.Open(owner, serial, op, args) ->
                if isInside trace capture owner serial op then expand t op args else lift t

        for output in outputs do
            todo.Push output

            while todo.Count > 0 do
                let t = todo.Pop()

                if not (nodes.ContainsKey t) then visit t

        let inputs =
            Array.append
                (holes |> Array.map (fun h -> h.Signature))
                (captured.ToArray() |> Array.map (fun c -> c.Signature))

        Intern.graph inputs (outputs |> Array.map (fun o -> nodes[o])), captured.ToArray()

    /// Runs a function on placeholders and closes its outputs.
    let trace (verb: string) capture (inputs: Signature[]) (f: Tensor[] -> Tensor[]) : Graph * Tensor[] =
        Tensor.Tracing(
            verb,
            fun trace ->
                let holes = inputs |> Array.mapi (fun i s -> Tensor.Placeholder(trace, i, s))
                close trace capture holes (f holes)
        )

    /// Like trace, at known numbers: the function can read its placeholders.
    let traceAt (verb: string) (values: NdArray[]) (inputs: Signature[]) (f: Tensor[] -> Tensor[]) : Graph * Tensor[] =
        Tensor.Tracing(
            verb,
            fun trace ->
                let holes = inputs |> Array.mapi (fun i s -> Tensor.Placeholder(trace, i, s))

                let read (t: Tensor) =
                    let g, captured = close trace Hoisted holes [| t |]
                    (Execute.call (Call(g, Inline)) (Array.append values (captured |> Array.map (fun c -> c.Numbers))))[0]

                trace.Reader <- ValueSome read
                close trace Hoisted holes (f holes)
        )

    /// Moves captured numbers, which are the last inputs of a graph, into the graph.
    let embed (inputs: Signature[]) (g: Graph) (captured: Tensor[]) : Graph =
        let data (c: Tensor) = Intern.node (Data { Array = c.Numbers }) [||]
        let arguments = Array.append (inputs |> Array.mapi Intern.input) (Array.map data captured)
        Intern.graph inputs (Intern.rebuild g arguments Intern.again)

    /// The graph of a rule: captured numbers become part of the graph. It must not capture placeholders.
    let closed (inputs: Signature[]) (f: Tensor[] -> Tensor[]) : Graph =
        match trace "a rule" Hoisted inputs f with
        | g, [||] -> g
        | g, captured ->
            for c in captured do
                if c.IsPlaceholder then
                    raise (GraphException "a rule captured a placeholder; it may capture numbers only")

            embed inputs g captured

    /// Applies a graph's operations to tensors: computed immediately, or recorded again.
    let replay (g: Graph) (arguments: Tensor[]) : Tensor[] =
        let map = Dictionary<Node, Tensor>(HashIdentity.Reference)
        let bundles = Dictionary<Node, Tensor[]>(HashIdentity.Reference)

        for n in g.Order do
            match n.Op with
            | Input i -> map[n] <- arguments[i]
            | Output i -> map[n] <- bundles[n.Args[0]][i]
            | Apply fn -> bundles[n] <- Tensor.ApplyFn(fn, n.Args |> Array.map (fun a -> map[a]))
            | op -> map[n] <- Tensor.Apply(op, n.Args |> Array.map (fun a -> map[a])) // a primitive

        g.Outputs |> Array.map (fun n -> map[n])

    let signatures (tensors: Tensor[]) = tensors |> Array.map (fun t -> t.Signature)
