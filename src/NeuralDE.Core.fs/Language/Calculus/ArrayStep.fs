namespace NeuralDE.Internal.Calculus

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

/// A step that no plan of the library's engine runs: on an executor, or by the reference interpreter. Its state goes from run
/// to run as arrays; those on a device are released as soon as the step has replaced them.
/// Its arguments are state, inputs, captured; its results are numbers and the next state. `feeds` is what inputs are written
/// from: it has a say in where the step runs, and where it lies on a device its rows are gathered there.
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

    // inputs as they are written: numbers here, or rows of an array on a device
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

    /// The inputs of a run, where it runs. One number stays in managed memory: the executor knows best what to do with it.
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

    /// Before the inputs of a run are written.
    member _.Begin() =
        holding.Drop given
        given <- [||]
        Array.fill here 0 here.Length null
        Array.fill sources 0 sources.Length null

    /// Row `from` of an array becomes a row of an input.
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
            | _ -> raise (GraphException "an input gets rows of two arrays that lie on a device")

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

    /// Other numbers for the state; each goes where the step's first state had its own.
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

    /// Takes over the state of another form of the step.
    member _.TakeFrom(other: ArrayStep) =
        let state: NdArray[] = other.State
        holding.Hold state
        replaceCurrent state

    /// Holds neither a state nor what the last run needed and gave.
    member x.LetGo() =
        x.Begin()
        replaceCurrent [||]
        holding.Drop results
        results <- [||]

    /// The state as it is, and as it was set aside.
    member _.Current: NdArray[] = current
    member _.Kept: NdArray[] = kept
