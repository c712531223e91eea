namespace NeuralDE.Internal.Engine

open NeuralDE.Kernels

/// A product whose left factor is computed some rows at a time, with whole rows, so that each element of the product is
/// one chain of sums.
[<Sealed>]
type internal StreamDotRows(program: StreamProgram, tile: int, d: DotShape, b: Matrices, target: int64) =
    inherit
        StreamUnits(
            StreamDotRows.UnitsOf(tile, d),
            program.Bytes + (StreamDotRows.Panel(tile, d) + 64L) * DotShape.size d,
            float (DotShape.batches d) * float d.Rows * float d.Depth * (program.Cost + float d.Columns / 30.0)
        )

    let size = DotShape.size d
    let rows = StreamDotRows.RowsOf(tile, d)
    let panels = StreamDotRows.Panels(tile, d)

    /// Rows of a panel.
    static member private RowsOf(tile: int, d: DotShape) = max 1 (min d.Rows (16 * tile / d.Depth))
    static member private Panels(tile, d) = int64 ((d.Rows - 1) / StreamDotRows.RowsOf(tile, d) + 1)
    static member private UnitsOf(tile, d) = DotShape.batches d * StreamDotRows.Panels(tile, d)
    static member private Panel(tile, d) = int64 (StreamDotRows.RowsOf(tile, d)) * int64 d.Depth

    override _.RunUnit(memory, local, unit) =
        let index = unit / panels
        let row = int (unit % panels) * rows
        let count = min rows (d.Rows - row)
        let panel = local + nativeint ((program.Bytes + 63L) / 64L * 64L)
        let first = (index * int64 d.Rows + int64 row) * int64 d.Depth
        let elements = int64 count * int64 d.Depth
        let mutable at = 0L

        while at < elements do
            let n = int (min (int64 tile) (elements - at))
            let made = program.Run(memory, local, { First = first + at; Rows = 1; Width = n; Step = 0L })
            RowMemory.Copy(made, panel + nativeint (at * size), int64 n * size)
            at <- at + int64 n

        let left = Matrix(panel, int64 d.Depth, 1L)
        let right = DotShape.matrix d b memory index 0L
        let at = target + (index * int64 d.Rows + int64 row) * int64 d.Columns * size
        let result = Matrix(memory + nativeint at, int64 d.Columns, 1L)
        let mutable product = GemmOperands(d.Type, count, d.Columns, d.Depth, left, right, result, 0n, GemmStart.Zero)
        Gemm.RunAlone(d.Type, &product)

/// A product whose right factor is computed some rows of some columns at a time; sums continue from those of the
/// previous rows, within each group of a long sum.
[<Sealed>]
type internal StreamDotColumns(program: StreamProgram, tile: int, d: DotShape, a: Matrices, target: int64) =
    inherit
        StreamUnits(
            DotShape.batches d * StreamDotColumns.Groups d,
            StreamDotColumns.SumsAt program + StreamDotColumns.SumBytes d,
            float (DotShape.batches d) * float d.Columns * float d.Depth * (program.Cost + float d.Rows / 30.0)
        )

    let size = DotShape.size d
    let groups = StreamDotColumns.Groups d
    let startOf (group: int64) = int (group * int64 d.Columns / groups)

    /// The number of groups of at most 64 columns, of nearly equal width: none is so narrow that Gemm sums it in
    /// another order.
    static member private Groups(d: DotShape) : int64 =
        let most = int64 StreamLimits.leastTile
        (int64 d.Columns + most - 1L) / most

    /// Where the sums of one group of a long sum lie, and their bytes.
    static member private SumsAt(program: StreamProgram) : int64 = (program.Bytes + 63L) / 64L * 64L

    static member private SumBytes(d: DotShape) : int64 =
        if GemmDeep.Is d.Depth then
            int64 d.Rows * int64 (min d.Columns StreamLimits.leastTile) * DotShape.size d
        else
            0L

    /// The products of the rows `first` to `last` − 1 of the right factor.
    member private _.Sum(memory, local, index, column, n, first: int, last: int, into: Matrix) =
        let height = max 1 (tile / n)
        let mutable k = first

        while k < last do
            let depth = min height (last - k)
            let start = (index * int64 d.Depth + int64 k) * int64 d.Columns + int64 column

            let at =
                if n = d.Columns then
                    { First = start; Rows = 1; Width = depth * n; Step = 0L }
                else
                    { First = start; Rows = depth; Width = n; Step = int64 d.Columns }

            let made = program.Run(memory, local, at)

            let left = DotShape.matrix d a memory index (int64 k * a.Column)
            let how = if k = first then GemmStart.Zero else GemmStart.Own
            let mutable product = GemmOperands(d.Type, d.Rows, n, depth, left, Matrix(made, int64 n, 1L), into, 0n, how)
            // part of one group of the sum
            product.IsGroup <- true
            Gemm.RunAlone(d.Type, &product)
            k <- k + depth

    override x.RunUnit(memory, local, unit) =
        let index = unit / groups
        let column = startOf (unit % groups)
        let n = startOf (unit % groups + 1L) - column
        let at = target + (index * int64 d.Rows * int64 d.Columns + int64 column) * size
        let into = Matrix(memory + nativeint at, int64 d.Columns, 1L)
        x.Sum(memory, local, index, column, n, 0, GemmDeep.First(d.Depth, 1), into)
        let sums = Matrix(local + nativeint (StreamDotColumns.SumsAt program), int64 n, 1L)

        for group in 1 .. GemmDeep.Groups d.Depth - 1 do
            let first, last = GemmDeep.First(d.Depth, group), GemmDeep.First(d.Depth, group + 1)
            x.Sum(memory, local, index, column, n, first, last, sums)
            GemmDeep.AddRows(d.Type, d.Rows, n, sums, into)
