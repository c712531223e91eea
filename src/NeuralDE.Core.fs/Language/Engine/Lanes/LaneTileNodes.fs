namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// What the nodes of a program are computed from: a block and how many of its lanes, memory for results, flags of the live
/// lanes, one byte each, and the arrays of a loop inside, one for each slot of its program.
[<Struct>]
type internal LaneTileFrame = { Block: nativeint; Lanes: int; Memory: nativeint; Live: nativeint; Inputs: nativeint }

/// Computes the nodes of a program one at a time over all lanes, with the kernels of element-wise operations. `roots`: nodes
/// that are read afterwards; `always`: the nodes that are computed first.
[<Sealed>]
type internal LaneTileNodes(p: LaneProgram, block: LaneBlock, roots: int[], always: bool[], isInside: bool) =
    let uniform = p.Uniform
    let needed = p.Needed roots
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

        for root in roots do
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

    /// The loops inside, and where their memory begins.
    let loops =
        // behind the registers and an array of a call's arguments
        let mutable at = stride * int64 (registers + 1)

        p.Inners.ToArray()
        |> Array.mapi (fun index l ->
            let isOutput i =
                match p[i].Op with
                | Inner(k, _) -> k = index && needed[i]
                | _ -> false

            match
                [ 0 .. p.Nodes.Count - 1 ] |> List.filter isOutput |> List.sortBy (fun i -> if always[i] then 0 else 1)
            with
            | [] -> ValueNone
            | first :: _ ->
                let loop = LaneTileLoop(l, block, p[first].Args)
                at <- at + loop.Bytes
                ValueSome(struct (loop, first, at - loop.Bytes)))

    let bytes =
        loops
        |> Array.sumBy (function
            | ValueSome(struct (loop, _, _)) -> loop.Bytes
            | ValueNone -> 0L)

    let numbers = PinnedTable(p.Nodes |> Seq.map (fun n -> LaneTileNodes.BitsOf n) |> Seq.toArray)
    let typeOf (dtype: Dtype) = ElementGroup.elementType dtype

    let cast from target (source: nativeint) isSingle (into: nativeint) n =
        ElementKernels.Cast(typeOf from, typeOf target, source, isSingle, into, int64 n)

    /// The number as the kernels read it.
    static member private BitsOf(n: LaneNode) : int64 =
        match n.Op with
        | Known bits when n.Dtype = Float32 ->
            int64 (BitConverter.SingleToInt32Bits(float32 (BitConverter.Int64BitsToDouble bits)))
        | Known bits -> bits
        | _ -> 0L

    /// The bytes of the memory for results.
    member _.Bytes = stride * int64 (registers + 1) + bytes

    /// Whether a node has one number for all lanes.
    member _.IsUniform(node: int) = uniform[node]

    /// The dtype in which a slot stores a number.
    member _.StoredAs(dtype: Dtype) =
        match dtype with
        | Int32
        | Bool -> if block.IsNarrow then Int32 else Int64
        | _ -> dtype // floats and int64

    member _.Place(frame: LaneTileFrame, node: int) : nativeint =
        match p[node].Op with
        | Known _ -> numbers.Address + nativeint (8 * node)
        | OfLane slot when isInside -> frame.Inputs + nativeint (stride * int64 slot)
        | _ -> frame.Memory + nativeint (stride * int64 places[node])

    member _.DtypeOf(node: int) = p[node].Dtype

    /// The numbers of a node in another dtype, one for every lane.
    member x.Expand(frame: LaneTileFrame, node: int, target: Dtype, into: nativeint) =
        cast p[node].Dtype target (x.Place(frame, node)) uniform[node] into frame.Lanes

    /// The flags of a node as bytes, for every lane.
    member x.Flags(frame: LaneTileFrame, node: int, into: nativeint) =
        x.Expand(frame, node, Int32, into)
        cast Int32 Bool into false into frame.Lanes

    /// The numbers of a node, one for every lane unless one is enough.
    member private x.ForAll(frame: LaneTileFrame, node: int, isOne: bool) : nativeint =
        if isOne || not uniform[node] then
            x.Place(frame, node)
        else
            let all = frame.Memory + nativeint (stride * int64 registers)
            x.Expand(frame, node, p[node].Dtype, all)
            all

    /// The result of a loop inside, which runs when its first result is needed.
    member private x.OfLoop(frame: LaneTileFrame, node: int, index: int, output: int, target: nativeint) =
        match loops[index] with
        | ValueSome(struct (loop, first, at)) ->
            let memory = frame.Memory + nativeint at
            if node = first then loop.Run(x, frame, memory)
            let dtype = p[node].Dtype
            cast dtype dtype (memory + nativeint (stride * int64 output)) false target frame.Lanes
        | ValueNone -> ()

    member x.Compute(frame: LaneTileFrame, node: int) =
        let n = p[node]
        let target = x.Place(frame, node)
        let count = if uniform[node] then 1 else frame.Lanes
        let arg k = if k < n.Args.Length then x.Place(frame, n.Args[k]) else 0n
        let single k = k < n.Args.Length && uniform[n.Args[k]]
        let stored = x.StoredAs n.Dtype

        match n.Op with
        | Known _ -> ()
        | OfLane _ when isInside -> ()
        | OfLane slot -> cast stored n.Dtype (frame.Block + LaneBlock.slotAt block slot) false target count
        | OfAll index -> cast stored n.Dtype (frame.Block + nativeint (block.SharedAt + 64 * index)) true target 1
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
        | Pick(size, step, offset) ->
            let isWide = (p[n.Args[0]].Dtype = Int64)
            let at = x.ForAll(frame, n.Args[0], uniform[node])
            LaneTables.Pick(arg 1, single 1, n.Dtype.Size, size, step, offset, isWide, at, target, count)
        | Search(size, right) ->
            let elements = typeOf p[n.Args[0]].Dtype
            let at = x.ForAll(frame, n.Args[0], uniform[node])
            LaneTables.Search(arg 1, single 1, elements, size, right, at, target, count)
        | Draw(kind, element) -> LaneRandom.Fill(kind, int64 element, arg 0, target, count)
        | Inner(index, output) -> x.OfLoop(frame, node, index, output, target)

