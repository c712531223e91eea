namespace NeuralDE.Internal.Engine

open NeuralDE
open NeuralDE.Kernels

/// What one iteration of a block returns: whether a lane ended, and whether a lane wrote.
[<Struct>]
type internal LaneEvents = { Ended: bool; Wrote: bool }

/// One iteration of a block, at its address, on this number of lanes.
[<AbstractClass>]
type internal LaneCodeRun() =
    abstract Iterate: block: nativeint * lanes: int -> LaneEvents

/// Runs lane code one node at a time over all lanes: the slow twin of compiled code, with the same bits. It runs until the
/// compiled code is ready.
[<Sealed>]
type internal LaneTiles(code: LaneCode, block: LaneBlock) =
    inherit LaneCodeRun()
    let p = code.Program
    let always = p.Needed code.Roots
    let roots = Array.append code.Roots code.Emitted
    let needed = p.Needed roots
    let nodes = LaneTileNodes(p, block, roots, always, false)
    let stride = int64 (8 * block.Lanes)
    let typeOf (dtype: Dtype) = ElementGroup.elementType dtype

    let run (op: ElementOp) (dtype: Dtype) a b target n =
        ElementKernels.Run(op, typeOf dtype, 0.0, a, false, b, false, 0n, false, target, int64 n)

    /// The numbers of a node, in the form of a slot, into an array; a uniform one for every lane.
    member private _.Stored(frame: LaneTileFrame, node: int, into: nativeint) =
        let dtype = p[node].Dtype
        let stored = nodes.StoredAs dtype
        nodes.Expand(frame, node, stored, into)
        // a flag is −1
        if dtype = Bool then run ElementOp.Neg stored into 0n into frame.Lanes

    /// Stores a node where flags (one byte for each lane) are set.
    member private x.Blend(frame: LaneTileFrame, flags: nativeint, node: int, slot: int, value: nativeint) =
        x.Stored(frame, node, value)
        let bytes = int64 (LaneBlock.size block p[node].Dtype)
        RowMemory.Blend(flags, int64 frame.Lanes, bytes, value, frame.Block + LaneBlock.slotAt block slot)

    member private _.SetFlags(frame: LaneTileFrame, slot: int, flags: nativeint) =
        let target = frame.Block + LaneBlock.slotAt block slot
        let stored = nodes.StoredAs Bool
        ElementKernels.Cast(typeOf Bool, typeOf stored, flags, false, target, int64 frame.Lanes)
        run ElementOp.Neg stored target 0n target frame.Lanes

    /// Sets the flags of the lanes that write, and stores the emissions if there is one.
    member private x.Emit(frame: LaneTileFrame, moved: nativeint, flags: nativeint) : bool =
        let lanes = int64 frame.Lanes
        let mutable wrote = false

        for s in code.Streams do
            if s.Emits.Length > 0 then
                nodes.Flags(frame, s.Write, flags)
                RowMemory.And(moved, flags, flags, lanes)
                x.SetFlags(frame, s.Wrote, flags)
                wrote <- wrote || RowMemory.Any(flags, lanes)

        if wrote then
            for i in 0 .. p.Nodes.Count - 1 do
                if needed[i] && not always[i] then nodes.Compute(frame, i)

            for s in code.Streams do
                for struct (node, slot) in s.Emits do
                    x.Stored(frame, node, frame.Block + LaneBlock.slotAt block slot)

        wrote

    override x.Iterate(at, lanes) =
        // three further arrays: flags of live lanes, flags or values that are blended, flags of moved lanes
        let memory = ThreadScratch.Address(ThreadScratch.Use.Lanes, nodes.Bytes + 3L * stride)
        let extra k = memory + nativeint (nodes.Bytes + stride * int64 k)
        let live, flags, moved = extra 0, extra 1, extra 2
        let frame = { Block = at; Lanes = lanes; Memory = memory; Live = live; Inputs = 0n }
        let liveAt = at + LaneBlock.slotAt block code.Live
        ElementKernels.Cast(typeOf (nodes.StoredAs Bool), typeOf Bool, liveAt, false, live, int64 lanes)

        for i in 0 .. p.Nodes.Count - 1 do
            if always[i] then nodes.Compute(frame, i)

        nodes.Flags(frame, code.Keep, flags)
        RowMemory.And(live, flags, moved, int64 lanes)
        let wrote = x.Emit(frame, moved, flags)
        x.SetFlags(frame, code.Moved, moved)

        for struct (slot, node, isState) in code.Next do
            x.Blend(frame, (if isState then moved else live), node, slot, flags)

        nodes.Flags(frame, code.Finish, flags)
        RowMemory.And(live, flags, flags, int64 lanes)
        let ended = RowMemory.Any(flags, int64 lanes)

        if ended then
            run ElementOp.Xor Bool live flags live lanes
            x.SetFlags(frame, code.Live, live)

        { Ended = ended; Wrote = wrote }
