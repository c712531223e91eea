namespace NeuralDE

open NeuralDE.Compiler

/// The events of a solve, in the order in which they happened.
[<NoEquality; NoComparison>]
type EventTimes =
    {
        /// float64 [n], differentiable; with perSample [batch; n]. NaN where a sample had fewer, and inside a transform, where there
        /// is room for Ode.maxEvents.
        Times: Tensor
        /// Which event, int32 of the same shape: its place among the calls of Ode.on, from 0 on; −1 where there was none.
        Kinds: Tensor
    }

module internal EventTimes =
    /// Times [rows] and flags [rows; events] of the log, in which events at one time share a row, as times and kinds [room].
    let private spread room (x: Tensor[]) : Tensor[] =
        let times, flags, count = x[0], x[1], x[2]
        let rows, kinds = flags.Dims[0], flags.Dims[1]
        let size = rows * kinds
        let flat (x: Tensor) = Prim.reshape [| size |] x
        // a row beyond the log's end is 0: nothing happens there
        let isThere = Prim.compareTo Greater (flat flags) 0.0
        let place = Prim.plus -1.0 (Prim.cumSum 0 false (Prim.cast Int32 isThere))
        let outside = Prim.fill place.Dtype [| size |] -1.0
        let place = Prim.select isThere place outside
        let into empty values = Prim.scatter ScatterSet 0 empty place values
        let isEvent = Prim.compare Less (Prim.iota Int32 [| room |] 0) (Prim.broadcast [| room |] [||] count)
        let known = into (Prim.fill Float64 [| room |] 0.0) (flat (Prim.broadcast [| rows; kinds |] [| 0 |] times))
        let kind = flat (Prim.iota Int32 [| rows; kinds |] 1)

        [| Prim.select isEvent known (Prim.fill Float64 [| room |] nan)
           into (Prim.fill Int32 [| room |] -1.0) kind |]

    /// From what a solve tells of its events; by row where samples have their own.
    let ofLog (p: SolvePlan) isByRow (told: Tensor[]) : EventTimes =
        let none rows dtype = Prim.zeros { Dtype = dtype; Shape = rows }

        if told.Length = 0 then
            { Times = none [| 0 |] Float64; Kinds = none [| 0 |] Int32 }
        else
            let count, times, flags = Prim.cast Int32 told[1], told[2], told[3]

            let room =
                match p.EventRoom with
                | ValueSome room -> room
                | ValueNone -> Array.fold max 0L count.Numbers.Integers |> min (int64 p.MaxEvents) |> int

            if room = 0 then
                let rows = Array.append count.Dims [| 0 |]
                { Times = none rows Float64; Kinds = none rows Int32 }
            else
                let args = [| times; flags; count |]
                let r = if isByRow then vmap (spread room) args else spread room args
                { Times = r[0]; Kinds = r[1] }
