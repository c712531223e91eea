namespace NeuralDE.Internal.Engine

#nowarn "9" // native pointers

open Microsoft.FSharp.NativeInterop
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// An array at a fixed offset of a plan's memory.
[<Struct>]
type internal Slot = { At: int64; Bytes: int64 }

module internal Slot =
    let inline address (work: Workspace) (s: Slot) = work.Memory + nativeint s.At

    let copy (work: Workspace) (source: Slot) (target: Slot) =
        if source.At <> target.At then
            RowMemory.Copy(address work source, address work target, target.Bytes)

    /// Copies the marked rows of an array with this number of rows.
    let blend (work: Workspace) (flags: nativeint) (rows: int) (source: Slot) (target: Slot) =
        if source.At <> target.At then
            RowMemory.Blend(flags, int64 rows, target.Bytes / int64 rows, address work source, address work target)

    let clear (work: Workspace) (s: Slot) = RowMemory.Clear(address work s, s.Bytes)

/// Where an emission of a loop is written.
[<Struct>]
type internal EmissionTarget =
    /// memory for this number of rows
    | Preallocated of memory: Slot * capacity: int
    /// memory that grows with the number of rows: an emission of the workspace
    | Grown of index: int

/// A stream of emissions with their memory. Wrote: one byte per row; Count: an int32 per row.
[<NoEquality; NoComparison>]
type internal StreamPlan = { Emit: Slot[]; Targets: EmissionTarget[]; Write: Slot; Wrote: Slot; Count: Slot }

/// A faster form of a loop of one row, which is ready some time after the loop's first iteration, and then stays ready.
[<AbstractClass>]
type internal FasterLoop() =
    /// A run begins.
    abstract Begin: unit -> unit
    /// Whether it may run instead of this number of iterations of a plan.
    abstract IsReady: iterations: int -> bool
    /// Runs the iterations that are left, from the carried values and counts of emissions in their slots.
    abstract Run: Workspace -> unit
    /// Runs the reverse sweep, with a replay of the loop: it needs no tape.
    abstract Pull: Workspace -> unit

/// A loop with its memory. State and registers have fixed places; the body reads them and writes the next ones elsewhere.
[<NoEquality; NoComparison>]
type internal LoopPlan =
    {
        Rows: int
        /// carried from one iteration to the next
        States: Slot[]
        Registers: Slot[]
        /// Carried values that the body returns unchanged as another carried value: where they are saved, by index of
        /// the carried value.
        Aside: struct (int * Slot * Slot)[]
        Body: Instruction[]
        NextStates: Slot[]
        NextRegisters: Slot[]
        Streams: StreamPlan[]
        Keep: Slot
        Finish: Slot
        /// one byte per row each
        Live: Slot
        Moved: Slot
        /// what the tape keeps of an iteration beside its states: registers, live rows and counts before it; moved rows, rows
        /// that wrote
        Controls: Slot[]
        StateBytes: int64
        ControlBytes: int64
        Tape: int voption
        /// the most frames kept at once
        Limit: int
        /// what a reverse sweep needs of the body, see Residuals
        Values: Slot[]
        ValueBytes: int64
        /// the most bytes of them kept at once
        MostValues: int64
        Watch: (Workspace -> bool) voption
        Faster: FasterLoop voption
    }

