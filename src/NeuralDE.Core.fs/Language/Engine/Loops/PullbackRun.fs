namespace NeuralDE.Internal.Engine

#nowarn "9" // native pointers

open Microsoft.FSharp.NativeInterop
open NeuralDE
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

/// The instructions of one iteration's reverse sweep, and where they leave their results.
[<NoEquality; NoComparison>]
type internal SweepForm =
    {
        Instructions: Instruction[]
        /// cotangents of active states
        Next: Slot[]
        /// the parts of wanted captured values
        Parts: Slot[]
        RowSums: RowSumPlan[]
    }

/// The reverse sweep of a loop, with its memory.
[<NoEquality; NoComparison>]
type internal PullbackPlan =
    {
        /// the loop whose body a replay runs; a replay and the sweep read the slots of its state and registers
        Loop: LoopPlan
        Tape: int
        /// cotangents of active states: accumulated so far; input of the sweep
        Cotangents: Slot[]
        Mine: Slot[]
        /// cotangents of wanted captured values: their sums, their dtype
        Totals: Slot[]
        Types: ElementType[]
        Emissions: EmissionCotangent[]
        Sweep: SweepForm
        /// the sweep of an iteration whose values of the body are in their slots
        Shorter: SweepForm voption
        /// for each row state and registers at which it moved; unused for one row
        SafeStates: Slot[]
        SafeRegisters: Slot[]
        /// one byte per row each: rows with a cotangent; rows without a safe state
        Given: Slot
        Missing: Slot
    }

