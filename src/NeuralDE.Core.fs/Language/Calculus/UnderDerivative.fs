namespace NeuralDE.Internal.Calculus

open System.Runtime.CompilerServices
open NeuralDE.Internal.Graph

/// Graphs that stand for others wherever a derivative is taken: an adaptive solve whose steps answer for derivatives, too.
/// A verb that derives puts them in place before it derives, so that the value and the derivative of one call come from one
/// loop. Of nested verbs the innermost does so, and the others find it done.
module internal UnderDerivative =
    let private others = ConditionalWeakTable<Graph, Lazy<Graph>>()

    /// `other` has the inputs and outputs of `plain`. Equal graphs are one object, so a graph that is to stay as it is needs an
    /// object of its own, which stands for itself.
    let stand (plain: Graph) (other: Lazy<Graph>) = others.TryAdd(plain, other) |> ignore

    let standIn (plain: Graph) : Lazy<Graph> voption =
        match others.TryGetValue plain with
        | true, other -> ValueSome other
        | _ -> ValueNone

    let private same (a: Graph) (b: Graph) = obj.ReferenceEquals(a, b)

    /// The graph as derivatives by the inputs marked see it. What does not depend on them stays as it is.
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

    /// The same object where nothing in it has a stand-in.
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
            | Root r -> // only the residual is differentiated; its slope was traced under a derivative
                let residual = graph r.Residual (Array.append [| true |] on)
                if same r.Residual residual then fn else Root { r with Residual = residual }
            | Custom _ // has a rule of its own
            | Host _ // traces anew, and sees to it then
            | Pullback _ -> fn // of a loop that was rewritten before