module internal LoopRun =
    let private gather (work: Workspace) (slots: Slot[]) (target: nativeint) =
        let mutable at = target

        for s in slots do
            RowMemory.Copy(Slot.address work s, at, s.Bytes)
            at <- at + nativeint s.Bytes

    let private scatter (work: Workspace) (source: nativeint) (slots: Slot[]) =
        let mutable at = source

        for s in slots do
            RowMemory.Copy(at, Slot.address work s, s.Bytes)
            at <- at + nativeint s.Bytes

    let frameBytes (l: LoopPlan) = l.StateBytes + l.ControlBytes
    let private frameAt (l: LoopPlan) (tape: TapeMemory) i = tape.Frames.Address + nativeint (int64 i * frameBytes l)
    let private endAt (l: LoopPlan) (tape: TapeMemory) i = tape.Ends.Address + nativeint (int64 i * l.ControlBytes)

    /// Appends the frame of an iteration whose body has run, before the next carried values are in place.
    let private keepFrame (l: LoopPlan) (work: Workspace) (tape: TapeMemory) =
        let at = tape.Frames.Append(frameBytes l)
        gather work l.States at
        gather work l.Controls (at + nativeint l.StateBytes)

    /// The same, without values of the body.
    let keep (l: LoopPlan) (work: Workspace) (tape: TapeMemory) =
        keepFrame l work tape
        tape.ValuesOf.Add -1L

    /// The same, with what the sweep needs of the body, as long as there is room.
    let keepWithValues (l: LoopPlan) (work: Workspace) (tape: TapeMemory) =
        keepFrame l work tape

        if l.ValueBytes > 0L && tape.Values.Length + l.ValueBytes <= l.MostValues then
            tape.ValuesOf.Add tape.Values.Length
            gather work l.Values (tape.Values.Append l.ValueBytes)
        else
            tape.ValuesOf.Add -1L

    /// Copies the values of a frame into the slots; false if it has none.
    let loadValues (l: LoopPlan) (work: Workspace) (tape: TapeMemory) (index: int) : bool =
        let at = tape.ValuesOf[index]
        if at >= 0L then scatter work (tape.Values.Address + nativeint at) l.Values
        at >= 0L

    /// Copies a frame into the slots.
    let load (l: LoopPlan) (work: Workspace) (tape: TapeMemory) (index: int) =
        scatter work (frameAt l tape index) l.States
        scatter work (frameAt l tape index + nativeint l.StateBytes) l.Controls

    /// The number of frames whose iterations up to the next one have all run, with their ends.
    let ends (l: LoopPlan) (tape: TapeMemory) = int (tape.Ends.Length / l.ControlBytes)

    /// Copies the controls of the last iteration before the next frame into the slots.
    let loadEnd (l: LoopPlan) (work: Workspace) (tape: TapeMemory) (index: int) =
        scatter work (endAt l tape index) l.Controls

    /// Drops every second frame, and the ends between those that are left.
    let private thin (l: LoopPlan) (tape: TapeMemory) =
        let isFirst = (tape.Spacing = 1)
        let left, complete = (tape.Kept + 1) / 2, (if isFirst then tape.Kept else ends l tape) / 2
        if isFirst then tape.Ends.Resize(int64 complete * l.ControlBytes)

        for i in 0 .. complete - 1 do
            let odd = 2 * i + 1
            let from = if isFirst then frameAt l tape odd + nativeint l.StateBytes else endAt l tape odd
            RowMemory.Copy(from, endAt l tape i, l.ControlBytes)

        for i in 1 .. left - 1 do
            RowMemory.Copy(frameAt l tape (2 * i), frameAt l tape i, frameBytes l)

        tape.Ends.Resize(int64 complete * l.ControlBytes)
        tape.Frames.Resize(int64 left * frameBytes l)
        // most iterations will run again, with values of their own
        tape.ForgetValues 0

        for _ in 1..left do
            tape.ValuesOf.Add -1L

        tape.Kept <- left
        tape.Spacing <- 2 * tape.Spacing

    let private record (l: LoopPlan) (work: Workspace) (tape: TapeMemory) =
        tape.IsWhole <- tape.IsWhole && RowMemory.All(Slot.address work l.Moved, int64 l.Rows)

        if tape.Spacing > 1 && (tape.Count + 1) % tape.Spacing = 0 then
            gather work l.Controls (tape.Ends.Append l.ControlBytes)

        if tape.Count % tape.Spacing = 0 then
            if tape.Spacing = 1 then keepWithValues l work tape else keep l work tape
            tape.Kept <- tape.Kept + 1
            if tape.Kept > l.Limit then thin l tape

        tape.Count <- tape.Count + 1

    let inline private flag (address: nativeint) (row: int) =
        NativePtr.get (NativePtr.ofNativeInt<byte> address) row <> 0uy

    let inline private setFlag (address: nativeint) (row: int) (value: bool) =
        NativePtr.set (NativePtr.ofNativeInt<byte> address) row (if value then 1uy else 0uy)

    let private grow (work: Workspace) (l: LoopPlan) index (rowBytes: int64) (needed: int64) =
        let block = work.Emissions[index]
        let room = if rowBytes = 0L then needed else block.Length / (rowBytes * int64 l.Rows)

        if needed > room then
            let larger = max 16L (2L * room)
            block.Resize(larger * rowBytes * int64 l.Rows)

            // spread the rows to the larger capacity, last row first, so that none is overwritten
            for row in l.Rows - 1 .. -1 .. 1 do
                let stretch = room * rowBytes
                let from = block.Address + nativeint (int64 row * stretch)
                let target = block.Address + nativeint (int64 row * larger * rowBytes)

                for k in room - 1L .. -1L .. 0L do
                    RowMemory.Copy(from + nativeint (k * rowBytes), target + nativeint (k * rowBytes), rowBytes)

            // rows not yet written are 0
            for row in 0 .. l.Rows - 1 do
                let unwritten = (int64 row * larger + room) * rowBytes
                RowMemory.Clear(block.Address + nativeint unwritten, (larger - room) * rowBytes)

    /// Raises if this many emissions fill their place.
    let requireRoom (count: int) (capacity: int) =
        if count >= capacity then
            raise (GraphException $"a loop wrote more than its {string capacity} emissions")

    let private counts (work: Workspace) (s: StreamPlan) = NativePtr.ofNativeInt<int>(Slot.address work s.Count)

    let private emit (l: LoopPlan) (s: StreamPlan) (work: Workspace) =
        let wrote, count = Slot.address work s.Wrote, counts work s

        for e in 0 .. s.Emit.Length - 1 do
            let source = Slot.address work s.Emit[e]
            let rowBytes = s.Emit[e].Bytes / int64 l.Rows

            for row in 0 .. l.Rows - 1 do
                if flag wrote row then
                    let k = NativePtr.get count row

                    let memory, room =
                        match s.Targets[e] with
                        | Preallocated(memory, capacity) ->
                            requireRoom k capacity
                            Slot.address work memory, int64 capacity
                        | Grown index ->
                            grow work l index rowBytes (int64 k + 1L)
                            let block = work.Emissions[index]
                            work.Written[index] <- max work.Written[index] (int64 k + 1L)
                            block.Address, (if rowBytes = 0L then 0L else block.Length / (rowBytes * int64 l.Rows))

                    let at = (int64 row * room + int64 k) * rowBytes
                    RowMemory.Copy(source + nativeint (int64 row * rowBytes), memory + nativeint at, rowBytes)

    /// Looks at the caller's token.
    let goesOn (l: LoopPlan) (work: Workspace) =
        match l.Watch with
        | ValueSome watch -> watch work
        | ValueNone -> true

    /// Resets the counts of written rows.
    let private clear (l: LoopPlan) (work: Workspace) =
        for s in l.Streams do
            for target in s.Targets do
                match target with
                | Preallocated(memory, _) -> Slot.clear work memory
                | Grown index ->
                    work.Emissions[index].Clear()
                    work.Written[index] <- 0L

            for row in 0 .. l.Rows - 1 do
                NativePtr.set (counts work s) row 0

    /// Writes the emissions of the rows whose write flag is set.
    let private write (l: LoopPlan) (work: Workspace) =
        for s in l.Streams do
            let wrote, count = Slot.address work s.Wrote, counts work s

            if s.Emit.Length > 0 && RowMemory.Any(wrote, int64 l.Rows) then emit l s work

            for row in 0 .. l.Rows - 1 do
                if flag wrote row then NativePtr.set count row (NativePtr.get count row + 1)

    /// Copies the next state and registers into place: state for rows that moved, registers for live rows.
    let private carry (l: LoopPlan) (work: Workspace) (moved: nativeint) (live: nativeint) =
        for struct (_, source, aside) in l.Aside do
            Slot.copy work source aside

        if l.Rows = 1 then
            if flag moved 0 then
                for i in 0 .. l.States.Length - 1 do
                    Slot.copy work l.NextStates[i] l.States[i]

            for i in 0 .. l.Registers.Length - 1 do
                Slot.copy work l.NextRegisters[i] l.Registers[i]
        else
            for i in 0 .. l.States.Length - 1 do
                Slot.blend work moved l.Rows l.NextStates[i] l.States[i]

            for i in 0 .. l.Registers.Length - 1 do
                Slot.blend work live l.Rows l.NextRegisters[i] l.Registers[i]

    /// Whether another form of the loop has run the iterations that are left.
    let private isDoneFaster (l: LoopPlan) (work: Workspace) =
        match l.Faster with
        | ValueSome faster when faster.IsReady 1 ->
            faster.Run work
            true
        | _ -> false

    /// Runs the body and marks the rows that move and those that write. Whether a row moves.
    let evaluate (l: LoopPlan) (work: Workspace) : bool =
        let moved, rows = Slot.address work l.Moved, int64 l.Rows
        Counters.AddBody()
        Instruction.runAll l.Body work
        RowMemory.And(Slot.address work l.Live, Slot.address work l.Keep, moved, rows)

        for s in l.Streams do
            RowMemory.And(moved, Slot.address work s.Write, Slot.address work s.Wrote, rows)

        RowMemory.Any(moved, rows)

    /// Writes the emissions and puts the next carried values in place.
    let advance (l: LoopPlan) (work: Workspace) =
        let live, moved, rows = Slot.address work l.Live, Slot.address work l.Moved, int64 l.Rows
        write l work
        // Copying the carried values may overwrite the flags, so save them first. The write flags are no longer
        // needed.
        let ended = Slot.address work l.Streams[0].Wrote
        RowMemory.Copy(Slot.address work l.Finish, ended, rows)
        carry l work moved live

        for row in 0 .. l.Rows - 1 do
            if flag ended row then setFlag live row false

    /// Runs the loop from the state and registers in their slots. With a tape, it records the kept iterations.
    let run (l: LoopPlan) (work: Workspace) =
        let live = Slot.address work l.Live
        clear l work

        let tape =
            match l.Tape with
            | ValueSome index ->
                let tape = work.Tapes[index]
                tape.Clear()
                ValueSome tape
            | ValueNone -> ValueNone

        for row in 0 .. l.Rows - 1 do
            setFlag live row true

        ValueOption.iter (fun (faster: FasterLoop) -> faster.Begin()) l.Faster
        let mutable goes = goesOn l work

        while goes && RowMemory.Any(live, int64 l.Rows) do
            if isDoneFaster l work then
                goes <- false
            else
                let isMoved = evaluate l work

                match tape with
                | ValueSome tape when isMoved -> record l work tape
                | _ -> ()

                advance l work
                goes <- goesOn l work