module internal PullbackRun =
    /// Looks at the caller's token; raises if it is cancelled.
    let private look (p: PullbackPlan) (work: Workspace) = LoopRun.goesOn p.Loop work |> ignore

    /// Runs the loop's body from the carried values in the slots; whether a row moved.
    let private evaluate (p: PullbackPlan) (work: Workspace) : bool =
        look p work

        if not (RowMemory.Any(Slot.address work p.Loop.Live, int64 p.Loop.Rows)) then
            raise (
                GraphException
                    "a loop ended earlier when it ran again for its gradient: a function in it gave other values for the same arguments"
            )

        LoopRun.evaluate p.Loop work

    /// Runs the loop again through its next `length` iterations in which a row moves, and keeps every `size`-th. With an
    /// end on the tape (or -1), the last one need not run; then size is 1.
    let private replay (p: PullbackPlan) (work: Workspace) (tape: TapeMemory) length size ending =
        // of every size-th the body runs again
        let keep = if size = 1 then LoopRun.keepWithValues else LoopRun.keep
        let last = (length - 1) / size * size
        let evaluated = if ending < 0 then last + 1 else last
        let mutable k = 0

        while k < evaluated do
            if evaluate p work then
                if k % size = 0 then keep p.Loop work tape
                k <- k + 1

            if k <= last then LoopRun.advance p.Loop work

        if ending >= 0 then
            LoopRun.loadEnd p.Loop work tape ending
            LoopRun.keep p.Loop work tape

    let private blendAll (work: Workspace) (flags: nativeint) rows (source: Slot[]) (target: Slot[]) =
        for i in 0 .. source.Length - 1 do
            Slot.blend work flags rows source[i] target[i]

    let private copyRow (work: Workspace) (rows: int64) (from: Slot[]) (source: int) (into: Slot[]) (target: int) =
        for i in 0 .. from.Length - 1 do
            let bytes = from[i].Bytes / rows
            RowMemory.Copy(
                Slot.address work from[i] + nativeint (int64 source * bytes),
                Slot.address work into[i] + nativeint (int64 target * bytes),
                bytes
            )

    /// For rows that did not move, the pullback is evaluated at a state where they did: 0 · finite instead of 0 · ∞.
    let private findSafe (p: PullbackPlan) (work: Workspace) (tape: TapeMemory) =
        let l = p.Loop
        let rows = int64 l.Rows
        let flags (s: Slot) = NativePtr.ofNativeInt<byte>(Slot.address work s)
        let missing, moved = flags p.Missing, flags l.Moved
        NativePtr.initBlock missing 1uy (uint32 rows)
        if tape.Count > 0 then LoopRun.load l work tape 0
        let mutable k = 0

        while k < tape.Count && RowMemory.Any(Slot.address work p.Missing, rows) do
            if evaluate p work then
                k <- k + 1

                for row in 0 .. l.Rows - 1 do
                    if NativePtr.get missing row &&& NativePtr.get moved row <> 0uy then
                        copyRow work rows l.States row p.SafeStates row
                        copyRow work rows l.Registers row p.SafeRegisters row
                        NativePtr.set missing row 0uy

            LoopRun.advance l work

        // for a row that never moved, use another row's finite state as a placeholder
        let mutable source = -1

        for row in l.Rows - 1 .. -1 .. 0 do
            if NativePtr.get missing row = 0uy then source <- row

        if source >= 0 then
            for row in 0 .. l.Rows - 1 do
                if NativePtr.get missing row <> 0uy then
                    copyRow work rows p.SafeStates source p.SafeStates row
                    copyRow work rows p.SafeRegisters source p.SafeRegisters row

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
        let flags = NativePtr.ofNativeInt<byte>(Slot.address work p.Given)

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
    let private loadEmissions (p: PullbackPlan) (work: Workspace) =
        let l = p.Loop
        let rows = int64 l.Rows

        for e in p.Emissions do
            let bytes = e.Part.Bytes / rows
            let wrote = NativePtr.ofNativeInt<byte>(Slot.address work l.Streams[e.Stream].Wrote)
            let count = NativePtr.ofNativeInt<int>(Slot.address work l.Streams[e.Stream].Count)

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
    let private addToTotals (p: PullbackPlan) (form: SweepForm) (work: Workspace) =
        for i in 0 .. p.Totals.Length - 1 do
            let total = Slot.address work p.Totals[i]
            let n = p.Totals[i].Bytes / int64 (ElementTypes.Size p.Types[i])
            let part = Slot.address work form.Parts[i]
            ElementKernels.Run(ElementOp.Add, p.Types[i], 0.0, total, false, part, false, 0n, false, total, n)

        for r in form.RowSums do
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

    /// Reverses one iteration, whose frame is in the loop's slots.
    let private pull (p: PullbackPlan) (form: SweepForm) (work: Workspace) =
        look p work
        let moved, rows = Slot.address work p.Loop.Moved, int64 p.Loop.Rows
        // the rows that moved and have a cotangent
        if rows > 1L then RowMemory.And(moved, Slot.address work p.Given, moved, rows)
        let everyRow = RowMemory.All(moved, rows)

        for i in 0 .. p.Cotangents.Length - 1 do
            Slot.copy work p.Cotangents[i] p.Mine[i]

        if not everyRow then restUnmoved p work moved

        loadEmissions p work
        Instruction.runAll form.Instructions work

        for i in 0 .. p.Cotangents.Length - 1 do
            if everyRow then
                Slot.copy work form.Next[i] p.Cotangents[i]
            else
                Slot.blend work moved p.Loop.Rows form.Next[i] p.Cotangents[i]

        addToTotals p form work

    /// Reverses `length` iterations, of which the first has the frame `first`, and the last perhaps an end; keeps at most
    /// `limit` further frames at once.
    let rec private sweep (p: PullbackPlan) (work: Workspace) (tape: TapeMemory) limit first length ending =
        LoopRun.load p.Loop work tape first

        if length = 1 then
            match p.Shorter with
            | ValueSome form when LoopRun.loadValues p.Loop work tape first -> pull p form work
            | _ -> pull p p.Sweep work
        else
            let parts = if length <= limit then length else max 2 (limit / 2)
            let size = (length + parts - 1) / parts
            // frames of this replay are appended to the tape
            let bottom = tape.Frames.Length
            let start = int (bottom / LoopRun.frameBytes p.Loop)
            replay p work tape length size (if size = 1 then ending else -1)

            for i in (length - 1) / size .. -1 .. 0 do
                sweep p work tape (max 2 (limit / 2)) (start + i) (min size (length - i * size)) -1

            tape.Frames.Resize bottom
            tape.ForgetValues start

    /// Runs the reverse sweep over the tape, starting with the cotangents in their slots.
    let run (p: PullbackPlan) (work: Workspace) =
        let tape = work.Tapes[p.Tape]
        look p work

        if p.Loop.Rows > 1 then
            findGiven p work

            if not (tape.IsWhole && RowMemory.All(Slot.address work p.Given, int64 p.Loop.Rows)) then
                findSafe p work tape

        let room = 2 * p.Loop.Limit - tape.Kept

        for i in tape.Kept - 1 .. -1 .. 0 do
            let length = min tape.Spacing (tape.Count - i * tape.Spacing)
            sweep p work tape room i length (if i < LoopRun.ends p.Loop tape then i else -1)
