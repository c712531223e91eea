namespace NeuralDE.Internal.Engine

#nowarn "9" // native pointers

open System
open System.Collections.Generic
open Microsoft.FSharp.NativeInterop
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// What one iteration of a block returns: whether a lane ended, and whether a lane wrote.
[<Struct>]
type internal LaneEvents = { Ended: bool; Wrote: bool }

/// One iteration of a block, at its address, on this number of lanes.
[<AbstractClass>]
type internal LaneCodeRun() =
    abstract Iterate: block: nativeint * lanes: int -> LaneEvents

/// Runs lane code one node at a time over all lanes, with the kernels of element-wise operations: the slow twin of compiled
/// code, with the same bits. It runs until the compiled code is ready.
[<Sealed>]
type internal LaneTiles(code: LaneCode, block: LaneBlock) =
    inherit LaneCodeRun()
    let p = code.Program
    let uniform = p.Uniform
    let needed = p.Needed(Seq.append code.Roots code.Emitted)
    let always = p.Needed code.Roots
    let stride = int64 (8 * block.Lanes)

    /// The memory of results: registers that are used again after the last use of a node.
    let places, registers =
        let last = Array.init p.Nodes.Count id

        for i in 0 .. p.Nodes.Count - 1 do
            if needed[i] then
                // emissions are computed after everything else: what only they need keeps its place, as does what they read
                let until = if always[i] then i else Int32.MaxValue
                last[i] <- max last[i] until

                for a in p[i].Args do
                    last[a] <- max last[a] until

        for root in Seq.append code.Roots code.Emitted do
            last[root] <- Int32.MaxValue

        let free = Stack<int>()
        let places = Array.create p.Nodes.Count -1
        let ends = Array.init (p.Nodes.Count + 1) (fun _ -> List<int>(0))
        let mutable count = 0

        for i in 0 .. p.Nodes.Count - 1 do
            if needed[i] then
                places[i] <-
                    if free.Count > 0 then
                        free.Pop()
                    else
                        count <- count + 1
                        count - 1

                if last[i] < p.Nodes.Count then ends[last[i]].Add places[i]

            for place in ends[i] do
                free.Push place

        places, count

    // three further arrays: a converted flag, a converted value, the flags of moved lanes
    let scratch = stride * int64 (registers + 3)
    let numbers = PinnedTable(p.Nodes |> Seq.map (fun n -> LaneTiles.BitsOf n) |> Seq.toArray)
    let typeOf (dtype: Dtype) = ElementGroup.elementType dtype

    let run (op: ElementOp) (dtype: Dtype) a b target n =
        ElementKernels.Run(op, typeOf dtype, 0.0, a, false, b, false, 0n, false, target, int64 n)

    /// The dtype in which a slot stores a number.
    let stored (dtype: Dtype) =
        match dtype with
        | Int32
        | Bool -> if block.IsNarrow then Int32 else Int64
        | _ -> dtype // floats and int64

    let cast from target (source: nativeint) isSingle (into: nativeint) n =
        ElementKernels.Cast(typeOf from, typeOf target, source, isSingle, into, int64 n)

    /// The number as the kernels read it.
    static member private BitsOf(n: LaneNode) : int64 =
        match n.Op with
        | Known bits when n.Dtype = Float32 ->
            int64 (BitConverter.SingleToInt32Bits(float32 (BitConverter.Int64BitsToDouble bits)))
        | Known bits -> bits
        | _ -> 0L

    member private _.Place(memory: nativeint, node: int) : nativeint =
        match p[node].Op with
        | Known _ -> numbers.Address + nativeint (8 * node)
        | _ -> memory + nativeint (stride * int64 places[node])

    member private x.Compute(at: nativeint, memory: nativeint, node: int, lanes: int) =
        let n = p[node]
        let target = x.Place(memory, node)
        let count = if uniform[node] then 1 else lanes
        let arg k = if k < n.Args.Length then x.Place(memory, n.Args[k]) else 0n
        let single k = k < n.Args.Length && uniform[n.Args[k]]

        match n.Op with
        | Known _ -> ()
        | OfLane slot -> cast (stored n.Dtype) n.Dtype (at + LaneBlock.slotAt block slot) false target count
        | OfAll index -> cast (stored n.Dtype) n.Dtype (at + nativeint (block.SharedAt + 64 * index)) true target 1
        | ToDtype -> cast p[n.Args[0]].Dtype n.Dtype (arg 0) (single 0) target count
        | Computed(op, parameter) ->
            let operands = typeOf p[n.Args[n.Args.Length - 1]].Dtype
            ElementKernels.Run(
                op,
                operands,
                parameter,
                arg 0,
                single 0,
                arg 1,
                single 1,
                arg 2,
                single 2,
                target,
                int64 count
            )
        | Pick(table, size, step, offset) ->
            let isWide = (p[n.Args[0]].Dtype = Int64)
            LaneTables.Pick(x.Table(at, table), n.Dtype.Size, size, step, offset, arg 0, isWide, target, count)
        | Search(table, size, right) ->
            let elements = typeOf p[n.Args[0]].Dtype
            LaneTables.Search(x.Table(at, table), elements, size, right, arg 0, target, count)

    member private _.Table(at: nativeint, table: int) : nativeint =
        NativePtr.read (NativePtr.ofNativeInt<nativeint>(at + nativeint (block.TablesAt + 8 * table)))

    /// The numbers of a node, in the form of a slot, into an array; a uniform one for every lane.
    member private x.Stored(memory: nativeint, node: int, into: nativeint, lanes: int) =
        let dtype = p[node].Dtype
        cast dtype (stored dtype) (x.Place(memory, node)) uniform[node] into lanes
        // a flag is −1
        if dtype = Bool then
            ElementKernels.Run(
                ElementOp.Neg,
                typeOf (stored Bool),
                0.0,
                into,
                false,
                0n,
                false,
                0n,
                false,
                into,
                int64 lanes
            )

    member private x.Store(at: nativeint, memory: nativeint, node: int, slot: int, lanes: int) =
        x.Stored(memory, node, at + LaneBlock.slotAt block slot, lanes)

    /// Stores a node where flags (one byte for each lane) are set.
    member private x.Blend(at: nativeint, memory: nativeint, flags: nativeint, node: int, slot: int, lanes: int) =
        let value = memory + nativeint (stride * int64 (registers + 1))
        x.Stored(memory, node, value, lanes)
        let bytes = int64 (LaneBlock.size block p[node].Dtype)
        RowMemory.Blend(flags, int64 lanes, bytes, value, at + LaneBlock.slotAt block slot)

    /// The flags of a node as bytes, for every lane.
    member private x.Flags(memory: nativeint, node: int, into: nativeint, lanes: int) =
        cast Bool Int32 (x.Place(memory, node)) uniform[node] into lanes
        cast Int32 Bool into false into lanes

    member private _.SetFlags(at: nativeint, slot: int, flags: nativeint, lanes: int) =
        let target = at + LaneBlock.slotAt block slot
        cast Bool (stored Bool) flags false target lanes
        ElementKernels.Run(
            ElementOp.Neg,
            typeOf (stored Bool),
            0.0,
            target,
            false,
            0n,
            false,
            0n,
            false,
            target,
            int64 lanes
        )

    override x.Iterate(at, lanes) =
        let memory = ThreadScratch.Address(ThreadScratch.Use.Lanes, scratch)
        let extra k = memory + nativeint (stride * int64 (registers + k))

        for i in 0 .. p.Nodes.Count - 1 do
            if always[i] then x.Compute(at, memory, i, lanes)

        // the second array also holds values that are blended, after its flags were used
        let live, moved, flags = extra 0, extra 2, extra 1
        cast (stored Bool) Bool (at + LaneBlock.slotAt block code.Live) false live lanes
        x.Flags(memory, code.Keep, flags, lanes)
        RowMemory.And(live, flags, moved, int64 lanes)
        let mutable wrote = false

        for s in code.Streams do
            if s.Emits.Length > 0 then
                x.Flags(memory, s.Write, flags, lanes)
                RowMemory.And(moved, flags, flags, int64 lanes)
                x.SetFlags(at, s.Wrote, flags, lanes)
                wrote <- wrote || RowMemory.Any(flags, int64 lanes)

        if wrote then
            for i in 0 .. p.Nodes.Count - 1 do
                if needed[i] && not always[i] then x.Compute(at, memory, i, lanes)

            for s in code.Streams do
                for struct (node, slot) in s.Emits do
                    x.Store(at, memory, node, slot, lanes)

        x.SetFlags(at, code.Moved, moved, lanes)

        for struct (slot, node, isState) in code.Next do
            x.Blend(at, memory, (if isState then moved else live), node, slot, lanes)

        x.Flags(memory, code.Finish, flags, lanes)
        RowMemory.And(live, flags, flags, int64 lanes)
        let ended = RowMemory.Any(flags, int64 lanes)

        if ended then
            run ElementOp.Xor Bool live flags live lanes
            x.SetFlags(at, code.Live, live, lanes)

        { Ended = ended; Wrote = wrote }
