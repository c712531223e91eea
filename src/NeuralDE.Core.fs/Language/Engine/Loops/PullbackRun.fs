namespace NeuralDE.Internal.Engine

#nowarn "9" // native pointers

open Microsoft.FSharp.NativeInterop
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// The cotangent of an emission: where it is given, and where the part of one iteration is copied.
[<NoEquality; NoComparison>]
type internal EmissionCotangent = { Stream: int; Given: Slot; Room: int; Part: Slot }

/// Rows that every iteration adds to a sum: updates [Batches; Count; Width] are added to the rows indices [Batches;
/// Count] of [Batches; Rows; Width].
[<NoEquality; NoComparison>]
type internal RowSumPlan =
    { Total: Slot
      Indices: Slot
      Updates: Slot
      Type: ElementType
      IndexType: ElementType
      Batches: int64
      Rows: int64
      Count: int64
      Width: int64 }

/// The reverse sweep of a loop, with its memory.
[<NoEquality; NoComparison>]
type internal PullbackPlan =
    {
        /// the loop whose body a replay runs; a replay and the sweep read the slots of its state and registers
        Loop: LoopPlan
        Tape: int
        /// cotangents of active states: accumulated so far; input of the sweep; output of the sweep
        Cotangents: Slot[]
        Mine: Slot[]
        Next: Slot[]
        /// cotangents of wanted captured values: their sums, the part of one iteration, their dtype
        Totals: Slot[]
        Parts: Slot[]
        Types: ElementType[]
        RowSums: RowSumPlan[]
        Emissions: EmissionCotangent[]
        Sweep: Instruction[]
        /// for each row state and registers at which it moved; unused for one row
        SafeStates: Slot[]
        SafeRegisters: Slot[]
    }

