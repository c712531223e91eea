namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// Choices, loops and custom derivatives. Opened with the namespace.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module ControlFlow =
    let private sameTrees verb what (a: 'T) (b: 'T) =
        match Tree.difference (Tree.signature a) (Tree.signature b) with
        | Some sentence ->
            raise (
                TreeException
                    $"{verb}: {what} differ: {sentence} Return the same tree, with the same shapes, from both."
            )
        | None -> ()

    let private requireBool verb (condition: Tensor) =
        if condition.Dtype <> Bool || condition.Rank <> 0 then
            raise (
                ShapeException
                    $"{verb}: the condition is {condition.Dtype} {Shape.text condition.Dims}, expected one bool. Compare, and reduce with any or all; to choose for each element use where."
            )

    /// <summary>whenTrue x or whenFalse x. Only the chosen function runs, except under vmap over the condition, where
    /// both run and rows are selected.</summary>
    /// <param name="condition">One bool, shape [].</param>
    /// <param name="whenTrue">Returns a tree.</param>
    /// <param name="whenFalse">Returns a tree of the same structure and shapes.</param>
    /// <param name="x">The argument of both functions.</param>
    /// <returns>The result of the chosen function. Its derivatives are those of the chosen function.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The condition is not one bool.</exception>
    /// <exception cref="T:NeuralDE.TreeException">In a trace, the results differ in structure, shapes or
    /// dtypes.</exception>
    let cond (condition: Tensor) (whenTrue: 'A -> 'B) (whenFalse: 'A -> 'B) (x: 'A) : 'B =
        requireBool "cond" condition

        if not condition.IsPlaceholder then
            if condition.Numbers.Flags[0] then whenTrue x else whenFalse x
        else
            let t = TracedFunction.trace "cond" InPlace whenTrue x
            let e = TracedFunction.trace "cond" InPlace whenFalse x
            sameTrees "cond" "the branches' results" t.Like e.Like
            let leaves = Tree.flatten x
            let n, nt, ne = leaves.Length, t.Captured.Length, e.Captured.Length
            let arguments = Array.concat [ leaves; t.Captured; e.Captured ]
            // each branch gets the values that either captured
            let branch (g: Graph) (own: int) first =
                Tracing.closed (Tracing.signatures arguments) (fun x ->
                    Tracing.replay g (Array.append x[.. n - 1] x[first .. first + own - 1]))

            let fn = Cond(branch t.Graph nt n, branch e.Graph ne (n + nt))
            Prim.apply fn (Array.append [| condition |] arguments) |> Tree.unflatten t.Like

    /// The loop with this body on trees of state and registers.
    let internal loopOn
        verb
        (batch: int[])
        capacity
        tape
        (state: Tensor[])
        (registers: Tensor[])
        (body: Tensor[] -> Tensor[] -> Tensor[] * Tensor[] * Tensor[] * Tensor * Tensor * Tensor)
        : Tensor[] =
        let n = state.Length

        let g, captured =
            Tracing.trace verb Hoisted (Tracing.signatures (Array.append state registers)) (fun x ->
                let state', registers', emit, keep, write, finish = body x[.. n - 1] x[n..]
                Array.concat [ state'; registers'; emit; [| keep; write; finish |] ])

        let loop =
            { Batch = batch
              States = n
              Registers = registers.Length
              Streams = [| { Emits = g.Outputs.Length - n - registers.Length - 3; Capacity = capacity } |]
              Tape = tape
              Watch = ValueNone
              Body = g }

        Prim.apply (Loop loop) (Array.concat [ state; registers; captured ])

    let private splitSmooth (x: Tensor[]) =
        let smooth = x |> Array.map TracedFunction.isSmooth
        smooth, Masks.pickBy smooth x, Masks.pickBy (Array.map not smooth) x

    let private merge (smooth: bool[]) (floats: Tensor[]) (others: Tensor[]) =
        let floats = Masks.spreadBy smooth floats
        let others = Masks.spreadBy (Array.map not smooth) others
        Array.map2 (fun a b -> Option.orElse b a |> Option.get) floats others

    let private truth b = Prim.literal Bool (if b then 1.0 else 0.0)

    let private carried verb (x: 'S) (y: 'S) =
        sameTrees verb "the state before and after a step" x y
        Tree.flatten y

    /// <summary>Applies a step n times. Differentiable by the state and by values that the step captures.</summary>
    /// <param name="n">The number of steps, 0 or more.</param>
    /// <param name="step">From a state to the next one, with the same structure, shapes and dtypes.</param>
    /// <param name="x">The first state.</param>
    /// <returns>The last state. Reverse mode keeps all states: O(n) memory.</returns>
    /// <exception cref="T:NeuralDE.InputException">n is negative.</exception>
    /// <exception cref="T:NeuralDE.TreeException">The step changes the structure, a shape or a dtype of the
    /// state.</exception>
    let iterate (n: int) (step: 'S -> 'S) (x: 'S) : 'S =
        if n < 0 then raise (InputException $"iterate: got {string n} steps, expected 0 or more.")

        if n = 0 then
            x
        else
            let smooth, floats, others = splitSmooth (Tree.flatten x)
            let zero = Prim.literal Int32 0.0

            let result =
                loopOn "iterate" [||] (ValueSome 0) Everything floats (Array.append [| zero |] others) (fun s c ->
                    let state = Tree.unflatten x (merge smooth s c[1..])
                    let next = carried "iterate" state (step state)
                    let _, s', c' = splitSmooth next
                    let count = Prim.plus 1.0 c[0]
                    let finish = Prim.compareTo GreaterEqual count (float n)
                    s', Array.append [| count |] c', [||], truth true, truth true, finish)

            let k = floats.Length
            Tree.unflatten x (merge smooth result[.. k - 1] result[k + 1 ..])

    /// <summary>Applies a step while the condition holds, at most maxSteps times; not at all if the condition does not
    /// hold at the start.</summary>
    /// <param name="condition">From a state to one bool, shape [].</param>
    /// <param name="maxSteps">The most steps, 0 or more.</param>
    /// <param name="step">From a state to the next one, with the same structure, shapes and dtypes.</param>
    /// <param name="x">The first state.</param>
    /// <returns>The last state. Reverse mode keeps the states of all steps taken.</returns>
    /// <exception cref="T:NeuralDE.InputException">maxSteps is negative.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">The condition does not return one bool.</exception>
    /// <exception cref="T:NeuralDE.TreeException">The step changes the structure, a shape or a dtype of the
    /// state.</exception>
    let repeatWhile (condition: 'S -> Tensor) (maxSteps: int) (step: 'S -> 'S) (x: 'S) : 'S =
        if maxSteps < 0 then
            raise (InputException $"repeatWhile: got maxSteps = {string maxSteps}, expected 0 or more.")

        let start = condition x
        requireBool "repeatWhile" start

        let run x =
            let smooth, floats, others = splitSmooth (Tree.flatten x)
            let zero = Prim.literal Int32 0.0

            let result =
                loopOn "repeatWhile" [||] (ValueSome 0) Everything floats (Array.append [| zero |] others) (fun s c ->
                    let state = Tree.unflatten x (merge smooth s c[1..])
                    let next = step state
                    let _, s', c' = splitSmooth (carried "repeatWhile" state next)
                    let count = Prim.plus 1.0 c[0]
                    let last = Prim.compareTo GreaterEqual count (float maxSteps)
                    // `start` is false only in a row of a batch; that row keeps no step
                    let finish = Prim.either (Prim.isNot start) (Prim.either last (Prim.isNot (condition next)))
                    s', Array.append [| count |] c', [||], start, truth true, finish)

            let k = floats.Length
            Tree.unflatten x (merge smooth result[.. k - 1] result[k + 1 ..])

        if maxSteps = 0 then x else cond start run id x

    /// <summary>Applies a step along the first axis of xs: from the state and a row to the next state and a result. The
    /// results are stacked.</summary>
    /// <param name="step">From the state and one row of xs to the next state and a result. The next state has the
    /// structure, shapes and dtypes of the state.</param>
    /// <param name="x">The state before the first row.</param>
    /// <param name="xs">A tree whose leaves are [n; …], with equal n ≥ 1.</param>
    /// <returns>The last state, and the results with a leading axis: [n; …]. Reverse mode keeps all states: O(n)
    /// memory.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The first extents of xs differ or are 0.</exception>
    /// <exception cref="T:NeuralDE.TreeException">The step changes the structure, a shape or a dtype of the
    /// state.</exception>
    let scan (step: 'S -> 'X -> 'S * 'Y) (x: 'S) (xs: 'X) : 'S * 'Y =
        let rows = Tree.flatten xs

        if rows.Length = 0 || rows |> Array.exists (fun r -> r.Rank = 0 || r.Dims[0] <> rows[0].Dims[0]) then
            raise (ShapeException "scan: every leaf of xs needs the same first extent, the number of steps.")

        let n = rows[0].Dims[0]

        if n = 0 then raise (ShapeException "scan: xs has no rows. Give at least one step.")

        let smooth, floats, others = splitSmooth (Tree.flatten x)
        let zero = Prim.literal Int32 0.0
        let mutable like = ValueNone

        let result =
            loopOn "scan" [||] (ValueSome n) Everything floats (Array.append [| zero |] others) (fun s c ->
                let state = Tree.unflatten x (merge smooth s c[1..])
                let index = Prim.reshape [| 1 |] c[0]

                let row =
                    rows |> Array.map (fun r -> Prim.reshape r.Dims[1..] (Prim.gather 0 r index)) |> Tree.unflatten xs

                let next, y = step state row
                like <- ValueSome y
                let _, s', c' = splitSmooth (carried "scan" state next)
                let count = Prim.plus 1.0 c[0]
                let finish = Prim.compareTo GreaterEqual count (float n)
                s', Array.append [| count |] c', Tree.flatten y, truth true, truth true, finish)

        let k, m = floats.Length, floats.Length + 1 + others.Length
        Tree.unflatten x (merge smooth result[.. k - 1] result[k + 1 .. m - 1]), Tree.unflatten like.Value result[m..]

    let private requireClosed verb (captured: Tensor[]) =
        for c in captured do
            if c.IsPlaceholder then
                raise (
                    DerivativeException
                        $"{verb}: the function uses a placeholder of an outer function, by which the rule cannot differentiate. Pass it as an argument."
                )

    /// <summary>f x with a custom gradient.</summary>
    /// <param name="f">The function. It may capture numbers, but no placeholders: pass those as arguments.</param>
    /// <param name="rule">x, y = f x, cotangent of y → cotangent of x, a tree like x. Every mode uses it, at every
    /// order; f itself is never differentiated.</param>
    /// <param name="x">The argument.</param>
    /// <returns>f x.</returns>
    /// <remarks>
    /// Forward mode (jvp, hvp, jacobian) applies the transpose of the linear map ȳ ↦ rule x y ȳ. A rule that is not
    /// linear in ȳ, such as one that clips it, has no transpose: jvp and hvp then raise a DerivativeException, and
    /// jacobian uses reverse mode.
    /// </remarks>
    /// <exception cref="T:NeuralDE.DerivativeException">f or the rule captures a placeholder of an outer
    /// function.</exception>
    /// <exception cref="T:NeuralDE.TreeException">The rule's result has another number of leaves than x.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">A leaf of the rule's result has another shape than that of
    /// x.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">A leaf of the rule's result has another dtype than that of
    /// x.</exception>
    let customGradient (f: 'A -> 'B) (rule: 'A -> 'B -> 'B -> 'A) (x: 'A) : 'B =
        let t = TracedFunction.trace "customGradient" Hoisted f x
        requireClosed "customGradient" t.Captured
        let leaves = Tree.flatten x
        let n, inputs = leaves.Length, leaves.Length + t.Captured.Length

        let pull =
            lazy
                (let signatures = Array.append t.Graph.Inputs (Masks.outputSignatures t.Graph)

                 let g, captured =
                     Tracing.trace "customGradient" Hoisted signatures (fun holes ->
                         let y = Prim.call t.Graph holes[.. inputs - 1]
                         let argument = Tree.unflatten x holes[.. n - 1]
                         let x' = rule argument (Tree.unflatten t.Like y) (Tree.unflatten t.Like holes[inputs..])
                         let cotangents = Tree.flatten x'
                         TracedFunction.checkLike "customGradient" "rule's result" leaves cotangents
                         Array.append cotangents (holes[n .. inputs - 1] |> Array.map Prim.zerosLike))

                 requireClosed "customGradient" captured
                 Tracing.embed signatures g captured)

        Prim.apply (Custom { Primal = t.Graph; Rule = pull; Forward = OfRule }) (Array.append leaves t.Captured)
        |> Tree.unflatten t.Like

    /// A function of tensors as a host node. Its derivatives are host functions too: each traces f at the given values.
    let rec private hostOf
        (name: string)
        (inputs: Signature[])
        (outputs: Signature[])
        (f: Tensor[] -> Tensor[])
        : Host =
        let n = inputs.Length

        let traced (x: Tensor[]) = Tracing.traceAt name (x |> Array.map (fun t -> t.Numbers)) inputs f

        let run (args: NdArray[]) =
            let y = f (args |> Array.map Tensor.OfArray)
            TracedFunction.checkLike name "result" (outputs |> Array.map Prim.zeros) y
            y |> Array.map (fun t -> t.Numbers)

        { Name = name
          Outputs = outputs
          Run = run
          Jvp =
            fun on ->
                hostOf name (Array.append inputs (Masks.pickBy on inputs)) outputs (fun args ->
                    let g, captured = traced args[.. n - 1]
                    let on = Array.append on (captured |> Array.map (fun _ -> false))
                    let g = UnderDerivative.graph g on
                    let active = Activity.activeOutputs g on
                    let r = Prim.call (Derive.jvpGraph g on) (Array.concat [ args[.. n - 1]; captured; args[n..] ])
                    Masks.spreadBy active r[outputs.Length ..] |> Array.map2 Masks.orZeros outputs)
          Vjp =
            fun wanted given ->
                hostOf name (Array.append inputs (Masks.pickBy given outputs)) (Masks.pickBy wanted inputs) (fun args ->
                    let g, captured = traced args[.. n - 1]
                    let wanted = Array.append wanted (captured |> Array.map (fun _ -> false))
                    let g = UnderDerivative.graph g wanted
                    Prim.call (Derive.vjpGraph g wanted given) (Array.concat [ args[.. n - 1]; captured; args[n..] ])) }

    /// <summary>Runs f with readable numbers, tracing it again for every value: ordinary control flow and external code
    /// may depend on the numbers.</summary>
    /// <param name="like">A tree with the structure, shapes and dtypes of f's result.</param>
    /// <param name="f">The function. Its derivatives are those of the operations that it runs.</param>
    /// <param name="x">The argument.</param>
    /// <returns>f x, with the shapes of `like`. Under vmap, f runs once for each row.</returns>
    let dynamic (like: 'B) (f: 'A -> 'B) (x: 'A) : 'B =
        let leaves = Tree.flatten x
        let outputs = Tracing.signatures (Tree.flatten like)
        let run (args: Tensor[]) = f (Tree.unflatten x args) |> Tree.flatten
        Prim.apply (Host(hostOf "dynamic" (Tracing.signatures leaves) outputs run)) leaves |> Tree.unflatten like
