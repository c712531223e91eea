namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph

/// One kept iteration of a loop: the data that its pullback needs.
[<NoComparison; NoEquality>]
type internal TapeEntry =
    {
        Registers: NdArray[]
        /// rows that took this iteration, and rows that also wrote emissions
        Moved: bool[]
        /// by stream
        Wrote: bool[][]
        /// by stream: for each row, the number of emissions written before
        Count: int[][]
    }

/// The tape of a loop: the registers of every kept iteration, and the states at some of them. When the number of states
/// exceeds the limit c, every second one is dropped, so the number n of iterations need not be known in advance. The
/// reverse sweep keeps c further states, equally spaced, while it repeats the iterations between two kept states. Cost:
/// no iteration is repeated for n ≤ c, each at most once for n ≤ c²/2, at most twice for n ≤ c³/8.
/// The optimal schedule for a known n is binomial: with s states, n ≤ C(s + r, s) needs r evaluations of each iteration
/// (A. Griewank, A. Walther, Algorithm 799: revolve, ACM Transactions on Mathematical Software 26, 2000). With one
/// repetition and s = 2 c states it reaches n ≈ 2 c², four times this schedule's n. For schedules without a known n see
/// P. Stumm, A. Walther, New algorithms for optimal online checkpointing, SIAM Journal on Scientific Computing 32, 2010.
[<Sealed>]
type internal Recording(limit: int) =
    let entries = List<TapeEntry>()
    let states = Dictionary<int, NdArray[]>()
    let mutable spacing = 1

    /// The most iterations of which a loop keeps states and controls at once: half of its budget is for the forward run, half
    /// for replays. A plan keeps controls of two iterations with a state.
    static member LimitOf(l: Loop) : int =
        let most = 1000000000L

        match l.Tape with
        | Everything -> int most
        | Budget bytes ->
            let bytesOf (s: Signature) = Shape.size s.Shape * int64 s.Dtype.Size
            let carried = l.Body.Inputs[.. l.States + l.Registers - 1] |> Array.map bytesOf
            // by row: live, moved, and for each stream whether it wrote, and how often before
            let flags = Shape.size l.Batch * int64 (2 + 5 * l.Streams.Length)
            let controls = flags + Array.sum carried[l.States ..]
            int (max 2L (min most (bytes / (2L * max 1L (Array.sum carried[.. l.States - 1] + 2L * controls)))))

    member _.Entries = entries
    member _.States = states

    /// The most states kept at once.
    member _.Limit = limit

    member _.Add(entry: TapeEntry, state: NdArray[]) =
        if entries.Count % spacing = 0 then
            states[entries.Count] <- state

            if states.Count > limit then
                spacing <- 2 * spacing

                for k in Seq.toArray states.Keys do
                    if k % spacing <> 0 then states.Remove k |> ignore

        entries.Add entry
