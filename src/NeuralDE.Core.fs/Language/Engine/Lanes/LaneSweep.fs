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
        /// the loop, which is run again; its block has as many lanes as the sweep's: a power of two
        Loop: LaneLoop
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
        /// the most bytes of a block's tape
        Limit: int64
    }

    member p.Lanes = p.Loop.Pair.Block.Lanes

/// The tape of the calling thread, which is used for one block after another.
[<AbstractClass; Sealed>]
type internal LaneTape private () =
    [<ThreadStatic; DefaultValue>]
    static val mutable private mine: GrowingBlock | null

    /// Bytes that a thread keeps for the next run.
    static member Most = 1L <<< 22

    static member Mine: GrowingBlock =
        match LaneTape.mine with
        | null ->
            let made = GrowingBlock()
            LaneTape.mine <- made
            made
        | tape -> tape

module internal LaneSweep =
    /// Rows of a block. A block's rows end together, because none is refilled: the tape of few rows stays in the cache, and few
    /// lanes wait for the slowest.
    let blockRows = 32

    /// Blocks whose sums are added in order before the sums of others: the order of all additions depends on the number of
    /// rows alone.
    let private blocksOfTask = 64

    let tasksOf rows = (rows + blockRows * blocksOfTask - 1) / (blockRows * blocksOfTask)

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

    /// The blocks of one thread: of the loop, and of the sweep.
    [<Struct>]
    type private Blocks = { Forward: nativeint; Back: nativeint; Counts: nativeint }

    /// A kept iteration: the slots of carried values and the live lanes before it; the moved lanes, and for each stream the
    /// lanes that wrote.
    let private entryBytes (p: LanePullback) (carried: int) =
        int64 (8 * p.Lanes) * int64 (carried + 2 + p.Loop.Streams.Length)

    /// A run of a sweep, in which threads take tasks from one counter.
    [<Sealed>]
    type internal Turn(p: LanePullback) =
        let mutable memory = 0n
        let mutable sums = 0n
        let loop, sweep = p.Loop.Pair, p.Pair
        let carried = p.Loop.Carried
        let lanes = p.Lanes
        let slotBytes = int64 (8 * lanes)
        let entry = entryBytes p carried
        let mutable next = 0
        // the streams whose emissions have cotangents
        let emitting = p.Emissions |> Array.map (fun e -> e.Stream) |> Array.distinct

        let slot (block: nativeint) (k: int) = block + nativeint (slotBytes * int64 k)

        let place (tape: GrowingBlock) (index: int) = tape.Address + nativeint (entry * int64 index)

        let keepBefore (blocks: Blocks) (at: nativeint) =
            RowMemory.Copy(blocks.Forward, at, slotBytes * int64 carried)
            RowMemory.Copy(slot blocks.Forward loop.Code.Live, at + nativeint (slotBytes * int64 carried), slotBytes)

        let keepAfter (blocks: Blocks) (at: nativeint) =
            let flags = at + nativeint (slotBytes * int64 (carried + 1))
            RowMemory.Copy(slot blocks.Forward loop.Code.Moved, flags, slotBytes)

            for k in 0 .. p.Loop.Streams.Length - 1 do
                let wrote = slot blocks.Forward p.Loop.Streams[k].Wrote
                RowMemory.Copy(wrote, flags + nativeint (slotBytes * int64 (1 + k)), slotBytes)

        let restore (blocks: Blocks) (at: nativeint) =
            RowMemory.Copy(at, blocks.Forward, slotBytes * int64 carried)
            RowMemory.Copy(at + nativeint (slotBytes * int64 carried), slot blocks.Forward loop.Code.Live, slotBytes)

        let step (blocks: Blocks) = (LaneKernels.now loop lanes).Iterate(blocks.Forward, lanes) |> ignore

        /// The cotangents of the emissions of an iteration; they are taken in reverse.
        let loadEmissions (blocks: Blocks) (at: nativeint) (first: int) =
            let b = sweep.Block
            let flags = at + nativeint (slotBytes * int64 (carried + 2))

            for k in emitting do
                let wrote = flags + nativeint (slotBytes * int64 k)
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

        let pull (blocks: Blocks) (at: nativeint) (first: int) =
            RowMemory.Copy(at, blocks.Back, slotBytes * int64 carried)
            RowMemory.Copy(
                at + nativeint (slotBytes * int64 (carried + 1)),
                slot blocks.Back sweep.Code.Live,
                slotBytes
            )
            if p.Emissions.Length > 0 then loadEmissions blocks at first
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
            let mutable count, spacing, kept = 0, 1, 0
            let live = slot blocks.Forward loop.Code.Live
            tape.Clear()

            while RowMemory.Any(live, slotBytes) do
                let isKept = count % spacing = 0
                let at = if isKept then tape.Append entry else 0n
                if isKept then keepBefore blocks at
                step blocks
                countEmissions blocks

                if isKept then
                    keepAfter blocks at
                    kept <- kept + 1

                    if int64 kept > limit then
                        kept <- thin tape kept
                        spacing <- 2 * spacing

                count <- count + 1

            struct (count, spacing)

        /// Reverses the iterations from a kept one up to before `stop`; the first of them is kept at `start` of the tape.
        let rec reverse (blocks: Blocks) (tape: GrowingBlock) (start: int) (length: int) (first: int) =
            if length = 1 then
                pull blocks (place tape start) first
            else
                let limit = int (max 4L (p.Limit / entry / 2L))
                let size = if length <= limit then 1 else (length + limit - 1) / limit
                let bottom = tape.Length
                let from = int (bottom / entry)
                restore blocks (place tape start)

                for k in 0 .. length - 1 do
                    let isKept = k % size = 0
                    let at = if isKept then tape.Append entry else 0n
                    if isKept then keepBefore blocks at
                    step blocks
                    if isKept then keepAfter blocks at

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

        /// A row without a cotangent, such as a failed one, has no part in the sweep.
        let runBlock (blocks: Blocks) (tape: GrowingBlock) (first: int) (total: nativeint) =
            let rows = min lanes (p.Loop.Rows - first)
            // lanes without a row must have cotangents and sums of 0
            RowMemory.Clear(blocks.Back, slotBytes * int64 sweep.Code.Slots.Length)
            RowMemory.Clear(slot blocks.Forward loop.Code.Live, slotBytes)
            RowMemory.Clear(blocks.Counts, int64 (4 * lanes * p.Loop.Streams.Length))
            let mutable any = false

            for lane in 0 .. rows - 1 do
                if isGivenRow p memory (first + lane) then
                    loadRow blocks lane (first + lane)
                    any <- true

            if any then
                // captured values by row, which no iteration changes
                let captured = slotBytes * int64 (p.Kept - carried)
                RowMemory.Copy(slot blocks.Forward carried, slot blocks.Back carried, captured)
                let struct (count, spacing) = forward blocks tape
                let kept = (count + spacing - 1) / spacing

                for i in kept - 1 .. -1 .. 0 do
                    reverse blocks tape i (min spacing (count - i * spacing)) first
                    tape.Resize(int64 i * entry)

                for lane in 0 .. rows - 1 do
                    if isGivenRow p memory (first + lane) then storeRow blocks lane (first + lane)

                addSums blocks total

        /// Prepares a run on this memory, with this place for the sums of the tasks.
        member _.Begin(at: nativeint, sumsAt: nativeint) =
            memory <- at
            sums <- sumsAt
            next <- 0

        member _.Run(tape: GrowingBlock) =
            let forwardBytes = int64 loop.Block.Bytes
            let backBytes = int64 sweep.Block.Bytes
            let countBytes = int64 (4 * lanes * p.Loop.Streams.Length)
            let memoryOf =
                ThreadScratch.Address(ThreadScratch.Use.LaneBlock, forwardBytes + backBytes + 64L + countBytes)
            let back = memoryOf + nativeint ((forwardBytes + 63L) / 64L * 64L)
            let blocks = { Forward = memoryOf; Back = back; Counts = back + nativeint backBytes }
            LaneRun.share loop.Block p.Loop.Shared p.Loop.Tables memory blocks.Forward
            LaneRun.startAddresses p.Loop memory blocks.Forward
            LaneRun.share sweep.Block p.Shared p.Tables memory blocks.Back
            let tasks = tasksOf p.Loop.Rows
            let mutable task = Interlocked.Increment(&next) - 1

            while task < tasks do
                let total = sums + nativeint (8L * int64 p.Sums.Length * int64 task)
                RowMemory.Clear(total, int64 (8 * p.Sums.Length))

                for block in
                    task * blocksOfTask .. min ((task + 1) * blocksOfTask) ((p.Loop.Rows + lanes - 1) / lanes) - 1 do
                    runBlock blocks tape (block * lanes) total

                task <- Interlocked.Increment(&next) - 1

        interface ITiles with
            member x.Run(_, _, _) =
                let tape = LaneTape.Mine
                x.Run tape
                tape.Trim LaneTape.Most

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
        turn.Begin(work.Memory, sums)
        let parts = min tasks ThreadTeam.Threads
        let nodes = int64 (p.Loop.Pair.Code.Program.Nodes.Count + p.Pair.Code.Program.Nodes.Count)

        if parts = 1 then
            (turn :> ITiles).Run(work.Memory, 0, 1)
        else
            TileTeam.Run(turn, work.Memory, parts, int64 p.Loop.Rows * nodes * 5L)

        close p work.Memory sums
        idle.Keep turn
