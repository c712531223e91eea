namespace NeuralDE.Internal.Calculus

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Graphs whose checks are active only while a further input, one bool, is true. vmap computes more than a row needs:
/// both branches of a cond, and iterations after a row has ended. Failures there must not raise.
module internal Guarded =
    let private live: Signature = { Dtype = Bool; Shape = [||] }

    let rec hasChecks (g: Graph) : bool =
        g.Memo(
            "has checks",
            fun () ->
                g.Order
                |> Array.exists (fun n ->
                    match n.Op with
                    | Check _ -> true
                    | Apply fn -> inFn fn
                    | _ -> false) // no other operation inspects numbers
        )

    and private inFn (fn: Fn) : bool =
        match fn with
        | Call(g, _) -> hasChecks g
        | Custom c -> hasChecks c.Primal
        | Cond(t, e) -> hasChecks t || hasChecks e
        | Loop l -> hasChecks l.Body
        | Pullback p -> hasChecks p.Of.Body
        | Root r ->
            match r.Linear with
            | BySolves _ -> true // its derivatives have checks
            | ByMatrix _ -> hasChecks r.Solve || hasChecks r.Residual
        | Host _ -> false

    let private check (c: Check) (args: Tensor[]) (isLive: Tensor) : Tensor =
        let isIdle = Prim.isNot isLive

        if c.Flagged && args[1].Dtype <> Bool then
            let spread = Prim.broadcast args[1].Dims [||]
            let limit = Prim.select (spread isLive) args[1] (Prim.fill Int64 args[1].Dims -1.0)
            Tensor.Apply(Check c, Array.updateAt 1 limit args)
        elif c.Flagged then
            let flag = Prim.either args[1] (Prim.broadcast args[1].Dims [||] isIdle)
            Tensor.Apply(Check c, Array.updateAt 1 flag args)
        else
            Tensor.Apply(Check { c with Flagged = true }, Array.insertAt 1 isIdle args)

    /// The inputs, then whether checks are active.
    let rec graph (g: Graph) : Graph =
        g.Memo(
            "guarded",
            fun () ->
                let n = g.Inputs.Length

                Tracing.closed (Array.append g.Inputs [| live |]) (fun x ->
                    let isLive = x[n]
                    let values = Dictionary<Node, Tensor>(HashIdentity.Reference)
                    let bundles = Dictionary<Node, Tensor[]>(HashIdentity.Reference)

                    for node in g.Order do
                        let args () = node.Args |> Array.map (fun a -> values[a])

                        match node.Op with
                        | Input i -> values[node] <- x[i]
                        | Output i -> values[node] <- bundles[node.Args[0]][i]
                        | Apply f when inFn f -> bundles[node] <- fn f (args ()) isLive
                        | Apply f -> bundles[node] <- Prim.apply f (args ())
                        | Check c -> values[node] <- check c (args ()) isLive
                        | op -> values[node] <- Tensor.Apply(op, args ()) // a primitive

                    g.Outputs |> Array.map (fun node -> values[node]))
        )

    /// A function node on its arguments.
    and private fn (f: Fn) (args: Tensor[]) (isLive: Tensor) : Tensor[] =
        let further = Array.append args [| isLive |]

        match f with
        | Call(g, kind) -> Prim.apply (Call(graph g, kind)) further
        | Cond(t, e) -> Prim.apply (Cond(graph t, graph e)) further
        | Loop l -> Prim.apply (Loop { l with Body = graph l.Body }) further
        | Root r -> Prim.apply (Root(root r)) further
        | Custom c -> Prim.apply (Custom(custom c)) further
        | Pullback p ->
            let inputs = p.Wanted.Length
            let loop = { p.Of with Body = graph p.Of.Body }
            let wanted = Array.append p.Wanted [| false |]
            Prim.apply (Derive.pullbackOf loop wanted p.Given) (Array.insertAt inputs isLive args)
        | Host _ -> Prim.apply f args

    and private root (r: Root) : Root =
        // z, p, whether checks are active, b
        let solve (s: Derived<Graph>) =
            Derived.from (fun () ->
                let n = s.Value.Inputs.Length - 1

                Tracing.closed (Array.insertAt n live s.Value.Inputs) (fun x ->
                    Prim.call (graph s.Value) (Array.append (Array.removeAt n x) [| x[n] |])))

        let linear =
            match r.Linear with
            | ByMatrix slope -> ByMatrix(Derived.from (fun () -> graph slope.Value))
            | BySolves s ->
                BySolves { Key = ("guarded", s.Key) :> obj; Forward = solve s.Forward; Transposed = solve s.Transposed }

        { r with Solve = graph r.Solve; Residual = graph r.Residual; Linear = linear }

    and private custom (c: Custom) : Custom =
        let primal = graph c.Primal
        let n = c.Primal.Inputs.Length
        let outputs = c.Primal.Outputs |> Array.map (fun o -> o.Signature)

        { Primal = primal
          Forward = c.Forward
          Rule =
            lazy
                (Tracing.closed (Array.append primal.Inputs outputs) (fun x ->
                    let pulled = Prim.call (graph c.Rule.Value) (Array.append (Array.removeAt n x) [| x[n] |])
                    Array.append pulled [| Prim.zeros live |])) }

    /// A loop with a further register, which says whether it still runs (true at the start); its checks are active only
    /// then.
    let loop (l: Loop) : Loop =
        let carried = l.States + l.Registers
        let last = l.Body.Outputs.Length - 1

        let body =
            l.Body.Memo(
                ("guarded loop", carried),
                fun () ->
                    Tracing.closed (Array.insertAt carried live l.Body.Inputs) (fun x ->
                        let isLive = x[carried]
                        let y = Prim.call (graph l.Body) (Array.append (Array.removeAt carried x) [| isLive |])
                        Array.insertAt carried (Prim.both isLive (Prim.isNot y[last])) y)
            )

        { l with Registers = l.Registers + 1; Body = body }
