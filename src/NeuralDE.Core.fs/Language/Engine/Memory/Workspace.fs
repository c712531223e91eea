namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open System.Threading
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Numbers that kernels read by address; pinned as long as the table lives.
[<Sealed>]
type internal PinnedTable(values: int64[]) =
    let pinned: int64[] = GC.AllocateArray<int64>(max 1 values.Length, true)
    do Array.blit values 0 pinned 0 values.Length
    member val Address = Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0)
    /// Keeps the table alive while only its address is in use.
    member _.Values = pinned

/// The tape of one loop: frames of the iterations 0, Spacing, 2 Spacing, … of those in which a row moved. Their number need
/// not be known: when the number of frames exceeds the limit, every second one is dropped. The memory is kept for the next
/// run.
[<Sealed>]
type internal TapeMemory() =
    member val Frames = GrowingBlock()
    /// What the sweep needs of bodies that have run, by ValuesOf: one after another.
    member val Values = GrowingBlock()
    /// by frame: where its values start, or -1
    member val ValuesOf = List<int64>()
    /// With a spacing above 1: controls of the last iteration before each next frame, so that a replay ends before it.
    member val Ends = GrowingBlock()
    /// of a loop by lanes, in place of all others
    member val Blocks = BlockTapes()
    /// the iterations in which a row moved
    member val Count = 0 with get, set
    member val Spacing = 1 with get, set
    /// the number of frames
    member val Kept = 0 with get, set
    /// Whether every row moved in all these iterations.
    member val IsWhole = true with get, set

    /// Drops the values of the frames from this one on, and their memory.
    member x.ForgetValues(frame: int) =
        let mutable first = x.Values.Length

        for k in frame .. x.ValuesOf.Count - 1 do
            if x.ValuesOf[k] >= 0L then first <- min first x.ValuesOf[k]

        x.Values.Resize first
        x.ValuesOf.RemoveRange(min frame x.ValuesOf.Count, max 0 (x.ValuesOf.Count - frame))

    member x.Clear() =
        x.Frames.Clear()
        x.ForgetValues 0
        x.Ends.Clear()
        x.Count <- 0
        x.Spacing <- 1
        x.Kept <- 0
        x.IsWhole <- true

/// The large arguments that lie in a workspace since an earlier run: weights, for example, are the same in every call.
/// Runs leave the memory of the arguments as it is.
[<Sealed>]
type internal KeptArguments() =
    let mutable kept: (WeakReference<NdArray> | null)[] = [||]

    /// Smaller arguments are copied in less time than is spent on the question. Tests set it.
    static member val Least = ResultMemory.Least with get, set

    /// The reference is weak: it keeps no memory of the caller, and it is empty before another array has its place.
    member private _.ReferenceOf(argument: int) : WeakReference<NdArray> =
        if argument >= kept.Length then Array.Resize(&kept, argument + 1)

        match kept[argument] with
        | null ->
            let made = WeakReference<NdArray>(Unchecked.defaultof<NdArray>)
            kept[argument] <- made
            made
        | there -> there

    /// Copies an argument to its place in the workspace. Copies nothing if the place still holds the same large array.
    member x.Write(argument: int, a: NdArray, bytes: int64, target: nativeint) : unit =
        if bytes < KeptArguments.Least then
            a.CopyTo target
        else
            let reference = x.ReferenceOf argument

            match reference.TryGetTarget() with
            | true, there when obj.ReferenceEquals(there, a) -> ()
            | _ ->
                a.CopyTo target
                reference.SetTarget a

/// The memory of one run of a plan. A plan keeps some workspaces and lends one to every call.
[<Sealed>]
type internal Workspace(size: int64, tapes: int, emissions: int, guards: int64[]) =
    let block = if guards.Length = 0 then NativeBlock size else NativeBlock(size, guards)
    member val Memory = block.Address
    member _.Block = block
    member val Arguments = KeptArguments()
    /// Exceptions of the checks, in order.
    member val Failures = List<exn>()
    member val Tapes = Array.init tapes (fun _ -> TapeMemory())
    /// Emissions of loops with an unknown number of rows.
    member val Emissions = Array.init emissions (fun _ -> GrowingBlock())
    /// The number of rows written to each.
    member val Written: int64[] = Array.zeroCreate emissions

    /// Whether loops store anything here outside the block.
    member val HasLoops = tapes + emissions > 0

    /// Starts the measurement of peaks for the next run.
    member x.ForgetPeaks() =
        for tape in x.Tapes do
            tape.Frames.Peak <- 0L
            tape.Values.Peak <- 0L
            tape.Ends.Peak <- 0L
            tape.Blocks.ForgetPeak()

        for emission in x.Emissions do
            emission.Peak <- 0L

    /// Peak bytes of the run: the tapes and emissions of its loops, each at its peak, and the block.
    member x.Held: int64 =
        let mutable bytes = block.Size

        for tape in x.Tapes do
            bytes <- bytes + tape.Frames.Peak + tape.Values.Peak + tape.Ends.Peak + tape.Blocks.Peak

        for emission in x.Emissions do
            bytes <- bytes + emission.Peak

        bytes

    /// Frees memory that one unusually long run allocated.
    member x.Trim() =
        let most = 67108864L

        for tape in x.Tapes do
            tape.Frames.Trim most
            tape.Values.Trim most
            tape.Ends.Trim most
            tape.Blocks.Trim most

        for emission in x.Emissions do
            emission.Trim most

/// One instruction of a plan. Addresses are fixed offsets into the memory of a workspace.
[<AbstractClass>]
type internal Instruction() =
    abstract Run: Workspace -> unit

module internal Instruction =
    let inline make ([<InlineIfLambda>] run: Workspace -> unit) =
        { new Instruction() with
            override _.Run work = run work }

    let runAll (instructions: Instruction[]) (work: Workspace) =
        for i in 0 .. instructions.Length - 1 do
            instructions[i].Run work

/// The workspaces that a plan keeps for its next calls, at most four; further concurrent calls allocate their own.
/// Taking or returning one costs one atomic operation, because a call of a small function takes less than a
/// microsecond.
[<Sealed>]
type internal IdleWorkspaces() =
    let slots: (Workspace | null)[] = Array.zeroCreate 4

    /// A workspace that no other call uses; null if all are in use.
    member _.Take() : Workspace | null =
        let mutable found: Workspace | null = null
        let mutable i = 0

        while isNull found && i < slots.Length do
            if not (isNull slots[i]) then found <- Interlocked.Exchange(&slots[i], null)
            i <- i + 1

        found

    /// Whether the workspace could be kept. Its block is then already available to the next call.
    member _.TryKeep(work: Workspace) : bool =
        let mutable isKept = false
        let mutable i = 0

        while not isKept && i < slots.Length do
            if isNull slots[i] then isKept <- isNull (Interlocked.CompareExchange(&slots[i], work, null))
            i <- i + 1

        isKept
