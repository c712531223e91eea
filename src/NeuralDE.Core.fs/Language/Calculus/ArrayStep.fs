namespace NeuralDE.Internal.Calculus

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

/// A step that runs without a plan: on an executor, or in the reference interpreter. Its state is passed from run to
/// run as arrays; arrays on a device are released when the step has replaced them. The arguments are state, inputs,
/// captured; the results are numbers and the next state. `feeds` are the arrays from which the inputs are written: they
/// help to choose the device of the step, and if they are on a device, their rows are gathered there.
[<Sealed>]
type internal ArrayStep
    (graph: Graph, carried: int, inputs: Signature[], args: NdArray[], feeds: NdArray[], holding: Holding) =
    let numbers = graph.Outputs.Length - carried
    let start = args[.. carried - 1]
    let captured = args[carried + inputs.Length ..]

    let place =
        match Placement.ofArgs (Array.append args feeds) with
        | null -> Placement.ofGraph graph
        | executor -> executor

    // the inputs as written: elements in managed memory, or rows of an array on a device
    let here: (NdArray | null)[] = Array.create inputs.Length null
    let sources: (NdArray | null)[] = Array.create inputs.Length null
    let rows: int64[][] = Array.create inputs.Length [||]

    let mutable current = start
    let mutable kept = start
    let mutable given: NdArray[] = [||]
    let mutable results: NdArray[] = [||]

    let adopted (a: NdArray) =
        holding.Adopt [| a |]
        a

    /// Makes an input of a run on the device of the step. A single number stays in managed memory, because the executor
    /// decides how to use it.
    let gather i : NdArray =
        let s = inputs[i]

        match sources[i] with
        | null ->
            let numbers =
                match here[i] with
                | null -> NdArray.Zeros(s.Dtype, s.Shape)
                | numbers -> numbers

            match place with
            | null -> numbers
            | executor -> if s.Shape.Length = 0 then numbers else adopted (executor.Upload numbers)
        | source ->
            let indices = Placement.move (Placement.deviceOf source) (NdArray(Int64, [| rows[i].Length |], rows[i]))
            holding.Adopt [| indices |]
            let found = Execute.primitive (Gather 0) s [| source; indices |]
            holding.Drop [| indices |]
            adopted found

    let replaceCurrent (next: NdArray[]) =
        holding.Drop current
        current <- next

    /// Starts the writing of a run's inputs.
    member _.Begin() =
        holding.Drop given
        given <- [||]
        Array.fill here 0 here.Length null
        Array.fill sources 0 sources.Length null

    /// Copies row `from` of an array into a row of an input.
    member _.Write(input: int, row: int, source: NdArray, from: int64) =
        let s = inputs[input]

        if isNull source.Buffer || s.Shape.Length = 0 then
            let target =
                match here[input] with
                | null ->
                    let made = NdArray.Zeros(s.Dtype, s.Shape)
                    here[input] <- made
                    made
                | made -> made

            let size = if s.Shape.Length = 0 then 1L else Shape.size s.Shape[1..]
            Array.Copy(source.Data, from * size, target.Data, int64 row * size, size)
        else
            match sources[input] with
            | null ->
                sources[input] <- source
                rows[input] <- Array.zeroCreate s.Shape[0]
            | known when obj.ReferenceEquals(known, source) -> ()
            | _ -> raise (GraphException "an input is written from two arrays on a device")

            rows[input][row] <- from

    member _.Run() =
        if given.Length = 0 then given <- Array.init inputs.Length gather

        let next = Execute.call (Call(graph, Inline)) (Array.concat [ current; given; captured ])
        holding.Drop results
        results <- next
        holding.Adopt results

    member _.Number(k: int) : float = results[k].Floats[0]

    member _.Advance() =
        let next = results[numbers..]
        holding.Hold next
        replaceCurrent next

    member _.Keep() =
        holding.Hold current
        holding.Drop kept
        kept <- current

    /// Replaces the state; each array is moved to the device of the corresponding array of the step's first state.
    member _.Load(arrays: NdArray[]) =
        replaceCurrent (
            Array.map2
                (fun (first: NdArray) (a: NdArray) ->
                    let placed = if isNull first.Buffer then a else Placement.move (Placement.deviceOf first) a
                    if not (obj.ReferenceEquals(placed, a)) then holding.Adopt [| placed |]
                    placed)
                start
                arrays
        )

    member private _.State = current

    /// Takes over the state of the step as traced for other inputs.
    member _.TakeFrom(other: ArrayStep) =
        let state: NdArray[] = other.State
        holding.Hold state
        replaceCurrent state

    /// Releases the state, and the inputs and results of the last run.
    member x.LetGo() =
        x.Begin()
        replaceCurrent [||]
        holding.Drop results
        results <- [||]

    /// The current state, and the saved one.
    member _.Current: NdArray[] = current
    member _.Kept: NdArray[] = kept
