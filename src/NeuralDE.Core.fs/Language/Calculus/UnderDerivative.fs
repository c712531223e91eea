namespace NeuralDE.Internal.Calculus

open System.Runtime.CompilerServices
open NeuralDE.Internal.Graph

/// Stand-ins: graphs that replace others under a derivative, such as an adaptive solve whose steps also control the
/// error of the derivative. A differentiating verb inserts them first, so that the value and the derivative of one call
/// come from one loop. In nested verbs the innermost one inserts them, and the outer ones find them in place.
module internal UnderDerivative =
    let private others = ConditionalWeakTable<Graph, Lazy<Graph>>()

    /// Registers `other`, with the same inputs and outputs, as the stand-in for `plain`. Equal graphs are one object,
    /// so a graph that must not be replaced needs an object of its own, which is its own stand-in.
    let stand (plain: Graph) (other: Lazy<Graph>) = others.TryAdd(plain, other) |> ignore

    let standIn (plain: Graph) : Lazy<Graph> voption =
        match others.TryGetValue plain with
        | true, other -> ValueSome other
        | _ -> ValueNone

    let private same (a: Graph) (b: Graph) = obj.ReferenceEquals(a, b)

    /// The graph under a derivative by the marked inputs. Nodes that do not depend on them stay.
    let rec graph (g: Graph) (on: bool[]) : Graph =
        if not (Masks.any on) then
            g
        else
            match others.TryGetValue g with
            | true, other when same other.Value g -> g
            | true, other -> within other.Value on
            | _ -> within g on

    and private within (g: Graph) (on: bool[]) : Graph =
        g.Memo(
            ("under a derivative", Transform.Activity on),
            fun () ->
                let isActive = lazy (Activity.activeNodes g on)

                let rewrite (n: Node) (args: Node[]) =
                    match n.Op with
                    | Apply fn ->
                        let seen = seenBy fn (n.Args |> Array.map isActive.Value)

                        if obj.ReferenceEquals(seen, fn) then
                            Intern.again n args
                        else
                            Intern.made (Apply seen) args n.Signature
                    | _ -> Intern.again n args // a primitive, an input or an output

                let inputs = g.Inputs |> Array.mapi Intern.input
                Intern.graph g.Inputs (Intern.rebuild g inputs rewrite)
        )

    /// The function node with its graphs replaced; the same object if none has a stand-in.
    and private seenBy (fn: Fn) (on: bool[]) : Fn =
        if not (Masks.any on) then
            fn
        else
            match fn with
            | Call(g, kind) -> (let h = graph g on in if same g h then fn else Call(h, kind))
            | Cond(t, e) ->
                let t', e' = graph t on[1..], graph e on[1..]
                if same t t' && same e e' then fn else Cond(t', e')
            | Loop l ->
                let states, _ = Activity.activeLoop l on
                let body = graph l.Body (Array.concat [ states; Masks.no l.Registers; on[l.States + l.Registers ..] ])
                if same l.Body body then fn else Loop { l with Body = body }
            | Root r -> // only the residual is differentiated; its derivative was traced under a derivative
                let residual = graph r.Residual (Array.append [| true |] on)
                if same r.Residual residual then fn else Root { r with Residual = residual }
            | Custom _ // has its own rule
            | Host _ // traces again at run time, and replaces graphs then
            | Pullback _ -> fn // of a loop in which graphs were replaced before
