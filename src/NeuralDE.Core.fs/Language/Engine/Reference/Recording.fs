namespace NeuralDE.Compiler

open System.Collections.Generic
open NeuralDE

/// One kept iteration of a loop: what its pullback needs to know of it.
[<NoComparison; NoEquality>]
type internal Frame =
    {
        Control: NdArray[]
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
    let frames = List<Frame>()
    let states = Dictionary<int, NdArray[]>()
    let mutable spacing = 1

    member _.Frames = frames
    member _.States = states

    /// Kept states at once, at most.
    member _.Limit = limit

    member _.Add(frame: Frame, state: NdArray[]) =
        if frames.Count % spacing = 0 then
            states[frames.Count] <- state

            if states.Count > limit then
                spacing <- 2 * spacing

                for k in Seq.toArray states.Keys do
                    if k % spacing <> 0 then states.Remove k |> ignore

        frames.Add frame
