namespace NeuralDE.LibTorch

open System
open System.Collections.Generic
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.LibTorch.Names

/// Which rows of a loop moved in an iteration, and where they wrote.
[<NoEquality; NoComparison>]
type internal RowMarks =
    {
        Moved: Tensor
        /// by stream: rows that wrote, and the numbers of rows written before (int64)
        Wrote: Tensor[]
        Count: Tensor[]
    }

/// One kept iteration of a loop.
[<NoEquality; NoComparison>]
type internal LoopEntry =
    {
        Registers: Held[]
        /// a loop without rows: by stream, whether it wrote, and how many emissions were written before
        Wrote: bool[]
        Count: int[]
        /// a loop over rows
        Rows: RowMarks voption
    }

/// The tape of a loop: Recording on tensors, with the same rule for the states that are kept.
[<Sealed; AllowNullLiteral>]
type internal LoopTape(limit: int) =
    let entries = List<LoopEntry>()
    let states = Dictionary<int, Held[]>()
    let mutable spacing = 1

    static member DropEntry(e: LoopEntry) =
        Values.drop e.Registers

        match e.Rows with
        | ValueNone -> ()
        | ValueSome m ->
            m.Moved.Dispose()
            m.Wrote |> Array.iter _.Dispose()
            m.Count |> Array.iter _.Dispose()

    member _.Entries = entries
    member _.States = states
    member _.Limit = limit

    /// Takes ownership of an iteration and of the state before it.
    member _.Add(entry: LoopEntry, state: Held[]) : unit =
        if entries.Count % spacing = 0 then
            states[entries.Count] <- state

            if states.Count > limit then
                spacing <- 2 * spacing

                for k in Seq.toArray states.Keys do
                    if k % spacing <> 0 then
                        Values.drop states[k]
                        states.Remove k |> ignore
        else
            Values.drop state

        entries.Add entry

    member _.Release() =
        for state in states.Values do
            Values.drop state

        for entry in entries do
            LoopTape.DropEntry entry

        states.Clear()
        entries.Clear()