/// A loop inside, whose arguments are these nodes of the outer program.
and [<Sealed>] internal LaneTileLoop(l: LaneInner, block: LaneBlock, args: int[]) =
    let p = l.Program
    let stride = int64 (8 * block.Lanes)
    let carried, inputs = l.Next.Length, args.Length - 1
    let nodes = LaneTileNodes(p, block, l.Roots, p.Needed l.Roots, true)
    let needed = p.Needed l.Roots
    let at (memory: nativeint) (k: int) = memory + nativeint (stride * int64 k)

    /// The memory: an array for each input, of which the carried ones come first, the next carried values, and flags of the
    /// lanes that go on, that move and that end.
    member _.Bytes = stride * int64 (inputs + carried + 3) + nodes.Bytes

    member _.Run(outer: LaneTileNodes, frame: LaneTileFrame, memory: nativeint) =
        let lanes = int64 frame.Lanes
        let flags k = at memory (inputs + carried + k)
        let goesOn, moved, finish = flags 0, flags 1, flags 2

        for k in 0 .. inputs - 1 do
            outer.Expand(frame, args[1 + k], outer.DtypeOf args[1 + k], at memory k)

        outer.Flags(frame, args[0], finish)
        RowMemory.And(frame.Live, finish, goesOn, lanes)
        let inside = { frame with Memory = flags 3; Live = goesOn; Inputs = memory }

        while RowMemory.Any(goesOn, lanes) do
            for i in 0 .. p.Nodes.Count - 1 do
                if needed[i] then nodes.Compute(inside, i)

            nodes.Flags(inside, l.Keep, finish)
            RowMemory.And(goesOn, finish, moved, lanes)

            for c in 0 .. carried - 1 do
                nodes.Expand(inside, l.Next[c], p[l.Next[c]].Dtype, at memory (inputs + c))

            nodes.Flags(inside, l.Finish, finish)

            for c in 0 .. carried - 1 do
                let bytes = int64 p[l.Next[c]].Dtype.Size
                let where = if c < l.States then moved else goesOn
                RowMemory.Blend(where, lanes, bytes, at memory (inputs + c), at memory c)

            RowMemory.And(goesOn, finish, finish, lanes)
            ElementKernels.Run(
                ElementOp.Xor,
                ElementType.Bool,
                0.0,
                goesOn,
                false,
                finish,
                false,
                0n,
                false,
                goesOn,
                lanes
            )
