namespace NeuralDE.Internal.Calculus

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor

/// A step traced for inputs of certain shapes, with the state in the memory of its plan or in an executor's memory. The
/// arguments are state, inputs, captured; the results are numbers and the next state.
[<Sealed>]
type internal TracedStep
    (graph: Graph, carried: int, inputs: Signature[], args: NdArray[], feeds: NdArray[], holding: Holding) =
    // one of the two is null
    let resident, arrays =
        match Execute.plan graph (Array.append args feeds) with
        | ValueSome plan -> ValueSome(Resident(plan, carried, args)), ValueNone
        | ValueNone -> ValueNone, ValueSome(ArrayStep(graph, carried, inputs, args, feeds, holding))

    let rowBytes =
        inputs
        |> Array.map (fun s ->
            if s.Shape.Length = 0 then int64 s.Dtype.Size else ArrayMemory.bytes s.Dtype s.Shape[1..])

    /// Starts the writing of a run's inputs.
    member _.Begin() =
        match arrays with
        | ValueSome a -> a.Begin()
        | ValueNone -> ()

    /// Copies row `from` of an array into a row of an input.
    member _.Write(input: int, row: int, source: NdArray, from: int64) =
        match resident with
        | ValueSome r -> r.Write(carried + input, row, rowBytes[input], source, from)
        | ValueNone -> arrays.Value.Write(input, row, source, from)

    member _.Run() =
        match resident with
        | ValueSome r -> r.Run()
        | ValueNone -> arrays.Value.Run()

    member _.Number(k: int) : float =
        match resident with
        | ValueSome r -> r.Number k
        | ValueNone -> arrays.Value.Number k

    member _.Advance() =
        match resident with
        | ValueSome r -> r.Advance()
        | ValueNone -> arrays.Value.Advance()

    member _.Keep() =
        match resident with
        | ValueSome r -> r.Keep()
        | ValueNone -> arrays.Value.Keep()

    member _.Load(state: NdArray[]) =
        match resident with
        | ValueSome r -> r.Load state
        | ValueNone -> arrays.Value.Load state

    member _.Current: NdArray[] =
        match resident with
        | ValueSome r -> r.Current
        | ValueNone -> arrays.Value.Current

    member _.Kept: NdArray[] =
        match resident with
        | ValueSome r -> r.Kept
        | ValueNone -> arrays.Value.Kept

    member private _.Resident = resident
    member private _.Arrays = arrays

    member x.TakeFrom(other: TracedStep) =
        match resident, other.Resident, arrays, other.Arrays with
        | ValueSome mine, ValueSome theirs, _, _ -> mine.TakeFrom theirs
        | _, _, ValueSome mine, ValueSome theirs -> mine.TakeFrom theirs
        | _ -> x.Load other.Current

    /// Releases device memory that is no longer used, including the state.
    member _.LetGo() =
        match arrays with
        | ValueSome a -> a.LetGo()
        | ValueNone -> ()

/// A step from inputs and a state to numbers and the next state. It is traced once for each signature of its inputs,
/// and a second time to verify that the trace is deterministic. The state is stored on the device where the step runs:
/// that of the state, of the step's captured values and of the arrays from which its inputs are written (`feeds`).
[<Sealed>]
type internal Iteration<'S>(verb: string, step: Tensor[] -> 'S -> Tensor[] * 'S, start: 'S, feeds: NdArray[]) =
    let leaves = Tree.flatten start
    let holding = Holding()
    let forms = List<struct (Signature[] * TracedStep)>()
    let mutable active: TracedStep voption = ValueNone

    let trace (inputs: Signature[]) =
        Tracing.trace verb Hoisted (Array.append (Tracing.signatures leaves) inputs) (fun holes ->
            let numbers, next = step holes[leaves.Length ..] (Tree.unflatten start holes[.. leaves.Length - 1])
            let next = Tree.flatten next

            if
                next.Length <> leaves.Length
                || not (
                    Array.forall2
                        (fun (n: Tensor) (x: Tensor) -> n.Dtype = x.Dtype && Shape.same n.Dims x.Dims)
                        next
                        leaves
                )
            then
                raise (
                    TreeException
                        $"{verb}: a step changes the shape or type of its state. Return a state like the given one."
                )

            Array.append numbers next)

    let make (inputs: Signature[]) : TracedStep =
        let graph, captured = trace inputs
        Retrace.check verb (graph, captured) (trace inputs)
        let zeros = inputs |> Array.map (fun s -> NdArray.Zeros(s.Dtype, s.Shape))
        let numbers (xs: Tensor[]) = xs |> Array.map (fun x -> x.Numbers)
        let args = Array.concat [ numbers leaves; zeros; numbers captured ]
        TracedStep(graph, leaves.Length, inputs, args, feeds, holding)

    /// The traced step for these inputs, looked up by the array object.
    let find (inputs: Signature[]) : TracedStep =
        let mutable found = ValueNone

        for struct (known, form) in forms do
            if obj.ReferenceEquals(known, inputs) then found <- ValueSome form

        match found with
        | ValueSome form -> form
        | ValueNone ->
            let form = make inputs
            forms.Add(struct (inputs, form))
            form

    let now () =
        match active with
        | ValueSome form -> form
        | ValueNone -> raise (GraphException $"{verb}: no form of the step is in use")

    let tree (arrays: NdArray[]) = arrays |> Array.map Tensor.OfArray |> Tree.unflatten start

    /// Selects the traced step for these inputs, which takes over the state. The same array object selects the same
    /// one.
    member _.Use(inputs: Signature[]) =
        let next = find inputs

        match active with
        | ValueSome form when obj.ReferenceEquals(form, next) -> ()
        | ValueSome form ->
            next.TakeFrom form
            form.LetGo()
        | ValueNone -> ()

        active <- ValueSome next
        next.Begin()

    /// Copies row `from` of an array into a row of an input.
    member _.Write(input: int, row: int, source: NdArray, from: int64) = (now ()).Write(input, row, source, from)

    /// Runs the step from the current state, which stays unchanged.
    member _.Run() = (now ()).Run()

    /// The k-th number of the last run.
    member _.Number(k: int) : float = (now ()).Number k

    /// Makes the state returned by the last run the current one.
    member _.Advance() = (now ()).Advance()

    /// Saves the current state, in the memory of the first traced step.
    member _.Keep() =
        let struct (_, first) = forms[0]
        if not (obj.ReferenceEquals(first, now ())) then first.TakeFrom(now ())
        first.Keep()

    /// Replaces the current and the saved state.
    member _.Load(current: 'S, kept: 'S) =
        let numbers tree = Tree.flatten tree |> Array.map (fun x -> x.Numbers)
        let form = now ()
        form.Load(numbers kept)
        form.Keep()
        form.Load(numbers current)

    /// Gives up ownership of part of a state, or of values computed from one: the caller may keep them.
    member _.Give(part: 'P) : 'P =
        holding.Give(Tree.flatten part |> Array.map (fun x -> x.Numbers))
        part

    /// Ends the iteration and releases its device memory, except what was given away.
    member _.Close() = holding.Close()

    /// The current state, valid until the next step; use Give to keep it longer.
    member _.Current: 'S = tree (now ()).Current
    member _.Kept: 'S = let struct (_, first) = forms[0] in tree first.Kept
