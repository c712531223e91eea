namespace NeuralDE.Internal.Engine

#nowarn "9" // native pointers

open System
open System.Threading
open Microsoft.FSharp.NativeInterop
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// The cotangent of a number of an emission: the k-th emission of row r is at At + RowBytes · r + Bytes · k; Stream is the
/// index of its stream.
[<Struct>]
type internal LaneGiven = { Slot: int; Dtype: Dtype; Stream: int; At: int64; RowBytes: int64; Bytes: int64; Room: int }

/// A reverse sweep by lanes, with the places of its arrays in a plan's memory.
[<NoEquality; NoComparison>]
type internal LanePullback =
    {
        /// the loop, for blocks that are run again; its block has as many lanes as the sweep's: a power of two
        Loop: LaneLoop
        /// what the loop has recorded
        Record: LaneRecord voption
        /// the carried slots that an iteration of the sweep reads
        Reads: int[]
        Pair: LaneKernelPair
        Shared: struct (Dtype * int64)[]
        Tables: struct (int * int64)[]
        /// the number of slots of carried and captured values
        Kept: int
        /// cotangents of states at the end that are given; the others begin at 0
        Given: LaneColumn[]
        Emissions: LaneGiven[]
        /// cotangents of states at the beginning, and of captured values by row
        Results: LaneColumn[]
        /// sums over the rows: a slot, and where the sum is stored
        Sums: struct (Dtype * int * int64)[]
        Cleared: Slot[]
        /// the most bytes of the tape of a block that is run again
        Limit: int64
    }

    member p.Lanes = p.Loop.Pair.Block.Lanes

/// The tape of blocks that the calling thread runs again, one after another.
[<AbstractClass; Sealed>]
type internal ReplayTape private () =
    [<ThreadStatic; DefaultValue>]
    static val mutable private mine: GrowingBlock | null

    /// Bytes that a thread keeps for the next run.
    static member Most = 1L <<< 22

    static member Mine: GrowingBlock =
        match ReplayTape.mine with
        | null ->
            let made = GrowingBlock()
            ReplayTape.mine <- made
            made
        | tape -> tape

