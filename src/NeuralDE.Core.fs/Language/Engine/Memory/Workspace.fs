namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open System.Threading
open NeuralDE.Kernels

/// Numbers that kernels read by address; they stay where they are as long as the table lives.
[<Sealed>]
type internal PinnedTable(values: int64[]) =
    let pinned: int64[] = GC.AllocateArray<int64>(max 1 values.Length, true)
    do Array.blit values 0 pinned 0 values.Length
    member val Address = Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0)
    /// Keeps the table alive where only its address is in use.
    member _.Values = pinned

/// The forward run of one loop as its reverse sweep needs it: a row of bytes for every kept iteration, and states for some of
/// them. How many iterations there will be need not be known: when states pass the limit, every other one is dropped.
/// Its memory is kept for the next run.
[<Sealed>]
type internal TapeMemory() =
    /// control, moved rows, wrote rows, count of every kept iteration
    member val Frames = GrowingBlock()
    /// states of the iterations 0, Spacing, 2 Spacing, …
    member val States = GrowingBlock()
    member val Count = 0 with get, set
    member val Spacing = 1 with get, set
    member val Kept = 0 with get, set

    member x.Clear() =
        x.Frames.Clear()
        x.States.Clear()
        x.Count <- 0
        x.Spacing <- 1
        x.Kept <- 0

/// The memory of one run of a plan. A plan keeps some and lends one to every call.
[<Sealed>]
type internal Workspace(size: int64, tapes: int, emissions: int, guards: int64[]) =
    let block = if guards.Length = 0 then NativeBlock size else NativeBlock(size, guards)
    member val Memory = block.Address
    member _.Block = block
    /// What checks found, in order.
    member val Failures = List<exn>()
    member val Tapes = Array.init tapes (fun _ -> TapeMemory())
    /// Emissions of loops that write as many rows as there are.
    member val Emissions = Array.init emissions (fun _ -> GrowingBlock())
    /// Rows written to them.
    member val Written: int64[] = Array.zeroCreate emissions

    /// Whether loops keep anything here beside the block.
    member val HasLoops = tapes + emissions > 0

    /// Peaks are those of the run that begins now.
    member x.ForgetPeaks() =
        for tape in x.Tapes do
            tape.Frames.Peak <- 0L
            tape.States.Peak <- 0L

        for emission in x.Emissions do
            emission.Peak <- 0L

    /// Bytes that the run held at most: what its loops kept, each at its peak, and its block.
    member x.Held: int64 =
        let mutable bytes = block.Size

        for tape in x.Tapes do
            bytes <- bytes + tape.Frames.Peak + tape.States.Peak

        for emission in x.Emissions do
            bytes <- bytes + emission.Peak

        bytes

    /// Gives back what one unusually long run has taken.
    member x.Trim() =
        let most = 67108864L

        for tape in x.Tapes do
            tape.Frames.Trim most
            tape.States.Trim most

        for emission in x.Emissions do
            emission.Trim most

/// One thing a plan does. Addresses are offsets into the frame's memory, fixed when the plan was made.
[<AbstractClass>]
type internal Instruction() =
    abstract Run: Workspace -> unit

module internal Instruction =
    let inline make ([<InlineIfLambda>] run: Workspace -> unit) =
        { new Instruction() with
            override _.Run frame = run frame }

    let runAll (instructions: Instruction[]) (frame: Workspace) =
        for i in 0 .. instructions.Length - 1 do
            instructions[i].Run frame

/// The workspaces that a plan keeps for its next calls: four at most; further concurrent calls allocate their own. Taking one and
/// returning it cost one atomic operation each, because a call of a small function takes less than a microsecond.
[<Sealed>]
type internal IdleWorkspaces() =
    let slots: (Workspace | null)[] = Array.zeroCreate 4

    /// One that nobody else has; none where all are in use.
    member _.Take() : Workspace | null =
        let mutable found: Workspace | null = null
        let mutable i = 0

        while isNull found && i < slots.Length do
            if not (isNull slots[i]) then found <- Interlocked.Exchange(&slots[i], null)
            i <- i + 1

        found

    /// Whether there was room for it. Its block waits already.
    member _.TryKeep(work: Workspace) : bool =
        let mutable isKept = false
        let mutable i = 0

        while not isKept && i < slots.Length do
            if isNull slots[i] then isKept <- isNull (Interlocked.CompareExchange(&slots[i], work, null))
            i <- i + 1

        isKept
