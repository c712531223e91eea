namespace NeuralDE.Compiler

open NeuralDE

/// A step from a state to the next, traced once, with the numbers it tells of itself. The state lives where the step runs.
[<Sealed>]
type internal Iteration<'S>(verb: string, step: 'S -> Tensor[] * 'S, start: 'S) =
    let traced = Function.trace verb Hoisted step start
    let leaves = Tree.flatten start
    let count = traced.Graph.Outputs.Length - leaves.Length
    let args = Array.append leaves traced.Captured |> Array.map (fun x -> x.Numbers)

    do
        let next = traced.Graph.Outputs[max 0 count ..]

        if
            next.Length <> leaves.Length
            || not (
                Array.forall2 (fun (n: Node) (x: Tensor) -> n.Dtype = x.Dtype && Shape.same n.Shape x.Dims) next leaves
            )
        then
            raise (
                TreeException
                    $"{verb}: a step changes the shape or type of its state. Return a state like the given one."
            )

    let resident =
        match Execute.plan traced.Graph with
        | ValueSome plan -> ValueSome(Resident(plan, leaves.Length, args))
        | ValueNone -> ValueNone

    // where no plan runs: the same on managed arrays
    let mutable current = args
    let mutable results: NdArray[] = [||]
    let mutable kept = args

    let tree (arrays: NdArray[]) = arrays[.. leaves.Length - 1] |> Array.map Tensor.OfArray |> Tree.unflatten start

    /// Runs the step from the current state, which stays.
    member _.Run() =
        match resident with
        | ValueSome r -> r.Run()
        | ValueNone -> results <- Execute.call (Call(traced.Graph, Inline)) current

    /// The k-th number of the last run.
    member _.Number(k: int) : float =
        match resident with
        | ValueSome r -> r.Number k
        | ValueNone -> results[k].Floats[0]

    /// The state that the last run gave becomes the current one.
    member _.Advance() =
        match resident with
        | ValueSome r -> r.Advance()
        | ValueNone -> current <- Array.append results[count..] args[leaves.Length ..]

    /// Sets the current state aside.
    member _.Keep() =
        match resident with
        | ValueSome r -> r.Keep()
        | ValueNone -> kept <- current

    member _.Current: 'S =
        match resident with
        | ValueSome r -> tree r.Current
        | ValueNone -> tree current

    member _.Kept: 'S =
        match resident with
        | ValueSome r -> tree r.Kept
        | ValueNone -> tree kept
