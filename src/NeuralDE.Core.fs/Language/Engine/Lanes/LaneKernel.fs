namespace NeuralDE.Internal.Engine

#nowarn "9" // native pointers

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Runtime.InteropServices
open System.Threading
open Microsoft.FSharp.NativeInterop
open NeuralDE
open NeuralDE.Kernels

/// Compiled lane code.
[<Sealed>]
type internal LaneCompiled(kernel: LaneKernel, vectorLanes: int) =
    inherit LaneCodeRun()

    override _.Iterate(block, lanes) =
        let singles = NativePtr.toByRef (NativePtr.ofNativeInt<float32> block)
        let doubles = NativePtr.toByRef (NativePtr.ofNativeInt<float> block)
        let ints = NativePtr.toByRef (NativePtr.ofNativeInt<int> block)
        let longs = NativePtr.toByRef (NativePtr.ofNativeInt<int64> block)
        let last = int64 ((lanes + vectorLanes - 1) / vectorLanes * vectorLanes)
        let events = kernel.Invoke(&singles, &doubles, &ints, &longs, 0L, last)
        { Ended = events &&& 1L <> 0L; Wrote = events &&& 2L <> 0L }

/// Lane code of one block size in both forms, shared by all plans that contain equal code.
[<Sealed>]
type internal LaneKernelPair(code: LaneCode, block: LaneBlock, width: VectorWidth) =
    let tiles = lazy LaneTiles(code, block)
    let mutable compiled: LaneCompiled | null = null
    let mutable work = 0.0
    let mutable isQueued = 0
    let mutable turn = 0L
    member _.Code = code
    member _.Block = block
    member _.Tiles: LaneCodeRun = tiles.Value

    member _.Compiled
        with get () = Volatile.Read(&compiled)
        and private set (value: LaneCompiled | null) = Volatile.Write(&compiled, value)

    member x.Compile() : LaneCodeRun =
        match x.Compiled with
        | null ->
            let emitter = LaneIteration(width, code, block)
            let made = LaneCompiled(emitter.Compile(), emitter.Lanes)
            x.Compiled <- made
            made
        | made -> made

    /// Counts the work of an iteration without compiled code, in nanoseconds.
    member _.Count(lanes: int) =
        // measured: 25 ns a node, 0.2 ns a number
        work <- work + float code.Program.Nodes.Count * (25.0 + 0.2 * float lanes)

    /// True once, when compiling may pay: it takes some milliseconds of another thread.
    member _.IsWorthIt() : bool = work > 1e6 && Interlocked.Exchange(&isQueued, 1) = 0

    /// Whether the other thread has kept this run waiting for longer than compiling takes.
    member _.IsLate: bool = work > 3e7

    /// For tests: whether this iteration runs without compiled code, by a hash of its number.
    member _.IsTiledTurn() =
        turn <- turn + 1L
        (turn * 2654435761L >>> 7) &&& 1L = 0L

module internal LaneKernels =
    let private compiler =
        lazy
            (let queue = new BlockingCollection<unit -> unit>()

             let work () =
                 for job in queue.GetConsumingEnumerable() do
                     try
                         job ()
                     with _ ->
                         () // the code stays as it is after a failed compilation; tests compile every operation

             Thread(work, IsBackground = true, Name = "NeuralDE lane compiler").Start()
             queue)

    /// Runs a job on the thread that compiles.
    let later (job: unit -> unit) = compiler.Value.Add job

    /// The code as numbers: equal codes have equal numbers.
    let private key (code: LaneCode) (block: LaneBlock) (width: VectorWidth) : int64[] =
        let numbers = List<int64>()
        let add (x: int) = numbers.Add(int64 x)
        List.iter add [ block.Lanes; width.Bytes; code.Keep; code.Finish; code.Live; code.Moved ]
        List.iter add [ code.Slots.Length; code.Shared.Length; code.Next.Length; code.Program.Nodes.Count ]

        for p in code.Program.All do
            List.iter add [ p.Nodes.Count; p.Inners.Count ]

            for n in p.Nodes do
                LaneNode.write numbers n

            for l in p.Inners do
                Seq.iter add (Seq.append [ l.States ] l.Roots)

        for struct (slot, node, isState) in code.Next do
            List.iter add [ slot; node; (if isState then 1 else 0) ]

        for s in code.Streams do
            List.iter add [ s.Write; s.Wrote; s.Emits.Length ]

            for struct (node, slot) in s.Emits do
                List.iter add [ node; slot ]

        numbers.ToArray()

    let private comparer: IEqualityComparer<int64[]> =
        { new IEqualityComparer<int64[]> with
            member _.Equals(a, b) = ReadOnlySpan(a).SequenceEqual(ReadOnlySpan b)

            member _.GetHashCode numbers =
                let mutable hash = HashCode()
                hash.AddBytes(MemoryMarshal.AsBytes(ReadOnlySpan numbers))
                hash.ToHashCode() }

    /// The most kernels that are kept for further plans; a plan keeps its own.
    let private mostKnown = 512

    let private known = ConcurrentDictionary<int64[], LaneKernelPair>(comparer)

    /// The keys of the known kernels, from the first to the last made.
    let private order = ConcurrentQueue<int64[]>()

    let private add (key: int64[]) (make: unit -> LaneKernelPair) : LaneKernelPair =
        let made = make ()
        let kept = known.GetOrAdd(key, made)

        if obj.ReferenceEquals(kept, made) then
            order.Enqueue key

            if known.Count > mostKnown then
                match order.TryDequeue() with
                | true, oldest -> known.TryRemove oldest |> ignore
                | _ -> () // another thread has removed it

        kept

    /// The most lanes of a block: the slots of 128 lanes stay in the L2 cache (64 to 256 differ by 3 %).
    let most = 128

    /// The width of all vectors, for tests; none: the narrowest that holds the rows.
    let mutable forcedWidth: VectorWidth voption = ValueNone

    /// The narrowest vectors that hold the rows, and the lanes of a block.
    let private sizes (code: LaneCode) (rows: int) (most: int) : struct (VectorWidth * int) =
        let size = if LaneBlock.isNarrow code.Program then 4 else 8

        let width =
            if rows * size <= LaneVectors.width128.Bytes then LaneVectors.width128
            elif rows * size <= LaneVectors.width256.Bytes then LaneVectors.width256
            else LaneVectors.width512

        let widest = LaneVectors.widest ()
        let width = if width.Bytes > widest.Bytes then widest else width
        let width = ValueOption.defaultValue width forcedWidth
        let vector = width.Bytes / size
        struct (width, min most ((max 1 rows + vector - 1) / vector * vector))

    /// The code for a number of rows, in blocks of at most this many lanes.
    let find (code: LaneCode) (rows: int) (most: int) : LaneKernelPair =
        let struct (width, lanes) = sizes code rows most
        let block = LaneBlock.ofCode code lanes
        let key = key code block width

        match known.TryGetValue key with
        | true, pair -> pair
        | _ -> add key (fun () -> LaneKernelPair(code, block, width))

    /// The code for the next iteration.
    let now (pair: LaneKernelPair) (lanes: int) : LaneCodeRun =
        match GroupKernels.tier with
        | Tiled -> pair.Tiles
        | Compiled -> pair.Compile()
        | Alternating -> if pair.IsTiledTurn() then pair.Tiles else pair.Compile()
        | Warm ->
            match pair.Compiled with
            | null ->
                pair.Count lanes

                if pair.IsLate then
                    pair.Compile()
                else
                    if pair.IsWorthIt() then later (fun () -> pair.Compile() |> ignore)
                    pair.Tiles
            | compiled -> compiled
