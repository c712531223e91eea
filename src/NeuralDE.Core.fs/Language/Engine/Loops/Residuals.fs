namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph

/// Values of a loop's body that its reverse sweep needs again. If the loop keeps them, the sweep does not compute the body a
/// second time.
[<NoEquality; NoComparison>]
type internal Residuals =
    {
        /// nodes of the body
        Values: Node[]
        /// The sweep: carried values, cotangents, these values, captured values.
        Sweep: Graph
    }

module internal Residuals =
    /// Values that are computed from others in less time than is needed to keep and load them: element-wise arithmetic.
    let private isCheap (n: Node) =
        match n.Op with
        | Reshape _
        | Permute _
        | Broadcast _
        | Slice _
        | Reverse _
        | Concat _
        | Pad _
        | StopGradient -> true
        | _ ->
            match ElementGroup.codeOf n with
            | ValueSome(struct (code, _)) -> ElementGroup.weight code < ElementGroup.farWeight
            | ValueNone -> false

    [<Struct; RequireQualifiedAccess>]
    type private Known =
        /// cotangents are needed
        | No
        /// by captured values alone: hoisting computes it once
        | BeforeLoop
        | InIteration

    /// What determines each node: inputs from `carried` to `primal` are captured values, those from `primal` on cotangents.
    let private known (swept: Graph) (carried: int) (primal: int) : Dictionary<Node, Known> =
        let found = Dictionary<Node, Known>(HashIdentity.Reference)

        for n in swept.Order do
            found[n] <-
                match n.Op with
                | Input i when i < carried -> Known.InIteration
                | Input i when i < primal -> Known.BeforeLoop
                | Input _ -> Known.No
                | Check _ -> Known.No // it is computed where it stands
                | _ when n.Args |> Array.exists (fun a -> found[a] = Known.No) -> Known.No
                | _ when n.Args |> Array.exists (fun a -> found[a] = Known.InIteration) -> Known.InIteration
                | _ -> Known.BeforeLoop

        found

    /// The nodes whose computation takes many more operations than they have numbers: products, convolutions, and everything that
    /// is computed from their results within an iteration.
    let private afterProducts (swept: Graph) (known: Dictionary<Node, Known>) : HashSet<Node> =
        let found = HashSet<Node>(HashIdentity.Reference)

        for n in swept.Order do
            if known[n] = Known.InIteration then
                match n.Op with
                | Dot
                | Conv _ -> found.Add n |> ignore
                | _ -> if n.Args |> Array.exists found.Contains then found.Add n |> ignore

        found

    /// The values that the sweep needs from the body: those that are not cheap, from which the others are computed. Large arrays are
    /// never stored.
    let private needed (body: Graph) (swept: Graph) (carried: int) (primal: int) : Node[] =
        let known = known swept carried primal
        let isWorth = afterProducts swept known
        let place = Dictionary<Node, int>(HashIdentity.Reference)
        body.Walk |> Array.iteri (fun i n -> place[n] <- i)
        let seen = HashSet<Node>(HashIdentity.Reference)
        let taken = List<Node>()
        let todo = Stack<Node>()

        let need (n: Node) = if known[n] = Known.InIteration && seen.Add n then todo.Push n

        let isKept (n: Node) =
            isWorth.Contains n && not (isCheap n) && place.ContainsKey n && not (StreamLimits.isLarge n)

        for n in swept.Walk do
            if known[n] = Known.No then Array.iter need n.Args

        Array.iter need swept.Outputs

        while todo.Count > 0 do
            let n = todo.Pop()

            match n.Op with
            | Apply _ -> Array.iter need n.Args
            | _ when isKept n -> taken.Add n
            | _ -> Array.iter need n.Args

        taken.ToArray() |> Array.sortBy (fun n -> place[n])

    /// Of a sweep without batch axes; ValueNone if it needs no such values. Rows with steps of their own are left out: those that
    /// have ended would read values of failed iterations.
    let ofSweep (p: Pullback) : Residuals voption =
        let swept = Simplify.graph (Flatten.graph p.Sweep.Value)

        swept.Memo(
            struct (StreamLimits.key "residuals", p.Of.Body.Id),
            fun () ->
                let body = Simplify.graph (Flatten.graph p.Of.Body)
                let carried, primal = p.Of.States + p.Of.Registers, p.Wanted.Length

                let values = if Shape.size p.Of.Batch = 1L then needed body swept carried primal else [||]

                if values.Length = 0 then
                    ValueNone
                else
                    let rest = Hoist.restOf swept values
                    let cotangents, kept = swept.Inputs.Length, rest.Inputs.Length

                    let order =
                        Array.concat
                            [ [| 0 .. carried - 1 |]
                              [| primal .. cotangents - 1 |]
                              [| cotangents .. kept - 1 |]
                              [| carried .. primal - 1 |] ]

                    ValueSome { Values = values; Sweep = Hoist.reorder rest order }
        )

    /// The body with these values as further outputs.
    let bodyWith (body: Graph) (residuals: Residuals voption) : Graph =
        let body = Simplify.graph (Flatten.graph body)

        match residuals with
        | ValueSome r -> Intern.graph body.Inputs (Array.append body.Outputs r.Values)
        | ValueNone -> body
