namespace NeuralDE.Internal.Engine

#nowarn "9" // native pointers

open System
open System.Runtime.CompilerServices
open System.Threading
open Microsoft.FSharp.NativeInterop
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// A number of a row and its slot: row r has it at At + Bytes · r of the memory, or at Bytes · Index[r] if there is an index.
/// IsAddress: the slot has the address of this place.
[<Struct>]
type internal LaneColumn = { Slot: int; Dtype: Dtype; At: int64; Bytes: int64; Index: int[]; IsAddress: bool }

/// A number of an emission and its slot: the k-th emission of row r is at At + RowBytes · r + Bytes · k.
[<Struct>]
type internal LaneEmitted = { EmitSlot: int; EmitDtype: Dtype; EmitAt: int64; RowBytes: int64; EmitBytes: int64 }

/// The emissions of one stream.
[<NoEquality; NoComparison>]
type internal LaneEmissions = { Wrote: int; Capacity: int; Numbers: LaneEmitted[] }

/// A loop by lanes, with the places of its arrays in a plan's memory.
[<NoEquality; NoComparison>]
type internal LaneLoop =
    {
        Pair: LaneKernelPair
        Rows: int
        /// the number of carried numbers of a row, which have the first slots
        Carried: int
        /// carried and captured numbers of a row
        Inputs: LaneColumn[]
        /// carried numbers at the end
        Outputs: LaneColumn[]
        Streams: LaneEmissions[]
        /// memory of emissions, which is cleared first
        Cleared: Slot[]
        /// shared numbers, and those that are addresses of shared arrays: an index and the place of the array
        Shared: struct (Dtype * int64)[]
        Tables: struct (int * int64)[]
        IsWatched: bool
        /// By stream: where the number of emissions written before (int32) is stored; empty: none were written.
        Counts: int64[]
    }