module internal PullbackRun =
    let private entryAt (p: PullbackPlan) (tape: TapeMemory) (k: int) =
        tape.Entries.Address + nativeint (int64 k * LoopRun.entryBytes p.Loop)

    let private registerBytes (p: PullbackPlan) = LoopRun.entryBytes p.Loop - LoopRun.flagBytes p.Loop

    let private movedAt (p: PullbackPlan) tape k = entryAt p tape k + nativeint (registerBytes p)

    let private loadRegisters (p: PullbackPlan) (work: Workspace) tape k =
        LoopRun.scatter work (entryAt p tape k) p.Loop.Registers

    /// Computes the state after a kept iteration from the state before it, in the loop's slots.
    let private step (p: PullbackPlan) (work: Workspace) tape k =
        LoopRun.goesOn p.Loop work |> ignore
        Counters.AddBody()
        loadRegisters p work tape k
        let l = p.Loop
        Instruction.runAll l.Body work

        for struct (_, source, aside) in l.Aside do
            Slot.copy work source aside

        for i in 0 .. l.States.Length - 1 do
            if l.Rows = 1 then
                Slot.copy work l.NextStates[i] l.States[i]
            else
                Slot.blend work (movedAt p tape k) l.Rows l.NextStates[i] l.States[i]

    let private loadKept (p: PullbackPlan) (work: Workspace) (tape: TapeMemory) (mark: int) =
        LoopRun.scatter work (tape.States.Address + nativeint (int64 mark * LoopRun.stateBytes p.Loop)) p.Loop.States

    let private blendAll (work: Workspace) (flags: nativeint) rows (source: Slot[]) (target: Slot[]) =
        for i in 0 .. source.Length - 1 do
            Slot.blend work flags rows source[i] target[i]

    let private copyRow (work: Workspace) (rows: int64) (source: int) (target: int) (slots: Slot[]) =
        for s in slots do
            let bytes = s.Bytes / rows
            let at = Slot.address work s
            RowMemory.Copy(at + nativeint (int64 source * bytes), at + nativeint (int64 target * bytes), bytes)

    /// For rows that did not move, the pullback is evaluated at a state where they did: 0 · finite instead of 0 · ∞.
    let private findSafe (p: PullbackPlan) (work: Workspace) (tape: TapeMemory) =
        let l = p.Loop
        let rows = int64 l.Rows
        // rows that have not moved in the iterations so far
        let missing = Slot.address work l.Live
        let first = Slot.address work l.Streams[0].Wrote

        for row in 0 .. l.Rows - 1 do
            NativePtr.set (NativePtr.ofNativeInt<byte> missing) row 1uy

        let mutable k = 0

        while k < tape.Count && RowMemory.Any(missing, rows) do
            if k % tape.Spacing = 0 then
                loadKept p work tape (k / tape.Spacing)
            else
                step p work tape (k - 1)

            loadRegisters p work tape k
            RowMemory.And(missing, movedAt p tape k, first, rows)
            blendAll work first l.Rows l.States p.SafeStates
            blendAll work first l.Rows l.Registers p.SafeRegisters

            for row in 0 .. l.Rows - 1 do
                if NativePtr.get (NativePtr.ofNativeInt<byte> first) row <> 0uy then
                    NativePtr.set (NativePtr.ofNativeInt<byte> missing) row 0uy

            k <- k + 1

        // for a row that never moved, use another row's finite state as a placeholder
        let mutable source = -1

        for row in l.Rows - 1 .. -1 .. 0 do
            if NativePtr.get (NativePtr.ofNativeInt<byte> missing) row = 0uy then source <- row

        if source >= 0 then
            for row in 0 .. l.Rows - 1 do
                if NativePtr.get (NativePtr.ofNativeInt<byte> missing) row <> 0uy then
                    copyRow work rows source row p.SafeStates
                    copyRow work rows source row p.SafeRegisters

    /// Whether a byte of a row is not 0.
    let private isGiven (at: nativeint) (bytes: int64) =
        let p = NativePtr.ofNativeInt<byte> at
        let mutable i = 0

        while int64 i < bytes && NativePtr.get p i = 0uy do
            i <- i + 1

        int64 i < bytes

    /// Marks the rows with a non-zero cotangent. The others, such as failed samples, are treated as rows that did not
    /// move, because their last steps may end where a derivative is infinite.
    let private findGiven (p: PullbackPlan) (work: Workspace) =
        let l = p.Loop
        let rows = int64 l.Rows
        let flags = NativePtr.ofNativeInt<byte>(Slot.address work l.Moved)

        let reaches row (s: Slot) =
            let bytes = s.Bytes / rows
            isGiven (Slot.address work s + nativeint (int64 row * bytes)) bytes

        for row in 0 .. l.Rows - 1 do
            let mutable any = false

            for s in p.Cotangents do
                any <- any || reaches row s

            for e in p.Emissions do
                any <- any || reaches row e.Given

            NativePtr.set flags row (if any then 1uy else 0uy)

    /// The rows that moved in an iteration and have a cotangent.
    let private pulledAt (p: PullbackPlan) (work: Workspace) (tape: TapeMemory) k =
        let l = p.Loop

        if l.Rows = 1 then
            movedAt p tape k
        else
            let pulled = Slot.address work l.Streams[0].Wrote // free, because nothing is written now
            RowMemory.And(movedAt p tape k, Slot.address work l.Moved, pulled, int64 l.Rows)
            pulled

    /// For rows that are not pulled, sets the cotangent to 0 and the state and registers to values at which they moved.
    let private restUnmoved (p: PullbackPlan) (work: Workspace) (moved: nativeint) =
        let l = p.Loop
        let rows = int64 l.Rows

        for i in 0 .. p.Mine.Length - 1 do
            let s = p.Mine[i]
            RowMemory.ClearOthers(moved, rows, s.Bytes / rows, Slot.address work s)

        let unmoved = Slot.address work l.Live

        for row in 0 .. l.Rows - 1 do
            let isMoved = NativePtr.get (NativePtr.ofNativeInt<byte> moved) row <> 0uy
            NativePtr.set (NativePtr.ofNativeInt<byte> unmoved) row (if isMoved then 0uy else 1uy)

        blendAll work unmoved l.Rows p.SafeStates l.States
        blendAll work unmoved l.Rows p.SafeRegisters l.Registers

    /// Copies the part of every emission's cotangent that belongs to one iteration.
    let private loadEmissions (p: PullbackPlan) (work: Workspace) (tape: TapeMemory) k =
        let l = p.Loop
        let rows = int64 l.Rows
        let streams = l.Streams.Length
        let written = movedAt p tape k

        for e in p.Emissions do
            let bytes = e.Part.Bytes / rows
            let wrote = NativePtr.ofNativeInt<byte>(written + nativeint (int64 (1 + e.Stream) * rows))
            let count = NativePtr.ofNativeInt<int>(written + nativeint (int64 (1 + streams + 4 * e.Stream) * rows))

            for row in 0 .. l.Rows - 1 do
                let part = Slot.address work e.Part + nativeint (int64 row * bytes)

                if NativePtr.get wrote row <> 0uy then
                    // without its paired loop, the replay has not looked
                    LoopRun.requireRoom (NativePtr.get count row) e.Room
                    let at = (int64 row * int64 e.Room + int64 (NativePtr.get count row)) * bytes
                    RowMemory.Copy(Slot.address work e.Given + nativeint at, part, bytes)
                else
                    RowMemory.Clear(part, bytes)

    /// Adds the contribution of one iteration to the cotangents of captured values.
    let private addToTotals (p: PullbackPlan) (work: Workspace) =
        for i in 0 .. p.Totals.Length - 1 do
            let total = Slot.address work p.Totals[i]
            let n = p.Totals[i].Bytes / int64 (ElementTypes.Size p.Types[i])
            let part = Slot.address work p.Parts[i]
            ElementKernels.Run(ElementOp.Add, p.Types[i], 0.0, total, false, part, false, 0n, false, total, n)

        for r in p.RowSums do
            let total = Slot.address work r.Total
            let indices, updates = Slot.address work r.Indices, Slot.address work r.Updates
            Indexing.Scatter(
                ScatterKind.Add,
                r.Type,
                r.IndexType,
                r.Batches,
                r.Rows,
                r.Count,
                r.Width,
                total,
                indices,
                updates,
                total
            )

    /// Reverses one iteration; the state before it is in the loop's slots.
    let private pull (p: PullbackPlan) (work: Workspace) (tape: TapeMemory) k =
        LoopRun.goesOn p.Loop work |> ignore
        loadRegisters p work tape k
        let moved = pulledAt p work tape k
        let everyRow = RowMemory.All(moved, int64 p.Loop.Rows)

        for i in 0 .. p.Cotangents.Length - 1 do
            Slot.copy work p.Cotangents[i] p.Mine[i]

        if not everyRow then restUnmoved p work moved

        loadEmissions p work tape k
        Instruction.runAll p.Sweep work

        for i in 0 .. p.Cotangents.Length - 1 do
            if everyRow then
                Slot.copy work p.Next[i] p.Cotangents[i]
            else
                Slot.blend work moved p.Loop.Rows p.Next[i] p.Cotangents[i]

        addToTotals p work

    let private keep (p: PullbackPlan) (work: Workspace) (tape: TapeMemory) =
        LoopRun.gather work p.Loop.States (tape.States.Append(LoopRun.stateBytes p.Loop))

    /// Loads the i-th state kept from `start` on.
    let private load (p: PullbackPlan) (work: Workspace) (tape: TapeMemory) start i =
        let at = start + int64 i * LoopRun.stateBytes p.Loop
        LoopRun.scatter work (tape.States.Address + nativeint at) p.Loop.States

    /// Reverses iterations last … first, with the state before the first of them in the loop's slots; keeps at most
    /// `limit` states at once.
    let rec private sweep (p: PullbackPlan) (work: Workspace) (tape: TapeMemory) limit first last =
        let length = last - first + 1
        // states of this replay are appended to the tape
        let start = tape.States.Length
        if length = 1 then
            pull p work tape first
        elif length <= limit then
            for k in first..last do
                keep p work tape

                if k < last then step p work tape k

            for k in last .. -1 .. first do
                load p work tape start (k - first)
                pull p work tape k
        else
            let parts = max 2 (limit / 2)
            let size = (length + parts - 1) / parts

            for k in first..last do
                if (k - first) % size = 0 then keep p work tape

                if k < last then step p work tape k

            for i in (length - 1) / size .. -1 .. 0 do
                load p work tape start i
                let from = first + i * size
                sweep p work tape (max 2 (limit / 2)) from (min last (from + size - 1))

        tape.States.Resize start

    /// Runs the reverse sweep over the tape, starting with the cotangents in their slots.
    let run (p: PullbackPlan) (work: Workspace) =
        let tape = work.Tapes[p.Tape]

        if p.Loop.Rows > 1 then
            findGiven p work
            let mutable whole = RowMemory.All(Slot.address work p.Loop.Moved, int64 p.Loop.Rows)

            for k in 0 .. tape.Count - 1 do
                whole <- whole && RowMemory.All(movedAt p tape k, int64 p.Loop.Rows)

            if not whole then findSafe p work tape

        for i in tape.Kept - 1 .. -1 .. 0 do
            let first = i * tape.Spacing
            let last = min (tape.Count - 1) (first + tape.Spacing - 1)
            loadKept p work tape i
            sweep p work tape p.Loop.Limit first last
