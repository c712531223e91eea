namespace NeuralDE.Internal.Engine

#nowarn "9" // native pointers

open System
open System.Threading
open Microsoft.FSharp.NativeInterop
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// What a tape holds of an iteration of a block: some slots before it, then the moved lanes and, for each stream, the lanes that
/// wrote.
[<Sealed>]
type internal LaneEntry(code: LaneCode, lanes: int, before: int[]) =
    let slotBytes = int64 (8 * lanes)
    // by slot: where before holds it
    let places = Array.init code.Slots.Length (fun slot -> Array.IndexOf(before, slot))
    let after = [| code.Moved; yield! code.Streams |> Array.map _.Wrote |]
    let slot (block: nativeint) (index: int) = block + nativeint (slotBytes * int64 index)

    let keep (slots: int[]) (block: nativeint) (at: nativeint) =
        for k in 0 .. slots.Length - 1 do
            RowMemory.Copy(slot block slots[k], slot at k, slotBytes)

    member val Bytes = slotBytes * int64 (before.Length + after.Length)
    member _.KeepBefore(block: nativeint, at: nativeint) = keep before block at
    member _.KeepAfter(block: nativeint, at: nativeint) = keep after block (slot at before.Length)

    /// Copies the slots of before to a block in which they have the same places.
    member _.Restore(at: nativeint, block: nativeint) =
        for k in 0 .. before.Length - 1 do
            RowMemory.Copy(slot at k, slot block before[k], slotBytes)

    /// A slot of before.
    member _.Before(at: nativeint, slotIndex: int) : nativeint = slot at places[slotIndex]
    member _.Moved(at: nativeint) : nativeint = slot at before.Length
    member _.Wrote(at: nativeint, stream: int) : nativeint = slot at (before.Length + 1 + stream)

/// What a loop by lanes records for its reverse sweeps: carried slots, at most this many bytes of them, on a tape of the workspace.
[<Struct>]
type internal LaneRecord = { Slots: int[]; Most: int64; Tape: int }

module internal LaneTape =
    /// Rows of a block. A block's rows end together, because none is refilled: the tape of few rows stays in the cache, and few
    /// lanes wait for the slowest.
    let blockRows = 32

    let blocksOf (lanes: int) (rows: int) = (rows + lanes - 1) / lanes

    /// Iterations for which room is asked at once.
    let private together = 16

    /// A run of a loop that keeps what its reverse sweeps read, block by block. The bits are those of a run without a tape.
    [<Sealed>]
    type internal Turn(l: LaneLoop, record: LaneRecord) =
        let b = l.Pair.Block
        let lanes = b.Lanes
        let entry = LaneEntry(l.Pair.Code, lanes, record.Slots)
        let countBytes = int64 (4 * lanes * l.Streams.Length)
        let blocks = blocksOf lanes l.Rows
        let mutable tapes: BlockTapes = Unchecked.defaultof<_>
        let mutable memory = 0n
        let mutable watcher: Watcher = null
        let mutable next = 0
        let mutable stopped = false
        let mutable iterations = 0
        member _.Iterations = iterations
        member _.Blocks = blocks

        member _.Begin(at: nativeint, on: BlockTapes, under: Watcher) =
            memory <- at
            tapes <- on
            watcher <- under
            next <- 0
            stopped <- false
            iterations <- 0

        /// Loads the rows of a block.
        member private _.Load(block: nativeint, notes: nativeint, first: int) =
            RowMemory.Clear(block + LaneBlock.slotAt b l.Pair.Code.Live, int64 (8 * lanes))
            RowMemory.Clear(notes + nativeint (4 * lanes), countBytes)

            for lane in 0 .. lanes - 1 do
                let row = first + lane
                NativePtr.set (NativePtr.ofNativeInt<int> notes) lane (if row < l.Rows then row else -1)
                if row < l.Rows then LaneRun.load l memory block lane row

        /// The iterations of a block until all its lanes have ended. Returns their number, and whether they are kept.
        member private _.Iterate(block: nativeint, notes: nativeint, segment: GrowingBlock) : struct (int * bool) =
            let live = block + LaneBlock.slotAt b l.Pair.Code.Live
            let start = segment.Length
            let mutable count, reserved, isKept, isLive = 0, 0L, true, true

            while isLive && not (Volatile.Read &stopped) do
                if isKept && count % together = 0 then
                    reserved <- reserved + int64 together * entry.Bytes
                    isKept <- tapes.TryKeep(int64 together * entry.Bytes)

                    if not isKept then
                        tapes.Release reserved
                        segment.Resize start

                let at = if isKept then segment.Append entry.Bytes else 0n
                if isKept then entry.KeepBefore(block, at)
                let events = (LaneKernels.now l.Pair lanes).Iterate(block, lanes)
                if isKept then entry.KeepAfter(block, at)
                if events.Wrote then LaneRun.emit l memory block notes lanes
                if events.Ended then isLive <- RowMemory.Any(live, int64 (8 * lanes))
                count <- count + 1

                if l.IsWatched && count % LaneRun.untilLook = 0 && not (Watching.GoesOn watcher) then
                    Volatile.Write(&stopped, true)

            struct (count, isKept)

        member private x.RunBlock(block: nativeint, notes: nativeint, thread: int, index: int) =
            let segment = tapes.Segment thread
            let start = segment.Length
            let first = index * lanes
            x.Load(block, notes, first)
            let struct (count, isKept) = x.Iterate(block, notes, segment)

            for lane in 0 .. min lanes (l.Rows - first) - 1 do
                LaneRun.store l memory block lane (first + lane)

            if isKept then
                // a sweep counts the emissions backwards
                RowMemory.Copy(notes + nativeint (4 * lanes), segment.Append countBytes, countBytes)
                tapes[index] <- { Segment = thread; At = start; Count = count }

            Interlocked.Add(&iterations, count) |> ignore

        interface ITiles with
            member x.Run(_, thread, _) =
                let noteBytes = 4L * int64 lanes + countBytes
                let block = ThreadScratch.Address(ThreadScratch.Use.LaneBlock, int64 b.Bytes + noteBytes)
                LaneRun.share b l.Shared l.Tables memory block
                LaneRun.startAddresses l memory block
                let mutable index = Interlocked.Increment(&next) - 1

                while index < blocks && not (Volatile.Read &stopped) do
                    x.RunBlock(block, block + nativeint b.Bytes, thread, index)
                    index <- Interlocked.Increment(&next) - 1

    let run (l: LaneLoop) (record: LaneRecord) (idle: Idle<Turn>) (work: Workspace) =
        for s in l.Cleared do
            Slot.clear work s

        let turn = idle.Take()
        let tapes = work.Tapes[record.Tape].Blocks
        let parts = if l.Rows >= 2 * LaneKernels.most then ThreadTeam.Threads else 1
        tapes.Begin(parts, turn.Blocks, record.Most)

        if not l.IsWatched || Watching.GoesOn() then
            turn.Begin(work.Memory, tapes, (if l.IsWatched then Watching.Current else null))

            if parts = 1 then
                (turn :> ITiles).Run(work.Memory, 0, 1)
            else
                TileTeam.Run(turn, work.Memory, parts, LaneRun.estimate l)

            for _ in 1 .. turn.Iterations do
                Counters.AddBody()

            turn.Begin(0n, Unchecked.defaultof<_>, null)

        idle.Keep turn
