namespace NeuralDE.Internal.Graph

open System.Collections.Generic
open NeuralDE

/// Checks that a graph satisfies the rules of the language. Tests run it between stages.
module internal Verify =
    let private fail (g: Graph) (n: Node) what =
        let operation = Print.op (fun g -> $"#{string g.Id}") n.Op
        raise (GraphException $"graph {string g.Id}, node {operation}: {what}")

    let private sameSignature (a: Signature) (b: Signature) = a.Dtype = b.Dtype && Shape.same a.Shape b.Shape

    let private loop (check: bool -> string -> unit) (l: Loop) (args: Signature[]) =
        let carried = l.States + l.Registers
        let outputs = l.Body.Outputs |> Array.map (fun n -> n.Signature)
        check (l.Streams.Length > 0) "a loop has at least one stream of emissions"
        check
            (outputs.Length = carried + l.Emits + l.Flags)
            "the body returns state, registers, emissions, keep, one write flag per stream, done"

        for i in 0 .. carried - 1 do
            check (sameSignature outputs[i] l.Body.Inputs[i]) $"carried value {string i} changes its signature"

            check
                (l.Batch.Length <= outputs[i].Shape.Length && Shape.same l.Batch outputs[i].Shape[.. l.Batch.Length - 1])
                $"carried value {string i} lacks the batch axes"

        for flag in outputs[carried + l.Emits ..] do
            check
                (flag.Dtype = Bool && Shape.same flag.Shape l.Batch)
                "keep, write and done are bools of the batch shape"

        check (args.Length = l.Body.Inputs.Length) "one argument for each input of the body"
        check (Array.forall2 sameSignature args l.Body.Inputs) "arguments fit the body's inputs"

    /// Raises GraphException if an argument follows its user, a signature differs from the inferred one, or a function
    /// node does not fit its graphs.
    let rec graph (g: Graph) =
        let seen = HashSet<Node>(HashIdentity.Reference)

        for n in g.Order do
            let check condition what = if not condition then fail g n what
            let args = n.Args |> Array.map (fun a -> a.Signature)

            for a in n.Args do
                check (seen.Contains a) "an argument follows its user"

            match n.Op with
            | Input i ->
                check
                    (i < g.Inputs.Length && sameSignature g.Inputs[i] n.Signature)
                    "the input does not belong to the graph"
            | Output i ->
                match n.Args[0].Op with
                | Apply f ->
                    let outputs = Infer.outputs f (n.Args[0].Args |> Array.map (fun a -> a.Signature))
                    check
                        (i < outputs.Length && sameSignature outputs[i] n.Signature)
                        "the function node has no such output"
                | _ -> check false "an output of a node that is not a function node"
            | op -> check (sameSignature (Infer.node op args) n.Signature) "the signature differs from the inferred one"

            match n.Op with
            | Apply f ->
                match f with
                | Call(h, _) ->
                    check (args.Length = h.Inputs.Length && Array.forall2 sameSignature args h.Inputs) "arguments fit"
                | Custom c -> check (Array.forall2 sameSignature args c.Primal.Inputs) "arguments fit"
                | Cond(t, e) ->
                    check (args[0].Dtype = Bool && args[0].Shape.Length = 0) "the condition is one bool"
                    check
                        (Array.forall2 sameSignature args[1..] t.Inputs
                         && Array.forall2 sameSignature args[1..] e.Inputs)
                        "arguments fit"

                    check
                        (Array.forall2
                            (fun (a: Node) (b: Node) -> sameSignature a.Signature b.Signature)
                            t.Outputs
                            e.Outputs)
                        "both branches return the same signatures"
                | Loop l -> loop check l args
                | Pullback p ->
                    loop check p.Of args[.. p.Wanted.Length - 1]
                    graph p.Sweep.Value
                | Root r -> check (Array.forall2 sameSignature args r.Solve.Inputs) "arguments fit"
                | Host _ -> ()

                for inner in Print.graphsOf f do
                    graph inner
            | _ -> ()

            seen.Add n |> ignore
