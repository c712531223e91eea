namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open NeuralDE.Internal.Graph

/// One kept iteration of a loop: what its pullback needs to know of it.
[<NoComparison; NoEquality>]
type internal TapeEntry =
    {
        Registers: NdArray[]
        /// rows that took this iteration, and rows that also wrote emissions
        Moved: bool[]
        /// by stream
        Wrote: bool[][]
        /// by stream: emissions written before it, by row
        Count: int[][]
    }

/// The forward run of a loop as its reverse sweep needs it: every kept iteration's control, and states at some of them.
/// Online: how many iterations there will be need not be known. When states pass the limit, every other one is dropped.
[<Sealed>]
type internal Recording(limit: int) =
    let entries = List<TapeEntry>()
    let states = Dictionary<int, NdArray[]>()
    let mutable spacing = 1

    member _.Entries = entries
    member _.States = states

    /// Kept states at once, at most.
    member _.Limit = limit

    member _.Add(entry: TapeEntry, state: NdArray[]) =
        if entries.Count % spacing = 0 then
            states[entries.Count] <- state

            if states.Count > limit then
                spacing <- 2 * spacing

                for k in Seq.toArray states.Keys do
                    if k % spacing <> 0 then states.Remove k |> ignore

        entries.Add entry
