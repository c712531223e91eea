namespace NeuralDE.Internal.Engine

open System.Numerics
open NeuralDE.Kernels

/// How a reduction is divided. Some columns (indices of the inner axis) are reduced side by side. A block is as many of
/// their rows as fit into a tile, 64 × 2ⁿ; a segment is 2ᵐ blocks; a unit is a segment of one group of columns,
/// computed by one thread. If several groups count × inner fit into a tile, a unit is a range of the outer axis.
[<NoEquality; NoComparison>]
type internal StreamCut =
    {
        Axes: ReducedAxes
        Tile: int
        IsSmall: bool
        /// columns of every group except the last
        Width: int64
        Groups: int64
        /// rows of a block
        Rows: int64
        /// blocks of a segment
        Segment: int64
        Segments: int64
        /// outer indices of a unit
        Outer: int64
        Units: int64
    }

module internal StreamCut =
    /// Rows at a leaf of the tree that ReductionTree joins.
    let private leaf = 64L

    /// The number of units to aim for if there is enough work: several per thread.
    let private wantedUnits = 64L

    /// The most units of whole groups.
    let private mostUnits = 4096L

    let private ceil (a: int64) (b: int64) = (a + b - 1L) / b
    let private powerBelow (n: int64) = 1L <<< BitOperations.Log2(uint64 (max 1L n))
    let private powerFrom (n: int64) = if n <= 1L then 1L else powerBelow (n - 1L) * 2L

    let make (axes: ReducedAxes) (tile: int) : StreamCut =
        let tile = max tile (int leaf)
        let each = axes.Count * axes.Inner
        let isSmall = each <= int64 tile
        let widest = max 1L (int64 tile / min axes.Count leaf)
        let width = ceil axes.Inner (ceil axes.Inner widest)
        let groups = ceil axes.Inner width
        let rows = leaf * powerBelow (int64 tile / (leaf * width))
        let blocks = ceil axes.Count rows
        let wanted = min blocks (max 1L (wantedUnits / (axes.Outer * groups)))
        let segment = powerFrom (ceil blocks wanted)
        let segments = ceil blocks segment
        let outer = if isSmall then max (int64 tile / each) (ceil axes.Outer mostUnits) else 1L

        { Axes = axes
          Tile = tile
          IsSmall = isSmall
          Width = width
          Groups = groups
          Rows = rows
          Segment = segment
          Segments = segments
          Outer = outer
          Units = if isSmall then ceil axes.Outer outer else axes.Outer * groups * segments }

    /// Elements that a run needs in addition to the target: the results of segments.
    let parts (c: StreamCut) : int64 =
        if c.IsSmall || c.Segments = 1L then 0L else c.Axes.Outer * c.Segments * c.Axes.Inner