module internal LaneSweep =
    /// Blocks whose sums are added in order before the sums of others: the order of all additions depends on the number of
    /// rows alone.
    let private blocksOfTask = 64

    let tasksOf rows = LaneTape.blocksOf (LaneTape.blockRows * blocksOfTask) rows

    /// Whether a row has a cotangent that is not 0. A single row is always pulled, as its plan does.
    let private isGivenRow (p: LanePullback) (memory: nativeint) (row: int) =
        let mutable any = (p.Loop.Rows = 1)

        for c in p.Given do
            any <- any || RowMemory.Any(LaneRun.address memory c row, int64 c.Dtype.Size)

        for e in p.Emissions do
            let mutable k = 0

            while not any && k < e.Room do
                any <-
                    RowMemory.Any(
                        memory + nativeint (e.At + e.RowBytes * int64 row + e.Bytes * int64 k),
                        int64 e.Dtype.Size
                    )
                k <- k + 1

        any

    /// The blocks of one thread: of the loop, and of the sweep; the emissions before an iteration, by stream and lane; the lanes
    /// whose rows have cotangents.
    [<Struct>]
    type private Blocks = { Forward: nativeint; Back: nativeint; Counts: nativeint; Given: nativeint }

    /// An iteration of a block that is run again: what the sweep reads, or all that an iteration needs to begin anew.
    let private replayed (p: LanePullback) =
        let code, carried = p.Loop.Pair.Code, p.Loop.Carried
        let slots =
            if p.Limit = Int64.MaxValue then
                p.Reads
            else
                [| yield! [| 0 .. carried - 1 |]; code.Live |]
        LaneEntry(code, p.Lanes, slots)

    /// A run of a sweep, in which threads take tasks from one counter.
    [<Sealed>]
    type internal Turn(p: LanePullback) =
        let mutable memory = 0n
        // of the run, if the loop has recorded
        let mutable tapes: BlockTapes = Unchecked.defaultof<_>
        let mutable sums = 0n
        let loop, sweep = p.Loop.Pair, p.Pair
        let carried = p.Loop.Carried
        let lanes = p.Lanes
        let slotBytes = int64 (8 * lanes)
        let again = replayed p
        let recorded = p.Record |> ValueOption.map (fun r -> LaneEntry(loop.Code, lanes, r.Slots))
        let entry = again.Bytes
        let countBytes = int64 (4 * lanes * p.Loop.Streams.Length)
        let mutable next = 0
        let mutable watcher: Watcher = null
        // the streams whose emissions have cotangents
        let emitting = p.Emissions |> Array.map (fun e -> e.Stream) |> Array.distinct

        let slot (block: nativeint) (k: int) = block + nativeint (slotBytes * int64 k)

        let place (tape: GrowingBlock) (index: int) = tape.Address + nativeint (entry * int64 index)

        let step (blocks: Blocks) =
            Watching.RequireGoesOn watcher
            (LaneKernels.now loop lanes).Iterate(blocks.Forward, lanes)

        /// The cotangents of the emissions of an iteration; they are taken in reverse.
        let loadEmissions (blocks: Blocks) (kept: LaneEntry) (at: nativeint) (first: int) =
            let b = sweep.Block

            for k in emitting do
                let wrote = kept.Wrote(at, k)
                let counts = NativePtr.ofNativeInt<int>(blocks.Counts + nativeint (4 * lanes * k))

                for lane in 0 .. lanes - 1 do
                    let isWritten = LaneBlock.isSet loop.Block wrote lane
                    if isWritten then NativePtr.set counts lane (NativePtr.get counts lane - 1)

                    for e in p.Emissions do
                        if e.Stream = k then
                            let target = slot blocks.Back e.Slot

                            if isWritten then
                                let row = int64 (first + lane)
                                let from = e.At + e.RowBytes * row + e.Bytes * int64 (NativePtr.get counts lane)
                                LaneBlock.put b e.Dtype (memory + nativeint from) target lane
                            else
                                LaneBlock.zero b e.Dtype target lane

        let pull (blocks: Blocks) (kept: LaneEntry) (at: nativeint) (first: int) =
            Watching.RequireGoesOn watcher

            for k in 0 .. p.Reads.Length - 1 do
                RowMemory.Copy(kept.Before(at, p.Reads[k]), slot blocks.Back p.Reads[k], slotBytes)

            RowMemory.And(kept.Moved at, blocks.Given, slot blocks.Back sweep.Code.Live, slotBytes)
            if p.Emissions.Length > 0 then loadEmissions blocks kept at first
            (LaneKernels.now sweep lanes).Iterate(blocks.Back, lanes) |> ignore

        let countEmissions (blocks: Blocks) =
            for k in emitting do
                let wrote = slot blocks.Forward p.Loop.Streams[k].Wrote
                let counts = NativePtr.ofNativeInt<int>(blocks.Counts + nativeint (4 * lanes * k))

                for lane in 0 .. lanes - 1 do
                    if LaneBlock.isSet loop.Block wrote lane then
                        LoopRun.requireRoom (NativePtr.get counts lane) p.Loop.Streams[k].Capacity
                        NativePtr.set counts lane (NativePtr.get counts lane + 1)

        /// Drops every second kept iteration.
        let thin (tape: GrowingBlock) (kept: int) : int =
            let left = (kept + 1) / 2

            for i in 1 .. left - 1 do
                RowMemory.Copy(place tape (2 * i), place tape i, entry)

            tape.Resize(int64 left * entry)
            left

        /// Runs the rows of a block to their ends and keeps every `spacing`-th iteration. Returns the number of iterations and
        /// the spacing.
        let forward (blocks: Blocks) (tape: GrowingBlock) : struct (int * int) =
            let limit = max 4L (p.Limit / entry)
            let mutable count, spacing, kept, isLive = 0, 1, 0, true
            let live = slot blocks.Forward loop.Code.Live
            tape.Clear()

            while isLive do
                let isKept = count % spacing = 0
                let at = if isKept then tape.Append entry else 0n
                if isKept then again.KeepBefore(blocks.Forward, at)
                if (step blocks).Ended then isLive <- RowMemory.Any(live, slotBytes)
                countEmissions blocks

                if isKept then
                    again.KeepAfter(blocks.Forward, at)
                    kept <- kept + 1

                    if int64 kept > limit then
                        kept <- thin tape kept
                        spacing <- 2 * spacing

                count <- count + 1

            struct (count, spacing)

        /// Reverses the iterations from a kept one up to before `stop`; the first of them is kept at `start` of the tape.
        let rec reverse (blocks: Blocks) (tape: GrowingBlock) (start: int) (length: int) (first: int) =
            if length = 1 then
                pull blocks again (place tape start) first
            else
                let limit = int (max 4L (p.Limit / entry / 2L))
                let size = if length <= limit then 1 else (length + limit - 1) / limit
                let bottom = tape.Length
                let from = int (bottom / entry)
                again.Restore(place tape start, blocks.Forward)

                for k in 0 .. length - 1 do
                    let isKept = k % size = 0
                    let at = if isKept then tape.Append entry else 0n
                    if isKept then again.KeepBefore(blocks.Forward, at)
                    step blocks |> ignore
                    if isKept then again.KeepAfter(blocks.Forward, at)

                for i in (length - 1) / size .. -1 .. 0 do
                    reverse blocks tape (from + i) (min size (length - i * size)) first

                tape.Resize bottom

        let loadRow (blocks: Blocks) (lane: int) (row: int) =
            LaneRun.load p.Loop memory blocks.Forward lane row
            let b = sweep.Block

            for c in p.Given do
                LaneBlock.put b c.Dtype (LaneRun.address memory c row) (slot blocks.Back c.Slot) lane

        let storeRow (blocks: Blocks) (lane: int) (row: int) =
            for c in p.Results do
                LaneBlock.take sweep.Block c.Dtype (slot blocks.Back c.Slot) lane (LaneRun.address memory c row)

        /// Adds the sums of the lanes of a block: halves of the lanes, then quarters, and so on.
        let addSums (blocks: Blocks) (total: nativeint) =
            let totals = NativePtr.ofNativeInt<float> total

            for k in 0 .. p.Sums.Length - 1 do
                let struct (dtype, slotIndex, _) = p.Sums[k]
                let at = slot blocks.Back slotIndex
                NativePtr.set totals k (NativePtr.get totals k + LaneSums.Halves(at, (dtype = Float32), lanes))

        /// Loads the rows of a block that have cotangents; the others, such as failed ones, have no part in the sweep. Returns
        /// whether there are any.
        let loadRows (blocks: Blocks) (first: int) : bool =
            // lanes without a row must have cotangents and sums of 0
            RowMemory.Clear(blocks.Back, slotBytes * int64 sweep.Code.Slots.Length)
            RowMemory.Clear(slot blocks.Forward loop.Code.Live, slotBytes)
            RowMemory.Clear(blocks.Counts, countBytes)
            RowMemory.Clear(blocks.Given, slotBytes)
            let mutable any = false

            for lane in 0 .. min lanes (p.Loop.Rows - first) - 1 do
                if isGivenRow p memory (first + lane) then
                    loadRow blocks lane (first + lane)
                    LaneBlock.setFlag loop.Block blocks.Given lane true
                    any <- true

            // captured values by row, which no iteration changes
            let captured = slotBytes * int64 (p.Kept - carried)
            RowMemory.Copy(slot blocks.Forward carried, slot blocks.Back carried, captured)
            any

        /// Reverses the iterations that the loop has recorded.
        let reverseRecorded
            (blocks: Blocks)
            (kept: LaneEntry)
            (segment: GrowingBlock)
            (block: BlockPlace)
            (first: int)
            =
            let at = segment.Address + nativeint block.At
            let counts = at + nativeint (kept.Bytes * int64 block.Count)
            RowMemory.Copy(counts, blocks.Counts, countBytes)

            for i in block.Count - 1 .. -1 .. 0 do
                pull blocks kept (at + nativeint (kept.Bytes * int64 i)) first

        /// Runs the iterations again, and reverses them.
        let reverseAgain (blocks: Blocks) (tape: GrowingBlock) (first: int) =
            let struct (count, spacing) = forward blocks tape
            let kept = (count + spacing - 1) / spacing

            for i in kept - 1 .. -1 .. 0 do
                reverse blocks tape i (min spacing (count - i * spacing)) first
                tape.Resize(int64 i * entry)

        let runBlock (blocks: Blocks) (tape: GrowingBlock) (index: int) (total: nativeint) =
            let first = index * lanes

            if loadRows blocks first then
                match recorded with
                | ValueSome kept when tapes[index].Count >= 0 ->
                    let block = tapes[index]
                    reverseRecorded blocks kept (tapes.Segment block.Segment) block first
                | _ -> reverseAgain blocks tape first

                for lane in 0 .. min lanes (p.Loop.Rows - first) - 1 do
                    if LaneBlock.isSet loop.Block blocks.Given lane then storeRow blocks lane (first + lane)

                addSums blocks total

        /// Prepares a run on this workspace, with this place for the sums of the tasks, under the caller's watcher.
        member _.Begin(work: Workspace, sumsAt: nativeint) =
            watcher <- if p.Loop.IsWatched then Watching.Current else null
            Watching.RequireGoesOn watcher
            memory <- work.Memory
            p.Record |> ValueOption.iter (fun record -> tapes <- work.Tapes[record.Tape].Blocks)
            sums <- sumsAt
            next <- 0

        /// Drops the caller's watcher.
        member _.End() = watcher <- null

        member _.Run(tape: GrowingBlock) =
            let forwardBytes = int64 loop.Block.Bytes
            let backBytes = int64 sweep.Block.Bytes
            let bytes = forwardBytes + backBytes + 64L + slotBytes + countBytes
            let memoryOf = ThreadScratch.Address(ThreadScratch.Use.LaneBlock, bytes)
            let back = memoryOf + nativeint ((forwardBytes + 63L) / 64L * 64L)
            let given = back + nativeint backBytes
            let blocks = { Forward = memoryOf; Back = back; Given = given; Counts = given + nativeint slotBytes }
            LaneRun.share loop.Block p.Loop.Shared p.Loop.Tables memory blocks.Forward
            LaneRun.startAddresses p.Loop memory blocks.Forward
            LaneRun.share sweep.Block p.Shared p.Tables memory blocks.Back
            let tasks = tasksOf p.Loop.Rows
            let mutable task = Interlocked.Increment(&next) - 1

            while task < tasks do
                let total = sums + nativeint (8L * int64 p.Sums.Length * int64 task)
                RowMemory.Clear(total, int64 (8 * p.Sums.Length))

                for block in
                    task * blocksOfTask .. min ((task + 1) * blocksOfTask) (LaneTape.blocksOf lanes p.Loop.Rows) - 1 do
                    runBlock blocks tape block total

                task <- Interlocked.Increment(&next) - 1

        interface ITiles with
            member x.Run(_, _, _) =
                let tape = ReplayTape.Mine

                try
                    x.Run tape
                finally
                    tape.Trim ReplayTape.Most

    /// The sums of the tasks, in order.
    let private close (p: LanePullback) (memory: nativeint) (sums: nativeint) =
        let tasks = tasksOf p.Loop.Rows

        for k in 0 .. p.Sums.Length - 1 do
            let struct (dtype, _, at) = p.Sums[k]
            let mutable sum = 0.0

            for task in 0 .. tasks - 1 do
                sum <- sum + NativePtr.get (NativePtr.ofNativeInt<float> sums) (p.Sums.Length * task + k)

            let target = memory + nativeint at

            if dtype = Float32 then
                NativePtr.write (NativePtr.ofNativeInt<float32> target) (float32 sum)
            else
                NativePtr.write (NativePtr.ofNativeInt<float> target) sum

    let run (p: LanePullback) (idle: Idle<Turn>) (work: Workspace) =
        for s in p.Cleared do
            Slot.clear work s

        let tasks = tasksOf p.Loop.Rows
        let sums = ThreadScratch.Address(ThreadScratch.Use.LaneSums, 8L * max 1L (int64 p.Sums.Length * int64 tasks))
        let turn = idle.Take()
        turn.Begin(work, sums)
        let parts = min tasks ThreadTeam.Threads
        let nodes = int64 (p.Loop.Pair.Code.Program.Nodes.Count + p.Pair.Code.Program.Nodes.Count)

        if parts = 1 then
            (turn :> ITiles).Run(work.Memory, 0, 1)
        else
            TileTeam.Run(turn, work.Memory, parts, int64 p.Loop.Rows * nodes * 5L)

        close p work.Memory sums
        turn.End()
        idle.Keep turn