/// One object that is kept for the next run, so that a run allocates nothing; runs at the same time make their own.
[<Sealed>]
type internal Idle<'T when 'T: not struct and 'T: not null>(make: unit -> 'T) =
    let mutable kept: obj | null = null

    member _.Take() : 'T =
        match Interlocked.Exchange(&kept, null) with
        | :? 'T as found -> found
        | _ -> make ()

    member _.Keep(used: 'T) = Volatile.Write(&kept, box used)

module internal LaneRun =
    /// What a block needs beside its numbers: the row of each lane, and for each stream the emissions that it has written.
    let private notesBytes (l: LaneLoop) = 4 * l.Pair.Block.Lanes * (1 + l.Streams.Length)

    let inline private note (notes: nativeint) (lanes: int) (k: int) : nativeptr<int> =
        NativePtr.ofNativeInt (notes + nativeint (4 * lanes * k))

    let address (memory: nativeint) (c: LaneColumn) (row: int) : nativeint =
        let index = if c.Index.Length = 0 then row else c.Index[row]
        memory + nativeint (c.At + c.Bytes * int64 index)

    /// Copies a row into a lane, which then lives.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let load (l: LaneLoop) (memory: nativeint) (block: nativeint) (lane: int) (row: int) =
        let b = l.Pair.Block

        for c in l.Inputs do
            let slot, at = block + LaneBlock.slotAt b c.Slot, address memory c row
            if c.IsAddress then
                LaneBlock.set<int64> slot lane (int64 at)
            else
                LaneBlock.put b c.Dtype at slot lane

        LaneBlock.setFlag b (block + LaneBlock.slotAt b l.Pair.Code.Live) lane true

    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let store (l: LaneLoop) (memory: nativeint) (block: nativeint) (lane: int) (row: int) =
        let b = l.Pair.Block

        for c in l.Outputs do
            LaneBlock.take b c.Dtype (block + LaneBlock.slotAt b c.Slot) lane (address memory c row)

    /// Copies the emissions of the lanes that wrote.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let emit (l: LaneLoop) (memory: nativeint) (block: nativeint) (notes: nativeint) (lanes: int) =
        let b = l.Pair.Block
        let rows = note notes b.Lanes 0

        for k in 0 .. l.Streams.Length - 1 do
            let s = l.Streams[k]
            let counts = note notes b.Lanes (1 + k)
            let wrote = block + LaneBlock.slotAt b s.Wrote

            if s.Numbers.Length > 0 then
                for lane in 0 .. lanes - 1 do
                    let row = NativePtr.get rows lane

                    if row >= 0 && LaneBlock.isSet b wrote lane then
                        let count = NativePtr.get counts lane

                        LoopRun.requireRoom count s.Capacity

                        for e in s.Numbers do
                            let target = e.EmitAt + e.RowBytes * int64 row + e.EmitBytes * int64 count
                            let slot = block + LaneBlock.slotAt b e.EmitSlot
                            LaneBlock.take b e.EmitDtype slot lane (memory + nativeint target)

                        NativePtr.set counts lane (count + 1)

    /// The shared numbers and the addresses of shared arrays.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let share
        (b: LaneBlock)
        (shared: struct (Dtype * int64)[])
        (tables: struct (int * int64)[])
        (memory: nativeint)
        (block: nativeint)
        =
        for k in 0 .. shared.Length - 1 do
            let struct (dtype, at) = shared[k]
            // the others are addresses
            if at >= 0L then
                LaneBlock.share b dtype (memory + nativeint at) (block + nativeint (b.SharedAt + 64 * k))

        for struct (k, at) in tables do
            for lane in 0..7 do
                LaneBlock.set<int64> (block + nativeint (b.SharedAt + 64 * k)) lane (int64 memory + at)

    /// Gives every lane a valid address of each array by row: lanes without a row read what they do not use.
    let startAddresses (l: LaneLoop) (memory: nativeint) (block: nativeint) =
        for c in l.Inputs do
            if c.IsAddress then
                for lane in 0 .. l.Pair.Block.Lanes - 1 do
                    LaneBlock.set<int64> (block + LaneBlock.slotAt l.Pair.Block c.Slot) lane (int64 memory + c.At)

    /// Iterations between two looks at the caller's cancellation.
    let untilLook = 64

    /// A run of a loop, in which threads take rows from one counter: which lane and thread a row gets is chance, its bits are
    /// not.
    [<Sealed>]
    type internal Turn(l: LaneLoop) =
        let b = l.Pair.Block
        let mutable memory = 0n
        let mutable watcher: Watcher = null
        let mutable next = 0
        let mutable stopped = false
        let mutable iterations = 0
        member _.Iterations = iterations

        /// Prepares a run on this memory, under the caller's watcher.
        member _.Begin(at: nativeint, under: Watcher) =
            memory <- at
            watcher <- under
            next <- 0
            stopped <- false
            iterations <- 0

        member private _.Take() =
            let row = Interlocked.Increment(&next) - 1
            if row < l.Rows then row else -1

        [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
        member private x.Fill(block: nativeint, notes: nativeint, lane: int) : bool =
            let row = x.Take()
            NativePtr.set (note notes b.Lanes 0) lane row

            for k in 0 .. l.Streams.Length - 1 do
                let before =
                    if l.Counts.Length = 0 then
                        0
                    else
                        NativePtr.read (NativePtr.ofNativeInt<int>(memory + nativeint l.Counts[k]))

                NativePtr.set (note notes b.Lanes (1 + k)) lane before

            if row >= 0 then load l memory block lane row
            row >= 0

        /// Ended lanes take the next rows. Returns how many lanes are left without one.
        [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
        member private x.Refill(block: nativeint, notes: nativeint, lanes: int) : int =
            let live = block + LaneBlock.slotAt b l.Pair.Code.Live
            let rows = note notes b.Lanes 0
            let mutable idle = 0

            for lane in 0 .. lanes - 1 do
                let row = NativePtr.get rows lane

                if row >= 0 && not (LaneBlock.isSet b live lane) then
                    store l memory block lane row
                    if not (x.Fill(block, notes, lane)) then idle <- idle + 1

            idle

        /// Runs rows until none is left, on this number of lanes.
        [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
        member x.Run(lanes: int) =
            let block = ThreadScratch.Address(ThreadScratch.Use.LaneBlock, int64 (b.Bytes + notesBytes l))
            let notes = block + nativeint b.Bytes
            share b l.Shared l.Tables memory block
            startAddresses l memory block
            RowMemory.Clear(block + LaneBlock.slotAt b l.Pair.Code.Live, int64 (8 * b.Lanes))
            let mutable active = 0

            for lane in 0 .. lanes - 1 do
                if x.Fill(block, notes, lane) then active <- active + 1

            let mutable count = 0

            while active > 0 && not (Volatile.Read &stopped) do
                let events = (LaneKernels.now l.Pair lanes).Iterate(block, lanes)
                count <- count + 1
                if events.Wrote then emit l memory block notes lanes
                if events.Ended then active <- active - x.Refill(block, notes, lanes)

                if l.IsWatched && count % untilLook = 0 && not (Watching.GoesOn watcher) then
                    Volatile.Write(&stopped, true)

            // a cancelled run returns what it has
            let rows = note notes b.Lanes 0

            for lane in 0 .. lanes - 1 do
                if NativePtr.get rows lane >= 0 && active > 0 then
                    store l memory block lane (NativePtr.get rows lane)

            Interlocked.Add(&iterations, count) |> ignore

        interface ITiles with
            member x.Run(_, first, _) =
                let threads = max 1 (min ThreadTeam.Threads l.Rows)
                let share = (l.Rows + threads - 1) / threads
                // a part that comes late finds no rows
                if first = 0 || Volatile.Read &next < l.Rows then x.Run(min b.Lanes (max 1 share))

    /// An estimate of the nanoseconds of a run, of which the number of iterations is not known.
    let estimate (l: LaneLoop) : int64 = int64 l.Rows * int64 l.Pair.Code.Program.Nodes.Count * 5L

    let run (l: LaneLoop) (idle: Idle<Turn>) (work: Workspace) =
        for s in l.Cleared do
            Slot.clear work s

        if not l.IsWatched || Watching.GoesOn() then
            let turn = idle.Take()
            turn.Begin(work.Memory, (if l.IsWatched then Watching.Current else null))
            let parts = if l.Rows >= 2 * LaneKernels.most then ThreadTeam.Threads else 1
            if parts = 1 then
                turn.Run(min l.Pair.Block.Lanes l.Rows)
            else
                TileTeam.Run(turn, work.Memory, parts, estimate l)

            for _ in 1 .. turn.Iterations do
                Counters.AddBody()

            turn.Begin(0n, null)
            idle.Keep turn