/// Reduces an array that is computed tile by tile. The result has the same bits as Reduction on the whole array; see
/// ReductionTree.
[<Sealed>]
type internal StreamReduction
    (program: StreamProgram, elementType: ElementType, kind: ReductionKind, cut: StreamCut, target: int64, parts: int64)
    =
    inherit
        StreamUnits(
            cut.Units,
            StreamReduction.Scratch(program, elementType, cut),
            (program.Cost + 0.1) * float cut.Axes.Outer * float cut.Axes.Count * float cut.Axes.Inner
        )

    let size = int64 (ElementTypes.Size elementType)
    let axes, tile, isSmall = cut.Axes, cut.Tile, cut.IsSmall
    let width, groups, rows = cut.Width, cut.Groups, cut.Rows
    let segment, segments = cut.Segment, cut.Segments
    let levelBytes = width * size * int64 ReductionTree.Levels
    let scratch = StreamReduction.Scratch(program, elementType, cut)

    /// Where the intermediate sums of a unit are stored, in the thread's memory.
    let levelsAt = program.Bytes
    let valueAt = levelsAt + levelBytes

    /// Reduces groups of rows that fit into a tile, one tile after another.
    let small (memory: nativeint) (local: nativeint) (target: nativeint) (first: int64) (last: int64) =
        let each = axes.Count * axes.Inner
        let most = max 1L (int64 tile / each)
        let mutable o = first

        while o < last do
            let n = min most (last - o)
            let at = { First = o * each; Rows = 1; Width = int (n * each); Step = 0L }
            let made = program.Run(memory, local, at)
            let into = target + nativeint (o * axes.Inner * size)
            Reduction.Run(elementType, kind, n, axes.Count, axes.Inner, made, into)
            o <- o + n

    /// Reduces one segment of a group of columns; the result is stored at the address.
    let run (memory: nativeint) (local: nativeint) (o: int64) (column: int64) (n: int64) (s: int64) (place: nativeint) =
        let levels = local + nativeint levelsAt
        let value = local + nativeint valueAt
        let first = s * segment * rows
        let last = min axes.Count ((s + 1L) * segment * rows)
        let mutable whole = 0L
        let mutable row = first
        ReductionTree.Clear(elementType, kind, place, n)

        while row < last do
            let height = min rows (last - row)
            let from = (o * axes.Count + row) * axes.Inner + column

            let at =
                if n = axes.Inner then
                    { First = from; Rows = 1; Width = int (height * n); Step = 0L }
                else
                    { First = from; Rows = int height; Width = int n; Step = axes.Inner }

            let made = program.Run(memory, local, at)

            if height = rows then
                Reduction.Run(elementType, kind, 1L, height, n, made, value)
                ReductionTree.Push(elementType, kind, whole, value, levels, n)
                whole <- whole + 1L
            else
                Reduction.Run(elementType, kind, 1L, height, n, made, place)

            row <- row + height

        ReductionTree.Close(elementType, kind, whole, levels, place, n)

    /// Where a unit's result is stored: in the target, or among the parts [outer; segments; inner].
    let placeOf (target: nativeint) (parts: nativeint) o s column =
        if segments = 1L then
            target + nativeint ((o * axes.Inner + column) * size)
        else
            parts + nativeint (((o * segments + s) * axes.Inner + column) * size)

    /// Joins the segments of a group of columns.
    let join (local: nativeint) (target: nativeint) (parts: nativeint) (o: int64) (column: int64) (n: int64) =
        let levels = local + nativeint levelsAt
        let into = target + nativeint ((o * axes.Inner + column) * size)
        let isLastWhole = axes.Count % (segment * rows) = 0L
        let whole = if isLastWhole then segments else segments - 1L

        for s in 0L .. whole - 1L do
            ReductionTree.Push(elementType, kind, s, placeOf target parts o s column, levels, n)

        if isLastWhole then
            ReductionTree.Clear(elementType, kind, into, n)
        else
            RowMemory.Copy(placeOf target parts o whole column, into, n * size)

        ReductionTree.Close(elementType, kind, whole, levels, into, n)

    /// The thread's memory: that of the program, the levels and the value.
    static member private Scratch(program: StreamProgram, elementType: ElementType, cut: StreamCut) : int64 =
        program.Bytes + cut.Width * int64 (ElementTypes.Size elementType) * (int64 ReductionTree.Levels + 1L) + 64L

    override _.RunUnit(memory, local, unit) =
        let target, parts = memory + nativeint target, memory + nativeint parts

        if isSmall then
            small memory local target (unit * cut.Outer) (min axes.Outer ((unit + 1L) * cut.Outer))
        else
            // consecutive units are neighbouring columns
            let group = unit % groups
            let s = unit / groups % segments
            let o = unit / groups / segments
            let column = group * width
            run memory local o column (min width (axes.Inner - column)) s (placeOf target parts o s column)

    /// Joins the results after all units have run.
    member private _.Finish(memory: nativeint) =
        let target, parts = memory + nativeint target, memory + nativeint parts
        let local = ThreadScratch.Address(ThreadScratch.Use.Stream, scratch)

        for o in 0L .. axes.Outer - 1L do
            for group in 0L .. groups - 1L do
                let column = group * width
                join local target parts o column (min width (axes.Inner - column))

    override x.Run work =
        base.Run work
        if not isSmall && segments > 1L then x.Finish work.Memory
