namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Integration

/// The events of a solve, in the order in which they happened.
[<NoEquality; NoComparison>]
type EventTimes =
    {
        /// The times, float64 [n], differentiable; with perSample [batch; n]. NaN if a sample had fewer events, and inside a
        /// transform, where n is Ode.maxEvents.
        Times: Tensor
        /// The index of each event among the calls of Ode.on, from 0; int32 of the same shape. −1 for no event.
        Kinds: Tensor
    }

module internal EventTimes =
    /// From times [rows] and flags [rows; events] of the log, where simultaneous events share a row, to times and kinds
    /// [room].
    let private spread room (x: Tensor[]) : Tensor[] =
        let times, flags = x[0], x[1]
        let rows, kinds = flags.Dims[0], flags.Dims[1]
        let size = rows * kinds
        let flat (x: Tensor) = Prim.reshape [| size |] x
        // the flags after the end of the log are 0
        let isThere = Prim.compareTo Greater (flat flags) 0.0
        let place = Prim.plus -1.0 (Prim.cumSum 0 false (Prim.cast Int32 isThere))
        let outside = Prim.fill place.Dtype [| size |] -1.0
        let place = Prim.select isThere place outside
        let into empty values = Prim.scatter ScatterSet 0 empty place values
        let times = into (Prim.fill Float64 [| room |] 0.0) (flat (Prim.broadcast [| rows; kinds |] [| 0 |] times))
        let kinds = into (Prim.fill Int32 [| room |] -1.0) (flat (Prim.iota Int32 [| rows; kinds |] 1))
        let isEvent = Prim.compareTo GreaterEqual kinds 0.0

        [| Prim.select isEvent times (Prim.fill Float64 [| room |] nan); kinds |]

    /// The largest number of events in the log of a sample. Events beyond the maximum are not in the log.
    let private most (flags: Tensor) =
        let size = max 1 (flags.Dims[flags.Rank - 2] * flags.Dims[flags.Rank - 1])
        let ofSample = Array.sumBy (fun flag -> if flag > 0.0 then 1 else 0)
        flags.ToArray() |> Array.chunkBySize size |> Array.fold (fun most s -> max most (ofSample s)) 0

    /// From the event outputs of a solve; for each sample with perSample.
    let ofLog (p: SolvePlan) isByRow (told: Tensor[]) : EventTimes =
        let none rows dtype = Prim.zeros { Dtype = dtype; Shape = rows }

        if told.Length = 0 then
            { Times = none [| 0 |] Float64; Kinds = none [| 0 |] Int32 }
        else
            let times, flags = told[2], told[3]
            let room = p.EventRoom |> ValueOption.defaultWith (fun () -> most flags)

            if room = 0 then
                let rows = Array.append flags.Dims[.. flags.Rank - 3] [| 0 |]
                { Times = none rows Float64; Kinds = none rows Int32 }
            else
                let args = [| times; flags |]
                let r = if isByRow then vmap (spread room) args else spread room args
                { Times = r[0]; Kinds = r[1] }
