namespace NeuralDE.Internal.Engine

#nowarn "9" // native pointers

open System
open System.Collections.Concurrent
open System.Threading
open Microsoft.FSharp.NativeInterop
open NeuralDE.Kernels

/// When groups of element-wise operations run as compiled code.
type internal Tier =
    /// after a few runs, when background compilation is finished
    | Warm
    /// from the first run
    | Compiled
    /// never
    | Tiled
    /// chosen for each run by a hash of the run number; for tests
    | Alternating

/// A group and its code, shared by all plans that contain an equal group.
[<Sealed>]
type internal GroupKernel(group: ElementGroup) =
    let mutable code: ElementKernel | null = null
    let mutable runs = 0

    let home =
        let home = Array.create group.Steps.Length -1
        group.Outputs |> Array.iteri (fun i o -> home[o] <- i)
        home

    let weight = group.Steps |> Array.sumBy (fun s -> ElementGroup.weight s.Code)

    member _.Group = group

    /// The output in which a step's result is stored; −1: none.
    member _.Home = home

    /// Approximate nanoseconds per element: 0.1 for every array, plus the arithmetic.
    member _.Cost = 0.1 * float (group.Arguments.Length + group.Outputs.Length) + 0.01 * float weight

    member _.Code
        with get () = Volatile.Read(&code)
        and set (value: ElementKernel | null) = Volatile.Write(&code, value)

    /// Counts a run and returns the number of earlier runs.
    member _.Count() =
        let before = runs
        runs <- before + 1
        before

/// The two ways to run a group. Both call the same helpers, so the result does not depend on when compilation finishes.
module internal GroupKernels =
    let mutable tier =
        match Environment.GetEnvironmentVariable "NEURALDE_TIER" with
        | "compiled" -> Compiled
        | "tiled" -> Tiled
        | "alternating" -> Alternating
        | _ -> Warm

    /// Whether a group with compiled code always uses it.
    let isSettled () =
        match tier with
        | Warm
        | Compiled -> true
        | Tiled
        | Alternating -> false

    /// Up to this number of elements, one thread computes the group.
    let small = 4095L

    let private known = ConcurrentDictionary<string, GroupKernel>()

    /// The kernel of a group; equal groups share one.
    let find (group: ElementGroup) : GroupKernel = known.GetOrAdd(ElementGroup.key group, (fun _ -> GroupKernel group))

    let private compile (k: GroupKernel) = if isNull k.Code then k.Code <- Emit.kernel k.Group

    /// Groups queued for compilation, and the thread that compiles them.
    let private waiting =
        lazy
            (let queue = new BlockingCollection<GroupKernel>()

             let work () =
                 for k in queue.GetConsumingEnumerable() do
                     try
                         compile k
                     with _ ->
                         () // the group stays tiled after a failed compilation; tests compile every operation

             Thread(work, IsBackground = true, Name = "NeuralDE compiler").Start()
             queue)

    /// Elements per tile: some arrays of this length fit into the L1 cache.
    let private tile = 128L

    let private offset (offsets: nativeint) (i: int) =
        nativeint (NativePtr.get (NativePtr.ofNativeInt<int64> offsets) i)

    /// The address of a step's result for the tile that starts at an element: in its output array, or in the temporary
    /// memory of the tile.
    let private placeOfResult
        (k: GroupKernel)
        (memory: nativeint)
        offsets
        (results: nativeint)
        (slot: int64)
        first
        step
        =
        let home = k.Home[step]

        if home >= 0 then
            let bytes = first * int64 k.Group.Steps[step].Dtype.Size
            memory + offset offsets (k.Group.Arguments.Length + home) + nativeint bytes
        else
            results + nativeint (slot * int64 step)

    let private place (k: GroupKernel) (memory: nativeint) offsets results slot first (s: ElementStep) operand =
        if operand >= s.Operands.Length then
            struct (0n, false)
        else
            match s.Operands[operand] with
            | Result step -> struct (placeOfResult k memory offsets results slot first step, false)
            | Argument i ->
                let a = k.Group.Arguments[i]
                let start = memory + offset offsets i
                let bytes = if a.Single then 0L else first * int64 a.Dtype.Size
                struct (start + nativeint bytes, a.Single)

    /// Runs a group one operation at a time, each on one tile, from element `first` to before `last`.
    let private interpret (k: GroupKernel) (memory: nativeint) (offsets: nativeint) (first: int64) (last: int64) =
        let g = k.Group
        let size = if g.Form = Singles then 1L else tile
        let slot = size * 8L
        let results = ThreadScratch.Address(ThreadScratch.Use.Tiles, slot * int64 g.Steps.Length)
        let mutable at = first

        while at < last do
            let n = min size (last - at)

            for i in 0 .. g.Steps.Length - 1 do
                let s = g.Steps[i]
                let target = placeOfResult k memory offsets results slot at i
                let struct (a, aSingle) = place k memory offsets results slot at s 0
                let elementType = ElementGroup.elementType s.Type

                match s.Code with
                | Convert dtype ->
                    ElementKernels.Cast(elementType, ElementGroup.elementType dtype, a, aSingle, target, n)
                | Compute(op, parameter) ->
                    let struct (b, bSingle) = place k memory offsets results slot at s 1
                    let struct (c, cSingle) = place k memory offsets results slot at s 2
                    ElementKernels.Run(op, elementType, parameter, a, aSingle, b, bSingle, c, cSingle, target, n)

            at <- at + n

    /// Runs of a group before it is compiled.
    let private warmUp = 2

    let private isTiledTurn (k: GroupKernel) = (int64 (k.Count()) * 2654435761L >>> 7) &&& 1L = 0L

    /// The code to run now; null: run tile by tile.
    let private codeNow (k: GroupKernel) : ElementKernel | null =
        if k.Group.Form = Anything then
            null
        else
            match tier with
            | Warm ->
                let code = k.Code

                if isNull code && k.Count() = warmUp then waiting.Value.Add k

                code
            | Tiled -> null
            | Alternating when isTiledTurn k -> null
            | Alternating
            | Compiled ->
                compile k
                k.Code

    let run (k: GroupKernel) (memory: nativeint) (offsets: nativeint) (count: int64) =
        match codeNow k with
        | null -> interpret k memory offsets 0L count
        | code ->
            if k.Group.Form = Singles then
                code.Invoke(int64 memory, int64 offsets, 0L, count)
            else
                ElementTeam.Run(code, int64 memory, int64 offsets, count, int64 (k.Cost * float count))

    /// Compiled code writes whole vectors from its first element, so parts that begin and end at multiples of this do
    /// not overlap.
    let private wholeVectors = 16L

    /// Computes elements first to last − 1 on the calling thread.
    let runPart (k: GroupKernel) (memory: nativeint) (offsets: nativeint) (first: int64) (last: int64) (count: int64) =
        let isWhole = first % wholeVectors = 0L && (last = count || last % wholeVectors = 0L)

        match codeNow k with
        | null -> interpret k memory offsets first last
        | _ when not isWhole -> interpret k memory offsets first last
        | code -> code.Invoke(int64 memory, int64 offsets, first, last)
